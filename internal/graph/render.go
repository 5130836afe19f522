package graph

import (
	"errors"
	"fmt"
	"strings"
)

// ErrFormat says that there is no such format.
var ErrFormat = errors.New("unknown format")

// ErrSVG says where the picture comes from.
var ErrSVG = errors.New("svg is drawn by d2: write --format d2 and run `d2 FILE.d2 FILE.svg`; `make diagram` does both for docs/images")

// Formats are the names of the formats that Render knows.
var Formats = []string{"d2", "mermaid", "json"}

// Render writes the graph in one of Formats: a picture's source, a
// flowchart for Markdown, or all of it for machines. The same graph gives the same bytes.
func Render(g *Graph, format string) ([]byte, error) {
	switch format {
	case "d2":
		return D2(g), nil
	case "svg":
		return nil, ErrSVG
	case "mermaid":
		return Mermaid(g), nil
	case "json":
		return JSON(g)
	}
	return nil, fmt.Errorf("%w %q: wanted one of %s", ErrFormat, format, strings.Join(Formats, ", "))
}
