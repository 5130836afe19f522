package decide

import (
	"testing"
	"time"
)

func TestDecide_DoesNotCallAPrimaryUnwritableByALookThatToldNothing(t *testing.T) {
	for class, want := range map[Class]Evidence{
		ClassOK: EvidenceAlive, ClassDiskFull: EvidenceNotWritable, ClassAuthFailed: EvidenceNotWritable,
		ClassResolveFailed: EvidenceAlive, ClassInternal: EvidenceAlive,
	} {
		o := green(epoch, "db-A")
		o.SQL = o.SQL.Track(Sample{From: epoch, At: epoch.Add(time.Second), Class: class})
		if d := Decide(testPolicy(), o, epoch.Add(time.Second)); d.Evidence != want {
			t.Errorf("%s: evidence %q, want %q", class, d.Evidence, want)
		}
	}
}

func TestTrack_RemembersWhoDidNotAnswerUntilALookTellsOtherwise(t *testing.T) {
	look := func(p Path, s Sample) Path {
		s.From, s.At = epoch, epoch
		return p.Track(s)
	}
	p := look(Path{}, Sample{Class: ClassOK, Unheard: "us-west-2"})
	if p.Unheard != "us-west-2" {
		t.Errorf("one of two answered, and the path is %+v", p)
	}
	if p = look(p, Sample{Class: ClassInternal}); p.Unheard != "us-west-2" {
		t.Errorf("a look that told nothing changed the path: %+v", p)
	}
	if p = look(p, Sample{Class: ClassOK}); p.Unheard != "" {
		t.Errorf("both answered, and the path is %+v", p)
	}
}
