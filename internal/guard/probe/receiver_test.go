package probe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

func TestReceiverClass_SilenceIsEvidenceOnlyAfterTheReceiverHasAsked(t *testing.T) {
	const second = int64(time.Second / time.Microsecond)
	alike := func(d time.Duration) time.Duration { return d }
	tenfold := func(d time.Duration) time.Duration { return 10 * d }
	cases := []struct {
		name         string
		age, timeout int64 // in microseconds
		elapsed      func(time.Duration) time.Duration
		want         decide.Class
	}{
		{"just now", 0, 60 * second, alike, decide.ClassStreaming},
		{"a message while it is read", -5, 60 * second, alike, decide.ClassStreaming},
		{"an idle primary before it is asked", 29 * second, 60 * second, alike, decide.ClassStreaming},
		{"asked, with grace", 40 * second, 60 * second, alike, decide.ClassStreaming},
		{"asked, and no answer", 41 * second, 60 * second, alike, decide.ClassStale},
		{"a shorter time-out", 26 * second, 30 * second, alike, decide.ClassStale},
		{"the longest time-out", 71 * second, 120 * second, alike, decide.ClassStale},
		{"a longer one, while fresh", 70 * second, 600 * second, alike, decide.ClassStreaming},
		{"a longer one proves nothing", 71 * second, 600 * second, alike, decide.ClassInternal},
		{"none, while fresh", 3 * second, 0, alike, decide.ClassStreaming},
		{"none proves nothing", 3600 * second, 0, alike, decide.ClassInternal},
		{"a fast clock, with grace", 31 * second, 60 * second, tenfold, decide.ClassStreaming},
		{"a fast clock, and no answer", 32 * second, 60 * second, tenfold, decide.ClassStale},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := &Databases{cfg: Config{Elapsed: c.elapsed}}
			got, detail := d.receiverClass(receiver{recovering: true, running: true, age: &c.age, timeout: c.timeout})
			require.Equal(t, c.want, got, detail)
		})
	}
}

func TestOnGuardClock_NeverMakesACommitYounger(t *testing.T) {
	d := &Databases{cfg: Config{Elapsed: func(d time.Duration) time.Duration { return d }}}
	read := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	written := read.Add(-10 * time.Second)
	r := receiver{sent: read, clocks: tie{guard: written, writer: 5_000_000}}
	require.Equal(t, written.Add(3*time.Second), d.onGuardClock(r, 8_000_000))
	require.Equal(t, written.Add(-2*time.Second), d.onGuardClock(r, 3_000_000), "before the heartbeat")
	require.Equal(t, read, d.onGuardClock(r, 3_600_000_000), "a primary's clock that has jumped ahead")
	fast := &Databases{cfg: Config{Elapsed: func(d time.Duration) time.Duration { return 2 * d }}}
	require.Equal(t, written.Add(6*time.Second), fast.onGuardClock(r, 8_000_000))
	require.Zero(t, d.onGuardClock(receiver{sent: read}, 8_000_000), "nothing to tie the clocks by")
}

func TestStandby_AMessageThatTookLongTellsOfWhenItWasSent(t *testing.T) {
	d := &Databases{cfg: Config{Elapsed: func(d time.Duration) time.Duration { return d }}}
	read := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	age, sent := int64(1_000_000), int64(4_000_000)
	r := receiver{sent: read, recovering: true, running: true, age: &age, sentBy: &sent, clocks: tie{guard: read.Add(-20 * time.Second), writer: 1_000_000}}
	require.Equal(t, read.Add(-17*time.Second), d.standby(r).MessageAt)
	sent = 3_600_000_000 // a clock that has jumped
	require.Equal(t, read.Add(-time.Second), d.standby(r).MessageAt)
	r.clocks = tie{}
	require.Equal(t, read.Add(-time.Second), d.standby(r).MessageAt)
}

func TestDetailOf_IsOneShortLine(t *testing.T) {
	long := make([]rune, 400)
	for i := range long {
		long[i] = 'é'
	}
	got := detailOf(nil, "first\n\tsecond", "", string(long))
	require.Contains(t, got, "first second; é")
	require.LessOrEqual(t, len(got), maxDetail+len("…"))
	require.True(t, len(got) > maxDetail-2)
	require.NotContains(t, got, "\n")
	require.NotContains(t, got, "�")
}
