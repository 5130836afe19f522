package local

import (
	"io"
	"regexp"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// condensed passes a plan on with one line for each resource that is created
// or destroyed as a whole: a first deployment is 4,000 lines of it otherwise.
// What is changed, replaced, warned of or wrong is passed on in full. It takes
// whole lines, as plain gives them.
type condensed struct {
	out io.Writer
	// announcement says that the last line announced a resource whose block
	// is to be left out.
	announcement bool
	// depth of brackets inside the block that is being left out; 0 outside.
	depth int
	// after says that the last line ended such a block.
	after bool
}

var (
	// whole matches the comment above such a resource, behind cdktf's prefix.
	whole = regexp.MustCompile(`^\s*(\S+  )?\s*# .* will be (created|destroyed)$`)
	// opening matches the first line of its block.
	opening = regexp.MustCompile(`[+-] (resource|data) ".*" ".*" \{$`)
	// because matches the reason that Terraform gives for a destruction.
	because = regexp.MustCompile(`^\s*(\S+  )?\s*# \(because `)
	// beyond matches what cannot stand inside a block: were a bracket ever
	// miscounted, nothing after it is lost.
	beyond = regexp.MustCompile(`# .* (will|must) be |Plan: \d|Changes to Outputs|^\W*(pgdr-\S+\s+)?\W*(Error|Warning): `)
)

func (c *condensed) Write(line []byte) (int, error) {
	text := strings.TrimRight(string(line), " \n")
	if c.depth > 0 && !beyond.MatchString(text) {
		c.depth += nesting(text)
		c.after = c.depth <= 0
		return len(line), nil
	}
	c.depth = 0
	if c.after && text == "" {
		return len(line), nil // the blank line below it
	}
	c.after = false
	if c.announcement && opening.MatchString(text) {
		c.announcement, c.depth = false, 1
		return len(line), nil
	}
	c.announcement = whole.MatchString(text) || c.announcement && because.MatchString(text)
	return c.out.Write(line)
}

// nesting is by how many brackets a line goes deeper: Terraform writes at
// most one that opens at a line's end and one that closes at its beginning.
func nesting(text string) int {
	depth := 0
	if strings.HasSuffix(text, "{") || strings.HasSuffix(text, "[") || strings.HasSuffix(text, "(") {
		depth++
	}
	words := strings.Fields(text)
	if len(words) > 0 && strings.HasPrefix(words[0], contract.StackPrefix) {
		words = words[1:] // cdktf's prefix
	}
	if len(words) > 1 && (words[0] == "-" || words[0] == "+") {
		words = words[1:] // a removed or added bracket
	}
	if len(words) > 0 && strings.ContainsAny(words[0][:1], "}])") {
		depth--
	}
	return depth
}
