package decide

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

func automaticPolicy(t *rapid.T) Policy {
	p := drawPolicy(t)
	p.Mode, p.OnRegionSilent, p.OnFenceError, p.SwitchDNSWhen = contract.ModeAutomatic, contract.SilentPromote, contract.FenceErrorAsk, contract.SwitchProven
	return p
}

func TestDecide_PromotesWheneverAllPreconditionsHold(t *testing.T) {
	tries(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		if d := Decide(p, drawLost(t, p), epoch); d.Verdict != Promote {
			t.Fatalf("verdict %q (%s): %v", d.Verdict, d.Evidence, d.Refusals)
		}
	})
}

func TestDecide_IsTotalAndExplainsItself(t *testing.T) {
	tries(t, func(t *rapid.T) {
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
		switch rapid.IntRange(0, 11).Draw(t, "spoil "+string(rune('a'+i))) {
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
		case 10:
			o.Primary.Status, o.Primary.WorkAt = junk.Primary.Status, junk.Primary.WorkAt
			o.Primary.StatusAt = o.Primary.StatusAt.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "told before")) * time.Second)
			o.Primary.Gone = rapid.IntRange(0, 3).Draw(t, "gone") == 0
		case 11:
			o.Witness.Unheard = "us-west-2"
		}
	}
	return o
}

func TestDecide_NeverPromotesUnasked(t *testing.T) {
	tries(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := perturb(t, p)
		if d := Decide(p, o, epoch); d.Verdict == Promote {
			if why := forbidden(p, o); why != "" {
				t.Fatalf("promoted though %s\n%+v", why, o)
			}
		}
	})
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
	tries(t, func(t *rapid.T) {
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
	tries(t, func(t *rapid.T) {
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
	tries(t, func(t *rapid.T) {
		p := automaticPolicy(t)
		o := drawLost(t, p)
		upper, now := EstimateLoss(o).Upper, epoch
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			now = now.Add(5 * time.Second)
			s := drawSample(t, now, []Class{ClassTimeout, ClassRefused, ClassStale, ClassInternal})
			if last := later(o.SQL.LastPositive, o.WAL.LastPositive); s.Heard.After(last) {
				s.Heard = last // What is heard anew may raise the estimate; this is about what is not.
			}
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
	tries(t, func(t *rapid.T) {
		var p Path
		now := epoch
		var lastHeard, lastLook time.Time
		for range rapid.IntRange(1, 40).Draw(t, "samples") {
			now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "gap")) * time.Second)
			s := drawSample(t, now, allClasses)
			p = p.Track(s)
			if s.Class.Outcome() == Inconclusive {
				continue
			}
			// One that knows when it last heard something has listened since.
			began := s.From
			switch {
			case !s.Heard.IsZero():
				began, lastHeard = s.Heard, later(lastHeard, s.Heard)
			case s.Class.Outcome() == Positive:
				lastHeard = now
			}
			checkSilence(t, p, s, now, later(began, lastHeard), lastHeard, lastLook)
			lastLook = now
		}
	})
}

// checkSilence holds a path just after a look against what was looked at. The
// look covers the time from began on.
func checkSilence(t fataler, p Path, s Sample, now, began, lastHeard, lastLook time.Time) {
	st, since := p.at(now)
	switch {
	case (st == silent) != (s.Class.Outcome() == Negative):
		t.Fatalf("after %s the path is %d: %+v", s.Class, st, p)
	case st != silent:
	case since.Before(lastHeard):
		t.Fatalf("silent since %s, heard at %s", since, lastHeard)
	case lastLook.IsZero() && !since.Equal(began):
		t.Fatalf("first look began at %s, silent since %s", began, since)
	case !lastLook.IsZero() && began.Sub(lastLook) > MaxGap && since.Before(began):
		t.Fatalf("not looked at from %s to %s, yet silent since %s", lastLook, began, since)
	}
}

func TestDecision_SurvivesJSON(t *testing.T) {
	tries(t, func(t *rapid.T) {
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
	f.Add([]byte(`{"Policy":{"Mode":"automatic","OnRegionSilent":"promote","OnFenceError":"ask","SwitchDNSWhen":"proven","InstanceFailed":1,"InstanceUnreachable":1,"RegionSilent":1,"Arming":1,"Cooldown":1,"AbortAfter":1},"Observation":{"facts":{"readable":true},"positions":{"acked":{"seq":-9223372036854775808}}},"Now":"9999-12-31T23:59:59Z"}`))
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
