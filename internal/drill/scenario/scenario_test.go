package scenario_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/drill/scenario"
)

var known = scenario.Vocabulary{
	Actions:    map[string][]string{"lose": {"region"}, "wait": nil},
	Conditions: []string{"failed-over", "writes:"},
	Refusals:   []string{"isolated"},
	Faults:     []string{"guard-missing"},
	Warnings:   []string{"alarm-end"},
}

const good = `
name: a-drill
title: A drill
steps:
  - after: 90s
    do: lose
    with: {region: us-east-1}
    disaster: true
  - until: "writes:replica-app"
    within: 5m
expect:
  promotions: 1
  refusals: [isolated]
  apps:
    replica-app: {writes: true, rto: 10m, lost: 0s}
`

func TestParse_ReadsAScenario(t *testing.T) {
	s, err := scenario.Parse([]byte(good), known)
	require.NoError(t, err)
	require.Equal(t, scenario.Duration(90*time.Second), s.Steps[0].After)
	require.Equal(t, "us-east-1", s.Steps[0].With["region"])
	require.True(t, s.Steps[0].Disaster)
	require.True(t, *s.Expect.Apps["replica-app"].Writes)
	require.Zero(t, *s.Expect.Apps["replica-app"].Lost, "nothing may be lost, which is not the same as nothing said")
}

func TestParse_NamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":             {"", "the file is empty"},
		"misspelt field":    {"name: a\ntitle: t\nstep: []", "field step not found"},
		"name":              {"name: A Drill\ntitle: t\nsteps: [{do: wait}]", `name: found "A Drill"`},
		"no title":          {"name: a\nsteps: [{do: wait}]", "title: missing"},
		"no steps":          {"name: a\ntitle: t", "steps: missing"},
		"unknown action":    {"name: a\ntitle: t\nsteps: [{do: explode}]", `steps[0].do: found "explode", want one of lose, wait`},
		"missing argument":  {"name: a\ntitle: t\nsteps: [{do: lose}]", "steps[0].with.region: missing for lose"},
		"foreign argument":  {"name: a\ntitle: t\nsteps: [{do: wait, with: {region: x}}]", "steps[0].with.region: wait takes no such argument"},
		"unknown condition": {"name: a\ntitle: t\nsteps: [{until: done}]", `steps[0].until: found "done"`},
		"both":              {"name: a\ntitle: t\nsteps: [{do: wait, until: failed-over}]", "steps[0]: found both or none"},
		"none":              {"name: a\ntitle: t\nsteps: [{after: 5s}]", "steps[0]: found both or none"},
		"duration":          {"name: a\ntitle: t\nsteps: [{after: soon, do: wait}]", `found "soon", want a duration such as 90s or 15m`},
		"two disasters":     {"name: a\ntitle: t\nsteps: [{do: wait, disaster: true}, {do: wait, disaster: true}]", "found 2 with disaster"},
		"unknown refusal":   {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {refusals: [no]}", `expect.refusals[0]: found "no"`},
		"unknown fault":     {"name: a\ntitle: t\nexpect: {diagnosis: [alarm-end]}", `expect.diagnosis[0]: found "alarm-end", want a fault`},
		"unknown warning":   {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {warnings: [no]}", `expect.warnings[0]: found "no", want a warning`},
		"unknown fence":     {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {fence: yes}", `expect.fence: found "yes"`},
		"unknown app":       {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {apps: {x: {}}}", `expect.apps: found "x", want one of primary-app`},
		"unknown server":    {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {apps: {sticky-app: {server: third}}}", `found "third", want primary or replica`},
		"unknown plans":     {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {plans: dirty}", `expect.plans: found "dirty"`},
		"stack":             {"name: a\ntitle: t\nsteps: [{do: wait}]\nconfiguration: [{stack: third, path: [a, b]}]", `configuration[0].stack: found "third"`},
		"path":              {"name: a\ntitle: t\nsteps: [{do: wait}]\nconfiguration: [{stack: primary, path: [a]}]", "configuration[0].path: found 1 parts"},
		"scale":             {"name: a\ntitle: t\nscale: 1000\nsteps: [{do: wait}]", "scale: found 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scenario.Parse([]byte(c.text), known)
			require.ErrorIs(t, err, scenario.ErrScenario)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestFind_TakesAFileOfTheUsersOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte(good), 0o600))
	s, err := scenario.Find(file, known)
	require.NoError(t, err)
	require.Equal(t, "a-drill", s.Name)

	_, err = scenario.Find(filepath.Join(t.TempDir(), "none.yaml"), known)
	require.ErrorIs(t, err, os.ErrNotExist)
}
