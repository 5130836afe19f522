package decide

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func TestDecide_TellsNoEndOfWhatHasNotBegun(t *testing.T) {
	d := Decide(testPolicy(), Observation{}, epoch)
	require.True(t, d.Since.IsZero())
	require.True(t, d.Until.IsZero(), "%s", d.Until)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.NotContains(t, string(text), "0001-01-01")
}

func TestDecide_SaysWhetherRDSOrPostgreSQLDeniesTheReplica(t *testing.T) {
	for want, r := range map[string]Replica{
		`RDS names no replication source for "db-R"`:           {IsReplica: false},
		`PostgreSQL on "db-R" says that it is not in recovery`: {OutOfRecovery: true},
	} {
		o := green(epoch, "db-A")
		o.Replica.IsReplica, o.Replica.OutOfRecovery = false, r.OutOfRecovery
		d := Decide(testPolicy(), o, epoch)
		require.Contains(t, d.Refusals, refusal.New(refusal.NotAReplica, "%s", want))
	}
}
