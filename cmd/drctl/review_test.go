package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

const recordedPlans = plantest.Recordings("../../internal/review/testdata/plans")

// plansOf writes the recorded plans of a case into a folder.
func plansOf(t *testing.T, recording string) string {
	t.Helper()
	plans, err := recordedPlans.Read(recording, review.Primary, review.Replica)
	require.NoError(t, err)
	dir := t.TempDir()
	for stack, raw := range plans {
		require.NoError(t, os.WriteFile(filepath.Join(dir, stack+".json"), raw, 0o600))
	}
	return dir
}

// runReview runs the command as main does: what it prints, and its exit code.
func runReview(t *testing.T, stdin string, args ...string) (stdout string, code int, err error) {
	t.Helper()
	return runForVerdict(t, stdin, append([]string{"review"}, args...)...)
}

// runForVerdict runs a command that ends in a verdict, as main does.
func runForVerdict(t *testing.T, stdin string, args ...string) (stdout string, code int, err error) {
	t.Helper()
	var out bytes.Buffer
	cmd := root()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err = cmd.ExecuteContext(t.Context())
	var verdict *verdictError
	switch {
	case err == nil:
	case errors.As(err, &verdict):
		code, err = verdict.code, verdict.err
	default:
		require.NoError(t, err, "an error that main would take for something else than the verdict's")
	}
	return out.String(), code, err
}

func TestReview_HasTheExitCodeOfItsVerdict(t *testing.T) {
	for recording, want := range map[string]struct {
		code    int
		heading string
	}{
		"unchanged/as-deployed": {0, "## Plan review of prod: CLEAN\n\nNo changes."},
		"harmless/tags":         {0, "## Plan review of prod: CLEAN"},
		"bad/public":            {1, "## Plan review of prod: BLOCKED"},
		"bad/multi-az-off":      {2, "## Plan review of prod: NEEDS A HUMAN"},
	} {
		t.Run(recording, func(t *testing.T) {
			out, code, err := runReview(t, "", "--plan", plansOf(t, recording))
			require.NoError(t, err)
			require.Equal(t, want.code, code, out)
			require.Contains(t, out, want.heading)
		})
	}
}

func TestReview_HasAnExitCodeOfItsOwnWithoutAVerdict(t *testing.T) {
	dir := plansOf(t, "unchanged/as-deployed")
	primary := filepath.Join(dir, "primary.json")
	none := filepath.Join(dir, "none.json")
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"nothing to review":      {nil, "--plan: found none"},
		"an unknown flag":        {[]string{"--plan", primary, "--fast"}, "unknown flag: --fast"},
		"an argument":            {[]string{primary}, "unknown command"},
		"no such file":           {[]string{"--plan", none}, none + ": cannot be read: no such file or directory"},
		"a folder without plans": {[]string{"--plan", t.TempDir()}, "has no .json file of a plan"},
		"the same plan twice":    {[]string{"--plan", primary, "--plan", primary}, "is a plan of the primary stack, and so is"},
		"an unknown format":      {[]string{"--plan", primary, "--format", "html"}, `found "html", want one of markdown, text, json, comment`},
		"two ways to write":      {[]string{"--plan", primary, "--into", dir, "--format", "json"}, "--into writes every format"},
		"a folder that is none":  {[]string{"--plan", primary, "--into", none}, "write the review"},
		"a wrong day":            {[]string{"--plan", primary, "--today", "23.11.2026"}, `--today: found "23.11.2026"`},
		"no such policies":       {[]string{"--plan", primary, "--policy", none}, "is not a folder"},
		"an output that cannot":  {[]string{"--plan", dir, "-o", filepath.Join(none, "x")}, "write the review"},
	} {
		t.Run(name, func(t *testing.T) {
			out, code, err := runReview(t, "", tt.args...)
			require.Equal(t, review.ExitUnusable, code, out)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, out, "Plan review")
		})
	}
}

func TestReview_ReadsStandardInput(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(plansOf(t, "bad/public"), "primary.json"))
	require.NoError(t, err)
	out, code, err := runReview(t, string(raw), "--plan", "-")
	require.NoError(t, err)
	require.Equal(t, 1, code)
	require.Contains(t, out, "The replica stack's plan was not given")
	_, code, err = runReview(t, string(raw[:1000]), "--plan", "-")
	require.Equal(t, review.ExitUnusable, code)
	require.ErrorContains(t, err, "-: ends in the middle of the JSON, at byte 1000")
}

func TestReview_WritesTheSameInBothFormats(t *testing.T) {
	file := filepath.Join(t.TempDir(), "review.json")
	printed, code, err := runReview(t, "", "--plan", plansOf(t, "bad/public"), "--format", "json", "-o", file)
	require.NoError(t, err)
	require.Equal(t, 1, code)
	require.Empty(t, printed)
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var got review.Review
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Equal(t, review.Blocked, got.Verdict)
	require.Equal(t, 1, got.ExitCode)
	require.Equal(t, "prod", got.Environment)
	page, err := review.Render(&got, "markdown")
	require.NoError(t, err)
	said, _, err := runReview(t, "", "--plan", plansOf(t, "bad/public"))
	require.NoError(t, err)
	require.Equal(t, said, string(page))
}

func TestReview_AddsPolicies(t *testing.T) {
	dir := t.TempDir()
	const policy = `package pgdr.policies.acme

policy := {"id": "acme", "severity": "human", "title": "t", "reason": "r", "remedy": "m"}

findings contains {"message": "prod is looked at by two"} if input.environment == "prod"
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme.rego"), []byte(policy), 0o600))
	out, code, err := runReview(t, "", "--plan", plansOf(t, "unchanged/as-deployed"), "--policy", dir)
	require.NoError(t, err)
	require.Equal(t, 2, code)
	require.Contains(t, out, "Prod is looked at by two")
}

func TestReview_JudgesVersionsByTheDayThatIsGiven(t *testing.T) {
	dir := plansOf(t, "unchanged/as-deployed")
	_, code, err := runReview(t, "", "--plan", dir, "--today", "2027-06-01")
	require.NoError(t, err)
	require.Zero(t, code)
	out, code, err := runReview(t, "", "--plan", dir, "--today", "2028-01-01")
	require.NoError(t, err)
	require.Equal(t, 2, code)
	require.Contains(t, out, "standard support of PostgreSQL 15 ends on 2028-02-29")
}

func TestReview_WritesTextOnATerminalAndMarkdownElsewhere(t *testing.T) {
	dir := plansOf(t, "bad/multi-az-off")
	for name, tt := range map[string]struct {
		terminal bool
		noColour string
		args     []string
		begins   string
	}{
		"terminal":         {true, "", nil, "Plan review of prod: \x1b[1;33mNEEDS A HUMAN\x1b[0m\n"},
		"NO_COLOR":         {true, "1", nil, "Plan review of prod: NEEDS A HUMAN\n"},
		"pipe":             {false, "", nil, "<!-- pgdr review prod -->\n"},
		"text into a pipe": {false, "", []string{"--format", "text"}, "Plan review of prod: NEEDS A HUMAN\n"},
		"another format":   {true, "", []string{"--format", "markdown"}, "<!-- pgdr review prod -->\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColour)
			t.Setenv("TERM", "xterm")
			var out bytes.Buffer
			cmd := (&reviewFlags{terminal: func(any) bool { return tt.terminal }}).command()
			cmd.SetArgs(append([]string{"--plan", dir}, tt.args...))
			cmd.SetOut(&out)
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			var verdict *verdictError
			require.ErrorAs(t, cmd.ExecuteContext(t.Context()), &verdict)
			require.Equal(t, 2, verdict.code)
			require.True(t, strings.HasPrefix(out.String(), tt.begins), out.String())
		})
	}
}

// With the project at hand a finding names the line, and the limit counts.
func TestReview_ReadsTheProjectBehindThePlans(t *testing.T) {
	project := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(project, "environments"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(project, "cdktf.json"), []byte("{}"), 0o600))
	file := filepath.Join(project, "environments", "prod.yaml")
	require.NoError(t, os.WriteFile(file, []byte("review:\n  cost_limit_usd: 300\ndatabase:\n  instance_class: db.r6g.xlarge\n"), 0o600))
	out, code, err := runReview(t, "", "--plan", plansOf(t, "bad/class-smaller"), "--project", project)
	require.NoError(t, err)
	require.Equal(t, 2, code)
	require.Contains(t, out, "`environments/prod.yaml:4 database.instance_class`")
	require.Contains(t, out, "and review.cost_limit_usd is 300.")

	require.NoError(t, os.WriteFile(file, []byte("review:\n  cost_limit_usd: -1\n"), 0o600))
	_, code, err = runReview(t, "", "--plan", plansOf(t, "bad/class-smaller"), "--project", project)
	require.Equal(t, review.ExitUnusable, code)
	require.ErrorContains(t, err, "review.cost_limit_usd: found -1 (environments/prod.yaml, line 2): give 0 to 1000000")
	_, code, err = runReview(t, "", "--plan", plansOf(t, "bad/class-smaller"), "--project", filepath.Join(project, "environments"))
	require.Equal(t, review.ExitUnusable, code, "found above it, and as wrong")
	require.Error(t, err)
	_, code, err = runReview(t, "", "--plan", plansOf(t, "bad/class-smaller"), "--project", t.TempDir())
	require.Equal(t, review.ExitUnusable, code)
	require.ErrorContains(t, err, "--project: this is not the project's folder")
}
