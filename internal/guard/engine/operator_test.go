package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func wantRefusal(t *testing.T, err error, name refusal.Name) {
	t.Helper()
	if !errors.Is(err, refusal.Refusal{Name: name}) {
		t.Fatalf("error %v, want refusal %s", err, name)
	}
}

// healthy is a world in which the guard has armed itself.
func healthy(t *testing.T) *world {
	t.Helper()
	w := plain(t, 3*time.Minute, func(*world) {})
	if w.ledger.state.Arming.ArmedFor != "db-A" {
		t.Fatalf("not armed: %+v", w.ledger.state.Arming)
	}
	return w
}

// on lets a world go on for a while.
func (w *world) on(d time.Duration) {
	from := w.now.Truncate(time.Minute).Add(time.Minute)
	w.end = w.now.Add(d)
	for at := from; at.Before(w.end); at = at.Add(time.Minute) {
		w.at(at, func(w *world) { w.invoke(100*time.Second, nil) })
	}
	w.run()
}

func TestLook_ChangesNothing(t *testing.T) {
	w := healthy(t)
	before := w.ledger.state.Version
	v := w.console().Look(t.Context(), &decide.Request{Force: true})
	if v.Decision.Verdict != decide.Promote {
		t.Fatalf("decision %+v", v.Decision)
	}
	if w.ledger.state.Version != before || w.promotions != 0 || w.fence.rule {
		t.Fatal("a dry run changed something")
	}
}

func TestLook_WithoutALedgerSaysWhatItSees(t *testing.T) {
	w := healthy(t)
	w.setCut("ledger", true)
	v := w.console().Look(t.Context(), nil)
	if v.LedgerError == "" || !v.Decision.Has(refusal.LedgerUnavailable) || v.Decision.Evidence != decide.EvidenceAlive {
		t.Fatalf("view %+v", v)
	}
}

func TestStatus_TellsTheLedgerAndSamplesNothing(t *testing.T) {
	w := healthy(t)
	at := w.now
	v := w.console().Status(t.Context())
	if v.State.Writer.ResourceID != "db-A" || w.now.Sub(at) > time.Second {
		t.Fatalf("writer %+v after %s", v.State.Writer, w.now.Sub(at))
	}
}

func TestOrder_OfALivingPrimaryIsRefusedWithoutForce(t *testing.T) {
	w := healthy(t)
	_, err := w.console().Order(t.Context(), decide.Request{By: "ops"})
	wantRefusal(t, err, refusal.PrimaryAlive)
	if w.ledger.state.Order != nil {
		t.Fatal("a refused order was written down")
	}
}

func TestOrder_IsTakenUpByWhoeverHoldsTheLease(t *testing.T) {
	w := healthy(t)
	if _, err := w.console().Order(t.Context(), decide.Request{By: "ops", Force: true}); err != nil {
		t.Fatal(err)
	}
	w.on(10 * time.Minute)
	s := w.ledger.state
	if w.violation != "" || s.Last == nil || s.Last.Request == nil || s.Last.Request.By != "ops" || s.Order != nil {
		t.Fatalf("%s last %+v", w.violation, s.Last)
	}
	_, err := w.console().Order(t.Context(), decide.Request{Force: true, AllowDataLoss: true, Unfenced: true})
	if err == nil {
		t.Fatal("a second failover was ordered")
	}
}

func TestPause_KeepsTheGuardStillUntilItsTime(t *testing.T) {
	w := healthy(t)
	err := w.console().Pause(t.Context(), Pause{By: "ops", Until: w.now.Add(4 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	w.primary.alive = false
	w.on(3 * time.Minute)
	if w.promotions != 0 {
		t.Fatal("promoted while paused")
	}
	w.on(8 * time.Minute)
	if w.promotions != 1 {
		t.Fatalf("%d promotions after the pause, told %v", w.promotions, w.ledger.state.Told)
	}
}

func TestPause_RefusesATimeThatIsOver(t *testing.T) {
	w := healthy(t)
	wantRefusal(t, w.console().Pause(t.Context(), Pause{Until: w.now.Add(-time.Second)}), refusal.CommandInvalid)
}

func TestResume_EndsAPause(t *testing.T) {
	w := healthy(t)
	c := w.console()
	if err := errors.Join(c.Pause(t.Context(), Pause{}), c.Resume(t.Context())); err != nil || w.ledger.state.Pause != nil {
		t.Fatalf("error %v, pause %+v", err, w.ledger.state.Pause)
	}
}

func TestDisarm_HoldsUntilSomebodyArms(t *testing.T) {
	w := healthy(t)
	if err := w.console().Disarm(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.on(5 * time.Minute)
	if w.ledger.state.Arming.ArmedFor != "" {
		t.Fatal("armed itself against the operator's word")
	}
	if _, err := w.console().Arm(t.Context()); err != nil || w.ledger.state.Arming.ArmedFor != "db-A" {
		t.Fatalf("error %v, arming %+v", err, w.ledger.state.Arming)
	}
}

func TestArm_IsRefusedForASystemThatIsNotGreen(t *testing.T) {
	w := healthy(t)
	w.setCut("peering", true)
	_, err := w.console().Arm(t.Context())
	wantRefusal(t, err, refusal.NotGreen)
	if !strings.Contains(err.Error(), "SQL") {
		t.Fatalf("%v does not say what is wrong", err)
	}
}

// failedOver is a world after a failover, the old primary fenced.
func failedOver(t *testing.T) *world {
	t.Helper()
	w := plain(t, 15*time.Minute, func(w *world) {
		w.at(disaster, func(w *world) { w.primary.alive = false })
	})
	if w.ledger.state.Writer.Site != SiteReplica || !w.fence.holds {
		t.Fatalf("writer %+v", w.ledger.state.Writer)
	}
	return w
}

// rebuild is what an operator does to fail back: a new primary, seeded from
// the writer, and the writer made its replica.
func (w *world) rebuild() {
	w.primary = truth{id: "db-C", alive: true, status: "available", exists: true}
	w.replica = truth{id: "db-D", alive: true, isReplica: true, inRecovery: true, status: "available", exists: true}
	w.sent = false
}

func TestAdopt_MakesARebuiltPrimaryTheWriterAndLiftsItsFence(t *testing.T) {
	w := failedOver(t)
	w.rebuild()
	if err := w.console().Adopt(t.Context(), "db-C"); err != nil {
		t.Fatal(err)
	}
	w.on(5 * time.Minute)
	s := w.ledger.state
	if w.violation != "" || s.Writer.ResourceID != "db-C" || w.fence.holds || w.dns.weights != SitePrimary || len(s.Debts) != 0 {
		t.Fatalf("%s writer %+v, fence %+v, weights %s, debts %v", w.violation, s.Writer, w.fence, w.dns.weights, s.Debts)
	}
	if s.Arming.ArmedFor != "db-C" || s.Replica.ResourceID != "db-D" {
		t.Fatalf("arming %+v, replica %+v", s.Arming, s.Replica)
	}
}

func TestAdopt_RefusesWhatCanNotBeTheWriter(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		do   func(*world)
		want refusal.Name
	}{
		"the instance that was failed over from": {"db-A", func(w *world) {
			w.replica = truth{id: "db-D", isReplica: true, status: "available", exists: true}
		}, refusal.OldPrimaryExists},
		"a primary beside a writer": {"db-C", func(w *world) { w.primary = truth{id: "db-C", status: "available", exists: true} }, refusal.WriterMismatch},
		"an instance that is not":   {"db-Z", func(*world) {}, refusal.WriterMismatch},
		"no instance at all":        {"", func(w *world) { w.primary.exists = false }, refusal.WriterMismatch},
		"one that is not available": {"db-C", func(w *world) { w.rebuild(); w.primary.status = "creating" }, refusal.WriterMismatch},
		"any while RDS is silent":   {"db-C", func(w *world) { w.rebuild(); w.setCut("region-api", true) }, refusal.WriterMismatch},
		"any without the ledger":    {"db-C", func(w *world) { w.rebuild(); w.setCut("ledger", true) }, refusal.LedgerUnavailable},
		"any during a failover":     {"db-C", func(w *world) { w.rebuild(); w.ledger.state.Failover = &Failover{ID: "f"} }, refusal.FailoverInFlight},
	} {
		t.Run(name, func(t *testing.T) {
			w := failedOver(t)
			c.do(w)
			writer := w.ledger.state.Writer
			wantRefusal(t, w.console().Adopt(t.Context(), c.id), c.want)
			if w.ledger.state.Writer != writer {
				t.Fatalf("the writer became %+v", w.ledger.state.Writer)
			}
		})
	}
}

func TestAdopt_TellsABlankLedgerWhoTheWriterIs(t *testing.T) {
	w := newWorld(1)
	w.primary.alive, w.primary.stopped = false, true
	w.replica.isReplica, w.replica.promoteAt = false, modelEpoch.Add(-time.Hour)
	w.sent = true
	if err := w.console().Adopt(t.Context(), "db-B"); err != nil {
		t.Fatal(err)
	}
	w.on(4 * time.Minute)
	if w.violation != "" || w.dns.metric != 1 || w.dns.weights != SiteReplica {
		t.Fatalf("%s metric %v, weights %s", w.violation, w.dns.metric, w.dns.weights)
	}
}

func TestOperator_ChangesSurviveTheHolderOfTheLease(t *testing.T) {
	w := newWorld(1)
	w.end = modelEpoch.Add(2 * time.Minute)
	w.at(modelEpoch, func(w *world) { w.invoke(100*time.Second, nil) })
	w.at(modelEpoch.Add(21*time.Second), func(w *world) { w.operator(func(s *State) { s.Pause = &Pause{By: "ops"} }) })
	w.run()
	if w.ledger.state.Pause == nil || w.ledger.state.Pause.By != "ops" {
		t.Fatal("the holder of the lease wrote over the operator's pause")
	}
}

func TestHistory_NamesTheLedgerWhenItFails(t *testing.T) {
	w := newWorld(1)
	e := w.console()
	e.ports.Ledger = brokenJournal{e.ports.Ledger}
	_, err := e.History(t.Context(), 5)
	wantRefusal(t, err, refusal.LedgerUnavailable)
}

type brokenJournal struct{ Ledger }

func (brokenJournal) History(context.Context, int) ([]Entry, error) { return nil, ErrSilent }
