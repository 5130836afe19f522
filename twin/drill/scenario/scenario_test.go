package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

var known = scenario.Vocabulary{
	Actions:    map[string][]string{"lose": {"region"}, "wait": nil},
	Conditions: []string{"failed-over", "writes:"},
	Refusals:   []string{"isolated"},
	Faults:     []string{"guard-missing"},
	Warnings:   []string{"alarm-end"},
	Steps:      []string{"promote"},
	Evidence:   []string{"instance-failed"},
	Services:   []string{"rds"},
	Values: map[string]func(string) string{"region": func(v string) string {
		if v == "us-east-1" || v == "{primary}" {
			return ""
		}
		return "us-east-1 or {primary}"
	}},
	Words: map[string]func(string) string{"writes:": func(v string) string {
		if v == "replica-app" {
			return ""
		}
		return "replica-app"
	}},
	Together: map[string]func(map[string]string) string{"lose": func(with map[string]string) string {
		if with["region"] == "{primary}" {
			return "with.region: not here"
		}
		return ""
	}},
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
		"empty":              {"", "the file is empty"},
		"misspelt field":     {"name: a\ntitle: t\nstep: []", "field step not found"},
		"name":               {"name: A Drill\ntitle: t\nsteps: [{do: wait}]", `name: found "A Drill"`},
		"no title":           {"name: a\nsteps: [{do: wait}]", "title: missing"},
		"no steps":           {"name: a\ntitle: t", "steps: missing"},
		"unknown action":     {"name: a\ntitle: t\nsteps: [{do: explode}]", `step 1, do: found "explode", want one of lose, wait`},
		"missing argument":   {"name: a\ntitle: t\nsteps: [{do: lose}]", "step 1, with.region: missing for lose"},
		"foreign argument":   {"name: a\ntitle: t\nsteps: [{do: wait, with: {region: x}}]", "step 1, with.region: wait takes no such argument"},
		"unknown condition":  {"name: a\ntitle: t\nsteps: [{until: done}]", `step 1, until: found "done"`},
		"both":               {"name: a\ntitle: t\nsteps: [{do: wait, until: failed-over}]", "step 1: found both or none"},
		"none":               {"name: a\ntitle: t\nsteps: [{after: 5s}]", "step 1: found both or none"},
		"duration":           {"name: a\ntitle: t\nsteps: [{after: soon, do: wait}]", `found "soon", want a duration such as 90s or 15m`},
		"two disasters":      {"name: a\ntitle: t\nsteps: [{do: wait, disaster: true}, {do: wait, disaster: true}]", "found 2 with disaster"},
		"unknown refusal":    {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {refusals: [no]}", `expect.refusals[0]: found "no"`},
		"unknown evidence":   {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {evidence: guess}", `expect.evidence: found "guess", want one of instance-failed`},
		"a bare diagnosis":   {"name: a\ntitle: t\nbare: true\nsteps: [{do: wait}]\nexpect: {warnings: [alarm-end]}", "bare: found true, want it without expect.diagnosis"},
		"unknown fence":      {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {fence: yes}", `expect.fence: found "yes"`},
		"unknown app":        {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {apps: {x: {}}}", `expect.apps: found "x", want one of primary-app`},
		"unknown server":     {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {apps: {sticky-app: {server: third}}}", `found "third", want primary or replica`},
		"unknown plans":      {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {plans: dirty}", `expect.plans: found "dirty"`},
		"stack":              {"name: a\ntitle: t\nsteps: [{do: wait}]\nconfiguration: [{stack: third, path: [a, b]}]", `configuration[0].stack: found "third"`},
		"path":               {"name: a\ntitle: t\nsteps: [{do: wait}]\nconfiguration: [{stack: primary, path: [a]}]", "configuration[0].path: found 1 parts"},
		"value":              {"name: a\ntitle: t\nsteps: [{do: wait}, {do: lose, with: {region: mars}}]", `step 2, with.region: found "mars", want us-east-1 or {primary}`},
		"values together":    {"name: a\ntitle: t\nsteps: [{do: lose, with: {region: '{primary}'}}]", "step 1, with.region: not here"},
		"word":               {"name: a\ntitle: t\nsteps: [{until: 'writes:nobody'}]", `step 1, until: found "nobody" after writes:, want replica-app`},
		"bound of a do":      {"name: a\ntitle: t\nsteps: [{do: wait, within: 5m}]", "step 1, within: found a bound"},
		"arguments of until": {"name: a\ntitle: t\nsteps: [{until: failed-over, with: {region: x}}]", "step 1, with: found 1 arguments"},
		"disaster of until":  {"name: a\ntitle: t\nsteps: [{until: failed-over, disaster: true}]", "step 1, disaster: found true"},
		"placeholder":        {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {quiet: ['silent-{env}']}", `expect.quiet[0]: found "{env}", want one of {environment}, {primary}, {replica}`},
		"unknown step":       {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {killed: [promot]}", `expect.killed[0]: found "promot", want one of promote`},
		"unknown service":    {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {struck: [s3]}", `expect.struck[0]: found "s3", want one of rds`},
		"negative":           {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {ticks: -1}", "expect.ticks: found -1, want 0 or more"},
		"unknown writer":     {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {two_writers: {most: 1m, by: [x]}}", `expect.two_writers.by[0]: found "x"`},
		"writers unbounded":  {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {two_writers: {by: [sticky-app]}}", "expect.two_writers.most: missing"},
		"no rto":             {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {apps: {sticky-app: {rto: 0s}}}", "expect.apps.sticky-app.rto: found 0s"},
		"estimate of none":   {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {estimate_holds: true}", "expect.estimate_holds: found true, want it with a promotion"},
		"scale":              {"name: a\ntitle: t\nscale: 1000\nsteps: [{do: wait}]", "scale: found 1000"},
		"unknown fault":      {"name: a\ntitle: t\nexpect: {diagnosis: [alarm-end]}", `expect.diagnosis[0]: found "alarm-end", want a fault`},
		"unknown warning":    {"name: a\ntitle: t\nsteps: [{do: wait}]\nexpect: {warnings: [no]}", `expect.warnings[0]: found "no", want a warning`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scenario.Parse([]byte(c.text), known)
			require.ErrorIs(t, err, scenario.ErrScenario)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestExpand_PutsTheEnvironmentInItsPlaces(t *testing.T) {
	s, err := scenario.Parse([]byte(`
name: a-drill
title: A drill
steps:
  - {do: lose, with: {region: us-east-1}}
  - {until: "writes:replica-app"}
expect:
  alarms: ["lag-{environment}"]
  quiet: ["silent-{environment}"]
  notices: ["{environment} of {primary} and {replica}"]
`), known)
	require.NoError(t, err)
	words := map[string]string{"environment": "prod", "primary": "us-west-2", "replica": "eu-central-1"}
	e := s.Expand(words)
	require.Equal(t, []string{"lag-prod"}, e.Expect.Alarms)
	require.Equal(t, []string{"silent-prod"}, e.Expect.Quiet)
	require.Equal(t, []string{"prod of us-west-2 and eu-central-1"}, e.Expect.Notices)
	require.Equal(t, []string{"lag-{environment}"}, s.Expect.Alarms, "the scenario itself is as it was")

	s.Steps[0].With = map[string]string{"region": "{primary}"}
	s.Steps[1].Until = "alarm:lag-{environment}"
	e = s.Expand(words)
	require.Equal(t, "us-west-2", e.Steps[0].With["region"])
	require.Equal(t, "{primary}", s.Steps[0].With["region"])
	require.Equal(t, "alarm:lag-prod", e.Steps[1].Until)

	require.Empty(t, e.UnknownAlarms([]string{"lag-prod", "silent-prod"}))
	require.Equal(t, []string{
		`step 2, until: found alarm "lag-prod", want one of silent-prod`,
		`expect.alarms[0]: found "lag-prod", want one of silent-prod`,
	}, e.UnknownAlarms([]string{"silent-prod"}))
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

func TestParse_TellsEveryFaultOnALineOfItsOwn(t *testing.T) {
	_, err := scenario.Parse([]byte("name: No\nsteps:\n- do: nothing-known\n"), known)
	require.ErrorIs(t, err, scenario.ErrScenario)
	lines := strings.Split(err.Error(), "\n  ")
	require.Len(t, lines, 4, err.Error())
	require.Contains(t, lines[1], "name: found")
	require.Contains(t, lines[2], "title: missing")
	require.Contains(t, lines[3], `step 1, do: found "nothing-known"`)
}

func TestKind_FollowsFromWhatIsExpected(t *testing.T) {
	require.Equal(t, scenario.MustPromote, scenario.Scenario{Expect: scenario.Expect{Promotions: 1}}.Kind())
	require.Equal(t, scenario.MustNot, scenario.Scenario{}.Kind())
	require.Equal(t, scenario.Unknowable, scenario.Scenario{Unknowable: true, Expect: scenario.Expect{Promotions: 1}}.Kind())
}
