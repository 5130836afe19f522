package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

func TestKiller_KillsOnceInEachStepThatHasBegun(t *testing.T) {
	k := &killer{steps: []engine.Step{engine.StepClaim, engine.StepPreflight, engine.StepPromote}}
	at := func(token int64, step, intent engine.Step) engine.State {
		f := &engine.Failover{Step: step}
		if intent != "" {
			f.Intent = &engine.Intent{Step: intent}
		}
		return engine.State{Lease: engine.Lease{Token: token}, Failover: f}
	}
	require.Empty(t, k.due(engine.State{Lease: engine.Lease{Token: 1}}), "the lease is taken, and there is no failover")
	require.Empty(t, k.due(engine.State{Lease: engine.Lease{Token: 1}}), "a look")
	require.Equal(t, engine.StepClaim, k.due(at(1, engine.StepPreflight, "")))
	require.Empty(t, k.due(at(2, engine.StepPreflight, "")), "another invocation takes the lease")
	require.Equal(t, engine.StepPreflight, k.due(at(2, engine.StepPreflight, "")))
	require.Empty(t, k.due(at(3, engine.StepFence, "")))
	require.Empty(t, k.due(at(3, engine.StepFence, engine.StepFence)), "not asked for")
	require.Empty(t, k.due(at(3, engine.StepPromote, engine.StepFence)), "the step is there and has not begun")
	require.Equal(t, engine.StepPromote, k.due(at(3, engine.StepPromote, engine.StepPromote)))
	require.Empty(t, k.due(at(4, engine.StepPromote, engine.StepPromote)))
	require.Empty(t, k.due(at(4, engine.StepPromote, engine.StepPromote)), "once is enough")
}
