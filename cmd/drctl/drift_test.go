package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

// runDrift runs the command as main does: what it prints, and its exit code.
func runDrift(t *testing.T, args ...string) (stdout string, code int, err error) {
	t.Helper()
	return runForVerdict(t, "", append([]string{"drift"}, args...)...)
}

// answerOf writes what drctl guard check --json printed.
func answerOf(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "check.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

const wellAnswered = `{"action":"check","findings":[{"check":"records","verdict":"ok","reason":"as they should be"}]}`

func TestDrift_HasTheExitCodeOfWhatItFound(t *testing.T) {
	for name, tt := range map[string]struct {
		recording, answer string
		code              int
		says              string
	}{
		"none":        {"unchanged/as-deployed", wellAnswered, 0, "## Drift of prod: none\n"},
		"failed over": {"unchanged/failed-over", wellAnswered, 2, "### Left by a failover\n"},
		"a check":     {"unchanged/as-deployed", `{"action":"check","findings":[{"check":"fence","verdict":"failed","reason":"a rule is left","remedy":"remove it"}]}`, 2, "- Check fence (failed): a rule is left.\n\nWhat to do: remove it\n"},
		"no answer":   {"unchanged/as-deployed", "prod: no answer within 60 s\nand more\n", 2, "The guard gave no answer to a check: prod: no answer within 60 s."},
		"nothing":     {"unchanged/as-deployed", "", 2, "The guard gave no answer to a check: the answer is empty."},
		"a refusal":   {"unchanged/as-deployed", `{"action":"check","refusal":{"name":"busy","reason":"a failover is under way"}}`, 2, "no answer to a check: busy: a failover is under way."},
		"no findings": {"unchanged/as-deployed", `{"action":"check"}`, 2, "no answer to a check: the answer has no findings."},
	} {
		t.Run(name, func(t *testing.T) {
			out, code, err := runDrift(t, "--plan", plansOf(t, tt.recording), "--check", answerOf(t, tt.answer))
			require.NoError(t, err)
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.says)
		})
	}
}

func TestDrift_HasAnExitCodeOfItsOwnWithoutAVerdict(t *testing.T) {
	dir, answer := plansOf(t, "unchanged/as-deployed"), answerOf(t, wellAnswered)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no plan":           {[]string{"--check", answer}, "--plan: found none"},
		"no answer":         {[]string{"--plan", dir}, "--check: found none, want the file of what drctl guard check --json printed"},
		"no such answer":    {[]string{"--plan", dir, "--check", filepath.Join(dir, "none")}, "--check: open"},
		"an unknown format": {[]string{"--plan", dir, "--check", answer, "--format", "html"}, `found "html", want markdown or json`},
		"no such plan":      {[]string{"--plan", filepath.Join(dir, "none.json"), "--check", answer}, "cannot be read: no such file"},
		"an argument":       {[]string{"--plan", dir, "--check", answer, "x"}, "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			_, code, err := runDrift(t, tt.args...)
			require.Equal(t, review.ExitUnusable, code)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// What a run before left does not pass for this one's.
func TestDrift_WritesBothFilesAndLeavesNoOlderOnes(t *testing.T) {
	dir, answer := plansOf(t, "unchanged/failed-over"), answerOf(t, wellAnswered)
	for range 2 { // the second time beside the files of the first
		out, code, err := runDrift(t, "--plan", dir, "--check", answer, "--into", dir, "--accept-drift")
		require.NoError(t, err)
		require.Zero(t, code)
		require.Empty(t, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "drift.json"))
	require.NoError(t, err)
	require.Contains(t, string(raw), `"exit_code": 2,`)
	require.FileExists(t, filepath.Join(dir, "drift.md"))
	_, code, err := runDrift(t, "--plan", dir, "--check", filepath.Join(dir, "none"), "--into", dir, "--accept-drift")
	require.Error(t, err)
	require.Equal(t, review.ExitUnusable, code)
	for _, name := range driftFiles {
		require.NoFileExists(t, filepath.Join(dir, name))
	}
}
