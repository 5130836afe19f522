package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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

// TestTrack_DatesAReceiverThatIsGoneFromItsLastMessage: a receiver gives up
// some 30 s after its last message, and the look that finds it gone comes later
// still.
func TestTrack_DatesAReceiverThatIsGoneFromItsLastMessage(t *testing.T) {
	at := func(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }
	heard := func(p Path, second, last int) Path {
		return p.Track(Sample{From: at(second), At: at(second), Heard: at(last), Class: ClassStreaming})
	}
	gone := func(p Path, second int) Path {
		return p.Track(Sample{From: at(second), At: at(second), Class: ClassNoReceiver})
	}

	p := gone(heard(Path{}, 25, 2), 30)
	require.Equal(t, at(2), p.SilentSince, "the run begins with the last message")
	require.Equal(t, at(2), gone(p, 35).SilentSince, "and goes on from there")

	far := 25 + int(MaxGap/time.Second)
	require.Equal(t, at(2), gone(heard(Path{}, 25, 2), far).SilentSince, "a pause of MaxGap is none")
	require.Equal(t, at(far+1), gone(heard(Path{}, 25, 2), far+1).SilentSince, "what was not looked at was not silent")
	require.Equal(t, at(30), gone(Path{}, 30).SilentSince, "a receiver that was never heard is silent from the look on")
	require.Equal(t, at(30), heard(Path{}, 25, 2).Track(Sample{From: at(30), At: at(31), Class: ClassTimeout}).SilentSince,
		"a call that was not answered says nothing of the time before it")
}
