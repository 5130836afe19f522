package local

import (
	"bytes"
	"io"
	"regexp"
)

// totals passes a plan on and remembers the line in which Terraform sums it up.
type totals struct {
	out  io.Writer
	text bytes.Buffer
}

func (t *totals) Write(text []byte) (int, error) {
	t.text.Write(text)
	return t.out.Write(text)
}

// total matches that line: "Plan: 63 to add, 0 to change, 0 to destroy.",
// "No changes. …", or what Terraform says where only outputs change.
var total = regexp.MustCompile(`(?m)^\s*(?:Plan: (.+)\.$|(No changes|You can apply this plan to save these new output values))`)

// sum is what a plan comes to, in words.
func (t *totals) sum() string {
	found := total.FindAllSubmatch(t.text.Bytes(), -1)
	if len(found) == 0 {
		return "changes"
	}
	last := found[len(found)-1]
	switch {
	case len(last[1]) > 0:
		return string(last[1])
	case string(last[2]) == "No changes":
		return "no changes"
	default:
		return "only outputs change"
	}
}
