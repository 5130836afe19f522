package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// order has an operator order a failover at a moment.
func order(t *testing.T, w *world, at time.Time, req decide.Request) {
	t.Helper()
	w.at(at, func(w *world) {
		if _, err := w.console().Order(t.Context(), req); err != nil {
			t.Errorf("order %+v: %v", req, err)
		}
	})
}

// heldUp checks what holds the failover up at a moment.
func heldUp(t *testing.T, w *world, at time.Time, by refusal.Name) {
	t.Helper()
	w.at(at, func(w *world) {
		if f := w.ledger.Failover; f == nil || f.Standing == nil || f.Standing.Name != by || w.promotions != 0 {
			t.Errorf("at +%s: %d promotions, failover %+v", w.now.Sub(modelEpoch), w.promotions, f)
		}
	})
}

// TestForce_IsNoLeaveToPromoteBesideALivingPrimary: force says that the primary
// is to be moved though it lives, fenced first. EC2, which fences, is silent.
func TestForce_IsNoLeaveToPromoteBesideALivingPrimary(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.during(disaster, 100*time.Second, eastEC2)
		order(t, w, disaster, decide.Request{By: "ops", Force: true})
		heldUp(t, w, disaster.Add(95*time.Second), refusal.FenceFailed)
	})
	if l := w.ledger.Last; w.promotions != 1 || l.Fence != engine.FenceConfirmed {
		t.Fatalf("%d promotions, last %+v", w.promotions, l)
	}
}

func TestOrder_OverridesAFailoverThatIsHeldUp(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.during(disaster, time.Hour, peering, replication)
		w.deny("fence")
		heldUp(t, w, disaster.Add(100*time.Second), refusal.FenceFailed)
		order(t, w, disaster.Add(101*time.Second), decide.Request{By: "ops", Unfenced: true})
	})
	l := w.ledger.Last
	if w.promotions != 1 || l == nil || l.Fence != engine.FenceWaived || l.Request == nil || l.Request.By != "ops" || l.Request.Force {
		t.Fatalf("%d promotions, last %+v", w.promotions, l)
	}
}

func TestOrder_AddsToWhatWasOrderedBefore(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.deny("fence")
		order(t, w, disaster, decide.Request{By: "ann", Force: true})
		heldUp(t, w, disaster.Add(70*time.Second), refusal.FenceFailed)
		order(t, w, disaster.Add(71*time.Second), decide.Request{By: "bob", Unfenced: true})
	})
	if l := w.ledger.Last; l == nil || *l.Request != (decide.Request{By: "ann, bob", Force: true, Unfenced: true}) {
		t.Fatalf("last %+v", l)
	}
}

func TestOrder_OverridesNothingOnceThePromotionWasSent(t *testing.T) {
	asked := false
	w := plain(t, 12*time.Minute, func(w *world) {
		loseRegion(w, time.Hour)
		for at := disaster; at.Before(disaster.Add(3 * time.Minute)); at = at.Add(time.Second) {
			w.at(at, func(w *world) {
				if f := w.ledger.Failover; f == nil || f.Step != engine.StepAwait || asked {
					return
				}
				asked = true
				_, err := w.console().Order(t.Context(), decide.Request{By: "ops", Force: true, Unfenced: true})
				wantRefusal(t, err, refusal.FailoverInFlight)
			})
		}
	})
	if l := w.ledger.Last; !asked || l == nil || l.Request != nil {
		t.Fatalf("asked %t, last %+v", asked, l)
	}
}

func TestDisarm_UndoesAFailoverThatWasNotSent(t *testing.T) {
	for name, forced := range map[string]bool{"the guard's own": false, "an operator's": true} {
		t.Run(name, func(t *testing.T) {
			w := plain(t, 8*time.Minute, func(w *world) {
				if forced {
					order(t, w, disaster, decide.Request{By: "ops", Force: true})
				} else {
					w.during(disaster, 5*time.Minute, peering, replication)
				}
				w.deny("promote")
				heldUp(t, w, disaster.Add(85*time.Second), refusal.PromoteRefused)
				w.at(disaster.Add(86*time.Second), func(w *world) {
					if err := w.console().Disarm(t.Context()); err != nil {
						t.Error(err)
					}
					w.grant("promote")
				})
			})
			l := w.ledger.Last
			if w.promotions != 0 || l == nil || l.Reason == nil || l.Reason.Name != refusal.Disarmed || w.fence.some {
				t.Fatalf("%d promotions, fence %+v, last %+v", w.promotions, w.fence, l)
			}
		})
	}
}

func TestForce_GoesOnThoughTheGuardWasDisarmedAndPausedBefore(t *testing.T) {
	w := plain(t, 10*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) {
			c := w.console()
			if err := c.Disarm(t.Context()); err != nil {
				t.Error(err)
			}
			if err := c.Pause(t.Context(), engine.Pause{By: "ops"}); err != nil {
				t.Error(err)
			}
		})
		order(t, w, disaster.Add(time.Second), decide.Request{By: "ops", Force: true})
	})
	if w.promotions != 1 {
		t.Fatalf("%d promotions, last %+v", w.promotions, w.ledger.Last)
	}
}

func TestPause_HoldsAFailoverThatWasForcedBefore(t *testing.T) {
	w := plain(t, 12*time.Minute, func(w *world) {
		w.deny("promote")
		order(t, w, disaster, decide.Request{By: "ops", Force: true})
		w.at(disaster.Add(20*time.Second), func(w *world) {
			if err := w.console().Pause(t.Context(), engine.Pause{By: "ops"}); err != nil {
				t.Error(err)
			}
			w.grant("promote")
		})
		heldUp(t, w, disaster.Add(80*time.Second), refusal.Paused)
	})
	if l := w.ledger.Last; w.promotions != 0 || l == nil || l.Reason.Name != refusal.DeadlinePassed || w.fence.some {
		t.Fatalf("%d promotions, last %+v", w.promotions, l)
	}
}

func TestPauseAndDisarm_DropAnOrderThatWaits(t *testing.T) {
	for name, do := range map[string]func(*testing.T, *engine.Engine) error{
		"pause":  func(t *testing.T, e *engine.Engine) error { t.Helper(); return e.Pause(t.Context(), engine.Pause{}) },
		"disarm": func(t *testing.T, e *engine.Engine) error { t.Helper(); return e.Disarm(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := healthy(t)
			if _, err := w.console().Order(t.Context(), decide.Request{By: "ops", Force: true}); err != nil {
				t.Fatal(err)
			}
			if err := do(t, w.console()); err != nil {
				t.Fatal(err)
			}
			w.on(4 * time.Minute)
			if w.promotions != 0 || w.ledger.Order != nil {
				t.Fatalf("%d promotions, order %+v", w.promotions, w.ledger.Order)
			}
		})
	}
}

// TestEngine_DoesNotForgetAnOwedUnfencing: the next failover begins, and is
// given up before it has fenced anything itself.
func TestEngine_DoesNotForgetAnOwedUnfencing(t *testing.T) {
	w := plain(t, 25*time.Minute, func(w *world) {
		w.during(disaster, 9*time.Minute, peering, replication)
		w.deny("promote")
		w.deny("unfence")
		w.at(disaster.Add(5*time.Minute), func(w *world) {
			if !w.ledger.Owes(engine.DebtUnfence) {
				t.Error("no unfencing is owed")
			}
			w.backUp(6 * time.Minute)
			w.operator(func(s *engine.State) {
				s.Watch.Replica.Status = "available"
				s.Order = &engine.Order{Request: decide.Request{Force: true}, Expires: w.now.Add(time.Minute)}
			})
			w.setCut(westRDS, true)
		})
		w.at(disaster.Add(6*time.Minute), func(w *world) { w.setCut(westRDS, false) })
		w.at(disaster.Add(10*time.Minute), func(w *world) { w.grant("unfence") })
	})
	s := w.ledger
	if s.Epoch != 2 || w.promotions != 0 {
		t.Fatalf("epoch %d, %d promotions: the second failover was to be given up; last %+v", s.Epoch, w.promotions, s.Last)
	}
	if w.fence.some || s.Owes(engine.DebtUnfence) {
		t.Fatalf("fence %+v, debts %v", w.fence, s.Debts)
	}
}

func TestEngine_CoolsDownForLessWhereNothingWasChanged(t *testing.T) {
	w := plain(t, 6*time.Minute, func(w *world) {
		w.alter = func(p *process) { p.engine.Cooldown(time.Hour) }
		w.during(disaster, 100*time.Second, peering, replication)
		w.at(disaster.Add(50*time.Second), func(w *world) { w.backUp(5 * time.Minute) })
		w.during(disaster.Add(48*time.Second), 30*time.Second, westRDS)
	})
	s := w.ledger
	if s.Last == nil || s.Last.Reason.Name != refusal.PrimaryReturned || s.CooldownUntil.Sub(s.Last.EndedAt) != 5*time.Minute {
		t.Fatalf("cooldown until %s, last %+v", s.CooldownUntil, s.Last)
	}
}

func TestAdopt_RefusesTheInstanceThatIsTheWriterAlready(t *testing.T) {
	w := plain(t, 15*time.Minute, func(w *world) { loseRegion(w, time.Hour) })
	err := w.console().Adopt(t.Context(), replicaID())
	if err == nil || !w.ledger.Owes(engine.DebtFence) {
		t.Fatalf("error %v, debts %v: an owed fence was forgotten", err, w.ledger.Debts)
	}
	if !strings.Contains(err.Error(), "RDS does not tell") { // its region is silent
		wantRefusal(t, err, refusal.WriterMismatch)
	}
	w.heal()
	wantRefusal(t, w.console().Adopt(t.Context(), replicaID()), refusal.WriterMismatch)
	if !w.ledger.Owes(engine.DebtFence) {
		t.Fatal("an owed fence was forgotten")
	}
}

// TestAdopt_FencesThePrimaryThatWasRenamedToo: RDS's own advice for a failover by
// hand is to rename the old primary.
func TestAdopt_FencesThePrimaryThatWasRenamedToo(t *testing.T) {
	w := healthy(t)
	w.aws.become(engine.SiteReplica, replicaID(), "")
	w.aws.rename(engine.SitePrimary, "primary-old")
	w.pg.writableAt, w.sent, w.promotions, w.stale = w.now, true, 1, true
	require.NoError(t, w.console().Adopt(t.Context(), replicaID()))
	require.True(t, w.ledger.Owes(engine.DebtFence))
	w.on(16 * time.Minute)
	require.Empty(t, w.violation)
	require.True(t, w.fence.holds)
	require.True(t, w.stopped())
	require.Empty(t, w.ledger.Debts)
}

// TestAdopt_FencesThePrimaryThatSomebodyFailedOverFromByHand: the replica was
// promoted past the guard while the primary lives.
func TestAdopt_FencesThePrimaryThatSomebodyFailedOverFromByHand(t *testing.T) {
	w := healthy(t)
	w.aws.become(engine.SiteReplica, replicaID(), "")
	w.pg.writableAt, w.sent, w.promotions, w.stale = w.now, true, 1, true
	if err := w.console().Adopt(t.Context(), replicaID()); err != nil {
		t.Fatal(err)
	}
	if !w.ledger.Owes(engine.DebtFence) {
		t.Fatalf("debts %v", w.ledger.Debts)
	}
	w.on(6 * time.Minute)
	if w.violation != "" || !w.fence.holds || !w.stopped() || w.aws.weights() != engine.SiteReplica || len(w.ledger.Debts) != 0 {
		t.Fatalf("%s fence %+v, weights %s, debts %v", w.violation, w.fence, w.aws.weights(), w.ledger.Debts)
	}
}
