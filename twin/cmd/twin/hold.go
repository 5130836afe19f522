package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/gofrs/flock"

	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// result of a drill: its report, or why there is none.
type result struct {
	scenario scenario.Scenario
	// file is where its report is, without the suffix.
	file   string
	report report.Report
	err    error
}

// run holds one drill.
type run func(context.Context, scenario.Scenario) (report.Report, error)

// announced is a drill whose end is told at once: of many, the first that fails
// should not be heard of last.
func announced(out io.Writer, drill run) run {
	return func(ctx context.Context, sc scenario.Scenario) (report.Report, error) {
		r, err := drill(ctx, sc)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			_, _ = fmt.Fprintf(out, "%-22s NOT HELD: %v\n", sc.Name, err)
		case !r.Passed:
			_, _ = fmt.Fprintf(out, "%-22s FAILED: %s\n", sc.Name, strings.Join(r.Failures, "; "))
		default:
			_, _ = fmt.Fprintf(out, "%-22s passed\n", sc.Name)
		}
		return r, err
	}
}

// hold holds the drills, several at once, and writes each report into a folder
// as soon as there is one. A drill that could not be held keeps no other from
// being held; those that an interrupt kept from beginning have no result.
func hold(ctx context.Context, scenarios []scenario.Scenario, atOnce int, drill run, folder string) []result {
	var (
		all     sync.WaitGroup
		slots   = make(chan struct{}, atOnce)
		results = make([]result, len(scenarios))
	)
	held := 0
	for i, sc := range scenarios {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		held++
		all.Go(func() {
			defer func() { <-slots }()
			results[i] = holdOne(ctx, sc, drill, folder)
		})
	}
	all.Wait()
	return results[:held]
}

func holdOne(ctx context.Context, sc scenario.Scenario, drill run, folder string) (r result) {
	r.scenario = sc
	file, release, err := claim(folder, sc.Name)
	if err != nil {
		r.err = err
		return r
	}
	defer release()
	r.file = file
	if r.report, r.err = drill(ctx, sc); r.err != nil && ctx.Err() != nil {
		return r
	}
	return withReport(r, file)
}

// most of one scenario's drills at once in one folder.
const most = 100

// locksFolder is below the folder of reports.
const locksFolder = ".locks"

// claim finds a name for a drill's report that no drill under way has: that of
// its scenario, or one with a number. The report of an earlier drill is
// replaced.
func claim(folder, name string) (file string, release func(), err error) {
	if err := os.MkdirAll(filepath.Join(folder, locksFolder), 0o750); err != nil {
		return "", nil, fmt.Errorf("make the folder of reports: %w", err)
	}
	for n := 1; n <= most; n++ {
		file = filepath.Join(folder, name)
		if n > 1 {
			file += fmt.Sprintf("-%d", n)
		}
		// The lock's file stays: removed, it could be locked twice.
		lock := flock.New(filepath.Join(folder, locksFolder, filepath.Base(file)), flock.SetPermissions(0o600))
		ok, err := lock.TryLock()
		if err != nil {
			return "", nil, fmt.Errorf("lock the report %s: %w", file, err)
		}
		if ok {
			return file, func() { _ = lock.Unlock() }, nil
		}
	}
	return "", nil, fmt.Errorf("reports in %s: %d drills of %s are under way: %w", folder, most, name, errNotHeld)
}

// withReport writes the report of a drill in its forms, and the guard's log. A
// drill that was not held has the log only, if anything; nothing of an earlier
// one is left beside it.
func withReport(r result, file string) result {
	forms := map[string][]byte{".txt": nil, ".json": nil, ".html": nil, ".log": []byte(strings.Join(append(r.report.Log, ""), "\n"))}
	if r.err == nil {
		if forms[".json"], r.err = r.report.JSON(); r.err != nil {
			return r
		}
		if forms[".html"], r.err = r.report.HTML(); r.err != nil {
			return r
		}
		forms[".txt"] = []byte(r.report.Text())
	}
	for suffix, content := range forms {
		if err := put(file+suffix, content); err != nil {
			r.err = errors.Join(r.err, fmt.Errorf("write the report: %w", err))
		}
	}
	return r
}

// overview writes what several drills came to, as a page and for CI systems.
func overview(results []result, folder string) error {
	entries := make([]report.Entry, 0, len(results))
	for _, r := range results {
		e := report.Entry{Scenario: r.scenario.Name, Title: r.scenario.Title, Kind: r.scenario.Kind(), Report: r.report, Err: r.err}
		if r.err == nil {
			e.Link = filepath.Base(r.file) + ".html"
		}
		entries = append(entries, e)
	}
	index, err := report.Index(entries)
	if err != nil {
		return err
	}
	junit, err := report.JUnit(entries)
	if err != nil {
		return err
	}
	if err := errors.Join(put(filepath.Join(folder, indexFile), index), put(filepath.Join(folder, junitFile), junit)); err != nil {
		return fmt.Errorf("write the overview: %w", err)
	}
	return nil
}

// Files of several drills, in the folder of reports.
const (
	indexFile = "index.html"
	junitFile = "junit.xml"
)

// put writes a file, or removes it where there is nothing to be in it.
func put(file string, content []byte) error {
	if len(content) > 0 {
		return os.WriteFile(file, content, 0o600)
	}
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// summarise prints the one report, or a line for each of several, and returns
// what was not as it should be.
func summarise(out io.Writer, results []result, folder string) error {
	var failed, notHeld, written int
	var errs []error
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table)
	for _, r := range results {
		switch {
		case r.err != nil:
			notHeld++
			errs = append(errs, fmt.Errorf("%s: %w", r.scenario.Name, r.err))
			_, _ = fmt.Fprintf(table, "%s\t\tNOT HELD: %s\n", r.scenario.Name, strings.Join(strings.Fields(r.err.Error()), " "))
			continue
		case !r.report.Passed:
			failed++
			_, _ = fmt.Fprintf(table, "%s\t%.0f s\tFAILED: %s\n", r.scenario.Name, r.report.Real, strings.Join(r.report.Failures, "; "))
		default:
			_, _ = fmt.Fprintf(table, "%s\t%.0f s\tpassed\n", r.scenario.Name, r.report.Real)
		}
		written++
	}
	if len(results) > 1 {
		_ = table.Flush() // standard output
	} else if written == 1 {
		_, _ = fmt.Fprintf(out, "\n%s", results[0].report.Text())
	}
	if written > 0 {
		page := filepath.Join(folder, indexFile)
		if len(results) == 1 {
			page = results[0].file + ".html"
		}
		_, _ = fmt.Fprintf(out, "Page: %s\nReports (text, JSON, page, log): %s\n", page, folder)
	}
	if failed > 0 {
		errs = append(errs, fmt.Errorf("%d of %d: %w", failed, len(results), errDrillFailed))
	}
	if notHeld > 0 {
		errs = append(errs, fmt.Errorf("%d of %d: %w", notHeld, len(results), errNotHeld))
	}
	return errors.Join(errs...)
}
