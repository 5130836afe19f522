package tests

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// TestDrill holds the default drill and, beside it in another twin, one in
// which nothing may be promoted.
func TestDrill(t *testing.T) {
	base := drills(t)
	var all sync.WaitGroup
	reports := map[string]report.Report{}
	var mu sync.Mutex
	for _, name := range []string{"region-loss", "fenced-primary-wakes"} {
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
	require.Len(t, reports, 2)
	for name, r := range reports {
		require.True(t, r.Passed, "%s\n%s", name, r.Text())
		require.Equal(t, 1, r.Guard.Promotions, name)
		require.Len(t, r.Phases, 6, name)
		require.Len(t, r.Plans, 2, name)
		require.Contains(t, string(r.SVG()), "writes again")
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
