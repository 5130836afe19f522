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
