package engine

import (
	"encoding/json"
	"fmt"
)

func dump(w *world) string {
	data, err := json.MarshalIndent(w.ledger.state, "", " ")
	if err != nil {
		return err.Error()
	}
	out := string(data)
	for _, n := range w.notices {
		out += fmt.Sprintf("\n%s %s", n.At.Sub(modelEpoch), n.Subject)
	}
	return out
}
