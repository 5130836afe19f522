package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/bench"
)

func TestReport_ShowsMedianAndSpread(t *testing.T) {
	r := report{Archive: 3 << 20, Memory: 24 << 20, Starts: []sample{{Init: 9, FirstCall: 40}, {Init: 7, FirstCall: 20}, {Init: 8, FirstCall: 30}, {Init: 8, FirstCall: 24}}}
	require.Contains(t, r.Table(), "| Start of the process to its first call of AWS | 27 ms | 20 to 40 ms | 50 ms |")
	require.Contains(t, r.Table(), "| Peak memory over a check and a tick | 24.0 MiB | | 48 MiB |")
	require.NoError(t, r.Check())
}

func TestReport_NamesEachFigureThatIsMoreThanExpected(t *testing.T) {
	r := report{Archive: maxArchive + 1, Memory: maxMemory + 1, Starts: []sample{{FirstCall: 51}}}
	err := r.Check()
	require.ErrorIs(t, err, bench.ErrExpectation)
	for _, figure := range []string{"archive", "first call", "memory"} {
		require.ErrorContains(t, err, figure)
	}
}

func TestParse_RefusesNoRuns(t *testing.T) {
	_, err := parse([]string{"-runs", "0"})
	require.ErrorIs(t, err, bench.ErrRuns)
}
