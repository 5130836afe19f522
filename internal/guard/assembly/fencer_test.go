package assembly

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
)

var (
	primary = engine.Member{Site: engine.SitePrimary, Identifier: "app-primary", ResourceID: "db-PRIMARY"}
	replica = engine.Member{Site: engine.SiteReplica, Identifier: "app-replica", ResourceID: "db-REPLICA"}
)

// acl is what the network ACL says.
type acl struct {
	holds   bool
	err     error
	lifted  []engine.Member
	changes int
}

func (a *acl) Fence(context.Context, engine.Member) error { a.changes++; return nil }

func (a *acl) Fenced(context.Context, engine.Member) (bool, error) { return a.holds, a.err }

func (a *acl) Unfence(_ context.Context, m engine.Member) error {
	a.lifted = append(a.lifted, m)
	return nil
}

// trial is what a try shows.
type trial struct {
	err   error
	tries int
}

func (t *trial) TryFence(context.Context, engine.Member) (string, error) {
	t.tries++
	return "nothing", t.err
}

func newFencing() (*acl, *trial, *clocktest.Hand, *triedFencer) {
	a, t, c := &acl{holds: true}, &trial{}, handClock()
	return a, t, c, newTriedFencer(a, t, c, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func TestFenced_NeedsTheACLAndTheTry(t *testing.T) {
	a, try, _, f := newFencing()
	holds, err := f.Fenced(t.Context(), primary)
	require.NoError(t, err)
	require.True(t, holds)

	try.err = fmt.Errorf("try: %w: 3 sessions from 10.0.1.5", probe.ErrPassable)
	holds, err = f.Fenced(t.Context(), primary)
	require.ErrorIs(t, err, probe.ErrPassable)
	require.NotErrorIs(t, err, engine.ErrSilent, "silence would be owed, and the failover would go on")
	require.False(t, holds)

	try.tries, a.holds = 0, false
	holds, err = f.Fenced(t.Context(), primary)
	require.NoError(t, err)
	require.False(t, holds)
	require.Zero(t, try.tries, "there is nothing to try")

	a.holds, a.err = true, fmt.Errorf("describe: %w", engine.ErrSilent)
	holds, err = f.Fenced(t.Context(), primary)
	require.ErrorIs(t, err, engine.ErrSilent)
	require.False(t, holds)
	require.Zero(t, try.tries)
}

func TestFenced_WaitsAWhileForATryThatTells(t *testing.T) {
	_, try, clock, f := newFencing()
	try.err = fmt.Errorf("try: %w: too-many-connections", probe.ErrUntold)
	for range 4 {
		holds, err := f.Fenced(t.Context(), primary)
		require.ErrorIs(t, err, probe.ErrUntold)
		require.False(t, holds)
		clock.Advance(5 * time.Second)
	}
	holds, err := f.Fenced(t.Context(), primary)
	require.NoError(t, err, "the failover must not wait for ever")
	require.True(t, holds)
}

func TestFenced_CountsItsPatienceAnewAfterATryThatTold(t *testing.T) {
	for name, tell := range map[string]func(*acl, *trial, *triedFencer){
		"for": func(_ *acl, try *trial, f *triedFencer) { try.err = nil; _, _ = f.Fenced(t.Context(), primary) },
		"against": func(_ *acl, try *trial, f *triedFencer) {
			try.err = probe.ErrPassable
			_, _ = f.Fenced(t.Context(), primary)
		},
		"no fence": func(a *acl, _ *trial, f *triedFencer) {
			a.holds = false
			_, _ = f.Fenced(t.Context(), primary)
			a.holds = true
		},
		"lifted": func(_ *acl, _ *trial, f *triedFencer) { require.NoError(t, f.Unfence(t.Context(), primary)) },
	} {
		t.Run(name, func(t *testing.T) {
			a, try, clock, f := newFencing()
			untold := func(m engine.Member) error {
				try.err = probe.ErrUntold
				_, err := f.Fenced(t.Context(), m)
				return err
			}
			require.ErrorIs(t, untold(primary), probe.ErrUntold)
			clock.Advance(untoldPatience)
			tell(a, try, f)
			require.ErrorIs(t, untold(primary), probe.ErrUntold)
			require.ErrorIs(t, untold(replica), probe.ErrUntold, "each member has its own")
			clock.Advance(untoldPatience)
			require.NoError(t, untold(primary))
		})
	}
}

func TestTriedFencer_SetsAndLiftsTheFenceItself(t *testing.T) {
	a, _, _, f := newFencing()
	require.NoError(t, f.Fence(t.Context(), primary))
	require.NoError(t, f.Unfence(t.Context(), primary))
	require.Equal(t, 1, a.changes)
	require.Equal(t, []engine.Member{primary}, a.lifted)
}

var errElsewhere = errors.New("something else")

func TestFenced_TakesNoOtherFaultOfATryForAgreement(t *testing.T) {
	_, try, clock, f := newFencing()
	try.err = errElsewhere
	for range 10 {
		holds, err := f.Fenced(t.Context(), primary)
		require.ErrorIs(t, err, errElsewhere)
		require.False(t, holds)
		clock.Advance(untoldPatience)
	}
}
