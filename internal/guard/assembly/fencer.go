package assembly

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
)

// untoldPatience is how long tries of a fence may tell nothing before the
// network ACL's word alone is taken. A database that answers and does not let
// the guard look may stay so; the failover may not.
const untoldPatience = 20 * time.Second

// trier tries a fence over SQL; [probe.Databases] does.
type trier interface {
	TryFence(ctx context.Context, m engine.Member) (saw string, err error)
}

// triedFencer is a Fencer whose fences are confirmed by trying: the network
// ACL must say that it holds, and a try must show nothing against it.
type triedFencer struct {
	engine.Fencer
	try   trier
	clock engine.Clock
	log   *slog.Logger

	mu sync.Mutex
	// untold is since when tries have told nothing, by member.
	untold map[engine.Member]time.Time
}

func newTriedFencer(acl engine.Fencer, try trier, clock engine.Clock, log *slog.Logger) *triedFencer {
	return &triedFencer{Fencer: acl, try: try, clock: clock, log: log, untold: map[engine.Member]time.Time{}}
}

// Fenced implements [engine.Fencer]. That others get through is an error that
// wraps [probe.ErrPassable], because the rules themselves are as they should
// be: setting them again would not help, and who lifts a fence must not take
// it for lifted.
func (f *triedFencer) Fenced(ctx context.Context, m engine.Member) (bool, error) {
	holds, err := f.Fencer.Fenced(ctx, m)
	if err != nil {
		return false, fmt.Errorf("look at the network ACL: %w", err)
	}
	if !holds {
		f.told(m)
		return false, nil
	}
	saw, err := f.try.TryFence(ctx, m)
	switch {
	case err == nil:
		f.told(m)
		f.log.InfoContext(ctx, "fence tried", slog.String("instance", m.Identifier), slog.String("saw", saw))
		return true, nil
	case !errors.Is(err, probe.ErrUntold):
		f.told(m)
		return false, err
	}
	if since := f.untoldFor(m); since < untoldPatience {
		return false, fmt.Errorf("%w; the network ACL's word is taken in %s", err, (untoldPatience - since).Round(time.Second))
	}
	f.log.WarnContext(ctx, "fence not tried: the network ACL's word is taken", slog.String("instance", m.Identifier), slog.Any("error", err))
	return true, nil
}

// Unfence implements [engine.Fencer].
func (f *triedFencer) Unfence(ctx context.Context, m engine.Member) error {
	f.told(m)
	return f.Fencer.Unfence(ctx, m)
}

// untoldFor is how long tries have told nothing, with the one just made.
func (f *triedFencer) untoldFor(m engine.Member) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.clock.Now()
	if f.untold[m].IsZero() {
		f.untold[m] = now
	}
	return now.Sub(f.untold[m])
}

func (f *triedFencer) told(m engine.Member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.untold, m)
}
