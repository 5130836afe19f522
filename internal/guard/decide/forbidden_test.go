package decide

import (
	"slices"
	"time"
)

// forbidden says in its own words, apart from the code under test, why an
// automatic promotion at epoch would be wrong.
func forbidden(p Policy, o Observation) string {
	region := !o.RDSAPI.Answers(epoch) && !o.OtherAPI.Answers(epoch)
	window := p.InstanceUnreachable
	switch {
	case region:
		window = p.RegionSilent
	case epoch.Sub(o.Primary.StatusAt) <= StatusFresh && (o.Primary.Status == "failed" || o.Primary.Status == "incompatible-network"):
		window = p.InstanceFailed
	}
	recent := func(at time.Time) bool { return epoch.Sub(at) < window }
	stale := func(p Path) bool { return epoch.Sub(p.LastSample) > SampleFresh }
	f, loss := o.Facts, EstimateLoss(o)
	return firstOf(append([]rule{
		{"SQL answered within the window", recent(o.SQL.LastPositive)},
		{"WAL flowed within the window", recent(o.WAL.LastPositive)},
		{"a data path was not silent", o.SQL.SilentSince.IsZero() || o.WAL.SilentSince.IsZero()},
		{"a data path was not looked at", stale(o.SQL) || stale(o.WAL)},
		{"a data path had not been silent for the window", recent(o.SQL.SilentSince) || recent(o.WAL.SilentSince)},
		{"the APIs were neither answering nor silent for the window", regionUnproven(p, o)},
		{"a witness was silent like the region", region && (o.Witness.Unheard != "" || !o.Witness.Answers(epoch))},
		{"the guard was isolated", o.Witness.Silent(epoch)},
		{"the guard was disarmed", f.ArmedFor == "" || f.ArmedFor != o.Primary.ResourceID || f.Held},
		{"the guard was paused", f.Paused && (f.PausedUntil.IsZero() || f.PausedUntil.After(epoch))},
		{"the guard was cooling down", f.CooldownUntil.After(epoch)},
		{"the ledger forbade it", !f.Readable || f.FailedOver || f.InFlight != ""},
		{"the replica was not ready", !o.Replica.Exists || !o.Replica.IsReplica || o.Replica.Status != "available"},
		{"the position was unknown", o.Positions.ReplayLSN == 0 || o.Positions.At.IsZero()},
		{"too much could be lost", !loss.Known || loss.Upper > p.MaxDataLoss},
	}, forbiddenByRDS(p, o, region)...))
}

// forbiddenByRDS is what RDS's last word about the primary forbids, whether it
// is of a moment ago or from before the silence.
func forbiddenByRDS(p Policy, o Observation, region bool) []rule {
	said := o.Primary
	silence := latest(o.SQL.SilentSince, o.SQL.LastPositive, o.WAL.SilentSince, o.WAL.LastPositive)
	if region {
		silence = latest(silence, o.RDSAPI.SilentSince, o.RDSAPI.LastPositive, o.OtherAPI.SilentSince, o.OtherAPI.LastPositive)
	}
	fresh := epoch.Sub(said.StatusAt) <= StatusFresh
	before := !said.StatusAt.IsZero() && silence.Sub(said.StatusAt) < StatusCarry
	unheard := !said.StatusAt.IsZero() && !o.SQL.LastPositive.After(said.StatusAt) && !o.WAL.LastPositive.After(said.StatusAt)
	resting := said.Status == "stopped" || said.Status == "stopping"
	working := slices.Contains([]string{"rebooting", "modifying", "upgrading", "maintenance", "storage-full", "starting", "creating", "", "a-status-of-tomorrow"}, said.Status)
	if region {
		return []rule{
			{"the primary was gone or being deleted when its region fell silent", (before || unheard) && (said.Gone || said.Status == "deleting")},
			{"the primary was stopped when its region fell silent", (before || unheard) && resting},
			{"RDS was at work on the primary a moment ago", fresh && before && working},
			{"RDS was at work on the primary and had not the longer window", before && working && epoch.Sub(silence) < p.InstanceUnreachable},
			{"RDS was recovering the primary and had not the longer window", !said.RecoveryAt.IsZero() && silence.Sub(said.RecoveryAt) < RecoveryGrace && epoch.Sub(silence) < p.InstanceUnreachable},
		}
	}
	return []rule{
		{"RDS did not tell the status", !fresh && !before},
		{"the primary was gone or being deleted", said.Gone || said.Status == "deleting"},
		{"RDS was at work on the primary", working || resting},
		{"RDS was recovering the primary", !said.RecoveryAt.IsZero() && epoch.Sub(said.RecoveryAt) < RecoveryGrace},
	}
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

type rule struct {
	why    string
	broken bool
}

func firstOf(rules []rule) string {
	for _, r := range rules {
		if r.broken {
			return r.why
		}
	}
	return ""
}

// regionUnproven: no API of the region answers, and yet their silence is not
// known to have lasted.
func regionUnproven(p Policy, o Observation) bool {
	if o.RDSAPI.Answers(epoch) || o.OtherAPI.Answers(epoch) {
		return false
	}
	for _, api := range []Path{o.RDSAPI, o.OtherAPI} {
		if !api.Silent(epoch) || epoch.Sub(api.SilentSince) < p.RegionSilent || epoch.Sub(api.LastPositive) < p.RegionSilent {
			return true
		}
	}
	return false
}
