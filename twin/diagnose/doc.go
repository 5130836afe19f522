// Package diagnose finds, in what was applied to an account, what would keep a
// failover from working: an alarm that reaches no person, a key that the messages
// do not get past, a path that ends at a security group, a name that leads to
// the wrong instance, a permission that is missing.
//
// It starts from the guard of an environment, whose variables say what belongs
// together, and asks of each thing whether it is there, is what the guard takes
// it for, and can do its part. Nothing is called and nothing is changed.
//
// What is diagnosed is the state at birth: the primary in its region, the
// replica replicating from it. After a failover some findings are true and
// meant.
package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

// Severity says what a finding means.
type Severity string

// Severities.
const (
	// Fault: a failover would fail, not happen, or leave two writers.
	Fault Severity = "fault"
	// Warning: a failover works, and something that it promises does not.
	Warning Severity = "warning"
)

// Finding is something that is wired wrongly or not at all.
type Finding struct {
	// ID is a name that does not change, for example "alarm-silent".
	ID       string
	Severity Severity
	// Subject names what it is about, for example "alarm replica-lag-dev".
	Subject string
	// What is wrong, and Remedy what to do about it.
	What, Remedy string
}

// String is a finding on one line.
func (f Finding) String() string {
	return string(f.Severity) + " " + f.ID + ": " + f.Subject + ": " + f.What
}

// Fact is something that was found to be as it should.
type Fact struct{ Subject, What string }

// Report is the diagnosis of one environment.
type Report struct {
	Environment string
	// Findings, the faults first, each by ID and subject.
	Findings []Finding
	Facts    []Fact
}

// Faults are the findings that are faults.
func (r Report) Faults() []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Severity == Fault {
			out = append(out, f)
		}
	}
	return out
}

// Diagnose looks at everything that belongs to an environment. It uses the
// transaction for trial changes and takes them back.
func Diagnose(tx *sim.Tx, environment string) Report {
	s := &survey{tx: tx, environment: environment}
	s.all()
	out := Report{Environment: environment, Findings: s.findings, Facts: s.facts}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.ID, b.ID), strings.Compare(a.Subject, b.Subject), strings.Compare(a.What, b.What))
	})
	out.Findings = slices.Compact(out.Findings)
	return out
}

func rank(f Finding) int { return slices.Index([]Severity{Fault, Warning}, f.Severity) }
