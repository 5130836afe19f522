package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

// An alarm on a metric that the twin never publishes would be silent in every
// drill, and no drill would show that it works.
func TestValues_HaveTheMetricOfEachAlarmOnADatabase(t *testing.T) {
	r := sim.Resource{Attrs: sim.Attrs{"instance_class": "db.r6g.large", "allocated_storage": 100, "status": "available"}}
	of := map[string]map[string]float64{
		contract.RolePrimary: new(Servers).values(r, gauges{limit: 1}),
		contract.RoleReplica: new(Servers).values(r, gauges{limit: 1, standby: true}),
	}
	for _, a := range contract.Alarms {
		if a.Namespace == contract.NamespaceRDS {
			require.Contains(t, of[a.Role], a.Metric, "alarm %s: publish its metric in metrics.go", a.Name)
		}
	}
}
