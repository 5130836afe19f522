package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/twin/bench"
)

func TestReport_ShowsMedianSpreadAndWhetherTheLimitIsKept(t *testing.T) {
	r := report{
		Archive: 3 << 20, Peaks: []peak{{Memory: 24 << 20}, {Memory: 26 << 20}, {Memory: 50 << 20}},
		Starts: []sample{{Init: 9, FirstCall: 70, Empty: 2}, {Init: 7, FirstCall: 50}, {Init: 8, FirstCall: 60}, {Init: 8, FirstCall: 54}},
	}
	require.Contains(t, r.Table(), "| Archive that is shipped | 3.1 MB | | 6 MB | met |")
	require.Contains(t, r.Table(), "| An empty Go program, from its start to its end | 0.0 ms | 0.0 to 2.0 ms | | |")
	require.Contains(t, r.Table(), "| Start of the process to its first call of AWS | 57 ms | 50 to 70 ms | 50 ms | **missed** |")
	require.Contains(t, r.Table(), "| Peak memory over a check and a tick | 27.3 MB | 25.2 to 52.4 MB | 48 MB | met |")
}

func TestReport_NamesEachFigureThatIsMoreThanExpected(t *testing.T) {
	r := report{Archive: bundle.MaxArchive + 1, Peaks: []peak{{Memory: maxMemory + 1}}, Starts: []sample{{FirstCall: 51}}}
	err := r.Check()
	require.ErrorIs(t, err, bench.ErrExpectation)
	for _, figure := range []string{"archive", "first call", "memory"} {
		require.ErrorContains(t, err, figure)
	}
	require.NoError(t, report{Archive: bundle.MaxArchive, Peaks: []peak{{Memory: maxMemory}}, Starts: []sample{{FirstCall: 50}}}.Check())
}

func TestParse_RefusesNoRuns(t *testing.T) {
	for _, flag := range []string{"-runs", "-processes"} {
		_, err := parse([]string{flag, "0"})
		require.ErrorIs(t, err, bench.ErrRuns, flag)
		require.ErrorContains(t, err, flag+" is 0; want 1 or more")
	}
}

func TestParse_TakesTheFolderAsTheProjects(t *testing.T) {
	s, err := parse([]string{"-project", "/p", "-o", "out"})
	require.NoError(t, err)
	require.Equal(t, filepath.Join("/p", "out"), s.out)
	require.Equal(t, filepath.Join("/p", "out", "function-benchmark.json"), s.JSON, "the samples stand beside the page")
}
