package tests

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/drill"
	"github.com/pgdr/pgdr/internal/drill/report"
	"github.com/pgdr/pgdr/internal/drill/scenario"
	"github.com/pgdr/pgdr/internal/twin"
)

// drills prepares what drills begin with, in a folder of the test's own.
func drills(t *testing.T) *drill.Base {
	t.Helper()
	project, err := filepath.Abs("..")
	require.NoError(t, err)
	root := t.TempDir()
	base, err := drill.Prepare(t.Context(), drill.Options{
		Project: project, Root: twin.Dir(root), Environment: "dev", Scale: 20, Patience: 2, Out: &safeBuffer{}, Labelled: true,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, base.Close())
		left, err := filepath.Glob(filepath.Join(root, "drill-*"))
		require.NoError(t, err)
		require.Empty(t, left, "files of the drill are left")
		requireNothingRuns(t, root)
	})
	return base
}

// requireNothingRuns wants no process whose command or environment names a
// folder.
func requireNothingRuns(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"cmdline", "environ"} {
		files, err := filepath.Glob("/proc/[0-9]*/" + name)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file) //nolint:gosec // the kernel's own
			if err != nil || filepath.Base(filepath.Dir(file)) == "self" {
				continue // it has ended meanwhile, or is another user's
			}
			require.NotContains(t, string(text), dir, file)
		}
	}
}

// TestDrill holds the default drill and, beside it in another twin, one in
// which nothing may be promoted.
func TestDrill(t *testing.T) {
	base := drills(t)
	var all sync.WaitGroup
	reports := map[string]report.Report{}
	var mu sync.Mutex
	for _, name := range []string{"region-loss", "fenced-primary-wakes"} {
		sc, err := scenario.Find(name, drill.Vocabulary())
		require.NoError(t, err)
		all.Go(func() {
			r, err := base.Run(t.Context(), sc)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			reports[name] = r
		})
	}
	all.Wait()
	require.Len(t, reports, 2)
	for name, r := range reports {
		require.True(t, r.Passed, "%s\n%s", name, r.Text())
		require.Equal(t, 1, r.Guard.Promotions, name)
		require.Len(t, r.Phases, 6, name)
		require.Len(t, r.Plans, 2, name)
		require.Contains(t, string(r.SVG()), "writes again")
	}
	lost := reports["region-loss"]
	require.Contains(t, lost.Guard.Debts, "fence", "the silent region cannot be fenced")
	for _, a := range lost.Apps {
		if a.ID == "replica-app" {
			require.NotNil(t, a.RTO)
			require.Equal(t, "replica-db-dev", a.Server, "the same name leads to the promoted replica")
		}
	}
	t.Log(lost.Text())
}

// TestDrill_LeavesNothingWhenItIsInterrupted sends the command what Ctrl-C
// sends.
func TestDrill_LeavesNothingWhenItIsInterrupted(t *testing.T) {
	root := t.TempDir()
	program := filepath.Join(t.TempDir(), "drctl")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/drctl") //nolint:gosec // our own program
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	cmd := exec.CommandContext(t.Context(), program, "drill", "--project", "..", "--dir", root) //nolint:gosec // our own program
	lines, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() {
		interrupted := false
		for scan := bufio.NewScanner(lines); scan.Scan(); {
			if !interrupted && strings.Contains(scan.Text(), "made ready and armed") {
				interrupted = true
				_ = cmd.Process.Signal(syscall.SIGINT) // the wait below notices
			}
		}
		ended <- cmd.Wait()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	select {
	case err := <-ended:
		require.Error(t, err, "an interrupted drill is no success")
	case <-ctx.Done():
		require.Fail(t, "the drill does not end")
	}
	left, err := filepath.Glob(filepath.Join(root, "drill-*"))
	require.NoError(t, err)
	require.Empty(t, left)
	requireNothingRuns(t, root)
}
