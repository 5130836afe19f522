package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/drill"
	"github.com/pgdr/pgdr/internal/drill/report"
)

func TestSummarise_ComparesMedians(t *testing.T) {
	trial := func(way drill.Way, detect, promote float64) drill.Trial {
		return drill.Trial{Way: way, RTO: detect + promote, Phases: []report.Phase{{Name: "detect", To: detect}, {Name: "promote", From: detect, To: detect + promote}}}
	}
	c := comparison{Trials: []drill.Trial{
		trial(drill.Ours, 10, 300), trial(drill.Ours, 30, 300), trial(drill.Ours, 20, 310),
		trial(drill.Usual, 200, 330), trial(drill.Usual, 100, 330), trial(drill.Usual, 100, 330),
	}}
	c.summarise()
	rows := map[string]row{}
	for _, r := range c.Rows {
		rows[r.Phase] = r
	}
	require.Equal(t, spread{10, 20, 30}, rows["detect"].Ours)
	require.InDelta(t, 0.2, rows["detect"].Ratio, 1e-9)
	require.InDelta(t, 0.2, rows["all but promote"].Ratio, 1e-9)
	require.InDelta(t, 300.0/330, rows["promote"].Ratio, 1e-9)
	require.Zero(t, rows["decide"].Ratio, "no ratio to nothing")
	require.Equal(t, spread{1, 1.5, 2}, spreadOf([]float64{2, 1}))
	require.Contains(t, results{Comparisons: []comparison{c}}.markdown(), "| detect | 20.0 s (10.0 to 30.0) | 100.0 s (100.0 to 200.0) | 0.20 |")
}
