package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// Vocabulary is what a scenario may name. A check returns what would be right,
// "" for a value that is.
type Vocabulary struct {
	// Actions and the arguments that each must be given.
	Actions map[string][]string
	// Values check arguments by their names. What is the same in two actions
	// is of one kind.
	Values map[string]func(value string) (want string)
	// Together checks all arguments of an action at once, each of which is
	// right by itself; the text says what is wrong.
	Together map[string]func(with map[string]string) (fault string)
	// Conditions; one that ends with ":" takes a word after it, which Words
	// checks.
	Conditions []string
	Words      map[string]func(word string) (want string)
	// Refusals of the guard, its Steps and classes of Evidence, Services, and
	// Faults and Warnings of the wiring, by their names.
	Refusals, Steps, Evidence, Services, Faults, Warnings []string
}

// Apps are the applications of every drill: one in each VPC, and a badly
// behaved one beside each.
var Apps = []string{"primary-app", "replica-app", "sticky-app", "sticky-replica-app"}

// faults gathers what is wrong.
type faults []string

func (f *faults) add(bad bool, format string, args ...any) {
	if bad {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

// oneOf wants each of some words to be known.
func (f *faults) oneOf(field string, words, known []string) {
	for i, word := range words {
		f.add(!slices.Contains(known, word), "%s[%d]: found %q, want one of %s", field, i, word, strings.Join(known, ", "))
	}
}

func (s Scenario) faults(known Vocabulary) []string {
	var f faults
	f.add(!namePattern.MatchString(s.Name), "name: found %q, want lower-case words with hyphens", s.Name)
	f.add(s.Title == "", "title: missing")
	f.add(len(s.Steps) == 0 && len(s.Expect.Diagnosis) == 0 && s.Expect.Refused == "", "steps: missing")
	f.add(s.Expect.Refused != "" && len(s.Configuration) == 0, "expect.refused: found %q without configuration, which alone can be refused", s.Expect.Refused)
	f.add(s.Bare && len(s.Expect.Diagnosis)+len(s.Expect.Warnings) > 0, "bare: found true, want it without expect.diagnosis and expect.warnings: they are of what was deployed before")
	f.add(s.Scale != 0 && (s.Scale < 1 || s.Scale > 100), "scale: found %v, want 1 to 100", s.Scale)
	disasters := 0
	for i, step := range s.Steps {
		step.check(&f, fmt.Sprintf("step %d", i+1), known)
		if step.Disaster {
			disasters++
		}
	}
	f.add(disasters > 1, "steps: found %d with disaster, want one at most", disasters)
	s.Expect.check(&f, known)
	for i, c := range s.Configuration {
		f.add(c.Stack != contract.RolePrimary && c.Stack != contract.RoleReplica, "configuration[%d].stack: found %q, want primary or replica", i, c.Stack)
		f.add(len(c.Path) < 2, "configuration[%d].path: found %d parts, want type, name and argument", i, len(c.Path))
	}
	s.each(func(field, text string) string {
		for _, found := range placeholder.FindAllString(text, -1) {
			f.add(!slices.Contains(Placeholders, found), "%s: found %q, want one of %s", field, found, strings.Join(Placeholders, ", "))
		}
		return text
	})
	return f
}

// Check says what is wrong with one step of a scenario; the error wraps
// ErrScenario.
func (v Vocabulary) Check(s Step) error {
	var f faults
	s.check(&f, s.Do, v)
	if len(f) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrScenario, strings.Join(f, "; "))
}

func (s Step) check(f *faults, at string, known Vocabulary) {
	switch {
	case (s.Do == "") == (s.Until == ""):
		f.add(true, "%s: found both or none of do and until, want one", at)
	case s.Until != "":
		s.checkUntil(f, at, known)
	default:
		s.checkDo(f, at, known)
	}
}

func (s Step) checkUntil(f *faults, at string, known Vocabulary) {
	f.add(len(s.With) > 0, "%s, with: found %d arguments, want none beside until", at, len(s.With))
	f.add(s.Disaster, "%s, disaster: found true, want it at a do", at)
	name, word, with := strings.Cut(s.Until, ":")
	if with {
		name += ":"
	}
	if !slices.Contains(known.Conditions, name) {
		f.add(true, "%s, until: found %q, want one of %s", at, s.Until, strings.Join(known.Conditions, ", "))
		return
	}
	if check := known.Words[name]; check != nil {
		want := check(word)
		f.add(want != "", "%s, until: found %q after %s, want %s", at, word, name, want)
	}
}

func (s Step) checkDo(f *faults, at string, known Vocabulary) {
	f.add(s.Within != 0, "%s, within: found a bound, want it at an until", at)
	wants, ok := known.Actions[s.Do]
	if !ok {
		f.add(true, "%s, do: found %q, want one of %s", at, s.Do, strings.Join(slices.Sorted(maps.Keys(known.Actions)), ", "))
		return
	}
	before := len(*f)
	for _, name := range wants {
		value := s.With[name]
		if value == "" {
			f.add(true, "%s, with.%s: missing for %s", at, name, s.Do)
			continue
		}
		if check := known.Values[name]; check != nil {
			want := check(value)
			f.add(want != "", "%s, with.%s: found %q, want %s", at, name, value, want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.With)) {
		f.add(!slices.Contains(wants, name), "%s, with.%s: %s takes no such argument", at, name, s.Do)
	}
	if check := known.Together[s.Do]; check != nil && len(*f) == before {
		fault := check(s.With)
		f.add(fault != "", "%s, %s", at, fault)
	}
}

func (e Expect) check(f *faults, known Vocabulary) {
	for i, name := range e.Refusals {
		f.add(!slices.Contains(known.Refusals, name), "expect.refusals[%d]: found %q, want a name that docs/guard.md lists", i, name)
	}
	for i, name := range e.Unnamed {
		f.add(!slices.Contains(known.Refusals, name), "expect.unnamed[%d]: found %q, want a name that docs/guard.md lists", i, name)
	}
	for i, id := range e.Diagnosis {
		f.add(!slices.Contains(known.Faults, id), "expect.diagnosis[%d]: found %q, want a fault that docs/twin.md lists", i, id)
	}
	for i, id := range e.Warnings {
		f.add(!slices.Contains(known.Warnings, id), "expect.warnings[%d]: found %q, want a warning that docs/twin.md lists", i, id)
	}
	f.add(!slices.Contains([]string{"", FenceConfirmed, FenceLate, "owed", "waived", "void"}, e.Fence), "expect.fence: found %q, want confirmed, late, owed, waived or void", e.Fence)
	f.add(!slices.Contains([]string{"", "clean", "none"}, e.Plans), "expect.plans: found %q, want clean or none", e.Plans)
	for _, n := range []struct {
		field string
		found int
	}{
		{"promotions", e.Promotions}, {"timeouts", e.Timeouts}, {"ticks", e.Ticks}, {"overlaps", e.Overlaps}, {"duplicates", e.Duplicates}, {"ignored", e.Ignored},
	} {
		f.add(n.found < 0, "expect.%s: found %d, want 0 or more", n.field, n.found)
	}
	f.add(e.Evidence != "" && !slices.Contains(known.Evidence, e.Evidence), "expect.evidence: found %q, want one of %s", e.Evidence, strings.Join(known.Evidence, ", "))
	f.oneOf("expect.killed", e.Killed, known.Steps)
	f.oneOf("expect.struck", e.Struck, known.Services)
	f.oneOf("expect.two_writers.by", e.TwoWriters.By, Apps)
	f.add(len(e.TwoWriters.By) > 0 && e.TwoWriters.Most == 0, "expect.two_writers.most: missing, want a bound such as 4m")
	f.add(e.EstimateHolds && e.Promotions == 0, "expect.estimate_holds: found true, want it with a promotion: there is no estimate without")
	for _, id := range slices.Sorted(maps.Keys(e.Apps)) {
		a := e.Apps[id]
		f.add(!slices.Contains([]string{"", contract.RolePrimary, contract.RoleReplica}, a.Server), "expect.apps.%s.server: found %q, want primary or replica", id, a.Server)
		f.add(!slices.Contains(Apps, id), "expect.apps: found %q, want one of %s", id, strings.Join(Apps, ", "))
		f.add(a.RTO != nil && *a.RTO == 0, "expect.apps.%s.rto: found 0s, want a bound such as 15m", id)
	}
}
