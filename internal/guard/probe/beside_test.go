package probe_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/aside"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/probe"
)

// whenPreparing is a site whose preparation is interrupted at its last session,
// the administrator's: by then the guard's own was refused twice.
func whenPreparing(t *testing.T, then func()) (*site, *probe.Databases) {
	t.Helper()
	s := sharedSite(t)
	cfg := s.config()
	var dialled atomic.Int32
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialled.Add(1) == 3 {
			then()
		}
		return s.dial(ctx, network, address)
	}
	return s, newDatabases(t, cfg)
}

func (s *site) isPrepared(t *testing.T) bool {
	t.Helper()
	var there bool
	s.row(t, `SELECT to_regclass('pgdr.heartbeat') IS NOT NULL`, &there)
	return there
}

func TestSample_APreparationGoesOnAfterTheLookThatBeganIt(t *testing.T) {
	invocation, end := aside.During(t.Context())
	defer end()
	look, over := context.WithCancel(invocation)
	s, d := whenPreparing(t, over)
	out := d.Sample(look, beat(1))
	requireClass(t, decide.ClassAuthFailed, out.SQL)
	require.Contains(t, out.SQL.Detail, "preparing the database")
	require.Eventually(t, func() bool { return s.isPrepared(t) }, 30*time.Second, 20*time.Millisecond)
	requireClass(t, decide.ClassOK, d.Sample(t.Context(), beat(2)).SQL)
}

func TestSample_APreparationEndsWithTheInvocation(t *testing.T) {
	ctx, over := context.WithCancel(t.Context())
	invocation, end := aside.During(ctx)
	s, d := whenPreparing(t, over)
	out := d.Sample(context.WithoutCancel(invocation), beat(1))
	require.Contains(t, out.SQL.Detail, "operation was canceled")
	end()
	require.False(t, s.isPrepared(t))
}

func TestSample_APreparationEndsWithTheLookWhereNoInvocationIsKnown(t *testing.T) {
	look, over := context.WithCancel(t.Context())
	s, d := whenPreparing(t, over)
	out := d.Sample(look, beat(1))
	require.Contains(t, out.SQL.Detail, "operation was canceled")
	require.False(t, s.isPrepared(t))
}
