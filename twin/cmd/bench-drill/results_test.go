package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/bench"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/report"
)

func TestSummarise_ComparesMedians(t *testing.T) {
	trial := func(way drill.Way, detect, promote float64) drill.Trial {
		return drill.Trial{Way: way, RTO: detect + promote, Phases: []report.Phase{{Name: "detect", To: detect}, {Name: "promote", From: detect, To: detect + promote}}}
	}
	c := comparison{Trials: []drill.Trial{
		trial(drill.Ours, 10, 300), trial(drill.Ours, 30, 300), trial(drill.Ours, 20, 310),
		trial(drill.OursEarly, 5, 300), trial(drill.OursEarly, 15, 300), trial(drill.OursEarly, 10, 310),
		trial(drill.Usual, 200, 330), trial(drill.Usual, 100, 330), trial(drill.Usual, 100, 330),
		trial(drill.UsualExact, 40, 330), trial(drill.UsualExact, 50, 330), trial(drill.UsualExact, 80, 330),
	}}
	c.summarise()
	rows := map[string]row{}
	for _, r := range c.Rows {
		rows[r.Phase] = r
	}
	require.Equal(t, bench.Spread{Least: 10, Median: 20, Most: 30}, rows["detect"].Ours)
	require.InDelta(t, 0.2, rows["detect"].Ratio, 1e-9)
	require.InDelta(t, 0.1, rows["detect"].EarlyRatio, 1e-9)
	require.InDelta(t, 0.2, rows["all but promote"].Ratio, 1e-9)
	require.InDelta(t, 300.0/330, rows["promote"].Ratio, 1e-9)
	require.Zero(t, rows["decide"].Ratio, "no ratio to nothing")
	require.InDelta(t, 0.4, rows["detect"].ExactRatio, 1e-9)
	text := results{Comparisons: []comparison{c}}.markdown()
	require.Contains(t, text, "| detect | 20.0 s (10.0 to 30.0) | 100.0 s (100.0 to 200.0) | 0.20 | 10.0 s (5.0 to 15.0) | 0.10 | 50.0 s (40.0 to 80.0) | 0.40 |")
	require.Contains(t, text, "deadlines leave 2 times as long")
	require.NotContains(t, text, "%!", "a value too many or too few in the text")
}

func TestWrite_TellsTheMachineInBothFiles(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, results{Machine: bench.Machine{Date: "2026-11-23", Processor: "AMD EPYC", Cores: 2}, Runs: 3, Scale: 20}.write(dir, &out))
	for name, want := range map[string]string{"drill-benchmark.md": "2026-11-23: AMD EPYC, 2 cores", "drill-benchmark.json": `"processor": "AMD EPYC"`} {
		text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // of our own folder
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
	require.Contains(t, out.String(), "BENCH_FLAGS='-runs 3 -scale 20'")
}

func TestParse_RefusesNoRuns(t *testing.T) {
	_, err := parse([]string{"-runs", "0"})
	require.ErrorIs(t, err, bench.ErrRuns)
}
