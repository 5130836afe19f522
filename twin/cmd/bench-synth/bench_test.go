package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/twin/bench"
)

func TestCompare_RunsBothWaysInTurnAndLeavesOutTheFirst(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	way := func(name string) command {
		return command{name: "/bin/sh", args: []string{"-c", `echo "$WAY" >> "$LOG"`}, env: []string{"LOG=" + log}}.with("WAY=" + name)
	}
	p, err := compare(t.Context(), 2, way("plain"), way("fast"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Plain) != 2 || len(p.Fast) != 2 {
		t.Errorf("%d plain and %d fast runs count, want 2 and 2", len(p.Plain), len(p.Fast))
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("plain\nfast\n", 3); string(text) != want {
		t.Errorf("order of the runs: %q, want %q", text, want)
	}
}

func TestCommand_ShowsWhatAFailedRunSaid(t *testing.T) {
	_, err := command{name: "/bin/sh", args: []string{"-c", "echo why; exit 3"}}.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("run = %v; want what the command said", err)
	}
}

func TestPhases_LastFromOneAnnouncementToTheNext(t *testing.T) {
	now := time.Unix(0, 0)
	var out bytes.Buffer
	p := &phases{now: func() time.Time { return now }, next: &out}
	say := func(after time.Duration, line string) {
		now = now.Add(after)
		if _, err := p.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	say(time.Second, "==> deploy\n")
	p.begin()
	say(0, "==> synthesize\n")
	say(time.Second, "a line of a command's\n")
	say(time.Second, "==> plan\n")
	now = now.Add(3 * time.Second)
	got := p.end()
	say(time.Second, "==> stop\n")
	want := []phase{{"synthesize", 2}, {"plan", 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if !strings.Contains(out.String(), "a line of a command's\n") {
		t.Errorf("passed on: %q; want every line", out.String())
	}
}

func TestCheck_RefusesWhatIsSlowerThanExpected(t *testing.T) {
	runs := func(plain, fast, plan float64) report {
		return report{
			Synthesis: pair{Plain: series{{Wall: plain}}, Fast: series{{Wall: fast}}},
			Plan:      []planRun{{Wall: plan}},
		}
	}
	if err := runs(4, 1, 10).Check(); err != nil {
		t.Errorf("just as fast as expected: %v", err)
	}
	for name, r := range map[string]report{"ratio": runs(4, 1.01, 10), "edit-to-plan": runs(4, 1, 10.1)} {
		if err := r.Check(); !errors.Is(err, bench.ErrExpectation) {
			t.Errorf("%s: %v, want %v", name, err, bench.ErrExpectation)
		}
	}
}

func TestUpdateDocument_ReplacesTheFiguresAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + figuresBegin + "\nold\n" + figuresEnd + "\nafter\n")
	if err := updateDocument(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + figuresBegin + "\n\nnew\n\n" + figuresEnd + "\nafter\n"; string(got) != want {
		t.Errorf("document:\n%s\nwant:\n%s", got, want)
	}
	write("no place for figures")
	if err := updateDocument(path, "new"); err == nil || !strings.Contains(err.Error(), figuresBegin) {
		t.Errorf("without a place: %v; want the line that is missing", err)
	}
}

func TestParse_RefusesWhatCannotBeMeasured(t *testing.T) {
	for _, args := range [][]string{{"-runs", "0"}, {"-parts", "synthesis,plna"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("parse(%q) is accepted", args)
		}
	}
	s, err := parse([]string{"-project", "/p", "-parts", "plan,second", "-update", "docs/x.md"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.parts.has("plan") || s.parts.has("scratch") || s.update != filepath.Join("/p", "docs", "x.md") || s.JSON != filepath.Join("/p", "dist", "bench-synth.json") {
		t.Errorf("settings: %+v", s)
	}
}

func TestTable_LeavesOutWhatWasNotMeasured(t *testing.T) {
	table := report{Runs: 1, Synthesis: pair{Plain: series{{Wall: 4, CPU: 5}}, Fast: series{{Wall: 1, CPU: 2}}}}.Table()
	if want := "| Synthesis of one environment, both stacks | 4.00 (5.00) | 1.00 (2.00) | 0.25 |\n"; !strings.HasSuffix(table, want) {
		t.Errorf("table:\n%s\nwant its last line to be:\n%s", table, want)
	}
}
