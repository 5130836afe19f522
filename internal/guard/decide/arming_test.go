package decide

import (
	"strings"
	"testing"
	"time"
)

func testPolicy() Policy {
	p, err := NewPolicy(Settings{
		Mode: "automatic", OnRegionSilent: "promote", InstanceFailed: 180, InstanceUnreachable: 300,
		RegionSilent: 120, Arming: 600, Cooldown: 3600, MaxDataLoss: 60, AbortAfter: 900, MultiAZ: true,
	})
	if err != nil {
		panic(err)
	}
	return p
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

func TestArming_StartsAnewAfterAnythingThatIsNotGreen(t *testing.T) {
	spoil := map[string]func(*Observation, *Readiness, time.Time){
		"sql silent":       func(o *Observation, _ *Readiness, now time.Time) { o.SQL.SilentSince = now },
		"sql not writable": func(o *Observation, _ *Readiness, _ time.Time) { o.SQL.Class = ClassDiskFull },
		"wal silent":       func(o *Observation, _ *Readiness, now time.Time) { o.WAL.SilentSince = now },
		"no replica":       func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.Exists = false },
		"promoted replica": func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.IsReplica = false },
		"replica broken":   func(o *Observation, _ *Readiness, _ time.Time) { o.Replica.Status = "storage-full" },
		"replica unknown":  func(o *Observation, _ *Readiness, now time.Time) { o.Replica.StatusAt = now.Add(-time.Hour) },
		"no position":      func(o *Observation, _ *Readiness, _ time.Time) { o.Positions.ReplayLSN = 0 },
		"not ready":        func(_ *Observation, r *Readiness, _ time.Time) { r.Green = false },
		"readiness old":    func(_ *Observation, r *Readiness, now time.Time) { r.At = now.Add(-time.Hour) },
		"failed over":      func(o *Observation, _ *Readiness, _ time.Time) { o.Facts.FailedOver = true },
		"primary unknown":  func(o *Observation, _ *Readiness, _ time.Time) { o.Primary.ResourceID = "" },
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			a := watch(Arming{}, epoch, epoch.Add(570*time.Second), healthyAs("db-A"))
			now := epoch.Add(600 * time.Second)
			o, r := green(now, "db-A"), Readiness{Green: true, At: now}
			f(&o, &r, now)
			if len(NotGreen(o, r, now)) == 0 {
				t.Fatal("counts as green")
			}
			a = a.Next(testPolicy(), o, r, now)
			a = watch(a, epoch.Add(630*time.Second), epoch.Add(1200*time.Second), healthyAs("db-A"))
			if a.ArmedFor != "" {
				t.Fatalf("armed %s after green began anew", a.ArmedAt.Sub(epoch.Add(630*time.Second)))
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

func TestNewPolicy_ReportsEveryFaultWithItsField(t *testing.T) {
	_, err := NewPolicy(Settings{
		Mode: "auto", OnRegionSilent: "yes", InstanceFailed: 60, InstanceUnreachable: -1,
		MaxDataLoss: -1, MultiAZ: true,
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`mode: found "auto"`, `on_region_silent: found "yes"`, "instance_failed_seconds: found 60, want 180 or more",
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
