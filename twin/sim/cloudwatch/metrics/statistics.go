package metrics

import (
	"cmp"
	"slices"
)

// Statistics of the points of one period, by CloudWatch's names; there is at least
// one point.
var Statistics = map[string]func([]Point) float64{
	"SampleCount": Samples,
	"Sum":         sum,
	"Average":     func(ps []Point) float64 { return sum(ps) / Samples(ps) },
	"Minimum":     func(ps []Point) float64 { return slices.MinFunc(ps, byValue).Value },
	"Maximum":     func(ps []Point) float64 { return slices.MaxFunc(ps, byValue).Value },
}

// Samples is how many values points stand for.
func Samples(ps []Point) float64 {
	total := 0.0
	for _, p := range ps {
		total += p.Count
	}
	return total
}

func sum(ps []Point) float64 {
	total := 0.0
	for _, p := range ps {
		total += p.Value * p.Count
	}
	return total
}

func byValue(a, b Point) int { return cmp.Compare(a.Value, b.Value) }
