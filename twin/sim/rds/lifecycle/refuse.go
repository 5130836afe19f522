package lifecycle

import (
	"fmt"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Codes of RDS's refusals.
const (
	codeState       = "InvalidDBInstanceState"
	codeValue       = "InvalidParameterValue"
	codeCombination = "InvalidParameterCombination"
)

func refuse(operation, code, format string, args ...any) error {
	return &simapi.Error{Service: "RDS", Operation: operation, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Modifiable tells whether RDS takes a change of the instance.
func Modifiable(tx *sim.Tx, r *sim.Resource) bool { return atRest(tx, r) }

// atRest tells whether RDS takes orders for an instance: its status permits it
// and nothing was accepted that has not begun yet.
func atRest(tx *sim.Tx, r *sim.Resource) bool {
	status := r.Attrs.Str("status")
	return (status == Available || status == Optimizing) && !busy(r, tx.At)
}
