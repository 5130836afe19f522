package tf

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// Fault is what is wrong at one place of a configuration or a plan.
type Fault struct {
	// At is the place; nil is the whole block.
	At              cty.Path
	Summary, Detail string
}

// Faults gathers what is wrong with a configuration or a plan, so that a user
// sees all of it at once.
type Faults struct {
	List []Fault
}

// Add reports a fault at a place in the configuration; a nil place is the
// whole block.
func (f *Faults) Add(at cty.Path, summary, detail string) {
	f.List = append(f.List, Fault{at, summary, detail})
}

// Addf is add for a fault that one sentence says.
func (f *Faults) Addf(at cty.Path, format string, args ...any) {
	f.Add(at, fmt.Sprintf(format, args...), "")
}
