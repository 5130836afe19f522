package decide

import (
	"strings"
	"testing"
	"time"
)

func testPolicy() Policy {
	return Policy{
		Mode: "automatic", OnRegionSilent: "promote", OnFenceError: "ask", SwitchDNSWhen: "proven", InstanceFailed: 180 * time.Second, InstanceUnreachable: 300 * time.Second,
		RegionSilent: 120 * time.Second, Arming: 600 * time.Second, Cooldown: 3600 * time.Second, MaxDataLoss: 60 * time.Second, AbortAfter: 900 * time.Second, MultiAZ: true,
	}
}

// green is an observation of a healthy system at a moment.
func green(now time.Time, id string) Observation {
	up := Path{LastSample: now, LastPositive: now, Class: ClassOK}
	return Observation{
		SQL: up, WAL: up, RDSAPI: up, OtherAPI: up, Witness: up,
		Primary: Primary{ResourceID: id, Status: "available", StatusAt: now},
		Replica: Replica{ResourceID: "db-R", Exists: true, IsReplica: true, Status: "available", StatusAt: now},
		Positions: Positions{
			Acked: Heartbeat{Seq: 1, At: now}, Replayed: Heartbeat{Seq: 1, At: now}, ReplayLSN: 1, At: now,
		},
		Facts: Facts{Readable: true},
	}
}

// watch runs the arming over a stretch of time, a round each 30 s.
func watch(a Arming, from, to time.Time, see func(now time.Time) Observation) Arming {
	for now := from; !now.After(to); now = now.Add(30 * time.Second) {
		a = a.Next(testPolicy(), see(now), Readiness{Green: true, At: now}, now)
	}
	return a
}

func healthyAs(id string) func(time.Time) Observation {
	return func(now time.Time) Observation { return green(now, id) }
}

func TestArming_ArmsAfterTenMinutesOfGreenAndNotBefore(t *testing.T) {
	a := watch(Arming{}, epoch, epoch.Add(590*time.Second), healthyAs("db-A"))
	if a.ArmedFor != "" {
		t.Fatalf("armed for %q after 9 min 50 s", a.ArmedFor)
	}
	a = watch(a, epoch.Add(600*time.Second), epoch.Add(600*time.Second), healthyAs("db-A"))
	if a.ArmedFor != "db-A" {
		t.Fatalf("not armed after 10 min: %+v", a)
	}
}

// spoil makes an observation that is not green.
type spoil func(*Observation, *Readiness, time.Time)

// seen are answers that are not green, unseen is no news.
var (
	seen = map[string]spoil{
		"sql refused": func(o *Observation, _ *Readiness, now time.Time) { o.SQL.SilentSince, o.SQL.Class = now, ClassRefused },
		"sql unreachable": func(o *Observation, _ *Readiness, now time.Time) {
			o.SQL.SilentSince, o.SQL.Class = now, ClassUnreachable
		},
		"sql not writable": func(o *Observation, _ *Readiness, _ time.Time) { o.SQL.Class = ClassDiskFull },
		"wal stale":        func(o *Observation, _ *Readiness, now time.Time) { o.WAL.SilentSince, o.WAL.Class = now, ClassStale },
		"no wal receiver": func(o *Observation, _ *Readiness, now time.Time) {
			o.WAL.SilentSince, o.WAL.Class = now, ClassNoReceiver
		},
		"no replica":       func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.Exists = false },
		"promoted replica": func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.IsReplica = false },
		"replica broken":   func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.Status = "storage-full" },
		"not ready":        func(_ *Observation, r *Readiness, _ time.Time) { r.Green = false },
		"not ready by name": func(_ *Observation, r *Readiness, _ time.Time) {
			r.Green, r.Failing, r.Unknown = false, []string{"records"}, []string{"alarm"}
		},
		"failed over": func(o *Observation, _ *Readiness, _ time.Time) { o.Facts.FailedOver = true },
	}
	unseen = map[string]spoil{
		"sql timed out":      func(o *Observation, _ *Readiness, now time.Time) { o.SQL.SilentSince, o.SQL.Class = now, ClassTimeout },
		"sql not looked at":  func(o *Observation, _ *Readiness, now time.Time) { o.SQL.LastSample = now.Add(-time.Minute) },
		"sql told nothing":   func(o *Observation, _ *Readiness, _ time.Time) { o.SQL.Class = ClassResolveFailed },
		"wal not looked at":  func(o *Observation, _ *Readiness, now time.Time) { o.WAL.LastSample = now.Add(-time.Minute) },
		"wal told nothing":   func(o *Observation, _ *Readiness, _ time.Time) { o.WAL.Class = ClassReplicaSilent },
		"replica unknown":    func(o *Observation, _ *Readiness, now time.Time) { o.Replica.StatusAt = now.Add(-time.Hour) },
		"no position":        func(o *Observation, _ *Readiness, _ time.Time) { o.Positions.ReplayLSN = 0 },
		"readiness old":      func(_ *Observation, r *Readiness, now time.Time) { r.At = now.Add(-time.Hour) },
		"readiness not made": func(_ *Observation, r *Readiness, _ time.Time) { *r = Readiness{} },
		"readiness unread":   func(_ *Observation, r *Readiness, _ time.Time) { r.Green, r.Unknown = false, []string{"alarm"} },
	}
)

// spoilt runs the arming over one observation that is not green.
func spoilt(t *testing.T, a Arming, now time.Time, by spoil) Arming {
	t.Helper()
	o, r := green(now, "db-A"), Readiness{Green: true, At: now}
	by(&o, &r, now)
	if len(NotGreen(o, r, now)) == 0 {
		t.Fatal("counts as green")
	}
	return a.Next(testPolicy(), o, r, now)
}

func TestArming_StartsAnewAfterAnAnswerThatIsNotGreen(t *testing.T) {
	for name, by := range seen {
		t.Run(name, func(t *testing.T) {
			a := watch(Arming{}, epoch, epoch.Add(570*time.Second), healthyAs("db-A"))
			a = spoilt(t, a, epoch.Add(600*time.Second), by)
			a = watch(a, epoch.Add(630*time.Second), epoch.Add(1200*time.Second), healthyAs("db-A"))
			if a.ArmedFor != "" {
				t.Fatalf("armed %s after green began anew", a.ArmedAt.Sub(epoch.Add(630*time.Second)))
			}
		})
	}
}

func TestArming_GoesOnAfterALookThatWasMissedWithoutCountingIt(t *testing.T) {
	for name, by := range unseen {
		t.Run(name, func(t *testing.T) {
			a := watch(Arming{}, epoch, epoch.Add(570*time.Second), healthyAs("db-A"))
			a = spoilt(t, a, epoch.Add(600*time.Second), by)
			if a.ArmedFor != "" {
				t.Fatal("armed by what was not seen")
			}
			a = watch(a, epoch.Add(630*time.Second), epoch.Add(630*time.Second), healthyAs("db-A"))
			if a.ArmedFor != "" {
				t.Fatal("the minute in which something was missed counts as green")
			}
			a = watch(a, epoch.Add(660*time.Second), epoch.Add(660*time.Second), healthyAs("db-A"))
			if a.ArmedFor != "db-A" {
				t.Fatalf("one missed look cost ten minutes: %+v", a)
			}
		})
	}
}

func TestArming_StartsAnewWhereTooMuchWasMissed(t *testing.T) {
	for name, by := range unseen {
		t.Run(name, func(t *testing.T) {
			a := watch(Arming{}, epoch, epoch.Add(570*time.Second), healthyAs("db-A"))
			for late := 30 * time.Second; late <= MaxGap; late += 30 * time.Second {
				a = spoilt(t, a, epoch.Add(570*time.Second+late), by)
			}
			from := epoch.Add(570*time.Second + MaxGap + 30*time.Second)
			a = watch(a, from, from.Add(570*time.Second), healthyAs("db-A"))
			if a.ArmedFor != "" {
				t.Fatalf("armed %s after green began anew", a.ArmedAt.Sub(from))
			}
		})
	}
}

func TestArming_DoesNotCountTimeInWhichItDidNotLook(t *testing.T) {
	a := watch(Arming{}, epoch, epoch, healthyAs("db-A"))
	later := epoch.Add(time.Hour)
	if a = watch(a, later, later, healthyAs("db-A")); a.ArmedFor != "" {
		t.Fatal("armed by two looks an hour apart")
	}
}

func TestArming_IsForOnePrimaryOnly(t *testing.T) {
	a := watch(Arming{}, epoch, epoch.Add(600*time.Second), healthyAs("db-A"))
	next := epoch.Add(630 * time.Second)
	if a = watch(a, next, next, healthyAs("db-B")); a.ArmedFor != "" {
		t.Fatalf("still armed for %q though the primary is db-B", a.ArmedFor)
	}
	if a = watch(a, next.Add(30*time.Second), next.Add(600*time.Second), healthyAs("db-B")); a.ArmedFor != "db-B" {
		t.Fatalf("armed for %q, want db-B", a.ArmedFor)
	}
}

func TestArming_StartsAnewWhenAnotherPrimaryWasInBetweenThoughItWasHardlySeen(t *testing.T) {
	a := watch(Arming{}, epoch, epoch.Add(570*time.Second), healthyAs("db-A"))
	now := epoch.Add(600 * time.Second)
	o := green(now, "db-B")
	o.SQL.SilentSince, o.SQL.Class = now, ClassTimeout
	a = a.Next(testPolicy(), o, Readiness{Green: true, At: now}, now)
	if a = watch(a, now.Add(30*time.Second), now.Add(600*time.Second), healthyAs("db-A")); a.ArmedFor != "" {
		t.Fatalf("armed by a run that another primary was part of: %+v", a)
	}
}

func TestArming_OutlastsTroubleAndAnUnknownPrimary(t *testing.T) {
	a := watch(Arming{}, epoch, epoch.Add(600*time.Second), healthyAs("db-A"))
	next := epoch.Add(630 * time.Second)
	a = watch(a, next, next.Add(time.Hour), func(now time.Time) Observation {
		o := green(now, "")
		o.SQL.SilentSince = now
		return o
	})
	if a.ArmedFor != "db-A" {
		t.Fatal("a guard that forgets its arming in trouble never promotes")
	}
}

func TestArming_DoesNotArmItselfWhenHeldByAnOperator(t *testing.T) {
	a := watch(Arming{Held: true}, epoch, epoch.Add(2*time.Hour), healthyAs("db-A"))
	if a.ArmedFor != "" {
		t.Fatalf("armed for %q against the operator's word", a.ArmedFor)
	}
}

func TestPolicy_ReportsEveryFaultWithItsField(t *testing.T) {
	err := Policy{
		Mode: "auto", OnRegionSilent: "yes", OnFenceError: "no", SwitchDNSWhen: "sent", InstanceUnreachable: -1 * time.Second,
		MaxDataLoss: -1 * time.Second, MultiAZ: true,
	}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`mode: found "auto"`, `on_region_silent: found "yes"`, `on_fence_error: found "no"`, `switch_dns_when: found "sent"`,
		"instance_unreachable_seconds: found -1", "region_silent_seconds: found 0", "arming_seconds: found 0",
		"cooldown_seconds: found 0", "max_data_loss_seconds: found -1", "abort_after_seconds: found 0",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestDecide_RefusesToActOnAnInvalidPolicy(t *testing.T) {
	d := Decide(Policy{}, Observation{Request: &Request{Force: true, AllowDataLoss: true, Unfenced: true}}, epoch)
	if d.Verdict != Refuse || !d.Has("policy-invalid") {
		t.Fatalf("%+v", d)
	}
}
