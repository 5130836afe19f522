package tests

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// TestDrill holds one drill of each kind, side by side: what must promote, what
// must not, and what cannot be known. `make drill SCENARIO=all`, of which
// make test-deep is made, holds the others.
func TestDrill(t *testing.T) {
	base := drills(t)
	var all sync.WaitGroup
	reports := map[string]report.Report{}
	var mu sync.Mutex
	for _, name := range []string{"region-loss", "multi-az-failover", "region-parted"} {
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
	require.Len(t, reports, 3)
	for name, r := range reports {
		require.True(t, r.Passed, "%s\n%s", name, r.Text())
	}
	require.Zero(t, reports["multi-az-failover"].Guard.Promotions)
	for _, name := range []string{"region-loss", "region-parted"} {
		r := reports[name]
		require.Equal(t, 1, r.Guard.Promotions, name)
		require.Len(t, r.Phases, 6, name)
		require.Len(t, r.Plans, 2, name)
		page, err := r.HTML()
		require.NoError(t, err)
		require.Contains(t, string(page), "writes again")
		require.NotEmpty(t, r.Apps[0].Rates, name)
	}
	lost := reports["region-loss"]
	require.Contains(t, lost.Guard.Debts, "fence", "the silent region cannot be fenced")
	for _, a := range lost.Apps {
		if a.ID == "replica-app" {
			require.NotNil(t, a.RTO)
			require.Equal(t, "replica-db-dev", a.Server, "the same name leads to the promoted replica")
		}
	}
	require.Contains(t, lost.Text(), "notices-unread", "dev names nobody to be told, and the report says so")
	t.Log(lost.Text())
}
