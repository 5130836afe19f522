package graph

import (
	"errors"
	"fmt"
	"strings"
)

// ErrFormat says that there is no such format.
var ErrFormat = errors.New("unknown format")

// Formats are the names of the formats that Render knows.
var Formats = []string{"svg", "mermaid", "json"}

// Render writes the graph in one of Formats: a picture, a flowchart for
// Markdown, or all of it for machines. The same graph gives the same bytes.
func Render(g *Graph, format string) ([]byte, error) {
	switch format {
	case "svg":
		return SVG(g), nil
	case "mermaid":
		return Mermaid(g), nil
	case "json":
		return JSON(g)
	}
	return nil, fmt.Errorf("%w %q: wanted one of %s", ErrFormat, format, strings.Join(Formats, ", "))
}
