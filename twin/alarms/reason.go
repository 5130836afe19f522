package alarms

import (
	"fmt"
	"strconv"
	"strings"
)

// reason words an evaluation much as CloudWatch does.
func (v view) reason(state State) string {
	if state == Insufficient {
		return fmt.Sprintf("Insufficient Data: %d datapoints were unknown.", v.looked)
	}
	text := "Threshold Crossed: "
	if v.filled > 0 && (v.Missing == Breaching || v.Missing == NotBreaching) {
		treated := "[" + map[Missing]string{Breaching: "Breaching", NotBreaching: "NonBreaching"}[v.Missing] + "]"
		if len(v.real) == 0 {
			return fmt.Sprintf("%sno datapoints were received for %d periods and %s treated as %s.", text, v.looked, count(v.filled, "missing datapoint", "was", "were"), treated)
		}
		text += count(v.filled, "missing datapoint", "was", "were") + " treated as " + treated + " and "
	}
	if len(v.real) == 0 {
		return fmt.Sprintf("Unchanged: no datapoints were received for %d periods.", v.looked)
	}
	not := ""
	if state != Alarm {
		not = "not "
	}
	return fmt.Sprintf("%s%d out of the last %d datapoints %s %s%s the threshold (%s).",
		text, len(v.real), v.Periods, v.values(), beside(len(v.real), "was ", "were ")+not, comparisons[v.Operator].words, number(v.Threshold))
}

// values lists the data points, the newest first, as CloudWatch does.
func (v view) values() string {
	words := make([]string, 0, len(v.real))
	for _, d := range v.real {
		words = append(words, number(d.value)+" ("+d.at.UTC().Format("02/01/06 15:04:05")+")")
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func count(n int, what, one, many string) string {
	return fmt.Sprintf("%d %s%s %s", n, what, beside(n, "", "s"), beside(n, one, many))
}

func beside(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// number always has a decimal point, as CloudWatch's have.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
