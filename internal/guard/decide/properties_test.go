package decide

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func automaticPolicy(t *rapid.T) Policy {
	p := drawPolicy(t)
	p.Mode, p.OnRegionSilent = ModeAutomatic, SilentPromote
	return p
}

func TestDecide_PromotesWheneverAllPreconditionsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		if d := Decide(p, drawLost(t, p), epoch); d.Verdict != Promote {
			t.Fatalf("verdict %q (%s): %v", d.Verdict, d.Evidence, d.Refusals)
		}
	})
}

func TestDecide_IsTotalAndExplainsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		if rapid.Bool().Draw(t, "broken policy") {
			p.RegionSilent = 0
		}
		checkExplained(t, Decide(p, drawAny(t), when(t, "now")))
	})
}

type fataler interface{ Fatalf(string, ...any) }

func checkExplained(t fataler, d Decision) {
	switch d.Verdict {
	case Nothing, Wait:
	case Promote:
		if len(d.Refusals) != 0 {
			t.Fatalf("promotes against %v", d.Refusals)
		}
	case Ask, Refuse:
		if len(d.Refusals) == 0 {
			t.Fatalf("%s without a named refusal", d.Verdict)
		}
	default:
		t.Fatalf("verdict %q", d.Verdict)
	}
	for _, r := range append(d.Refusals, d.Waived...) {
		if r.Reason == "" || r.Next == "" || r.Next != refusal.Next(r.Name) {
			t.Fatalf("refusal without reason or next step: %+v", r)
		}
	}
	if d.Loss.Lower > d.Loss.Upper || d.Loss.Lower < 0 {
		t.Fatalf("loss interval [%s, %s]", d.Loss.Lower, d.Loss.Upper)
	}
}

// perturb starts from an observation that promotes, so that each property is
// tried where it matters, and spoils a part of it.
func perturb(t *rapid.T, p Policy) Observation {
	o, junk := drawLost(t, p), drawAny(t)
	for i := range rapid.IntRange(0, 3).Draw(t, "spoils") {
		switch rapid.IntRange(0, 9).Draw(t, "spoil "+string(rune('a'+i))) {
		case 0:
			o.SQL = junk.SQL
		case 1:
			o.WAL = junk.WAL
		case 2:
			o.RDSAPI = junk.RDSAPI
		case 3:
			o.OtherAPI = junk.OtherAPI
		case 4:
			o.Witness = junk.Witness
		case 5:
			o.Primary = junk.Primary
		case 6:
			o.Replica = junk.Replica
		case 7:
			o.Positions = junk.Positions
		case 8:
			o.Facts = junk.Facts
		case 9:
			path := rapid.SampledFrom([]*Path{&o.SQL, &o.WAL, &o.RDSAPI, &o.OtherAPI}).Draw(t, "shortened")
			path.SilentSince = epoch.Add(-time.Duration(rapid.IntRange(0, 900).Draw(t, "silence")) * time.Second)
			path.LastPositive, path.LastSample = path.SilentSince, epoch
		}
	}
	return o
}

func TestDecide_NeverPromotesUnasked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := perturb(t, p)
		if d := Decide(p, o, epoch); d.Verdict == Promote {
			if why := forbidden(p, o); why != "" {
				t.Fatalf("promoted though %s\n%+v", why, o)
			}
		}
	})
}

// forbidden says in its own words, apart from the code under test, why an
// automatic promotion at epoch would be wrong.
func forbidden(p Policy, o Observation) string {
	shortest := min(p.InstanceFailed, p.InstanceUnreachable, p.RegionSilent)
	recent := func(at time.Time) bool { return epoch.Sub(at) < shortest }
	stale := func(p Path) bool { return epoch.Sub(p.LastSample) > SampleFresh }
	statusFresh := epoch.Sub(o.Primary.StatusAt) <= StatusFresh
	f, loss := o.Facts, EstimateLoss(o)
	return firstOf([]rule{
		{"SQL answered within the window", recent(o.SQL.LastPositive)},
		{"WAL flowed within the window", recent(o.WAL.LastPositive)},
		{"a data path was not silent", o.SQL.SilentSince.IsZero() || o.WAL.SilentSince.IsZero()},
		{"a data path was not looked at", stale(o.SQL) || stale(o.WAL)},
		{"a data path had not been silent for any window", recent(o.SQL.SilentSince) || recent(o.WAL.SilentSince)},
		{"the APIs were neither answering nor silent for the window", regionUnproven(p, o)},
		{"RDS was at work on the primary", statusFresh && ConditionOf(o.Primary.Status) == Working},
		{"the guard was isolated", o.Witness.Silent(epoch)},
		{"the guard was disarmed", f.ArmedFor == "" || f.ArmedFor != o.Primary.ResourceID || f.Held},
		{"the guard was paused", f.Paused && (f.PausedUntil.IsZero() || f.PausedUntil.After(epoch))},
		{"the guard was cooling down", f.CooldownUntil.After(epoch)},
		{"the ledger forbade it", !f.Readable || f.FailedOver || f.InFlight != ""},
		{"the replica was not ready", !o.Replica.Exists || !o.Replica.IsReplica || o.Replica.Status != "available"},
		{"the position was unknown", o.Positions.ReplayLSN == 0 || o.Positions.At.IsZero()},
		{"too much could be lost", !loss.Known || loss.Upper > p.MaxDataLoss},
	})
}

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

func TestTrack_AnUnknownClassIsNoEvidence(t *testing.T) {
	before := Path{LastSample: epoch, LastPositive: epoch, Class: ClassOK}
	later := epoch.Add(5 * time.Second)
	for _, c := range []Class{"", "no such class", ClassInternal, ClassResolveFailed, ClassReplicaSilent} {
		after := before.Track(Sample{From: later, At: later, Class: c})
		if !after.SilentSince.IsZero() || !after.LastPositive.Equal(epoch) || !after.LastSample.Equal(epoch) {
			t.Errorf("class %q changed the evidence: %+v", c, after)
		}
	}
}

func TestDecide_NamedOverridesAreTheOnlyWayPastTheLossLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := perturb(t, p)
		o.Positions.Replayed.At = o.Positions.Acked.At.Add(-p.MaxDataLoss - time.Second)
		o.Positions.ReplayedCommitAt, o.Positions.CaughtUpAt = time.Time{}, time.Time{}
		o.Request = &Request{Force: rapid.Bool().Draw(t, "force"), Unfenced: rapid.Bool().Draw(t, "unfenced")}
		if d := Decide(p, o, epoch); d.Verdict == Promote {
			t.Fatalf("promoted over the limit: %+v", d.Loss)
		}
	})
}

func TestDecide_SilencingOnePathNeverMakesThePrimaryFine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := perturb(t, p)
		if Decide(p, o, epoch).Verdict != Promote {
			return
		}
		hush := Path{LastSample: epoch, SilentSince: epoch.Add(-time.Hour), Class: ClassTimeout}
		for name, path := range map[string]*Path{"sql": &o.SQL, "wal": &o.WAL, "rds": &o.RDSAPI, "other": &o.OtherAPI, "witness": &o.Witness} {
			before := *path
			*path = hush
			d := Decide(p, o, epoch)
			if d.Verdict == Nothing || d.Evidence == EvidenceAlive || d.Evidence == EvidenceNotWritable {
				t.Fatalf("%s fell silent and the primary is fine: %+v", name, d)
			}
			*path = before
		}
	})
}

func TestEstimateLoss_DoesNotGrowWhileTheGuardThinks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := drawLost(t, p)
		upper, now := EstimateLoss(o).Upper, epoch
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			now = now.Add(5 * time.Second)
			class := rapid.SampledFrom([]Class{ClassTimeout, ClassRefused, ClassStale, ClassInternal}).Draw(t, "class")
			s := Sample{From: now.Add(-3 * time.Second), At: now, Class: class}
			o.SQL, o.WAL = o.SQL.Track(s), o.WAL.Track(s)
			o.Positions.At = now
			if rapid.Bool().Draw(t, "replays") {
				o.Positions.ReplayedCommitAt = o.Positions.Replayed.At.Add(time.Second)
			}
			got := EstimateLoss(o).Upper
			if got > upper {
				t.Fatalf("grew from %s to %s at %s", upper, got, now)
			}
			upper = got
		}
	})
}

func TestTrack_SilenceNeverCoversWhatWasNotLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Path
		now := epoch
		var lastHeard, lastLook time.Time
		for range rapid.IntRange(1, 40).Draw(t, "samples") {
			gap := time.Duration(rapid.IntRange(1, 200).Draw(t, "gap")) * time.Second
			now = now.Add(gap)
			class := rapid.SampledFrom(allClasses).Draw(t, "class")
			s := Sample{From: now.Add(-time.Second), At: now, Class: class}
			p = p.Track(s)
			if class.Outcome() == Positive {
				lastHeard = now
			}
			if class.Outcome() == Negative && lastLook.IsZero() && !p.SilentSince.Equal(s.From) {
				t.Fatalf("first look began at %s, silent since %s", s.From, p.SilentSince)
			}
			if class.Outcome() == Negative && !lastLook.IsZero() && s.From.Sub(lastLook) > MaxGap && p.SilentSince.Before(s.From) {
				t.Fatalf("not looked at from %s to %s, yet silent since %s", lastLook, s.From, p.SilentSince)
			}
			if !p.SilentSince.IsZero() && p.SilentSince.Before(lastHeard) {
				t.Fatalf("silent since %s, heard at %s", p.SilentSince, lastHeard)
			}
			if class.Outcome() != Inconclusive {
				lastLook = now
			}
		}
	})
}

func TestDecision_SurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		d := Decide(p, drawLost(t, p), epoch)
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Decision
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if back.Loss != d.Loss || back.Verdict != d.Verdict || !back.Since.Equal(d.Since) {
			t.Fatalf("wrote %+v, read %+v", d, back)
		}
	})
}

func FuzzDecide_NeverPanicsOnWhatTheLedgerMayHold(f *testing.F) {
	f.Add([]byte(`{"Policy":{},"Observation":{"sql":{"last_sample":"2026-03-01T12:00:00Z"}},"Now":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"Policy":{"Mode":"automatic","OnRegionSilent":"promote","InstanceFailed":1,"InstanceUnreachable":1,"RegionSilent":1,"Arming":1,"Cooldown":1,"AbortAfter":1},"Observation":{"facts":{"readable":true},"positions":{"acked":{"seq":-9223372036854775808}}},"Now":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var in struct {
			Policy      Policy
			Observation Observation
			Now         time.Time
		}
		if json.Unmarshal(data, &in) != nil {
			return
		}
		checkExplained(t, Decide(in.Policy, in.Observation, in.Now))
	})
}
