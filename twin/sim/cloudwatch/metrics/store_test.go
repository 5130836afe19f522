package metrics

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStore_SortsAndForgets(t *testing.T) {
	var s Store
	id := ID{Region: "eu-west-1", Namespace: "N", Name: "M", Dimensions: Dimensions(map[string]string{"b": "2", "a": "1"})}
	require.Equal(t, "a=1\nb=2\n", id.Dimensions)
	_, ok := s.Last(id)
	require.False(t, ok)
	begin := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	s.Put(id, Point{At: begin.Add(time.Minute), Value: 2}, Point{At: begin, Value: 1})
	require.Equal(t, []Point{{At: begin, Value: 1}}, s.Points(id, begin, begin.Add(time.Minute)))
	s.Put(id, Point{At: begin.Add(Kept + time.Second), Value: 3})
	require.Equal(t, []float64{2, 3}, values(s.Points(id, time.Time{}, time.Time{})))
	s.Put(ID{Region: "a"})
	require.Equal(t, []ID{{Region: "a"}, id}, s.IDs())
}

func values(points []Point) []float64 {
	var out []float64
	for _, p := range points {
		out = append(out, p.Value)
	}
	return out
}

func TestStore_IsSafeForConcurrentUse(t *testing.T) {
	var s Store
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s.Put(ID{Name: "M"}, Point{At: time.Unix(int64(i), 0)})
			s.Points(ID{Name: "M"}, time.Time{}, time.Time{})
		})
	}
	wg.Wait()
	require.Len(t, s.Points(ID{Name: "M"}, time.Time{}, time.Time{}), 8)
}
