package assembly

import (
	"context"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/aside"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

const (
	// checkTime bounds one readiness check: some forty calls to two regions,
	// and IAM is asked six questions at a time.
	checkTime = 20 * time.Second
	// checkEvery is the pause from the beginning of one check to the next while
	// the guard arms itself. checkSettled is that pause afterwards: a check is
	// some forty calls that an account pays to have recorded. It is well below
	// decide.ReadinessFresh.
	checkEvery   = time.Minute
	checkSettled = 10 * time.Minute
	// checkAgain is the pause after a check that could not read everything, while
	// the guard arms itself.
	// Together with checkTime it is well below decide.MaxGap, so that one such
	// check does not end a run of green.
	checkAgain = 10 * time.Second
)

type checks interface {
	Check(ctx context.Context) ([]readiness.Finding, error)
}

// checking is what a look has to do with the readiness check.
type checking int

const (
	// unchecked: nothing. A person in need waits for no check.
	unchecked checking = iota
	// beside: one is made beside the looks when it is due.
	beside
	// awaited: one is made now and waited for, because all rests on it.
	awaited
)

type checkingKey struct{}

func checkingOf(ctx context.Context) checking {
	c, _ := ctx.Value(checkingKey{}).(checking)
	return c
}

// survey makes readiness checks beside the looks, one at a time.
type survey struct {
	clock engine.Clock
	check checks

	mu sync.Mutex
	// due is when the next check may begin while the guard arms itself.
	due time.Time
	// began is when the last check that told anything began. unread: it could
	// not read everything.
	began  time.Time
	unread bool
	// running is closed when the check under way is over; nil without one.
	running chan struct{}
	// result of the last check, nil once it was taken.
	result *decide.Readiness
}

func (s *survey) underWay() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// begin begins a check where the look of that context wants one.
func (s *survey) begin(ctx context.Context, t engine.Target) {
	if now := s.clock.Now(); s.claim(checkingOf(ctx), t, now) {
		aside.Go(ctx, func(ctx context.Context) { s.run(ctx, now) })
	}
}

// claim tells whether a check is to begin now, which is then the one under way.
func (s *survey) claim(how checking, t engine.Target, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if how == unchecked || s.running != nil || how == beside && now.Before(s.next(t)) {
		return false
	}
	s.running = make(chan struct{})
	return true
}

// next is when the next check may begin. Where the guard has settled, a check of
// another process, which the ledger knows of, counts as well.
func (s *survey) next(t engine.Target) time.Time {
	last := s.began
	if t.Checked.After(last) && !s.unread {
		last = t.Checked
	}
	switch {
	case !t.Settled, last.IsZero():
		return s.due
	case s.unread:
		return last.Add(checkEvery)
	default:
		return last.Add(checkSettled)
	}
}

// run makes one check, within the invocation's context.
func (s *survey) run(invocation context.Context, began time.Time) {
	ctx, cancel := s.clock.WithDeadline(invocation, began.Add(checkTime))
	defer cancel()
	findings, _ := s.check.Check(ctx) // what could not be read is among them
	cut := invocation.Err() != nil

	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(s.running)
	s.running = nil
	if cut {
		return // It was this process that stopped asking: no news.
	}
	r := judged(findings, began)
	s.result, s.began, s.unread, s.due = &r, began, len(r.Unknown) > 0, began.Add(checkEvery)
	if s.unread {
		s.due = s.clock.Now().Add(checkAgain)
	}
}

// judged is what a check says on the whole, dated at its beginning.
func judged(findings []readiness.Finding, at time.Time) decide.Readiness {
	r := decide.Readiness{Failing: readiness.Failing(findings), Unknown: readiness.Unread(findings), At: at}
	r.Green = len(r.Failing) == 0 && len(r.Unknown) == 0
	return r
}

// take returns the result of a check that has ended since the last take, or
// nil. A look that awaits its check waits for it.
func (s *survey) take(ctx context.Context) *decide.Readiness {
	if over := s.underWay(); over != nil && checkingOf(ctx) == awaited {
		<-over
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.result
	s.result = nil
	return r
}

// during is an invocation whose looks have that to do with the readiness check.
func during(ctx context.Context, how checking) (context.Context, func()) {
	return aside.During(context.WithValue(ctx, checkingKey{}, how))
}

// guarded is the engine whose invocations end what runs beside them.
type guarded struct {
	*engine.Engine
}

// Tick implements command.Guard.
func (g guarded) Tick(ctx context.Context, trigger string) engine.Report {
	ctx, end := during(ctx, beside)
	defer end()
	return g.Engine.Tick(ctx, trigger)
}

// Arm implements command.Guard: by a check of now.
func (g guarded) Arm(ctx context.Context) (engine.View, error) {
	ctx, end := during(ctx, awaited)
	defer end()
	return g.Engine.Arm(ctx)
}
