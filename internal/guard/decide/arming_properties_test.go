package decide

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// look is one observation of a history.
type look struct {
	at   time.Time
	id   string
	kind lookKind
	o    Observation
	r    Readiness
}

type lookKind int

const (
	lookGreen lookKind = iota
	lookMissed
	lookBad
)

// drawHistory is a series of looks, green in the main, at any pace.
func drawHistory(t *rapid.T) []look {
	names := map[lookKind][]string{lookMissed: slices.Sorted(maps.Keys(unseen)), lookBad: slices.Sorted(maps.Keys(seen))}
	kinds := rapid.SampledFrom([]lookKind{lookGreen, lookGreen, lookGreen, lookGreen, lookGreen, lookGreen, lookMissed, lookMissed, lookBad})
	if rapid.Bool().Draw(t, "nothing bad") {
		kinds = rapid.SampledFrom([]lookKind{lookGreen, lookGreen, lookMissed})
	}
	paces := rapid.SampledFrom([]int{5, 5, 20, 30, 60, 89, 90, 91, 300})
	looks := rapid.IntRange(1, 80)
	if rapid.IntRange(0, 4).Draw(t, "quiet") == 0 {
		// One in which the guard arms itself, so that some do.
		kinds, paces, looks = rapid.Just(lookGreen), rapid.SampledFrom([]int{20, 30, 60}), rapid.IntRange(60, 80)
	}
	now, id, history := epoch, "db-A", []look(nil)
	for range looks.Draw(t, "looks") {
		now = now.Add(time.Duration(paces.Draw(t, "pace")) * time.Second)
		if rapid.IntRange(0, 40).Draw(t, "another primary") == 0 {
			id = rapid.SampledFrom([]string{"db-A", "db-B"}).Draw(t, "primary")
		}
		l := look{at: now, id: id, kind: kinds.Draw(t, "kind"), o: green(now, id), r: Readiness{Green: true, At: now}}
		if l.kind != lookGreen {
			name := rapid.SampledFrom(names[l.kind]).Draw(t, "what")
			by := seen[name]
			if l.kind == lookMissed {
				by = unseen[name]
			}
			by(&l.o, &l.r, now)
		}
		history = append(history, l)
	}
	return history
}

// greenTime is how long the primary was seen green at the end of a history
// whose last look is green: the time between green looks with nothing else in
// between, back to the first that was bad, another primary's, or too far from
// the next.
func greenTime(history []look) time.Duration {
	var seen time.Duration
	next := len(history) - 1
	for i := next - 1; i >= 0; i-- {
		l := history[i]
		if l.kind == lookBad || l.id != history[next].id || history[next].at.Sub(l.at) > MaxGap {
			break
		}
		if l.kind == lookGreen {
			if i == next-1 {
				seen += history[next].at.Sub(l.at)
			}
			next = i
		}
	}
	return seen
}

func TestArming_NeedsItsTimeOfGreenAndAGreenMomentToArm(t *testing.T) {
	p, armed := testPolicy(), 0
	tries(t, func(t *rapid.T) {
		var a Arming
		history := drawHistory(t)
		for i, l := range history {
			before := a
			a = a.Next(p, l.o, l.r, l.at)
			stays := before.ArmedFor == l.id
			enough := l.kind == lookGreen && greenTime(history[:i+1]) >= p.Arming
			if got, want := a.ArmedFor == l.id, stays || enough; got != want {
				t.Fatalf("look %d at %s: armed %t, want %t (was armed %t, kind %d, green for %s): %+v",
					i, l.at.Sub(epoch), got, want, stays, l.kind, greenTime(history[:i+1]), a)
			}
			if a.ArmedFor == l.id && !stays {
				armed++
				if len(NotGreen(l.o, l.r, l.at)) != 0 || !a.ArmedAt.Equal(l.at) {
					t.Fatalf("armed at %s by what is not green: %+v", a.ArmedAt, l)
				}
			}
		}
	})
	if armed == 0 {
		t.Fatal("no history armed anything: the property was not tried")
	}
}

func TestArming_MissedLooksCostNoMoreThanTheirTime(t *testing.T) {
	p, names := testPolicy(), slices.Sorted(maps.Keys(unseen))
	tries(t, func(t *rapid.T) {
		const pace = 5 * time.Second
		var a Arming
		var cost time.Duration
		now, due := epoch, epoch.Add(p.Arming)
		for miss := 0; now.Before(due.Add(cost)) || miss > 0; now = now.Add(pace) {
			o, r := green(now, "db-A"), Readiness{Green: true, At: now}
			wasGreen := !now.Equal(epoch) && a.GreenSeen.Equal(now.Add(-pace))
			if miss == 0 && wasGreen && cost < 10*time.Minute && rapid.IntRange(0, 20).Draw(t, "misses") == 0 {
				// As many as there may be between two green looks.
				miss = rapid.IntRange(1, int(MaxGap/pace)-1).Draw(t, "how many")
				cost += time.Duration(miss+1) * pace
			}
			if miss > 0 {
				miss--
				unseen[rapid.SampledFrom(names).Draw(t, "what")](&o, &r, now)
			}
			a = a.Next(p, o, r, now)
		}
		o := green(now, "db-A")
		if a = a.Next(p, o, Readiness{Green: true, At: now}, now); a.ArmedFor != "db-A" {
			t.Fatalf("not armed %s after the first look, though only %s were missed: %+v", now.Sub(epoch), cost, a)
		}
	})
}
