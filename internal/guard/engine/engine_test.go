package engine_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// disaster is when things go wrong in the plain worlds of this file.
var disaster = modelEpoch.Add(20 * time.Second)

// plain runs a world without chance: a tick a minute, and what the test does
// to it.
func plain(t *testing.T, length time.Duration, do func(*world)) *world {
	t.Helper()
	return tell(t, armedWorld(1), length, do)
}

// tell is plain for a world that has begun otherwise.
func tell(t *testing.T, w *world, length time.Duration, do func(*world)) *world {
	t.Helper()
	w.end = modelEpoch.Add(length)
	do(w)
	w.tick()
	w.run()
	if w.violation != "" {
		t.Fatal(w.violation)
	}
	return w
}

// loseRegion takes the primary and its region away for good, unless d is given.
func loseRegion(w *world, d time.Duration) {
	w.at(disaster, func(w *world) { w.pg.alive = false })
	w.during(disaster, d, peering, replication, east)
}

func (w *world) told(part string) int {
	n := 0
	for _, x := range w.notices {
		if strings.Contains(x.Subject, part) {
			n++
		}
	}
	return n
}

func TestEngine_FailsOverWhenTheRegionIsLost(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) { loseRegion(w, time.Hour) })
	s := w.ledger
	if s.Writer.Site != engine.SiteReplica || w.promotions != 1 {
		t.Fatalf("writer %+v after %d promotions", s.Writer, w.promotions)
	}
	if s.Last.Fence != engine.FenceOwed || !s.Owes(engine.DebtFence) {
		t.Errorf("fence %q, debts %v: a silent region's fence is owed", s.Last.Fence, s.Debts)
	}
	if s.Arming.ArmedFor != "" {
		t.Errorf("still armed for %q", s.Arming.ArmedFor)
	}
	if v := w.console().Status(t.Context()); len(v.Standing) != 1 || v.Standing[0].Name != refusal.FencingOwed {
		t.Errorf("status does not name the owed fence: %+v", v.Standing)
	}
	detect := s.Last.ClaimedAt.Sub(disaster)
	if detect > engine.ModelPolicy().RegionSilent+20*time.Second {
		t.Errorf("claimed %s after the loss", detect)
	}
}

func TestEngine_PaysTheFenceWhenTheRegionReturns(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		loseRegion(w, 10*time.Minute)
		w.at(disaster.Add(10*time.Minute), func(w *world) { w.pg.alive = true })
	})
	if !w.fence.holds || w.ledger.Owes(engine.DebtFence) || w.told("old primary is fenced") != 1 {
		t.Fatalf("fence %+v, debts %v, told %d times", w.fence, w.ledger.Debts, w.told("old primary is fenced"))
	}
}

func TestEngine_DoesNotFenceARebuiltInstanceOfTheOldName(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		loseRegion(w, 10*time.Minute)
		w.at(disaster.Add(9*time.Minute), func(w *world) {
			w.pg.alive = true
			w.aws.become(engine.SitePrimary, "db-C", engine.SiteReplica)
		})
	})
	if w.fence.some || w.primary.Status != lifecycle.Available {
		t.Fatalf("the rebuilt instance was fenced (%t) or stopped (%s)", w.fence.some, w.primary.Status)
	}
	if len(w.ledger.Debts) != 0 {
		t.Fatalf("debts for an instance that is gone: %v", w.ledger.Debts)
	}
	if last := w.ledger.Last; last.Fence != engine.FenceVoid || w.told("old primary is fenced") != 0 || w.told("gone and needs no fence") != 1 {
		t.Fatalf("fence %q, want %q and people told so", last.Fence, engine.FenceVoid)
	}
}

func TestEngine_RefusesWithoutItsLedgerAndSaysSoOnce(t *testing.T) {
	w := plain(t, 8*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster, time.Hour, dynamodb)
	})
	if w.promotions != 0 || w.fence.set {
		t.Fatal("acted without a ledger")
	}
	if n := w.told("ledger-unavailable"); n == 0 || n > 6 {
		t.Fatalf("told %d times in 6 minutes, want once an invocation at most", n)
	}
	points := w.aws.activeWriter()
	if last := points[len(points)-1]; last.Value != 0 || w.now.Sub(last.At) < 4*time.Minute {
		t.Fatalf("published a writer at %s without knowing it", last.At)
	}
}

func TestEngine_GoesOnWhenItsLedgerComesBack(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster.Add(45*time.Second), 3*time.Minute, dynamodb)
	})
	if w.ledger.Writer.Site != engine.SiteReplica {
		t.Fatalf("writer %+v", w.ledger.Writer)
	}
}

func TestEngine_SwitchesByWeightsAloneWhenMetricsFail(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster, time.Hour, cloudwatch)
	})
	if s := w.ledger; s.Last == nil || s.Last.Outcome != engine.OutcomeDone || w.aws.weights() != engine.SiteReplica {
		t.Fatalf("last %+v, weights %s", s.Last, w.aws.weights())
	}
}

func TestEngine_SwitchesByMetricAloneWhenRoute53Fails(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster, time.Hour, route53)
	})
	s := w.ledger
	if s.Last == nil || s.Last.Outcome != engine.OutcomeDone || !w.aws.alarmed() || !s.Owes(engine.DebtWeights) {
		t.Fatalf("last %+v, alarmed %t, debts %v", s.Last, w.aws.alarmed(), s.Debts)
	}
}

func TestEngine_SaysSwitchOwedWhenNeitherMetricNorWeightsCanBeSet(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster, time.Hour, route53, cloudwatch)
	})
	f := w.ledger.Failover
	if f == nil || f.Step != engine.StepSwitch || f.Standing == nil || f.Standing.Name != refusal.SwitchOwed {
		t.Fatalf("failover %+v", f)
	}
	if w.told("switch-owed") != 1 {
		t.Fatalf("told %d times, want once", w.told("switch-owed"))
	}
}

func TestEngine_FinishesThoughNobodyCanBeTold(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.during(disaster, 14*time.Minute, sns)
	})
	if w.ledger.Last == nil || w.told("failover is done") != 1 || len(w.ledger.Outbox) != 0 {
		t.Fatalf("last %+v, told %d times, %d waiting", w.ledger.Last, w.told("failover is done"), len(w.ledger.Outbox))
	}
}

func TestEngine_RefusesWhenAWSAnswersAndFencingFails(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		w.deny("fence")
	})
	l := w.ledger.Last
	if w.promotions != 0 || l == nil || l.Outcome != engine.OutcomeAborted || !strings.Contains(l.Reason.Reason, "fence-failed") {
		t.Fatalf("%d promotions, last %+v", w.promotions, l)
	}
}

func TestEngine_OwesTheUnfencingThatFails(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		w.during(disaster, 10*time.Minute, peering, replication)
		w.deny("promote")
		w.deny("unfence")
		w.at(disaster.Add(5*time.Minute), func(w *world) {
			if v := w.console().Status(t.Context()); len(v.Standing) != 1 || v.Standing[0].Name != refusal.UnfenceFailed {
				t.Errorf("status does not name what failed: %+v", v.Standing)
			}
		})
		w.at(disaster.Add(6*time.Minute), func(w *world) { w.grant("unfence") })
	})
	if w.fence.holds || len(w.ledger.Debts) != 0 || w.told("failover was undone") == 0 {
		t.Fatalf("fence %+v, debts %v", w.fence, w.ledger.Debts)
	}
}

func TestEngine_AsksAgainWhenRDSShowsAnUntouchedReplica(t *testing.T) {
	w := plain(t, 16*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.swallow = 1
	})
	if w.promotions != 1 || w.ledger.Writer.Site != engine.SiteReplica {
		t.Fatalf("%d promotions, failover %+v", w.promotions, w.ledger.Failover)
	}
}

func TestEngine_KnowsItsOwnWriteWhoseAnswerWasLost(t *testing.T) {
	w := plain(t, 8*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.at(disaster, func(w *world) { w.deaf["PutItem"] = true })
	})
	if f := w.ledger; f.Epoch != 1 || w.promotions != 1 {
		t.Fatalf("epoch %d, %d promotions", f.Epoch, w.promotions)
	}
}

func TestEngine_PromotesNoOtherInstanceThanTheOneItWatched(t *testing.T) {
	w := plain(t, 8*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.at(disaster, func(w *world) { w.aws.edit(engine.SiteReplica, sim.Attrs{"resource_id": "db-X"}) })
	})
	l := w.ledger.Last
	if w.promotions != 0 || w.fenceTries != 0 || l == nil || l.Reason.Name != refusal.WriterMismatch {
		t.Fatalf("%d promotions, last %+v", w.promotions, l)
	}
}

// TestEngine_TriesAnOwedFenceAgainBeforeItPromotes: the region was silent when
// the fence was tried, a pause held the failover up, and when that is over the
// region answers again.
func TestEngine_TriesAnOwedFenceAgainBeforeItPromotes(t *testing.T) {
	paused := false
	w := plain(t, 14*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.pg.alive = false })
		w.during(disaster, 90*time.Second, peering, replication, east)
		for at := disaster; at.Before(disaster.Add(time.Minute)); at = at.Add(100 * time.Millisecond) {
			w.at(at, func(w *world) {
				if f := w.ledger.Failover; f != nil && f.Step == engine.StepFence && !paused {
					paused = true
					w.operator(func(s *engine.State) { s.Pause = &engine.Pause{At: w.now} })
				}
			})
		}
		w.at(disaster.Add(80*time.Second), func(w *world) { w.deny("fence") })
		w.at(disaster.Add(95*time.Second), func(w *world) { w.operator(func(s *engine.State) { s.Pause = nil }) })
		w.at(disaster.Add(115*time.Second), func(w *world) {
			if f := w.ledger.Failover; w.promotions != 0 || f == nil || f.Standing == nil || f.Standing.Name != refusal.FenceFailed {
				t.Errorf("%d promotions, failover %+v", w.promotions, f)
			}
			w.grant("fence")
		})
	})
	if l := w.ledger.Last; !paused || l == nil || l.Fence != engine.FenceConfirmed || w.promotions != 1 {
		t.Fatalf("paused %t, last %+v", paused, l)
	}
}

func TestEngine_AFailoverEndsTheUnfencingThatTheLastOneOwed(t *testing.T) {
	w := plain(t, 20*time.Minute, func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		w.deny("promote")
		w.deny("unfence")
		w.at(disaster.Add(5*time.Minute), func(w *world) {
			if !w.ledger.Owes(engine.DebtUnfence) {
				t.Error("no unfencing is owed")
			}
			w.grant("promote")
			w.operator(func(s *engine.State) {
				s.Order = &engine.Order{Request: decide.Request{Force: true}, Expires: w.now.Add(time.Minute)}
			})
		})
	})
	if w.promotions != 1 || !w.fence.holds || len(w.ledger.Debts) != 0 {
		t.Fatalf("%d promotions, fence %+v, debts %v", w.promotions, w.fence, w.ledger.Debts)
	}
}

func TestEngine_GoesOnUnfencedOnlyWhenTheOperatorSaysSo(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		w.deny("fence")
		w.at(disaster.Add(10*time.Second), func(w *world) {
			w.operator(func(s *engine.State) {
				s.Order = &engine.Order{Request: decide.Request{Force: true, Unfenced: true}, Expires: w.now.Add(time.Minute)}
			})
		})
	})
	s := w.ledger
	if w.promotions != 1 || s.Last == nil || s.Last.Fence != engine.FenceWaived || !s.Owes(engine.DebtFence) {
		t.Fatalf("%d promotions, last %+v, debts %v", w.promotions, s.Last, s.Debts)
	}
}

func TestEngine_AbortsBeforeTheFenceWhenThePrimaryReturns(t *testing.T) {
	w := plain(t, 6*time.Minute, func(w *world) {
		w.during(disaster, 100*time.Second, peering, replication)
		w.at(disaster.Add(50*time.Second), func(w *world) { w.backUp(5 * time.Minute) })
		w.during(disaster.Add(48*time.Second), 30*time.Second, westRDS)
	})
	l := w.ledger.Last
	if l == nil || l.Reason == nil || l.Reason.Name != refusal.PrimaryReturned || w.fenceTries != 0 {
		t.Fatalf("last %+v, %d tries to fence", l, w.fenceTries)
	}
}

func TestEngine_ForgetsAnOrderThatIsTooOld(t *testing.T) {
	w := plain(t, 6*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) {
			w.operator(func(s *engine.State) {
				s.Order = &engine.Order{Request: decide.Request{Force: true}, Expires: w.now.Add(-time.Second)}
			})
		})
	})
	if w.promotions != 0 || w.ledger.Order != nil {
		t.Fatalf("%d promotions, order %+v", w.promotions, w.ledger.Order)
	}
}

func TestEngine_DoesNotGuessTheWriterOfABlankLedger(t *testing.T) {
	w := tell(t, newWorld(1), 5*time.Minute, func(w *world) {
		w.afterFailover()
	})
	s := w.ledger
	if s.Writer.Site != "" || w.told("ledger-blank") != 1 || len(w.aws.activeWriter()) != 0 {
		t.Fatalf("writer %+v, told %d times, published %v", s.Writer, w.told("ledger-blank"), w.aws.activeWriter())
	}
}

func TestEngine_TellsARefusalOnceAChange(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.at(disaster.Add(-10*time.Second), func(w *world) { w.operator(func(s *engine.State) { s.Pause = &engine.Pause{At: w.now} }) })
		loseRegion(w, 6*time.Minute)
		w.at(disaster.Add(6*time.Minute), func(w *world) { w.pg.alive = true })
	})
	if n := w.told("refuses to fail over: paused"); n != 1 {
		t.Errorf("told %d times that it is paused, want once", n)
	}
	if n := w.told("nothing stands in the way"); n != 1 {
		t.Errorf("told %d times that it is over, want once", n)
	}
}

func TestEngine_TakesOverFromAKilledInvocationWithinOneTick(t *testing.T) {
	killed := false
	w := plain(t, 12*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		w.onCall = func(_ *process, c call, after bool) bool {
			if killed || c.op != "PromoteReadReplica" || !after {
				return false
			}
			killed = true
			return true
		}
	})
	s := w.ledger
	if !killed || s.Last == nil || s.Last.Outcome != engine.OutcomeDone || w.promotions != 1 {
		t.Fatalf("killed %t, last %+v, %d promotions", killed, s.Last, w.promotions)
	}
	if gap := s.Last.Times[engine.StepPromote].Sub(s.Last.SentAt); gap > 2*time.Minute {
		t.Errorf("nobody took over for %s", gap)
	}
}

func TestEngine_AnAlarmDoesNotWaitForTheLease(t *testing.T) {
	var woken, ended *invocation
	var took time.Duration
	plain(t, 2*time.Minute, func(w *world) {
		at := modelEpoch.Add(20 * time.Second)
		w.at(at, func(w *world) { woken = w.start("alarm x=ALARM", 90*time.Second) })
		for ms := range 100 {
			w.at(at.Add(time.Duration(ms)*100*time.Millisecond), func(w *world) {
				if woken.dead && ended == nil {
					ended, took = woken, w.now.Sub(at)
				}
			})
		}
	})
	if ended == nil || took > 6*time.Second || ended.report.Refusal == nil || ended.report.Refusal.Name != refusal.LeaseHeld {
		t.Fatalf("ended %t after %s: %+v", ended != nil, took, woken.report)
	}
}

func TestEngine_RecordsEachStepInOrder(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.pg.alive = false })
	})
	f := w.ledger.Last
	order := []engine.Step{
		engine.StepClaim, engine.StepPreflight, engine.StepFence, engine.StepConfirm, engine.StepPromote, engine.StepAwait, engine.StepVerify,
		engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify, engine.StepDone,
	}
	sorted := slices.IsSortedFunc(order, func(a, b engine.Step) int { return f.Times[a].Compare(f.Times[b]) })
	for _, s := range order {
		if f.Times[s].IsZero() {
			t.Errorf("step %s has no time", s)
		}
	}
	if !sorted {
		t.Errorf("steps are out of order: %v", f.Times)
	}
}

func TestEngine_LogsOneLineAStepWithTheFailoversID(t *testing.T) {
	var log bytes.Buffer
	w := armedWorld(1)
	w.end = modelEpoch.Add(12 * time.Minute)
	loseRegion(w, time.Hour)
	w.alter = func(p *process) { p.engine.LogTo(slog.New(slog.NewJSONHandler(&log, nil))) }
	w.tick()
	w.run()
	id := w.ledger.Last.ID
	steps := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		var l struct{ Msg, Step, Failover string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if l.Msg == "step completed" {
			if l.Failover != id {
				t.Errorf("step %s is logged for failover %q, want %q", l.Step, l.Failover, id)
			}
			steps[l.Step]++
		}
	}
	for _, s := range []engine.Step{engine.StepPreflight, engine.StepFence, engine.StepPromote, engine.StepAwait, engine.StepVerify, engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify} {
		if steps[string(s)] != 1 {
			t.Errorf("step %s has %d lines, want one", s, steps[string(s)])
		}
	}
}
