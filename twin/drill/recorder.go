package drill

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/drill/report"
)

// recorder notes what happens, as it happens.
type recorder struct {
	// began is when the drill's steps began.
	began time.Time
	say   func(at time.Time, lane, text string)

	mu    sync.Mutex
	fell  time.Time
	marks []moment
	// named are the refusals that the guard named, each with when it was
	// first seen.
	named map[string]time.Time
	// killed are the steps in which the guard was killed.
	killed []string
	// step that the failover was last seen at.
	step engine.Step
}

// moment is a mark before the disaster's time is known.
type moment struct {
	at   time.Time
	mark report.Mark
}

func newRecorder(began time.Time, say func(time.Time, string, string)) *recorder {
	return &recorder{began: began, say: say, named: map[string]time.Time{}}
}

// mark notes a moment and says it.
func (r *recorder) mark(at time.Time, m report.Mark) {
	r.mu.Lock()
	r.marks = append(r.marks, moment{at, m})
	r.mu.Unlock()
	r.say(at, m.Lane, m.Text)
}

// strike notes the disaster.
func (r *recorder) strike(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fell = at
}

// disaster is when it struck; the drill's beginning if none did.
func (r *recorder) disaster() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fell.IsZero() {
		return r.began
	}
	return r.fell
}

// seconds from the disaster to a moment.
func (r *recorder) seconds(at time.Time) float64 { return at.Sub(r.disaster()).Seconds() }

// struck tells whether the disaster has struck.
func (r *recorder) struck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.fell.IsZero()
}

// refuse notes that the guard refused to act, and why.
func (r *recorder) refuse(name string, at time.Time) { r.name(name, "refuses: ", at) }

// hold notes that a failover waits at a step, and for what.
func (r *recorder) hold(step engine.Step, name string, at time.Time) {
	r.name(name, "waits at "+string(step)+": ", at)
}

// name notes what the guard named, once.
func (r *recorder) name(name, as string, at time.Time) {
	if name == "" {
		return
	}
	r.mu.Lock()
	_, known := r.named[name]
	if !known {
		r.named[name] = at
	}
	r.mu.Unlock()
	if !known {
		r.mark(at, report.Mark{Lane: report.LaneGuard, Text: as + name})
	}
}

// kill notes that the guard was killed in a step.
func (r *recorder) kill(step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killed = append(r.killed, step)
}

func (r *recorder) kills() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.killed)
}

func (r *recorder) refusals() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.named))
}

// observe notes what the guard's record says of a failover and its refusals.
func (r *recorder) observe(l engine.State, now time.Time) {
	if f := l.Failover; f != nil {
		r.mu.Lock()
		moved := f.Step != r.step
		r.step = f.Step
		r.mu.Unlock()
		if moved {
			r.say(now, report.LaneGuard, "is at "+string(f.Step))
		}
		if f.Standing != nil {
			r.hold(f.Step, string(f.Standing.Name), now)
		}
	}
	if _, names, told := strings.Cut(l.Told, ":"); told {
		for name := range strings.SplitSeq(names, ",") {
			r.refuse(name, now)
		}
	}
	for _, f := range []*engine.Failover{l.Last, l.Failover} {
		if f != nil && f.Reason != nil {
			r.refuse(string(f.Reason.Name), now)
		}
	}
}

// all are the moments so far, the oldest first.
func (r *recorder) all() []moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.marks)
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}
