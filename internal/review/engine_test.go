package review_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/format"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/review"
)

const goodPolicy = `package pgdr.policies.acme

policy := {"id": "acme", "severity": "info", "title": "t", "reason": "r", "remedy": "m"}

findings contains {"message": "found"} if input.environment == "prod"
`

// withPolicy compiles one further policy.
func withPolicy(t *testing.T, text string) (*review.Engine, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme.rego"), []byte(text), 0o600))
	return review.NewEngine(t.Context(), dir)
}

func TestNewEngine_RefusesAPolicyThatIsWrong(t *testing.T) {
	without := func(text string) string { return strings.Replace(goodPolicy, text, "", 1) }
	with := func(old, text string) string { return strings.Replace(goodPolicy, old, text, 1) }
	for name, tt := range map[string]struct{ text, want string }{
		"no Rego":                 {"package pgdr.policies.acme\n\nfindings contains if {", "acme.rego:3: "},
		"nothing in it":           {"", "acme.rego"},
		"an unknown name":         {goodPolicy + "\nx := y\n", "acme.rego:7: "},
		"no part of the contract": {goodPolicy + "\nx := data.pgdr.contract.variables.moode\n", "acme.rego:7: undefined ref: data.pgdr.contract.variables.moode"},
		"an unused name":          {goodPolicy + "\nx if { y := 1 }\n", "acme.rego:7: "},
		"one of ours":             {with("acme", "backups"), "is of the package pgdr.policies.backups, which is one of pgdr's"},
		"a library of ours":       {with("policies.acme", "lib"), "is of the package pgdr.lib, which is one of pgdr's"},
		"below ours":              {with("policies.acme", "more"), "is of the package pgdr.more"},
		"no policy at all":        {with("pgdr.policies.acme", "acme"), "has no policy"},
		"no metadata":             {without(goodPolicy[strings.Index(goodPolicy, "policy :="):strings.Index(goodPolicy, "findings")]), "has no rule `policy`"},
		"an id of ours":           {with(`"id": "acme"`, `"id": "backups"`), `policy.id "backups" is taken by `},
		"an id in capitals":       {with(`"id": "acme"`, `"id": "Acme"`), `policy.id is "Acme"`},
		"an unknown severity":     {with(`"info"`, `"high"`), `policy.severity is "high"; it must be "block", "human" or "info"`},
		"no reason":               {without(`"reason": "r", `), "policy needs title, reason and remedy"},
		"a look at the network":   {goodPolicy + "\nx := http.send({\"method\": \"GET\", \"url\": \"http://x\"})\n", "acme.rego:7: undefined function http.send"},
		"a look at the clock":     {goodPolicy + "\nx := time.now_ns()\n", "undefined function time.now_ns"},
		"a look at the machine":   {goodPolicy + "\nx := opa.runtime()\n", "undefined function opa.runtime"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := withPolicy(t, tt.text)
			require.ErrorIs(t, err, review.ErrInput)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestNewEngine_RefusesAFolderThatIsNone(t *testing.T) {
	dir := t.TempDir()
	_, err := review.NewEngine(t.Context(), filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "is not a folder")
	_, err = review.NewEngine(t.Context(), dir)
	require.ErrorContains(t, err, "has no policy")
}

func TestJudge_RefusesAFindingThatSaysNothing(t *testing.T) {
	plans, err := recordings.Read("unchanged/as-deployed", review.Primary)
	require.NoError(t, err)
	for name, tt := range map[string]struct{ old, text, want string }{
		"no message":          {`{"message": "found"}`, `{"address": "x"}`, `severity "info" and message ""`},
		"an unknown severity": {`{"message": "found"}`, `{"message": "found", "severity": "high"}`, `severity "high"`},
		"another shape":       {`{"message": "found"}`, `"found"`, "has another shape"},
		"a fault":             {`{"message": "found"}`, `{"message": sprintf("%v", [to_number(input.environment)])}`, "acme.rego"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := withPolicy(t, strings.Replace(goodPolicy, tt.old, tt.text, 1))
			require.NoError(t, err)
			_, err = e.Judge(t.Context(), planned(t, plans))
			require.ErrorIs(t, err, review.ErrInput)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestNewEngine_AddsAPolicyToOurs(t *testing.T) {
	e, err := withPolicy(t, goodPolicy)
	require.NoError(t, err)
	require.Len(t, e.Policies, len(engine(t).Policies)+1)
	plans, err := recordings.Read("unchanged/as-deployed", stacks...)
	require.NoError(t, err)
	findings, err := e.Judge(t.Context(), planned(t, plans))
	require.NoError(t, err)
	require.Equal(t, []review.Finding{{Policy: "acme", Severity: review.Info, Message: "found"}}, findings)
}

// A user's policy may take over what ours leave to a human.
func TestNewEngine_LetsAPolicyTakeOverWhatNoneJudges(t *testing.T) {
	e, err := withPolicy(t, goodPolicy+"\nknows := {\"aws_sqs_queue\"}\n")
	require.NoError(t, err)
	plans, err := recordings.Read("bad/unknown-kind", stacks...)
	require.NoError(t, err)
	got, err := review.New(t.Context(), e, planned(t, plans))
	require.NoError(t, err)
	require.Equal(t, review.Clean, got.Verdict)
}

func TestPolicies_AreFormattedAsOPADoes(t *testing.T) {
	files, err := filepath.Glob("policies/*.rego")
	require.NoError(t, err)
	more, err := filepath.Glob("policies/lib/*.rego")
	require.NoError(t, err)
	for _, file := range append(files, more...) {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		formatted, err := format.Source(file, raw)
		require.NoError(t, err)
		docpage.File(t, file, string(formatted))
	}
	require.Greater(t, len(files), 30)
}
