//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// skipPrefix is Terratest's own. Its test_structure package is not used: it
// brings the clients of three clouds and of Kubernetes into the build, minutes
// of it, for these lines.
const skipPrefix = "SKIP_"

// Results of a stage.
const (
	passed     = "passed"
	failed     = "failed"
	skipped    = "skipped"
	notCovered = "not covered"
)

// result is what became of a stage.
type result struct {
	Stage  string `json:"stage"`
	Result string `json:"result"`
	// Why is set where it was skipped or not covered.
	Why     string  `json:"why,omitempty"`
	Seconds float64 `json:"seconds"`
}

// stages runs stages and keeps their results.
type stages struct {
	t       *testing.T
	target  string
	dir     string
	began   time.Time
	results []result
}

func newStages(t *testing.T, target, dir string) *stages {
	t.Helper()
	return &stages{t: t, target: target, dir: dir, began: time.Now()}
}

// run runs a stage unless SKIP_<name> is set. do returns what the target can't
// show, nil if it showed all.
func (s *stages) run(name string, do func() (uncovered []string)) {
	s.t.Helper()
	r := result{Stage: name, Result: failed}
	began, failedBefore := time.Now(), s.t.Failed()
	defer func() { // a stage that fails leaves the test by Goexit
		r.Seconds = time.Since(began).Seconds()
		s.results = append(s.results, r)
		s.t.Logf("stage %s: %s %s", name, r.Result, r.Why)
	}()
	if os.Getenv(skipPrefix+name) != "" {
		r.Result, r.Why = skipped, skipPrefix+name+" is set"
		return
	}
	s.t.Logf("stage %s: begins", name)
	if uncovered := do(); len(uncovered) > 0 {
		r.Result, r.Why = notCovered, strings.Join(uncovered, "; ")
	} else {
		r.Result = passed
	}
	if !failedBefore && s.t.Failed() {
		r.Result = failed
	}
}

// report tells every stage's result, and keeps it. A run in which no stage
// ran is no success.
func (s *stages) report() {
	s.t.Helper()
	var text strings.Builder
	ran := 0
	for _, r := range s.results {
		if r.Result != skipped {
			ran++
		}
		_, _ = fmt.Fprintf(&text, "\n  %-12s %-12s %6.0f s  %s", r.Stage, r.Result, r.Seconds, r.Why)
	}
	s.t.Logf("on %s, %s:%s", s.target, s.began.UTC().Format(time.RFC3339), text.String())
	raw, err := json.MarshalIndent(map[string]any{"target": s.target, "began": s.began.UTC(), "stages": s.results}, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "stages.json"), append(raw, '\n'), 0o600)
	}
	if err != nil {
		s.t.Errorf("keep the report: %v", err)
	}
	if ran == 0 {
		s.t.Error("every stage was skipped: nothing was shown")
	}
}

func TestStages_SkipOnlyWhatIsNamedAndSayWhatWasNotCovered(t *testing.T) {
	t.Setenv(skipPrefix+"second", "true")
	s := newStages(t, "nowhere", t.TempDir())
	var ran []string
	s.run("first", func() []string { ran = append(ran, "first"); return nil })
	s.run("second", func() []string { ran = append(ran, "second"); return nil })
	s.run("third", func() []string { ran = append(ran, "third"); return []string{"from here", "at night"} })
	s.report()
	require.Equal(t, []string{"first", "third"}, ran)
	require.Equal(t, []string{passed, skipped, notCovered}, []string{s.results[0].Result, s.results[1].Result, s.results[2].Result})
	require.Equal(t, "from here; at night", s.results[2].Why)
	raw, err := os.ReadFile(filepath.Join(s.dir, "stages.json"))
	require.NoError(t, err)
	require.Contains(t, string(raw), `"result": "not covered"`)
}
