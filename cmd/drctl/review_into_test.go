package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

// list writes what `drctl plan` leaves beside the plans.
func list(t *testing.T, dir, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plans.json"), []byte(text), 0o600))
}

func TestReview_ReadsTheFolderThatPlanLeft(t *testing.T) {
	dir := plansOf(t, "unchanged/as-deployed")
	list(t, dir, `{"environment":"prod","stacks":{"primary":"no changes","replica":"no changes"}}`)
	for range 2 { // the second time beside the first review
		_, code, err := runReview(t, "", "--plan", dir, "--into", dir)
		require.NoError(t, err)
		require.Zero(t, code)
	}
	for _, name := range []string{"review.json", "review.md", "comment.md"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "replica.json")))
	_, code, err := runReview(t, "", "--plan", dir)
	require.Equal(t, review.ExitUnusable, code)
	require.ErrorContains(t, err, "replica.json: cannot be read: no such file", "a plan that is listed")
	list(t, dir, "{}")
	_, code, err = runReview(t, "", "--plan", dir)
	require.Equal(t, review.ExitUnusable, code)
	require.ErrorContains(t, err, `plans.json in `+dir+`: found outcome ""`)
}

// The review reports a stack that cannot be planned. It needs a human only where
// something is deployed.
func TestReview_NeedsAHumanForAStackThatCannotBePlannedAndIsDeployed(t *testing.T) {
	const missing = `{"environment":"prod","stacks":{"primary":"changes","replica":"not yet"},"missing":{"replica":{"why":"It reads what is not there.","first":FIRST}}}`
	plans, err := recordedPlans.Read("first/primary", review.Primary)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "primary.json"), plans[review.Primary], 0o600))

	list(t, dir, strings.Replace(missing, "FIRST", "true", 1))
	out, code, err := runReview(t, "", "--plan", dir)
	require.NoError(t, err)
	require.Zero(t, code, out)
	require.Contains(t, out, "> It reads what is not there. It is not in this review.")

	list(t, dir, strings.Replace(missing, "FIRST", "false", 1))
	out, code, err = runReview(t, "", "--plan", dir)
	require.NoError(t, err)
	require.Equal(t, 2, code)
	require.Contains(t, out, "The replica stack has no plan, although something is deployed: It reads what is not there.")
}

// A file alone is judged as a folder with one plan in it.
func TestReview_NeedsAHumanForAPlanThatWasNotGiven(t *testing.T) {
	for recording, want := range map[string]struct {
		given []string
		code  int
	}{
		"first/primary":         {[]string{review.Primary}, 0},
		"unchanged/as-deployed": {[]string{review.Primary}, 2},
		"unchanged/failed-over": {[]string{review.Replica}, 2},
	} {
		plans, err := recordedPlans.Read(recording, want.given...)
		require.NoError(t, err)
		dir := t.TempDir()
		file := filepath.Join(dir, "plan.json")
		require.NoError(t, os.WriteFile(file, plans[want.given[0]], 0o600))
		for _, given := range []string{file, dir} {
			out, code, err := runReview(t, "", "--plan", given)
			require.NoError(t, err)
			require.Equal(t, want.code, code, "%s %s", recording, out)
			require.Contains(t, out, " stack's plan was not given.")
			if code != 0 {
				require.Contains(t, out, "has no plan, although something is deployed")
			}
		}
	}
}

func TestReview_LeavesNoEarlierReviewWhereThereIsNoVerdict(t *testing.T) {
	dir := t.TempDir()
	for _, name := range reviewFiles {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("CLEAN"), 0o600))
	}
	_, code, err := runReview(t, "", "--plan", filepath.Join(dir, "none.json"), "--into", dir)
	require.Error(t, err)
	require.Equal(t, review.ExitUnusable, code)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestReview_AcceptsAHumanToComeAndNothingWorse(t *testing.T) {
	for recording, want := range map[string]int{"unchanged/as-deployed": 0, "bad/multi-az-off": 0, "bad/public": 1} {
		_, code, err := runReview(t, "", "--plan", plansOf(t, recording), "--accept-human")
		require.NoError(t, err)
		require.Equal(t, want, code, recording)
	}
}

// broken is an input that crashes its reader.
type broken struct{ io.Reader }

func (broken) Read([]byte) (int, error) { panic("out of order\nand more") }

// Go's exit code for a crash is that of "needs a human".
func TestReview_ACrashIsNoVerdict(t *testing.T) {
	cmd := root()
	cmd.SetArgs([]string{"review", "--plan", "-"})
	cmd.SetIn(broken{})
	err := cmd.ExecuteContext(t.Context())
	var verdict *verdictError
	require.ErrorAs(t, err, &verdict)
	require.Equal(t, review.ExitUnusable, verdict.code)
	require.EqualError(t, verdict.err, "the review broke off by a fault of its own, and there is no verdict: out of order; please report it, with the plan if you can")
}
