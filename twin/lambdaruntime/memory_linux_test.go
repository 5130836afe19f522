package lambdaruntime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambdaruntime"
)

func TestInvoke_KillsWhatUsesMoreMemoryThanItHas(t *testing.T) {
	f := newFunction(t, func(c *lambdaruntime.Config) { c.Memory = 100 << 20 })
	_, before := invoke(t, f, `{}`)
	require.Equal(t, "100", before.Memory)
	_, err := f.Invoke(t.Context(), []byte(`{"do":"eat"}`))
	require.ErrorIs(t, err, lambdaruntime.ErrMemory)
	require.ErrorIs(t, err, lambdaruntime.ErrExited)
	var exit *lambdaruntime.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, "signal: killed", exit.State)
	_, after := invoke(t, f, `{}`)
	require.NotEqual(t, before.PID, after.PID)
}
