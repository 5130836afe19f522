package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

var three = []scenario.Scenario{{Name: "one"}, {Name: "two"}, {Name: "three"}}

var errMachine = errors.New("the disk is full")

func TestHold_GoesOnWhenADrillCannotBeHeld(t *testing.T) {
	folder := t.TempDir()
	results := hold(t.Context(), three, 1, func(_ context.Context, sc scenario.Scenario) (report.Report, error) {
		if sc.Name == "one" {
			return report.Report{}, errMachine
		}
		return report.Report{Scenario: sc.Name, Passed: true}, nil
	}, folder)
	require.Len(t, results, 3)
	var out bytes.Buffer
	err := summarise(&out, results, folder)
	require.ErrorIs(t, err, errNotHeld)
	require.NotErrorIs(t, err, errDrillFailed)
	require.ErrorIs(t, err, errMachine)
	require.Equal(t, exitNotHeld, exitCode(err))
	results[1].report.Passed = false
	err = summarise(io.Discard, results, folder)
	require.ErrorIs(t, err, errDrillFailed)
	require.Equal(t, 1, exitCode(err), "of a drill that failed and one that was not held, the failure counts")
	results[1].report.Passed = true
	require.Contains(t, out.String(), "NOT HELD: the disk is full")
	require.Equal(t, 2, strings.Count(out.String(), "passed"))
	require.ErrorContains(t, err, "1 of 3")
	require.Len(t, reports(t, folder), 6, "reports of the two that were held, and no locks")
}

// reports are the names in a folder of reports, but for that of the locks.
func reports(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		if entry.Name() != locksFolder {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestHold_ADrillThatCouldNotBeHeldLeavesTheGuardsLogAndNoEarlierReport(t *testing.T) {
	folder := t.TempDir()
	var fault error
	drill := func(context.Context, scenario.Scenario) (report.Report, error) {
		return report.Report{Scenario: "one", Log: []string{"+1.0  looks", "+2.0  refuses"}}, fault
	}
	names := func() []string { return reports(t, folder) }
	require.NoError(t, hold(t.Context(), three[:1], 1, drill, folder)[0].err)
	require.Equal(t, []string{"one.html", "one.json", "one.log", "one.txt"}, names())
	fault = errMachine
	require.ErrorIs(t, hold(t.Context(), three[:1], 1, drill, folder)[0].err, errMachine)
	require.Equal(t, []string{"one.log"}, names())
	text, err := os.ReadFile(filepath.Join(folder, "one.log")) //nolint:gosec // the test's own
	require.NoError(t, err)
	require.Equal(t, "+1.0  looks\n+2.0  refuses\n", string(text))
}

func TestHold_BeginsNothingAfterAnInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	results := hold(ctx, three, 1, func(context.Context, scenario.Scenario) (report.Report, error) {
		cancel()
		return report.Report{}, ctx.Err()
	}, t.TempDir())
	require.Len(t, results, 1)
	require.ErrorIs(t, results[0].err, context.Canceled)
}

func TestHold_TheSameScenarioTwiceAtOnceKeepsBothReports(t *testing.T) {
	folder := t.TempDir()
	var both sync.WaitGroup
	both.Add(2)
	var mu sync.Mutex
	begun := 0
	drill := func(ctx context.Context, sc scenario.Scenario) (report.Report, error) {
		mu.Lock()
		begun++
		n := begun
		mu.Unlock()
		both.Done()
		both.Wait() // neither ends before the other has begun
		return report.Report{Scenario: sc.Name, Title: []string{"", "first", "second"}[n], Passed: true}, ctx.Err()
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { hold(t.Context(), three[:1], 1, drill, folder) })
	}
	all.Wait()
	var titles []string
	for _, name := range []string{"one.json", "one-2.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name)) //nolint:gosec // the test's own
		require.NoError(t, err)
		for _, title := range []string{"first", "second"} {
			if strings.Contains(string(text), `"title": "`+title+`"`) {
				titles = append(titles, title)
			}
		}
	}
	slices.Sort(titles)
	require.Equal(t, []string{"first", "second"}, titles)

	hold(t.Context(), three[:1], 1, func(_ context.Context, sc scenario.Scenario) (report.Report, error) {
		return report.Report{Scenario: sc.Name, Title: "later"}, nil
	}, folder)
	text, err := os.ReadFile(filepath.Join(folder, "one.json")) //nolint:gosec // the test's own
	require.NoError(t, err)
	require.Contains(t, string(text), "later", "an earlier report is replaced")
}

func TestAtOnce_IsBoundByProcessorsAndMemory(t *testing.T) {
	for _, c := range []struct{ processors, free, want int }{
		{2, 16000, 2}, {1, 16000, 1}, {8, 900, 2}, {8, 100, 1}, {32, 64000, 6}, {4, 0, 4},
	} {
		require.Equal(t, c.want, atOnce(c.processors, c.free), "%+v", c)
	}
}

func TestAnnounced_TellsTheEndOfADrillAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		r    report.Report
		err  error
		says string
	}{
		"passed":   {report.Report{Passed: true}, nil, "passed\n"},
		"failed":   {report.Report{Failures: []string{"promotions: 0, want 1", "and more"}}, nil, "FAILED: promotions: 0, want 1; and more\n"},
		"not held": {report.Report{}, errDrillFailed, "NOT HELD: " + errDrillFailed.Error() + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			_, err := announced(&out, func(context.Context, scenario.Scenario) (report.Report, error) { return c.r, c.err })(t.Context(), three[0])
			require.Equal(t, c.err, err)
			require.Equal(t, fmt.Sprintf("%-22s %s", three[0].Name, c.says), out.String())
		})
	}
}

func TestOverview_LinksEachPageByKindAndIsReadByCI(t *testing.T) {
	folder := t.TempDir()
	scenarios := []scenario.Scenario{
		{Name: "one", Title: "The first", Expect: scenario.Expect{Promotions: 1}}, {Name: "two", Title: "The second"}, {Name: "three", Title: "The third", Unknowable: true},
	}
	results := hold(t.Context(), scenarios, 1, func(_ context.Context, sc scenario.Scenario) (report.Report, error) {
		if sc.Name == "two" {
			return report.Report{}, errMachine
		}
		return report.Report{Scenario: sc.Name, Title: sc.Title, Passed: sc.Name == "one", Failures: []string{"a <fault>"}}, nil
	}, folder)
	require.NoError(t, overview(results, folder))
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), `href="one.html"`)
	require.NotContains(t, string(page), `href="two.html"`, "it has no page")
	require.FileExists(t, filepath.Join(folder, "one.html"))
	junit, err := os.ReadFile(filepath.Join(folder, "junit.xml"))
	require.NoError(t, err)
	require.Contains(t, string(junit), `<testsuites tests="3" failures="1" errors="1">`)
	var out bytes.Buffer
	require.Error(t, summarise(&out, results, folder))
	require.Contains(t, out.String(), "Page: "+filepath.Join(folder, "index.html")+"\n")
	out.Reset()
	require.NoError(t, summarise(&out, results[:1], folder))
	require.Contains(t, out.String(), "Page: "+filepath.Join(folder, "one.html")+"\n")
}
