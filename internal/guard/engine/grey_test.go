package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// fencing is EC2 with one answer, which notes how much time it was given.
type fencing struct {
	*stub
	answer error
	given  time.Duration
}

func (f *fencing) Fence(ctx context.Context, _ Member) error {
	end, _ := ctx.Deadline()
	f.given = end.Sub(f.now)
	return f.answer
}

func atFence(t *testing.T, h heard, answer error) (*stub, *Engine, context.Context, *fencing) {
	t.Helper()
	s, e, ctx := confirming(t, nil)
	ec2 := &fencing{stub: s, answer: answer}
	e.ports.Fencer = ec2
	s.ledger.Failover.Step, s.ledger.Watch = StepFence, h.watch(s.now)
	return s, e, ctx, ec2
}

func TestFence_IsTriedForThreeSecondsInASilentRegion(t *testing.T) {
	_, e, ctx, ec2 := atFence(t, heard{}, ErrSilent)
	e.Tick(ctx, "alarm")
	require.Equal(t, fenceGlance, ec2.given)

	_, e, ctx, ec2 = atFence(t, heard{apis: true}, ErrSilent)
	e.Tick(ctx, "alarm")
	require.Equal(t, callTimeout, ec2.given)
}

// TestFence_IsNotDoneWithoutWhileRDSReportsThePrimaryWell: EC2's silence is no
// shorter way to a promotion than the database's own.
func TestFence_IsNotDoneWithoutWhileRDSReportsThePrimaryWell(t *testing.T) {
	for window, want := range map[time.Duration]Fence{10 * time.Minute: "", 5 * time.Minute: FenceOwed} {
		s, e, ctx, _ := atFence(t, heard{apis: true}, ErrSilent)
		e.cfg.Policy.InstanceUnreachable = window
		s.ledger.Failover.SilentFrom = s.now.Add(-fencePatience)
		s.ledger.Watch.Primary = decide.Primary{ResourceID: "db-A", Status: "available", StatusAt: s.now}
		r := e.Tick(ctx, "alarm")
		require.Equal(t, want, s.ledger.Failover.Fence)
		if want == "" {
			require.Equal(t, refusal.FenceFailed, r.Refusal.Name)
			require.Contains(t, r.Refusal.Reason, "10m0s")
		}
	}
}

// TestFence_IsWaitedForWhereEC2FailsBesideASilentPrimary: the failover keeps
// waiting for the fence or for an operator, and is not undone for a cooldown.
func TestFence_IsWaitedForWhereEC2FailsBesideASilentPrimary(t *testing.T) {
	for _, c := range []struct {
		answer error
		heard  heard
		undone bool
	}{
		{ErrServerFault, heard{apis: true}, false},
		{ErrThrottled, heard{apis: true}, false},
		{ErrDenied, heard{apis: true}, true},
		{ErrServerFault, heard{apis: true, wal: true}, true},
	} {
		s, e, ctx, _ := atFence(t, c.heard, c.answer)
		s.ledger.Failover.FaultyFrom = s.now.Add(-time.Minute)
		if c.answer == ErrDenied { //nolint:errorlint // It is the one above.
			s.ledger.Failover.FaultyFrom = time.Time{}
		}
		s.ledger.Failover.Deadline = s.now.Add(-time.Second)
		e.Tick(ctx, "alarm")
		require.Equal(t, c.undone, s.ledger.Failover == nil, "%v", c)
		if !c.undone {
			require.Equal(t, refusal.FenceFailed, s.ledger.Failover.Standing.Name)
			require.False(t, s.ledger.Failover.FaultyFrom.IsZero())
		}
	}
}

// TestFence_FaultsOfAWSLeadToAPromotionAsThePolicySays: by default operators are
// asked; a denied fence never leads to one.
func TestFence_FaultsOfAWSLeadToAPromotionAsThePolicySays(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		heard  heard
		policy contract.FenceError
		faulty time.Duration
		window time.Duration
		req    *decide.Request
		want   Fence
		why    string
	}{
		"faults, for long":                      {answer: ErrServerFault, policy: contract.FenceErrorPromote, faulty: faultPatience, want: FenceOwed},
		"throttled, for long":                   {answer: ErrThrottled, policy: contract.FenceErrorPromote, faulty: faultPatience, want: FenceOwed},
		"faults, not for long":                  {answer: ErrServerFault, policy: contract.FenceErrorPromote, faulty: faultPatience - time.Second, why: "2m0s"},
		"faults, for the first time":            {answer: ErrServerFault, policy: contract.FenceErrorPromote, why: "2m0s"},
		"faults, and operators are to be asked": {answer: ErrServerFault, policy: contract.FenceErrorAsk, faulty: faultPatience, why: "--unfenced"},
		"faults, asked, and ordered without":    {answer: ErrServerFault, policy: contract.FenceErrorAsk, faulty: faultPatience, req: &decide.Request{Force: true}, why: "--unfenced"},
		"faults, asked, and ordered unfenced":   {answer: ErrServerFault, policy: contract.FenceErrorAsk, req: &decide.Request{Unfenced: true}, want: FenceWaived},
		"denied":                                {answer: ErrDenied, policy: contract.FenceErrorPromote, faulty: faultPatience, why: ErrDenied.Error()},
		"WAL flows":                             {answer: ErrServerFault, heard: heard{wal: true}, policy: contract.FenceErrorPromote, faulty: faultPatience, why: "not silent"},
		"SQL answers":                           {answer: ErrServerFault, heard: heard{sql: true}, policy: contract.FenceErrorPromote, faulty: faultPatience, why: "not silent"},
		"RDS says it is well, and the window of silence is not over": {answer: ErrServerFault, policy: contract.FenceErrorPromote, faulty: faultPatience, window: 10 * time.Minute, why: "10m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			c.heard.apis = true
			s, e, ctx, _ := atFence(t, c.heard, c.answer)
			f := s.ledger.Failover
			// It was set once, so that nothing but the fence is at stake.
			e.cfg.Policy.OnFenceError, f.Request, f.FenceSet = c.policy, c.req, true
			if c.window > 0 {
				e.cfg.Policy.InstanceUnreachable = c.window
				s.ledger.Watch.Primary = decide.Primary{ResourceID: "db-A", Status: "available", StatusAt: s.now}
			}
			if c.faulty > 0 {
				f.FaultyFrom = s.now.Add(-c.faulty)
			}
			r := e.Tick(ctx, "alarm")
			f = s.ledger.Failover
			require.Equal(t, c.want, f.Fence)
			require.Equal(t, c.want != "", f.MaybeSent)
			require.Equal(t, c.want != "", s.ledger.owes(DebtFence))
			if c.want == "" {
				require.Equal(t, refusal.FenceFailed, r.Refusal.Name)
				require.Contains(t, r.Refusal.Reason, c.why)
				require.Equal(t, faulty(c.answer), !f.FaultyFrom.IsZero())
			}
		})
	}
}

// TestPromote_TriesAnOwedFenceAgainAndHoldsByItsAnswer: a promotion that was held
// up rests on what AWS answers now, not on its faults of before.
func TestPromote_TriesAnOwedFenceAgainAndHoldsByItsAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		policy contract.FenceError
		sent   bool
	}{
		"faults go on":                  {ErrServerFault, contract.FenceErrorPromote, true},
		"faults, and it is to be asked": {ErrServerFault, contract.FenceErrorAsk, false},
		"denied by now":                 {ErrDenied, contract.FenceErrorPromote, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, e, ctx := promoting(t, nil)
			e.ports.Fencer, e.cfg.Policy.OnFenceError = &fencing{stub: s, answer: c.answer}, c.policy
			f := s.ledger.Failover
			f.OwedAt, f.FaultyFrom = s.now.Add(-owedFresh-time.Second), s.now.Add(-faultPatience)
			e.Tick(ctx, "alarm")
			f = s.ledger.Failover
			require.Equal(t, c.sent, f.MaybeSent)
			require.Equal(t, faulty(c.answer), !f.FaultyFrom.IsZero())
		})
	}
}
