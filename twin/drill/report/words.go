package report

import (
	"fmt"
	"math"
	"strconv"
)

// fixed is a number with one digit after the point. What rounds to nothing is
// 0.0, without a sign.
func fixed(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*10)/10+0, 'f', 1, 64) // + 0: no number is -0
}

// Moment is seconds from the disaster, with a sign unless it is the disaster's
// own: "+132.1".
func Moment(seconds float64) string {
	s := fixed(seconds)
	if s[0] != '-' && s != "0.0" {
		return "+" + s
	}
	return s
}

// Span is a length of time: "0 s", "4.2 s", "41 s", "8 min 41 s", "1 h 2 min".
func Span(seconds float64) string {
	tenths := math.Round(max(seconds, 0) * 10)
	whole := int(math.Round(max(seconds, 0)))
	switch {
	case tenths == 0:
		return "0 s"
	case tenths < 100:
		return strconv.FormatFloat(tenths/10, 'f', -1, 64) + " s"
	case whole < 60:
		return fmt.Sprintf("%d s", whole)
	case whole < 3600:
		return join(whole/60, "min", whole%60, "s")
	default:
		return join(whole/3600, "h", whole%3600/60, "min")
	}
}

// join leaves a second part out that is nothing.
func join(n int, unit string, rest int, small string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
}

// count is a number with its noun: "1 row", "2 rows".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// FenceWord is the ledger's word for a fence as readers have it.
func FenceWord(fence string) string {
	switch fence {
	case "":
		return "none"
	case "owed":
		return "pending"
	default:
		return fence
	}
}
