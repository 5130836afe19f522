package engine

import (
	"context"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

type requestKey struct{}

// request is the invocation that a test's context belongs to.
func request(ctx context.Context) string { id, _ := ctx.Value(requestKey{}).(string); return id }

func TestTick_DoesNotActOnTheLeaseOfAnotherInvocationOfTheSameProcess(t *testing.T) {
	for name, tt := range map[string]struct {
		id   string
		held bool
	}{
		"another":            {"two", true},
		"the same, retried":  {"one", false},
		"one without a name": {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			s, e, ctx, cancel := stubbed(context.WithValue(t.Context(), requestKey{}, tt.id), Config{Owner: "warm", Invocation: request})
			defer cancel()
			s.ledger.Lease = Lease{Owner: "warm/one", Token: 7, Until: s.now.Add(leaseTerm)}
			r := e.Tick(ctx, "alarm")
			if held := r.Refusal != nil && r.Refusal.Name == refusal.LeaseHeld; held != tt.held || (s.looks == 0) != tt.held {
				t.Fatalf("%d looks, refusal %+v, want held %t", s.looks, r.Refusal, tt.held)
			}
			if !tt.held && s.ledger.Lease.Token != 8 {
				t.Fatalf("lease %+v: a lease that is taken again has a token of its own", s.ledger.Lease)
			}
		})
	}
}

func TestTick_OwnsItsLeaseByProcessAndInvocation(t *testing.T) {
	s, e, ctx, cancel := stubbed(context.WithValue(t.Context(), requestKey{}, "one"), Config{Owner: "warm", Invocation: request})
	defer cancel()
	var owner string
	e.ports.Observer = observing(func() { owner = s.ledger.Lease.Owner })
	e.Tick(ctx, "alarm")
	if owner != "warm/one" {
		t.Fatalf("the lease was %q's", owner)
	}
	if s.ledger.Lease.Owner != "" || !s.ledger.Lease.Until.Equal(time.Time{}) {
		t.Fatalf("not given back: %+v", s.ledger.Lease)
	}
}

// observing runs something at each look.
type observing func()

func (o observing) Sample(context.Context, Target) Samples { o(); return Samples{} }

// givingBack is a clock in whose third second the lease is given back, if that
// is meant.
type givingBack struct {
	*stub
	gives bool
	slept int
}

func (g *givingBack) Sleep(ctx context.Context, d time.Duration) error {
	if g.slept++; g.gives && g.slept == 2 {
		g.ledger.Lease.Owner = ""
	}
	return g.stub.Sleep(ctx, d)
}

// TestTick_TakesALeaseAsSoonAsItIsGivenBack: the rest of its term would
// pass without a health check.
func TestTick_TakesALeaseAsSoonAsItIsGivenBack(t *testing.T) {
	for gives, want := range map[bool]time.Duration{true: 2 * standByEvery, false: leaseTerm + leaseMargin/2} {
		s, e, _, cancel := stubbed(t.Context(), Config{Owner: "next"})
		defer cancel()
		began := s.now
		s.ledger.Lease = Lease{Owner: "another", Token: 7, Until: s.now.Add(leaseTerm)}
		e.ports.Clock = &givingBack{stub: s, gives: gives}
		var waited time.Duration
		e.ports.Observer = observing(func() {
			if waited == 0 {
				waited = s.now.Sub(began)
			}
		})
		ctx, stop := s.WithDeadline(t.Context(), s.now.Add(2*time.Minute))
		defer stop()
		e.Tick(ctx, ScheduleTick)
		if waited <= 0 || waited > want {
			t.Errorf("given back %t: the first look came after %s, want %s at most", gives, waited, want)
		}
	}
}
