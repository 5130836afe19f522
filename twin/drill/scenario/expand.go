package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Placeholders are what a scenario may say for the environment and its regions,
// so that it holds for each.
var Placeholders = []string{"{environment}", "{primary}", "{replica}"}

var placeholder = regexp.MustCompile(`\{[A-Za-z_-]+\}`)

// each gives every text that may hold placeholders to change, with the field
// that it is in, and returns a scenario with what it made of them.
func (s Scenario) each(change func(field, text string) string) Scenario {
	list := func(field string, texts []string) []string {
		texts = slices.Clone(texts)
		for i := range texts {
			texts[i] = change(fmt.Sprintf("%s[%d]", field, i), texts[i])
		}
		return texts
	}
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		step := &s.Steps[i]
		at := fmt.Sprintf("step %d", i+1)
		step.Until = change(at+", until", step.Until)
		step.With = maps.Clone(step.With)
		for _, name := range slices.Sorted(maps.Keys(step.With)) {
			step.With[name] = change(at+", with."+name, step.With[name])
		}
	}
	s.Expect.Alarms = list("expect.alarms", s.Expect.Alarms)
	s.Expect.Quiet = list("expect.quiet", s.Expect.Quiet)
	s.Expect.Notices = list("expect.notices", s.Expect.Notices)
	return s
}

// Expand puts words in the place of placeholders, by their names without braces.
func (s Scenario) Expand(words map[string]string) Scenario {
	var pairs []string
	for name, word := range words {
		pairs = append(pairs, "{"+name+"}", word)
	}
	replace := strings.NewReplacer(pairs...)
	return s.each(func(_, text string) string { return replace.Replace(text) })
}

// UnknownAlarms are the alarms that an expanded scenario names and that do not
// exist, each with its field: it would wait for them in vain, or find them
// quiet for ever.
func (s Scenario) UnknownAlarms(known []string) []string {
	var f faults
	for i, step := range s.Steps {
		if name, ok := strings.CutPrefix(step.Until, "alarm:"); ok {
			f.add(!slices.Contains(known, name), "step %d, until: found alarm %q, want one of %s", i+1, name, strings.Join(known, ", "))
		}
	}
	f.oneOf("expect.alarms", s.Expect.Alarms, known)
	f.oneOf("expect.quiet", s.Expect.Quiet, known)
	return f
}
