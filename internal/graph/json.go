package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSON is the graph for machines: nodes and edges sorted by their IDs.
func JSON(g *Graph) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(g); err != nil {
		return nil, fmt.Errorf("encode the graph: %w", err)
	}
	return out.Bytes(), nil
}
