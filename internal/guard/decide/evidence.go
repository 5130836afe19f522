package decide

import (
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// finding is what the paths alone say.
type finding struct {
	evidence Evidence
	// since is when the youngest of the silences began, until when they will
	// have lasted as long as the policy wants.
	since, until time.Time
	// calm: nothing is wrong with the primary's being alive.
	calm bool
	// open: it is too early, or too little is known, to speak of a loss.
	open     bool
	refusals []refusal.Refusal
}

// assess sorts the paths into a class of evidence.
func assess(p Policy, o Observation, now time.Time) finding {
	sql, sqlSince := o.SQL.at(now)
	wal, walSince := o.WAL.at(now)
	switch {
	case sql == answering || wal == answering:
		return alive(o, sql)
	case sql == silent && wal == silent:
		return lost(p, o, now, later(sqlSince, walSince))
	}
	f := finding{evidence: EvidenceIncomplete}
	f.refuse(refusal.EvidenceIncomplete, "no fresh sample of %s", unknownPaths(sql, wal))
	f.since = later(sqlSince, walSince)
	f.until = after(f.since, p.InstanceUnreachable)
	// One silent path and a blind spot: suspicious once it has lasted. Two
	// blind spots are the guard's trouble, not the primary's.
	f.open = f.since.IsZero() || now.Before(f.until)
	return f
}

func unknownPaths(sql, wal state) string {
	switch {
	case sql == unknown && wal == unknown:
		return "the SQL and the WAL path"
	case sql == unknown:
		return "the SQL path"
	default:
		return "the WAL path"
	}
}

func alive(o Observation, sql state) finding {
	f := finding{evidence: EvidenceAlive, calm: true}
	switch {
	case sql == answering && o.SQL.Class.Unwritable():
		f.evidence = EvidenceNotWritable
		f.refuse(refusal.PrimaryAlive, "the primary answers SQL (%s)", o.SQL.Class)
	case sql == answering:
		f.refuse(refusal.PrimaryAlive, "the primary answers SQL and takes writes")
	default:
		f.refuse(refusal.PrimaryAlive, "the replica still receives WAL from the primary")
	}
	return f
}

// lost is the case in which both data paths are silent.
func lost(p Policy, o Observation, now, since time.Time) finding {
	f := finding{since: since}
	rds, rdsSince := o.RDSAPI.at(now)
	other, otherSince := o.OtherAPI.at(now)
	witness, _ := o.Witness.at(now)
	switch {
	case witness == silent:
		f.evidence = EvidenceIsolated
		f.refuse(refusal.Isolated, "AWS in other regions does not answer either (%s)", o.Witness.Class)
		return f
	case rds == answering || other == answering:
		f.instance(p, o, now, rds)
	case rds == silent && other == silent:
		f.since = later(f.since, later(rdsSince, otherSince))
		f.region(p, o, now, witness)
	default:
		f.evidence = EvidenceIncomplete
		f.until = after(f.since, p.InstanceUnreachable)
		f.refuse(refusal.EvidenceIncomplete, "no fresh sample of the APIs in the primary's region")
	}
	if f.open = now.Before(f.until); f.open {
		f.refuse(refusal.WindowOpen, "the evidence is %s old, the policy wants %s", ago(f.since, now), f.until.Sub(f.since))
	}
	return f
}

// instance judges a lost instance in a region that answers.
func (f *finding) instance(p Policy, o Observation, now time.Time, rds state) {
	f.evidence = EvidenceUnreachable
	window := p.InstanceUnreachable
	fresh := now.Sub(o.Primary.StatusAt) <= StatusFresh && !o.Primary.StatusAt.IsZero()
	known := fresh || f.carries(o.Primary.StatusAt) || o.lastServing()
	condition := ConditionOf(o.Primary.Status)
	switch {
	case o.Primary.Gone:
		f.refuse(refusal.PrimaryDeleted, "RDS knows no instance with resource id %q", o.Primary.ResourceID)
	case !known:
		f.refuse(refusal.RDSStatusUnknown, "RDS has not told the primary's status since before it fell silent (API: %s)", o.RDSAPI.Class)
	case condition == Deleting:
		f.refuse(refusal.PrimaryDeleted, "RDS is deleting the primary")
	case condition == Working:
		f.refuse(refusal.PrimaryInTransition, "RDS reports the primary %q", o.Primary.Status)
	case condition == Failed && fresh:
		f.evidence, window = EvidenceFailed, p.InstanceFailed
	default:
		// A primary that was silent while RDS was at work on it is to be heard
		// again after that, and not at once: it gets the window anew.
		f.since = later(f.since, o.Primary.WorkAt)
	}
	if recovering(o, now) {
		f.refuse(refusal.PrimaryRecovering, "RDS reported a failover or restart of its own %s ago", ago(o.Primary.RecoveryAt, now))
	}
	// A region whose RDS API does not answer is half silent: those who want
	// to be asked about silence are asked about this too.
	if rds != answering && p.OnRegionSilent == contract.SilentAsk {
		f.refuse(refusal.AskRegionSilent, "the RDS API of the primary's region does not answer (%s)", o.RDSAPI.Class)
	}
	f.until = after(f.since, window)
}

// region judges a region that is silent altogether.
func (f *finding) region(p Policy, o Observation, now time.Time, witness state) {
	f.evidence = EvidenceSilent
	window := p.RegionSilent
	// A region may begin to fail with RDS repairing things. Then the instance
	// gets the longer window, but the region's loss is not ruled out by it.
	carried := f.carries(o.Primary.StatusAt)
	condition := ConditionOf(o.Primary.Status)
	working := carried && condition != Serving && condition != Failed
	if working || f.carries(o.Primary.WorkAt) || recovering(o, f.since) {
		window = max(window, p.InstanceUnreachable)
	}
	if removed := f.removed(o, carried || unrefuted(o)); !removed && working && now.Sub(o.Primary.StatusAt) <= StatusFresh {
		f.refuse(refusal.PrimaryInTransition, "RDS last reported the primary %q", o.Primary.Status)
	}
	switch {
	case witness != answering:
		f.refuse(refusal.EvidenceIncomplete, "no fresh sample of AWS in other regions: the guard may be the one that is cut off")
	case o.Witness.Unheard != "":
		// A cut between continents silences what lies behind it, and all of it.
		f.refuse(refusal.EvidenceIncomplete, "AWS in %s is silent as well: the way there may be cut, and the primary's region well", o.Witness.Unheard)
	}
	if p.OnRegionSilent == contract.SilentAsk {
		f.refuse(refusal.AskRegionSilent, "the primary's region has been silent for %s", ago(f.since, now))
	}
	f.until = after(f.since, window)
}

// lastServing: RDS's last word was that the primary served, however long ago, and
// RDS fails to answer since. A control plane that goes before the database must
// not rule a failover out. One that refuses the guard is another matter: it works,
// and may be at work on the primary unseen.
func (o Observation) lastServing() bool {
	return !o.Primary.StatusAt.IsZero() && ConditionOf(o.Primary.Status) == Serving && o.RDSAPI.Class != ClassDenied
}

// carries tells whether a word of RDS's from then still counts: it is from no
// longer than StatusCarry before the silence.
func (f *finding) carries(told time.Time) bool {
	return !told.IsZero() && told.Add(StatusCarry).After(f.since)
}

// removed refuses where RDS's last word, if it stands, was that the
// primary was deleted or stopped: then the region's silence is not the cause.
func (f *finding) removed(o Observation, stands bool) bool {
	switch {
	case !stands:
		return false
	case o.Primary.Gone:
		f.refuse(refusal.PrimaryDeleted, "RDS last knew no instance with resource id %q", o.Primary.ResourceID)
	case ConditionOf(o.Primary.Status) == Deleting:
		f.refuse(refusal.PrimaryDeleted, "RDS was deleting the primary when its region fell silent")
	case stopped(o.Primary.Status):
		f.refuse(refusal.PrimaryInTransition, "RDS last reported the primary %q: it is silent because somebody stopped it", o.Primary.Status)
	default:
		return false
	}
	return true
}

// unrefuted: RDS told of the primary, and nothing was heard of it since. Such a
// word stands however old it is: a primary that was removed or stopped does not
// come back to life because its region falls silent too.
func unrefuted(o Observation) bool {
	told := o.Primary.StatusAt
	return !told.IsZero() && !o.SQL.LastPositive.After(told) && !o.WAL.LastPositive.After(told)
}

func recovering(o Observation, at time.Time) bool {
	return !o.Primary.RecoveryAt.IsZero() && at.Sub(o.Primary.RecoveryAt) < RecoveryGrace
}

func (f *finding) refuse(n refusal.Name, format string, args ...any) {
	f.refusals = append(f.refusals, refusal.New(n, format, args...))
}

// after is when something that began then has lasted that long; never, where it
// has not begun.
func after(since time.Time, d time.Duration) time.Time {
	if since.IsZero() {
		return time.Time{}
	}
	return since.Add(d)
}

// ago words an age in whole seconds.
func ago(t, now time.Time) time.Duration { return now.Sub(t).Truncate(time.Second) }
