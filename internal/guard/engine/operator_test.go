package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
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
	if w.ledger.Arming.ArmedFor != primaryID() {
		t.Fatalf("not armed: %+v", w.ledger.Arming)
	}
	return w
}

// on lets a world go on for a while.
func (w *world) on(d time.Duration) {
	w.end = w.now.Add(d)
	w.tick()
	w.run()
}

func TestLook_ChangesNothing(t *testing.T) {
	w := healthy(t)
	before := w.ledger.Version
	v := w.console().Look(t.Context(), &decide.Request{Force: true})
	if v.Decision.Verdict != decide.Promote {
		t.Fatalf("decision %+v", v.Decision)
	}
	if w.ledger.Version != before || w.promotions != 0 || w.fence.set {
		t.Fatal("a dry run changed something")
	}
}

func TestLook_WithoutALedgerSaysWhatItSees(t *testing.T) {
	w := healthy(t)
	w.setCut(dynamodb, true)
	v := w.console().Look(t.Context(), nil)
	if v.LedgerError == "" || !v.Decision.Has(refusal.LedgerUnavailable) || v.Decision.Evidence != decide.EvidenceAlive {
		t.Fatalf("view %+v", v)
	}
}

func TestStatus_TellsTheLedgerAndSamplesNothing(t *testing.T) {
	w := healthy(t)
	at := w.now
	v := w.console().Status(t.Context())
	if v.State.Writer.ResourceID != primaryID() || w.now.Sub(at) > time.Second {
		t.Fatalf("writer %+v after %s", v.State.Writer, w.now.Sub(at))
	}
}

func TestOrder_OfALivingPrimaryIsRefusedWithoutForce(t *testing.T) {
	w := healthy(t)
	_, err := w.console().Order(t.Context(), decide.Request{By: "ops"})
	wantRefusal(t, err, refusal.PrimaryAlive)
	if w.ledger.Order != nil {
		t.Fatal("a refused order was written down")
	}
}

func TestOrder_IsTakenUpByWhoeverHoldsTheLease(t *testing.T) {
	w := healthy(t)
	if _, err := w.console().Order(t.Context(), decide.Request{By: "ops", Force: true}); err != nil {
		t.Fatal(err)
	}
	w.on(10 * time.Minute)
	s := w.ledger
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
	err := w.console().Pause(t.Context(), engine.Pause{By: "ops", Until: w.now.Add(4 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	w.pg.alive = false
	w.on(3 * time.Minute)
	if w.promotions != 0 {
		t.Fatal("promoted while paused")
	}
	w.on(8 * time.Minute)
	if w.promotions != 1 {
		t.Fatalf("%d promotions after the pause, told %v", w.promotions, w.ledger.Told)
	}
}

func TestPause_RefusesATimeThatIsOver(t *testing.T) {
	w := healthy(t)
	wantRefusal(t, w.console().Pause(t.Context(), engine.Pause{Until: w.now.Add(-time.Second)}), refusal.CommandInvalid)
}

func TestResume_EndsAPause(t *testing.T) {
	w := healthy(t)
	c := w.console()
	if err := errors.Join(c.Pause(t.Context(), engine.Pause{}), c.Resume(t.Context())); err != nil || w.ledger.Pause != nil {
		t.Fatalf("error %v, pause %+v", err, w.ledger.Pause)
	}
}

func TestDisarm_HoldsUntilSomebodyArms(t *testing.T) {
	w := healthy(t)
	if err := w.console().Disarm(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.on(5 * time.Minute)
	if w.ledger.Arming.ArmedFor != "" {
		t.Fatal("armed itself against the operator's word")
	}
	if _, err := w.console().Arm(t.Context()); err != nil || w.ledger.Arming.ArmedFor != primaryID() {
		t.Fatalf("error %v, arming %+v", err, w.ledger.Arming)
	}
}

func TestArm_IsRefusedForASystemThatIsNotGreen(t *testing.T) {
	w := healthy(t)
	w.setCut(peering, true)
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
		w.at(disaster, func(w *world) { w.pg.alive = false })
	})
	if w.ledger.Writer.Site != engine.SiteReplica || !w.fence.holds {
		t.Fatalf("writer %+v", w.ledger.Writer)
	}
	return w
}

func TestAdopt_MakesARebuiltPrimaryTheWriterAndLiftsItsFence(t *testing.T) {
	w := failedOver(t)
	w.rebuild()
	if err := w.console().Adopt(t.Context(), "db-C"); err != nil {
		t.Fatal(err)
	}
	w.on(8 * time.Minute)
	s := w.ledger
	if w.violation != "" || s.Writer.ResourceID != "db-C" || w.fence.holds || w.aws.weights() != engine.SitePrimary || len(s.Debts) != 0 {
		t.Fatalf("%s writer %+v, fence %+v, weights %s, debts %v", w.violation, s.Writer, w.fence, w.aws.weights(), s.Debts)
	}
	if s.Arming.ArmedFor != "db-C" || s.Replica.ResourceID != "db-D" {
		t.Fatalf("arming %+v (%v), replica %+v", s.Arming, w.console().Status(t.Context()).NotGreen, s.Replica)
	}
}

func TestAdopt_RefusesWhatCanNotBeTheWriter(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		do   func(*world)
		want refusal.Name
	}{
		"the instance that was failed over from": {primaryID(), func(w *world) { w.aws.become(engine.SiteReplica, "db-D", engine.SitePrimary) }, refusal.OldPrimaryExists},
		"a primary beside a writer":              {"db-C", func(w *world) { w.aws.become(engine.SitePrimary, "db-C", "") }, refusal.WriterMismatch},
		"an instance that is not":                {"db-Z", func(*world) {}, refusal.WriterMismatch},
		"no instance at all":                     {"", func(w *world) { w.aws.remove(engine.SitePrimary) }, refusal.WriterMismatch},
		"one that is not available":              {"db-C", func(w *world) { w.rebuild(); w.aws.force(engine.SitePrimary, "creating") }, refusal.WriterMismatch},
		"any while RDS is silent":                {"db-C", func(w *world) { w.rebuild(); w.setCut(eastRDS, true) }, refusal.WriterMismatch},
		"any without the ledger":                 {"db-C", func(w *world) { w.rebuild(); w.setCut(dynamodb, true) }, refusal.LedgerUnavailable},
		"any during a failover": {"db-C", func(w *world) {
			w.rebuild()
			w.operator(func(s *engine.State) { s.Failover = &engine.Failover{ID: "f"} })
		}, refusal.FailoverInFlight},
	} {
		t.Run(name, func(t *testing.T) {
			w := failedOver(t)
			c.do(w)
			writer := w.ledger.Writer
			wantRefusal(t, w.console().Adopt(t.Context(), c.id), c.want)
			if w.ledger.Writer != writer {
				t.Fatalf("the writer became %+v", w.ledger.Writer)
			}
		})
	}
}

func TestAdopt_TellsABlankLedgerWhoTheWriterIs(t *testing.T) {
	w := newWorld(1)
	w.afterFailover()
	if err := w.console().Adopt(t.Context(), replicaID()); err != nil {
		t.Fatal(err)
	}
	w.on(4 * time.Minute)
	if w.violation != "" || !w.aws.alarmed() || w.aws.weights() != engine.SiteReplica {
		t.Fatalf("%s alarmed %t, weights %s", w.violation, w.aws.alarmed(), w.aws.weights())
	}
}

func TestOperator_ChangesSurviveTheHolderOfTheLease(t *testing.T) {
	w := newWorld(1)
	w.end = modelEpoch.Add(2 * time.Minute)
	w.at(modelEpoch, func(w *world) { w.invoke(100 * time.Second) })
	w.at(modelEpoch.Add(21*time.Second), func(w *world) { w.operator(func(s *engine.State) { s.Pause = &engine.Pause{By: "ops"} }) })
	w.run()
	if w.ledger.Pause == nil || w.ledger.Pause.By != "ops" {
		t.Fatal("the holder of the lease wrote over the operator's pause")
	}
}

func TestHistory_NamesTheLedgerWhenItFails(t *testing.T) {
	w := newWorld(1)
	w.setCut(dynamodb, true)
	_, err := w.console().History(t.Context(), 5)
	wantRefusal(t, err, refusal.LedgerUnavailable)
}

func TestHistory_TellsOfAFailover(t *testing.T) {
	w := failedOver(t)
	entries, err := w.console().History(t.Context(), 5)
	if err != nil || len(entries) != 1 || entries[0].ID != w.ledger.Last.ID || entries[0].Failover.Outcome != engine.OutcomeDone {
		t.Fatalf("entries %+v, error %v", entries, err)
	}
}
