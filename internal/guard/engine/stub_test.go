package engine

import (
	"context"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// stub stands for all ports of an engine in tests that are about none of them:
// its clock stands still, its ledger remembers, nothing else does anything.
type stub struct {
	now    time.Time
	ledger State
	// looks counts the rounds.
	looks int
}

// stubbed is an engine on a stub, and the context of an invocation that has
// time for one round.
func stubbed(ctx context.Context, c Config) (*stub, *Engine, context.Context, context.CancelFunc) {
	s := &stub{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c.Policy = decide.Policy{
		Mode: contract.ModeAutomatic, OnRegionSilent: contract.SilentPromote, OnFenceError: contract.FenceErrorAsk, SwitchDNSWhen: contract.SwitchProven, InstanceFailed: time.Minute,
		InstanceUnreachable: time.Minute, RegionSilent: time.Minute, Arming: time.Minute, Cooldown: time.Minute, AbortAfter: time.Minute,
	}
	c.Topology = Topology{Primary: Member{Identifier: "app-primary"}, Replica: Member{Identifier: "app-replica"}}
	c.Watch = time.Minute
	e, err := New(c, Ports{
		Clock: s, Ledger: s, Observer: s, Promoter: s, Prover: s, Fencer: s, Switcher: s, Posture: s, Metrics: s, Notifier: s, Activity: s,
	})
	if err != nil {
		panic(err)
	}
	ctx, cancel := s.WithDeadline(ctx, s.now.Add(reserve+sampleEvery))
	return s, e, ctx, cancel
}

// until is a context with a deadline on the stub's clock.
type until struct {
	context.Context
	at time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.at, true }

func (s *stub) Now() time.Time { return s.now }

func (s *stub) Sleep(ctx context.Context, d time.Duration) error {
	s.now = s.now.Add(d)
	return ctx.Err()
}

func (s *stub) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	if own, ok := parent.Deadline(); ok && own.Before(at) {
		at = own
	}
	if !at.After(s.now) {
		cancel()
	}
	return until{ctx, at}, cancel
}

func (s *stub) Read(context.Context) (State, error) { return s.ledger.Clone(), nil }

func (s *stub) Write(_ context.Context, st State) error {
	if st.Version != s.ledger.Version {
		return ErrConflict
	}
	s.ledger = st.Clone()
	s.ledger.Version++
	return nil
}

func (s *stub) Sample(context.Context, Target) Samples { s.looks++; return Samples{} }

func (s *stub) Append(context.Context, Entry) error                               { return nil }
func (s *stub) History(context.Context, int) ([]Entry, error)                     { return nil, nil }
func (s *stub) Inspect(context.Context, Member) (Instance, error)                 { return Instance{}, ErrSilent }
func (s *stub) Promote(context.Context, Member) error                             { return ErrSilent }
func (s *stub) Prove(context.Context, Member) (Proof, error)                      { return Proof{}, ErrSilent }
func (s *stub) Fence(context.Context, Member) error                               { return ErrSilent }
func (s *stub) Fenced(context.Context, Member) (bool, error)                      { return false, ErrSilent }
func (s *stub) Unfence(context.Context, Member) error                             { return ErrSilent }
func (s *stub) Agrees(context.Context, Member) (bool, error)                      { return true, nil }
func (s *stub) Diverted(context.Context) (bool, bool, error)                      { return false, false, nil }
func (s *stub) SetWeights(context.Context, Member) error                          { return nil }
func (s *stub) Restore(context.Context, Member) error                             { return nil }
func (s *stub) DetachSecret(context.Context) error                                { return nil }
func (s *stub) Stop(context.Context, Member) error                                { return nil }
func (s *stub) Put(context.Context, time.Time, map[contract.Metric]float64) error { return nil }
func (s *stub) Notify(context.Context, Notice) error                              { return nil }
func (s *stub) Activity(context.Context, Member, time.Time) (Activity, error)     { return Activity{}, nil }
func (s *stub) Find(context.Context, Member) (Instance, error)                    { return Instance{}, ErrSilent }
