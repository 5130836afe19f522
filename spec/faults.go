package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	// Path names the field, for example "sites.replica.region". List elements
	// have their index: "monitoring.emails[1]".
	Path string
	// Found is the offending value as the message shows it.
	Found string
	// Want says what would be right.
	Want string
	// Source is where the value was given, for example
	// "environments/dev.yaml, line 12" or "PRIMARY_REGION". Empty for a
	// default and where nothing is known of it.
	Source string
}

// String is the fault as one line.
func (f Fault) String() string {
	source := ""
	if f.Source != "" {
		source = " (" + f.Source + ")"
	}
	return fmt.Sprintf("%s: found %s%s: %s", f.Path, f.Found, source, f.Want)
}

// Faults is every fault of a configuration, sorted by path. It is the error
// that [Load] and [Config.Validate] return.
type Faults []Fault

// Error has one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, 0, len(fs)+1)
	lines = append(lines, "the configuration has "+counted(len(fs), "fault")+":")
	for _, f := range fs {
		lines = append(lines, "  "+f.String())
	}
	return strings.Join(lines, "\n")
}

// add notes a fault at path.
func (fs *Faults) add(path, found, want string) {
	*fs = append(*fs, Fault{Path: path, Found: found, Want: want})
}

// has tells whether path or anything beneath it is at fault already, so that
// one mistake isn't reported as several.
func (fs Faults) has(path string) bool {
	return slices.ContainsFunc(fs, func(f Fault) bool {
		rest, ok := strings.CutPrefix(f.Path, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// err is nil without faults, and the sorted faults otherwise.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return fs
}

// nothing is how a message shows a value that is missing.
const nothing = "nothing"

// quoted shows a text value in a message.
func quoted(s string) string {
	if s == "" {
		return nothing
	}
	return strconv.Quote(s)
}

// list joins choices for a message: "a, b or c".
func list(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " " + last + " " + items[len(items)-1]
}

// counted is "1 zone" or "2 zones".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
