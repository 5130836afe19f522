package guardclient

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// script is a guard whose status changes from look to look; the last stays.
type script struct {
	views []engine.View
	// order answers the failover, after a time.
	order command.Answer
	err   error
	takes time.Duration
	// down are looks that cannot be asked, by number.
	down func(look int) bool
	look int
}

func (s *script) answer(c event.Command) (command.Answer, error) {
	if c.Action == event.Failover {
		time.Sleep(s.takes)
		return s.order, s.err
	}
	n := s.look
	s.look++
	if s.down != nil && s.down(n) {
		return command.Answer{}, &AskError{Target: prod, Problem: "no answer", Next: "wait", Maybe: true}
	}
	return command.Answer{View: &s.views[min(n, len(s.views)-1)]}, nil
}

// later is a view of a failover under way, or of what became of it.
func later(after time.Duration, change func(*engine.State)) engine.View {
	v := darkRegion(decide.Refuse)
	v.Decision.At = at.Add(after)
	change(&v.State)
	return v
}

func underWayAt(after time.Duration, step engine.Step, held *refusal.Refusal) engine.View {
	return later(after, func(st *engine.State) {
		st.Failover, st.Epoch = failover(step), 3
		st.Failover.Standing = held
	})
}

func endedAt(after time.Duration, outcome engine.Outcome, reason *refusal.Refusal) engine.View {
	return later(after, func(st *engine.State) {
		st.Last, st.Epoch = failover(engine.StepDone), 3
		if outcome == engine.OutcomeAborted {
			st.Last = failover(engine.StepPromote)
		}
		st.Last.Outcome, st.Last.EndedAt, st.Last.Reason, st.Last.Fence = outcome, at.Add(after), reason, engine.FenceOwed
		st.Debts = map[engine.DebtKind]engine.Debt{engine.DebtFence: {Since: at.Add(20 * time.Second), Target: primary, Tries: 3}}
	})
}

func orderedAt(after time.Duration) engine.View {
	v := later(after, func(st *engine.State) {
		st.Order = &engine.Order{ID: "order-1", Request: decide.Request{By: "ann"}, At: at, Expires: at.Add(10 * time.Minute)}
	})
	v.Decision.Refusals = []refusal.Refusal{refusal.New(refusal.WindowOpen, "silent for 95 s of 120 s")}
	return v
}

func toldAt(after time.Duration, told string) engine.View {
	return later(after, func(st *engine.State) { st.Told = told })
}

func TestFailover_IsFollowedToItsEnd(t *testing.T) {
	blank := darkRegion(decide.Wait)
	blank.LedgerError, blank.State = "ledger-unavailable: no answer", engine.State{Last: failover(engine.StepDone)}
	blank.Decision.At = at.Add(45 * time.Second)
	done, quiet := endedAt(7*time.Minute, engine.OutcomeDone, nil), darkRegion(decide.Promote)
	quiet.State.Last = failover(engine.StepDone) // of another night
	quiet.State.Last.Epoch, quiet.State.Last.Outcome = 2, engine.OutcomeDone
	report := command.Answer{Report: &engine.Report{Failover: "failover-3-20261123T031245Z"}}
	for name, c := range map[string]struct {
		script script
		code   int
	}{
		"follow-done": {script{takes: 50 * time.Second, order: report, views: []engine.View{
			quiet, quiet, underWayAt(10*time.Second, engine.StepFence, nil),
			underWayAt(35*time.Second, engine.StepPromote, refuse(refusal.PromoteRefused, "backing-up, 1 s ago")),
			underWayAt(40*time.Second, engine.StepPromote, refuse(refusal.PromoteRefused, "backing-up, 6 s ago")),
			blank, underWayAt(50*time.Second, engine.StepAwait, nil), underWayAt(55*time.Second, engine.StepAwait, nil), done,
		}}, ExitDone},
		"follow-held-report": {script{order: command.Answer{Report: report.Report, Refusal: refuse(refusal.WriterUnconfirmed, "still in recovery")},
			views: []engine.View{quiet, underWayAt(55*time.Second, engine.StepVerify, nil), done}}, ExitDone},
		"follow-undone": {script{takes: time.Second, order: report, views: []engine.View{
			quiet, underWayAt(20*time.Second, engine.StepFence, nil), endedAt(15*time.Minute, engine.OutcomeAborted, refuse(refusal.DeadlinePassed, "not promoted by 03:27:45Z")),
		}}, ExitRefused},
		"follow-refused":   {script{takes: 6 * time.Second, order: command.Answer{Refusal: refuse(refusal.PrimaryAlive, "it answers")}, views: []engine.View{quiet}}, ExitRefused},
		"follow-in-flight": {script{order: command.Answer{Refusal: refuse(refusal.FailoverInFlight, "failover-2 is at step promote")}, views: []engine.View{quiet}}, ExitRefused},
		"follow-waits": {script{order: command.Answer{Report: &engine.Report{}}, views: []engine.View{
			quiet, orderedAt(5 * time.Second), orderedAt(10 * time.Second), underWayAt(20*time.Second, engine.StepFence, nil), done,
		}}, ExitDone},
		"follow-expired": {script{order: command.Answer{Report: &engine.Report{}}, views: []engine.View{
			quiet, orderedAt(5 * time.Second), toldAt(10*time.Minute, "refuse:paused"),
		}}, ExitRefused},
		"follow-refused-later": {script{order: command.Answer{Report: &engine.Report{}}, views: []engine.View{
			quiet, orderedAt(5 * time.Second), toldAt(20*time.Second, "refuse:primary-in-transition,replica-busy"),
		}}, ExitRefused},
		"follow-gone": {script{order: command.Answer{Report: &engine.Report{}}, views: []engine.View{quiet}}, ExitRefused},
		"follow-unanswered-taken": {script{takes: 75 * time.Second, err: &AskError{Target: prod, Problem: "no answer", Next: "wait", Maybe: true},
			views: []engine.View{quiet, underWayAt(20*time.Second, engine.StepFence, nil), done}}, ExitDone},
		"follow-no-ledger": {script{views: []engine.View{blank}}, ExitRefused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, _, out := operatorOf(c.script.answer)
				err := o.Failover(t.Context(), Overrides{Force: true})
				require.Equal(t, c.code, ExitCode(err), "%v\n%s", err, out)
				golden(t, name, out.String())
				time.Sleep(2 * time.Minute) // what is still being answered
			})
		})
	}
}

func TestFailover_SendsTheOrderOnceAndAsItWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{order: command.Answer{Refusal: refuse(refusal.Isolated, "x")}, views: []engine.View{healthy()}}
		o, guard, _ := operatorOf(s.answer)
		require.Equal(t, ExitRefused, ExitCode(o.Failover(t.Context(), Overrides{true, true, true, true})))
		orders := 0
		for i, raw := range guard.asked {
			if e := event.Parse([]byte(raw), "prod"); e.Command.Action == event.Failover {
				orders++
				require.Equal(t, event.Command{Action: event.Failover, By: "ann", Force: true, AllowDataLoss: true, Unfenced: true, Unproven: true}, e.Command)
				require.False(t, guard.repeats[i], "an order may have been taken by the first try")
			} else {
				require.True(t, guard.repeats[i])
			}
		}
		require.Equal(t, 1, orders)
	})
}

func TestFailover_SendsNothingWhereTheGuardCannotBeAsked(t *testing.T) {
	s := script{down: func(int) bool { return true }}
	o, guard, _ := operatorOf(s.answer)
	require.Equal(t, ExitUnasked, ExitCode(o.Failover(t.Context(), Overrides{})))
	require.Len(t, guard.asked, 1, "the status")
}

func TestFailover_SaysThatItGoesOnWhenNobodyFollows(t *testing.T) {
	for name, views := range map[string][]engine.View{
		"follow-stopped":       {darkRegion(decide.Promote), underWayAt(20*time.Second, engine.StepFence, nil)},
		"follow-stopped-early": {darkRegion(decide.Promote)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
				defer cancel()
				s := script{takes: 50 * time.Second, views: views}
				o, guard, out := operatorOf(s.answer)
				err := o.Failover(ctx, Overrides{})
				require.ErrorIs(t, err, ErrStopped)
				require.Equal(t, ExitStopped, ExitCode(err))
				golden(t, name, out.String())
				time.Sleep(time.Minute)
				require.NoError(t, guard.orderEnded(), "the order was taken back")
			})
		})
	}
}

func TestFailover_TakesAnOrderForLostOnlyAfterAnInvocationsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{err: &AskError{Target: prod, Problem: "no answer", Next: "wait", Maybe: true}, views: []engine.View{darkRegion(decide.Promote)}}
		o, _, _ := operatorOf(s.answer)
		began := time.Now()
		err := o.Failover(t.Context(), Overrides{})
		require.Equal(t, ExitUnasked, ExitCode(err))
		require.ErrorContains(t, err, "nothing was begun")
		require.GreaterOrEqual(t, time.Since(began), 55*time.Second)
	})
}

func TestFailover_EndsAtOnceWhereTheOrderCannotHaveArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{err: &AskError{Target: prod, Problem: "Lambda is throttling", Next: "again"}, views: []engine.View{darkRegion(decide.Promote)}}
		o, _, _ := operatorOf(s.answer)
		began := time.Now()
		require.Equal(t, ExitUnasked, ExitCode(o.Failover(t.Context(), Overrides{})))
		require.Less(t, time.Since(began), pollEvery)
	})
}

func TestFailover_ToleratesThatTheGuardIsNotHeardForAWhile(t *testing.T) {
	for name, c := range map[string]struct {
		down int
		code int
	}{"three minutes": {blindFor, ExitDone}, "longer": {blindFor + 1, ExitUnasked}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script{
					order: command.Answer{Report: &engine.Report{Failover: "x"}}, views: []engine.View{endedAt(time.Minute, engine.OutcomeDone, nil)},
					down: func(look int) bool { return look > 0 && look <= c.down },
				}
				s.views = append([]engine.View{darkRegion(decide.Promote)}, s.views...)
				o, _, out := operatorOf(s.answer)
				require.Equal(t, c.code, ExitCode(o.Failover(t.Context(), Overrides{})))
				require.Contains(t, out.String(), "can't be asked now")
			})
		})
	}
}

func TestFailover_PrintsTheAnswerAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		answer command.Answer
		code   int
	}{
		"done":     {command.Answer{Report: &engine.Report{Failover: "x"}}, ExitDone},
		"held":     {command.Answer{Report: &engine.Report{Failover: "x"}, Refusal: refuse(refusal.PromoteRefused, "busy")}, ExitDone},
		"refused":  {command.Answer{Refusal: refuse(refusal.PrimaryAlive, "it answers")}, ExitRefused},
		"turned":   {command.Answer{Report: &engine.Report{}, Refusal: refuse(refusal.Isolated, "cut off")}, ExitRefused},
		"somebody": {command.Answer{Report: &engine.Report{}, Refusal: refuse(refusal.LeaseHeld, "at work")}, ExitDone},
	} {
		t.Run(name, func(t *testing.T) {
			o, guard, out := operatorOf(always(c.answer))
			o.JSON = true
			require.Equal(t, c.code, ExitCode(o.Failover(t.Context(), Overrides{})))
			require.Len(t, guard.asked, 1)
			c.answer.Action = "failover"
			want, err := json.Marshal(c.answer)
			require.NoError(t, err)
			require.Equal(t, string(want)+"\n", out.String())
		})
	}
}

func TestFollow_FollowsWhatIsUnderWayAndElseTellsTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{views: []engine.View{underWayAt(35*time.Second, engine.StepPromote, nil), underWayAt(40*time.Second, engine.StepPromote, nil), endedAt(time.Minute, engine.OutcomeDone, nil)}}
		o, _, out := operatorOf(s.answer)
		require.NoError(t, o.Follow(t.Context()))
		require.Contains(t, out.String(), "DONE in 1m0s")
		s = script{views: []engine.View{orderedAt(time.Second), underWayAt(35*time.Second, engine.StepPromote, nil), endedAt(time.Minute, engine.OutcomeDone, nil)}}
		o, _, out = operatorOf(s.answer)
		require.NoError(t, o.Follow(t.Context()))
		require.Contains(t, out.String(), "DONE in 1m0s")
		o, _, out = operatorOf(always(command.Answer{View: new(healthy())}))
		require.NoError(t, o.Follow(t.Context()))
		require.Equal(t, Status(prod, healthy(), false), out.String())
	})
}

func TestExitCode_OfAnErrorThatNobodyHasTold(t *testing.T) {
	require.Equal(t, ExitUnasked, ExitCode(errors.New("x")))
	require.False(t, Told(errors.New("x")))
	require.True(t, Told(&RefusedError{}))
}
