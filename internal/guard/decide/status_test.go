package decide

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// TestDecide_HoldsOnlyForAReplicaThatRDSIsKnownNotToPromote: storage that grows
// by itself leaves an instance in storage-optimization for hours, and it serves.
func TestDecide_HoldsOnlyForAReplicaThatRDSIsKnownNotToPromote(t *testing.T) {
	c := readCase(t, "testdata/promotes-when-the-region-is-silent/input.json")
	policy := c.Policy.read(t)
	with := func(status string) Decision {
		o := c.Observation
		o.Replica.Status = status
		return Decide(policy, o, c.Now)
	}
	for _, status := range []string{
		"available", "storage-optimization", "storage-initialization", "storage-config-upgrade", "storage-full",
		"configuring-log-exports", "configuring-enhanced-monitoring", "configuring-iam-database-auth", "configuring-associated-roles",
		"modifying", "maintenance", "rebooting", "upgrading", "a-status-of-tomorrow",
	} {
		require.Equal(t, Promote, with(status).Verdict, status)
	}
	for _, status := range []string{"backing-up", "creating", "starting", "stopping", "stopped", "deleting", "failed", "incompatible-parameters", "restore-error", ""} {
		d := with(status)
		require.Equal(t, Refuse, d.Verdict, status)
		require.True(t, d.Has(refusal.ReplicaBusy), "%s: %v", status, d.Refusals)
	}
}

// TestArming_GoesOnWhileTheReplicasStorageIsOptimized: what the guard would
// promote for hours is no reason not to arm for hours.
func TestArming_GoesOnWhileTheReplicasStorageIsOptimized(t *testing.T) {
	for status, want := range map[string]int{"storage-optimization": 0, "storage-initialization": 0, "storage-config-upgrade": 0, "backing-up": 0, "stopped": 1, "failed": 1} {
		o := green(epoch, "db-A")
		o.Replica.Status = status
		require.Len(t, NotGreen(o, Readiness{Green: true, At: epoch}, epoch), want, status)
	}
}
