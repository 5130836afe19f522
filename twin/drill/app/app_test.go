package app_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/simclock"
)

// world is two servers that know nothing of each other, and a name that leads
// to one of them.
type world struct {
	clock    simclock.Clock
	one, two *pgtest.Server
	ca       *pgtest.CA

	mu sync.Mutex
	to *pgtest.Server
	// detour stands between the application and the first server.
	detour netip.AddrPort
}

func newWorld(t *testing.T) *world {
	t.Helper()
	now := time.Now()
	clock, err := simclock.New(now, now, 20)
	require.NoError(t, err)
	w := &world{clock: clock, ca: pgtest.RunCA(t)}
	for _, s := range []struct {
		name string
		to   **pgtest.Server
	}{{"one", &w.one}, {"two", &w.two}} {
		*s.to = pgtest.Run(t, pgtest.Options{Name: s.name, CA: w.ca, Settings: map[string]string{"cluster_name": s.name}})
		require.NoError(t, (*s.to).Exec(t.Context(), `CREATE ROLE application LOGIN PASSWORD 'word'; `+app.Schema+`; GRANT INSERT ON drill_rows TO application`))
	}
	w.to = w.one
	return w
}

func (w *world) resolve(context.Context, string) (app.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.to.Addr()
	if w.to == w.one && w.detour.IsValid() {
		at = w.detour
	}
	return app.Answer{Host: w.to.Host(), Addr: at, TTL: 5 * time.Second}, nil
}

func (w *world) lead(to *pgtest.Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
}

func (w *world) run(t *testing.T, sticky bool) *app.App {
	t.Helper()
	a := app.New(app.Config{
		ID: "a", Region: "here", Clock: w.clock, Name: "db", Resolve: w.resolve, Sticky: sticky, Roots: w.ca.Pool(),
		Database: "postgres", User: "application", Password: "word", Every: time.Second,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return a
}

func lastServer(a *app.App) string {
	acks := a.Log().Acks
	if len(acks) == 0 {
		return ""
	}
	return acks[len(acks)-1].Server
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, 20*time.Second, 5*time.Millisecond, what)
}

func TestApp_FollowsTheNameWithinItsTTL(t *testing.T) {
	w := newWorld(t)
	a := w.run(t, false)
	eventually(t, "writes to the first", func() bool { return len(a.Log().Acks) > 3 })
	require.Equal(t, "one", lastServer(a))
	w.lead(w.two)
	eventually(t, "writes to the second, though the first goes on", func() bool { return lastServer(a) == "two" })

	var rows int
	log := a.Log()
	require.NoError(t, w.one.QueryRow(t.Context(), "SELECT count(*) FROM drill_rows", nil, &rows))
	acked := 0
	for _, ack := range log.Acks {
		if ack.Server == "one" {
			acked++
		}
	}
	require.GreaterOrEqual(t, rows, acked, "what was acknowledged is there")
	require.LessOrEqual(t, rows, acked+log.Failed, "and else only what was answered too late")
}

func TestApp_ThatIsStickyStaysWithItsFirstAnswer(t *testing.T) {
	w := newWorld(t)
	relay := pgtest.RunRelay(t, w.one.Addr())
	w.detour = relay.Addr()
	a := w.run(t, true)
	eventually(t, "writes", func() bool { return len(a.Log().Acks) > 3 })
	w.lead(w.two)

	// Held for longer than a well-behaved application waits.
	relay.Freeze()
	before, failed := len(a.Log().Acks), a.Log().Failed // of a slow machine's first tries
	require.NoError(t, w.clock.Sleep(t.Context(), 30*time.Second))
	require.LessOrEqual(t, len(a.Log().Acks), before+1)
	relay.Thaw()
	eventually(t, "goes on with the connection that it held", func() bool { return len(a.Log().Acks) > before+3 })
	require.Equal(t, failed, a.Log().Failed)
	relay.Cut()
	eventually(t, "retries the same address", func() bool { return a.Log().Failed > failed && lastServer(a) == "one" })
	require.Len(t, a.Log().Answers, 1)
}

func TestApp_RefusesAServerOfAnotherAuthority(t *testing.T) {
	w := newWorld(t)
	w.ca = pgtest.RunCA(t)
	a := w.run(t, false)
	eventually(t, "fails for it", func() bool {
		return a.Log().Failed > 2 && slices.ContainsFunc(a.Log().Errors, func(e app.Failure) bool { return strings.Contains(e.Text, "certificate") })
	})
	require.Empty(t, a.Log().Acks)
}
