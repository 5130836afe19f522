// Package metrics keeps the custom metrics that were published to a simulated
// CloudWatch. They are a stream and no resource: they live in memory only.
package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ID tells metrics apart. Metrics with other dimensions are others.
type ID struct {
	Region, Namespace, Name string
	// Dimensions in the form of [Dimensions].
	Dimensions string
}

// Dimensions writes dimensions in the one form that [ID] has.
func Dimensions(m map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(name + "=" + m[name] + "\n")
	}
	return b.String()
}

// Point is one value at one moment.
type Point struct {
	// At is the moment that the value is of, Received when it came.
	At, Received time.Time
	Value        float64
	// Count is how many times the value was seen; 1 for a plain value.
	Count float64
	Unit  string
}

// Kept is for how long points are kept. CloudWatch keeps those of a minute for
// 15 days.
const Kept = 24 * time.Hour

// Store holds metrics. The zero value is empty and ready. It is safe for
// concurrent use.
type Store struct {
	mu     sync.Mutex
	points map[ID][]Point
}

// Put adds points to a metric and drops those that are too old.
func (s *Store) Put(id ID, points ...Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points == nil {
		s.points = map[ID][]Point{}
	}
	all := append(s.points[id], points...)
	slices.SortStableFunc(all, func(a, b Point) int { return a.At.Compare(b.At) })
	if len(all) > 0 {
		newest := all[len(all)-1].At
		all = slices.DeleteFunc(all, func(p Point) bool { return newest.Sub(p.At) > Kept })
	}
	s.points[id] = all
}

// Points returns the points of a metric from one moment, included, to another,
// not included, the oldest first. A zero time is no bound.
func (s *Store) Points(id ID, from, to time.Time) []Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Point
	for _, p := range s.points[id] {
		if !p.At.Before(from) && (to.IsZero() || p.At.Before(to)) {
			out = append(out, p)
		}
	}
	return out
}

// Last returns the newest point of a metric; ok is false if there is none.
func (s *Store) Last(id ID) (p Point, ok bool) {
	all := s.Points(id, time.Time{}, time.Time{})
	if len(all) == 0 {
		return p, false
	}
	return all[len(all)-1], true
}

// IDs returns all metrics in a stable order.
func (s *Store) IDs() []ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.points), func(a, b ID) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Dimensions, b.Dimensions))
	})
}
