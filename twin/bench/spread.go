package bench

import "slices"

// Spread is the lowest, the middle and the highest of some values.
type Spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// SpreadOf the value of each of some samples; all zero where there are none.
func SpreadOf[T any](of []T, value func(T) float64) Spread {
	if len(of) == 0 {
		return Spread{}
	}
	values := make([]float64, 0, len(of))
	for _, v := range of {
		values = append(values, value(v))
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Least: values[0], Median: (values[(n-1)/2] + values[n/2]) / 2, Most: values[n-1]}
}

// Median is the middle value, the mean of both where there are two, and 0 where
// there is none.
func Median[T any](of []T, value func(T) float64) float64 { return SpreadOf(of, value).Median }
