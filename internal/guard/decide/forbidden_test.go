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
	rules := slices.Concat(forbiddenByPaths(p, o, region, window), forbiddenByLedger(o), forbiddenByReplica(p, o), forbiddenByRDS(p, o, region))
	return firstOf(rules)
}

func forbiddenByPaths(p Policy, o Observation, region bool, window time.Duration) []rule {
	recent := func(at time.Time) bool { return epoch.Sub(at) < window }
	stale := func(p Path) bool { return epoch.Sub(p.LastSample) > SampleFresh }
	return []rule{
		{"SQL answered within the window", recent(o.SQL.LastPositive)},
		{"WAL flowed within the window", recent(o.WAL.LastPositive)},
		{"a data path was not silent", o.SQL.SilentSince.IsZero() || o.WAL.SilentSince.IsZero()},
		{"a data path was not looked at", stale(o.SQL) || stale(o.WAL)},
		{"a data path had not been silent for the window", recent(o.SQL.SilentSince) || recent(o.WAL.SilentSince)},
		{"the APIs were neither answering nor silent for the window", regionUnproven(p, o)},
		{"a witness was silent like the region", region && (o.Witness.Unheard != "" || !o.Witness.Answers(epoch))},
		{"the guard was isolated", o.Witness.Silent(epoch)},
	}
}

func forbiddenByLedger(o Observation) []rule {
	f := o.Facts
	return []rule{
		{"the guard was disarmed", f.ArmedFor == "" || f.ArmedFor != o.Primary.ResourceID || f.Held},
		{"the guard was paused", f.Paused && (f.PausedUntil.IsZero() || f.PausedUntil.After(epoch))},
		{"the guard was cooling down", f.CooldownUntil.After(epoch)},
		{"the ledger forbade it", !f.Readable || f.FailedOver || f.InFlight != ""},
	}
}

func forbiddenByReplica(p Policy, o Observation) []rule {
	loss := EstimateLoss(o)
	return []rule{
		{"the replica was not ready", !o.Replica.Exists || !o.Replica.IsReplica},
		{"RDS was known to refuse", slices.Contains([]string{"backing-up", "failed", "incompatible-network", "stopped", "stopping", "starting", "deleting", "creating", ""}, o.Replica.Status)},
		{"the position was unknown", o.Positions.ReplayLSN == 0 || o.Positions.At.IsZero()},
		{"too much could be lost", !loss.Known || loss.Upper > p.MaxDataLoss},
	}
}

// lastWord is what RDS said of the primary last, and how that stands to the
// silence: of a moment ago, from just before it, or not refuted since.
type lastWord struct {
	Primary
	silence                time.Time
	fresh, before, unheard bool
	// served: it was told, and serving.
	served bool
}

func lastWordOf(o Observation, region bool) lastWord {
	w := lastWord{Primary: o.Primary, silence: latest(o.SQL.SilentSince, o.SQL.LastPositive, o.WAL.SilentSince, o.WAL.LastPositive)}
	if region {
		w.silence = latest(w.silence, o.RDSAPI.SilentSince, o.RDSAPI.LastPositive, o.OtherAPI.SilentSince, o.OtherAPI.LastPositive)
	}
	said := !w.StatusAt.IsZero()
	w.fresh = epoch.Sub(w.StatusAt) <= StatusFresh
	w.before = said && w.silence.Sub(w.StatusAt) < StatusCarry
	w.served = said && slices.Contains([]string{"available", "backing-up", "storage-optimization"}, w.Status)
	w.unheard = said && !o.SQL.LastPositive.After(w.StatusAt) && !o.WAL.LastPositive.After(w.StatusAt)
	return w
}

func (w lastWord) resting() bool { return w.Status == "stopped" || w.Status == "stopping" }

func (w lastWord) working() bool {
	return slices.Contains([]string{"rebooting", "modifying", "upgrading", "maintenance", "storage-full", "starting", "creating", "", "a-status-of-tomorrow"}, w.Status)
}

// forbiddenByRDS is what RDS's last word about the primary forbids, whether it
// is of a moment ago or from before the silence.
func forbiddenByRDS(p Policy, o Observation, region bool) []rule {
	w := lastWordOf(o, region)
	if region {
		return w.inASilentRegion(p)
	}
	givenUp := w.fresh && (w.Status == "failed" || w.Status == "incompatible-network")
	return []rule{
		{"RDS did not tell the status", !w.fresh && !w.before && (!w.served || o.RDSAPI.Class == ClassDenied)},
		{"RDS had been at work within the window", !givenUp && epoch.Sub(w.WorkAt) < p.InstanceUnreachable},
		{"the primary was gone or being deleted", w.Gone || w.Status == "deleting"},
		{"RDS was at work on the primary", w.working() || w.resting()},
		{"RDS was recovering the primary", !w.RecoveryAt.IsZero() && epoch.Sub(w.RecoveryAt) < RecoveryGrace},
	}
}

func (w lastWord) inASilentRegion(p Policy) []rule {
	short := epoch.Sub(w.silence) < p.InstanceUnreachable
	return []rule{
		{"the primary was gone or being deleted when its region fell silent", (w.before || w.unheard) && (w.Gone || w.Status == "deleting")},
		{"the primary was stopped when its region fell silent", (w.before || w.unheard) && w.resting()},
		{"RDS was at work on the primary a moment ago", w.fresh && w.before && w.working()},
		{"RDS was at work on the primary and had not the longer window", w.before && w.working() && short},
		{"RDS had been at work on the primary, which had not the longer window", w.silence.Sub(w.WorkAt) < StatusCarry && short},
		{"RDS was recovering the primary and had not the longer window", !w.RecoveryAt.IsZero() && w.silence.Sub(w.RecoveryAt) < RecoveryGrace && short},
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
