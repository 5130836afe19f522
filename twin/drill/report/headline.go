package report

import "fmt"

// Headline is what a drill cost, beside the objectives.
type Headline struct {
	RTO, RPO Figure
	// Silent are the well-behaved applications that do not write in the end.
	Silent []App
}

// Figure is one measure beside its objective.
type Figure struct {
	// Measured: there is something to say; an objective of 0 is none.
	Measured  bool
	Seconds   float64
	Objective float64
	// Text is the measure in words.
	Text string
	// Missed: it is more than the objective, or cannot be known.
	Missed bool
}

// Verdict beside the objective; "" without one.
func (f Figure) Verdict() string {
	switch {
	case !f.Measured || f.Objective == 0:
		return ""
	case f.Missed:
		return fmt.Sprintf("objective %s missed", Span(f.Objective))
	default:
		return fmt.Sprintf("objective %s met", Span(f.Objective))
	}
}

// Part is how much of the objective was used, in percent, 100 at most.
func (f Figure) Part() float64 {
	if f.Objective == 0 {
		return 0
	}
	if f.Missed {
		return 100
	}
	return min(100*f.Seconds/f.Objective, 100)
}

func (f Figure) String() string {
	if v := f.Verdict(); v != "" {
		return f.Text + " (" + v + ")"
	}
	return f.Text
}

// Headline is the longest outage of a well-behaved application that writes again,
// and the largest loss of any application.
func (r Report) Headline() Headline {
	h := Headline{RTO: r.rto(), RPO: r.rpo()}
	for _, a := range r.Apps {
		if !a.Sticky && !a.Writes {
			h.Silent = append(h.Silent, a)
		}
	}
	return h
}

func (r Report) rto() Figure {
	f := Figure{Objective: r.Objectives.RTO, Text: "no outage"}
	writes := false
	for _, a := range r.Apps {
		if a.Sticky {
			continue
		}
		f.Measured = true
		writes = writes || a.Writes
		if a.RTO != nil && *a.RTO > f.Seconds {
			f.Seconds, f.Text = *a.RTO, Span(*a.RTO)
		}
	}
	f.Missed = f.Objective > 0 && f.Seconds > f.Objective
	switch {
	case !f.Measured:
		f.Text = "not measured"
	case !writes:
		f.Text, f.Missed = "no application writes again", f.Objective > 0
	}
	return f
}

func (r Report) rpo() Figure {
	f := Figure{Objective: r.Objectives.RPO, Text: "no write lost"}
	rows, unknown := 0, false
	for _, a := range r.Apps {
		f.Measured = true
		unknown = unknown || !a.LossKnown
		rows += a.LostRows
		f.Seconds = max(f.Seconds, a.LostSeconds)
	}
	f.Missed = f.Objective > 0 && f.Seconds > f.Objective
	switch {
	case !f.Measured:
		f.Text = "not measured"
	case unknown:
		f.Text, f.Missed = "not known", f.Objective > 0
	case rows > 0:
		f.Text = fmt.Sprintf("%s, %s", Span(f.Seconds), count(rows, "row"))
	}
	return f
}
