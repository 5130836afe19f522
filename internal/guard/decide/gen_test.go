package decide

import (
	"time"

	"pgregory.net/rapid"

	"github.com/pgdr/pgdr/internal/contract"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var allClasses = []Class{
	ClassOK, ClassStartingUp, ClassTooManyConnections, ClassAuthFailed, ClassReadOnly, ClassDiskFull,
	ClassTLSFailed, ClassSQLError, ClassTimeout, ClassRefused, ClassUnreachable, ClassStreaming,
	ClassStale, ClassNoReceiver, ClassThrottled, ClassDenied, ClassServerError, ClassResolveFailed,
	ClassReplicaSilent, ClassInternal, "", "no such class",
}

var allStatuses = []string{
	"available", "backing-up", "storage-optimization", "failed", "incompatible-network", "rebooting",
	"modifying", "upgrading", "maintenance", "storage-full", "stopped", "stopping", "starting",
	"deleting", "creating", "", "a-status-of-tomorrow",
}

// when draws a moment around now, mostly near it, sometimes none, sometimes
// far off in either direction.
func when(t *rapid.T, label string) time.Time {
	switch rapid.IntRange(0, 9).Draw(t, label+" kind") {
	case 0:
		return time.Time{}
	case 1:
		return epoch.Add(time.Duration(rapid.Int64().Draw(t, label+" far")))
	case 2:
		return epoch.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, label+" ahead")) * time.Second)
	default:
		return epoch.Add(-time.Duration(rapid.IntRange(0, 900).Draw(t, label+" ago")) * time.Second)
	}
}

func drawPath(t *rapid.T, label string) Path {
	return Path{
		LastSample:   when(t, label+" sample"),
		LastPositive: when(t, label+" positive"),
		SilentSince:  when(t, label+" silent"),
		Class:        rapid.SampledFrom(allClasses).Draw(t, label+" class"),
		Unheard:      rapid.SampledFrom([]string{"", "", "us-west-2"}).Draw(t, label+" unheard"),
	}
}

// drawSample is one look of a second that ended at that moment. Like a WAL
// receiver's, it may know of a sign of life from before it began.
func drawSample(t *rapid.T, at time.Time, classes []Class) Sample {
	s := Sample{From: at.Add(-time.Second), At: at, Class: rapid.SampledFrom(classes).Draw(t, "class")}
	if rapid.Bool().Draw(t, "knows when it last heard") {
		s.Heard = at.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "heard ago")) * time.Second)
	}
	return s
}

func drawPolicy(t *rapid.T) Policy {
	d := func(label string) time.Duration {
		return time.Duration(rapid.IntRange(1, 900).Draw(t, label)) * time.Second
	}
	return Policy{
		Mode:                rapid.SampledFrom([]contract.Mode{contract.ModeAutomatic, contract.ModeAutomatic, contract.ModeManual}).Draw(t, "mode"),
		OnRegionSilent:      rapid.SampledFrom([]contract.SilentRegion{contract.SilentPromote, contract.SilentPromote, contract.SilentAsk}).Draw(t, "on silent"),
		OnFenceError:        contract.FenceErrorAsk,
		SwitchDNSWhen:       contract.SwitchProven,
		InstanceFailed:      d("failed"),
		InstanceUnreachable: d("unreachable"),
		RegionSilent:        d("region"),
		Arming:              d("arming"),
		Cooldown:            d("cooldown"),
		MaxDataLoss:         d("loss"),
		AbortAfter:          d("abort"),
	}
}

// drawAny is an observation without rhyme or reason.
func drawAny(t *rapid.T) Observation {
	id := rapid.SampledFrom([]string{"", "db-A", "db-B"})
	o := Observation{
		SQL: drawPath(t, "sql"), WAL: drawPath(t, "wal"), RDSAPI: drawPath(t, "rds"),
		OtherAPI: drawPath(t, "other"), Witness: drawPath(t, "witness"),
		Primary: Primary{
			ResourceID: id.Draw(t, "primary"), Status: rapid.SampledFrom(allStatuses).Draw(t, "status"),
			StatusAt: when(t, "status at"), Gone: rapid.Bool().Draw(t, "gone"), RecoveryAt: when(t, "recovery"),
			WorkAt: when(t, "work"),
		},
		Replica: Replica{
			ResourceID: id.Draw(t, "replica"), Exists: rapid.Bool().Draw(t, "exists"),
			IsReplica: rapid.Bool().Draw(t, "is replica"),
			Status:    rapid.SampledFrom(allStatuses).Draw(t, "replica status"), StatusAt: when(t, "replica at"),
		},
		Positions: Positions{
			Acked:            Heartbeat{Seq: rapid.Int64().Draw(t, "acked"), At: when(t, "acked at"), LSN: rapid.Uint64().Draw(t, "acked lsn")},
			Replayed:         Heartbeat{Seq: rapid.Int64().Draw(t, "replayed"), At: when(t, "replayed at")},
			ReplayedCommitAt: when(t, "commit"), CaughtUpAt: when(t, "caught up"), At: when(t, "position at"),
			ReceiveLSN: rapid.Uint64().Draw(t, "receive"), ReplayLSN: rapid.Uint64().Draw(t, "replay"),
		},
		Facts: Facts{
			Readable: rapid.Bool().Draw(t, "readable"), FailedOver: rapid.Bool().Draw(t, "failed over"),
			InFlight: rapid.SampledFrom([]string{"", "", "f-1"}).Draw(t, "in flight"), ArmedFor: id.Draw(t, "armed"),
			Held: rapid.Bool().Draw(t, "held"), Paused: rapid.Bool().Draw(t, "paused"),
			PausedUntil: when(t, "paused until"), CooldownUntil: when(t, "cooldown until"),
		},
	}
	if rapid.Bool().Draw(t, "requested") {
		o.Request = &Request{
			Force:         rapid.Bool().Draw(t, "force"),
			AllowDataLoss: rapid.Bool().Draw(t, "allow"), Unfenced: rapid.Bool().Draw(t, "unfenced"),
		}
	}
	return o
}

// drawLost is an observation for which every precondition of an automatic
// promotion holds under the policy: the one of a silent region, or the one of
// a lost instance.
func drawLost(t *rapid.T, p Policy) Observation {
	region := rapid.Bool().Draw(t, "whole region")
	failed := !region && rapid.Bool().Draw(t, "rds says failed")
	window := p.InstanceUnreachable
	switch {
	case region:
		window = p.RegionSilent
	case failed:
		window = p.InstanceFailed
	}
	gone := func(label string) Path {
		age := window + time.Duration(rapid.IntRange(0, 600).Draw(t, label+" longer"))*time.Second
		since := epoch.Add(-age)
		return Path{
			LastSample: epoch.Add(-fresh(t, label)), SilentSince: since,
			LastPositive: since.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, label+" before")) * time.Second),
			Class:        rapid.SampledFrom([]Class{ClassTimeout, ClassRefused, ClassUnreachable}).Draw(t, label+" class"),
		}
	}
	lives := func(label string) Path {
		at := epoch.Add(-fresh(t, label))
		return Path{LastSample: at, LastPositive: at, Class: ClassOK}
	}
	o := Observation{
		SQL: gone("sql"), WAL: gone("wal"), RDSAPI: lives("rds"), OtherAPI: lives("other"), Witness: lives("witness"),
		Primary: Primary{ResourceID: "db-A", Status: "available", StatusAt: epoch},
		Replica: Replica{ResourceID: "db-B", Exists: true, IsReplica: true, Status: "available", StatusAt: epoch},
		Facts:   Facts{Readable: true, ArmedFor: "db-A"},
	}
	if failed {
		o.Primary.Status = "failed"
	}
	if !region && rapid.Bool().Draw(t, "rds had been at work") {
		o.Primary.WorkAt = epoch.Add(-window - time.Duration(rapid.IntRange(0, 600).Draw(t, "work ago"))*time.Second)
	}
	if region {
		o.RDSAPI, o.OtherAPI = gone("rds"), gone("other")
		o.Primary.StatusAt = o.RDSAPI.LastPositive
	}
	took := later(o.SQL.LastPositive, o.WAL.LastPositive)
	behind := time.Duration(rapid.IntRange(0, int(p.MaxDataLoss/time.Second)).Draw(t, "behind")) * time.Second
	o.Positions = Positions{
		Acked: Heartbeat{Seq: 9, At: took, LSN: 900}, Replayed: Heartbeat{Seq: 8, At: took.Add(-behind)},
		ReceiveLSN: 800, ReplayLSN: 800, At: epoch,
	}
	return o
}

func fresh(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.IntRange(0, int(SampleFresh/time.Second)).Draw(t, label+" fresh")) * time.Second
}
