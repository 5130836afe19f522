package bench_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/bench"
)

func self(v float64) float64 { return v }

func TestSpreadOf_IsTheLowestTheMiddleAndTheHighest(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want bench.Spread
	}{
		{nil, bench.Spread{}},
		{[]float64{3}, bench.Spread{Least: 3, Median: 3, Most: 3}},
		{[]float64{9, 1, 4}, bench.Spread{Least: 1, Median: 4, Most: 9}},
		{[]float64{9, 1, 4, 5}, bench.Spread{Least: 1, Median: 4.5, Most: 9}},
	} {
		require.Equal(t, c.want, bench.SpreadOf(c.of, self), "%v", c.of)
		require.InDelta(t, c.want.Median, bench.Median(c.of, self), 0, "%v", c.of)
	}
}

func TestSpreadOf_LeavesTheSamplesInOrder(t *testing.T) {
	samples := []float64{2, 1}
	bench.SpreadOf(samples, self)
	require.Equal(t, []float64{2, 1}, samples)
}

func settings(t *testing.T, args ...string) (bench.Settings, error) {
	t.Helper()
	var s bench.Settings
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	s.Register(flags, 5, "dist/measure.json")
	require.NoError(t, flags.Parse(args))
	return s, s.Resolve()
}

func TestSettings_RefuseNoRuns(t *testing.T) {
	_, err := settings(t, "-runs", "0")
	require.ErrorIs(t, err, bench.ErrRuns)
	require.ErrorContains(t, err, "-runs is 0; want 1 or more")
}

func TestSettings_TakePathsAsTheProjects(t *testing.T) {
	s, err := settings(t, "-project", "/p")
	require.NoError(t, err)
	require.Equal(t, bench.Settings{Project: "/p", Runs: 5, JSON: filepath.Join("/p", "dist", "measure.json")}, s)
	require.Equal(t, "/elsewhere", s.Path("/elsewhere"))
}

// result is a report with one figure.
type result struct {
	Figure float64 `json:"figure"`
}

func (r result) Table() string { return fmt.Sprintf("figure: %v\n", r.Figure) }
func (r result) Check() error  { return fmt.Errorf("figure: %w", bench.ErrExpectation) }

func TestPublish_WritesPrintsAndChecksIfAsked(t *testing.T) {
	s := bench.Settings{JSON: filepath.Join(t.TempDir(), "new", "measure.json")}
	var out bytes.Buffer
	require.NoError(t, s.Publish(&out, result{1.5}), "not asked to check")
	require.Equal(t, "figure: 1.5\n\nEvery sample: "+s.JSON+"\n", out.String())
	text, err := os.ReadFile(s.JSON)
	require.NoError(t, err)
	require.JSONEq(t, `{"figure": 1.5}`, string(text))
	s.Check = true
	require.ErrorIs(t, s.Publish(&out, result{1.5}), bench.ErrExpectation)
}
