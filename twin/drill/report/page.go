package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

//go:embed pages/*.gohtml
var pages embed.FS

//go:embed pages/style.css
var style string

var templates = template.Must(template.ParseFS(pages, "pages/*.gohtml"))

// HTML is the report as one page: nothing of it is elsewhere, and no script runs
// in it. The same report gives the same bytes.
func (r Report) HTML() ([]byte, error) { return render("page.gohtml", r.page()) }

func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

// page is a report as the template has it.
type page struct {
	Report
	Style template.CSS
	// Colour is that of the verdict.
	Verdict, Colour, Kind string
	RTO, RPO              Figure
	// Silent names the well-behaved applications that do not write in the end.
	Silent, Split string
	// Did is what the guard did, DidWhy on what evidence.
	Did, DidWhy string
	// Zero and SwitchX are the places of the disaster and of the switch.
	Zero, SwitchX string
	Switched      string
	// Most is the rate at the charts' full height.
	Most            string
	Phases          []band
	Charts          []chart
	Ticks           []label
	Saw, Facts      []fact
	SawAt           string
	Marks           []line
	Simulated, Real string
}

// band is a phase behind a chart.
type band struct{ Class, Name, Took, X, Width string }

// chart is what one application wrote.
type chart struct {
	Name, Where, Words string
	Areas              []area
}

type area struct{ Class, Server, Path string }

type label struct{ Left, Text string }

type fact struct{ Path, Found string }

// line is a mark of the timeline.
type line struct {
	At, Lane, Class, Text string
	Before                bool
}

// chartWidth and chartHeight are the measures of a chart's own coordinates.
const (
	chartWidth  = 1000.0
	chartHeight = 40.0
)

// scale is the time that is drawn.
type scale struct{ from, to float64 }

// x is the place of a moment, from 0 to wide.
func (s scale) x(at, wide float64) float64 {
	return min(max((at-s.from)/(s.to-s.from), 0), 1) * wide
}

func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64) }

func (r Report) page() page {
	h, s := r.Headline(), r.scale()
	p := page{
		Report: r, Style: template.CSS(style), Verdict: r.Verdict(), Colour: colour(r.Passed), Kind: heading(r.Kind), //nolint:gosec // our own
		RTO: h.RTO, RPO: h.RPO, Split: r.split(), Zero: number(s.x(0, chartWidth)), Ticks: s.ticks(),
		Simulated: Span(r.Simulated), Real: Span(r.Real),
	}
	var silent []string
	for _, a := range h.Silent {
		silent = append(silent, a.ID+" ("+a.Region+")")
	}
	p.Silent = strings.Join(silent, ", ")
	p.Did, p.DidWhy = r.Guard.did()
	if r.Switched != nil {
		p.SwitchX, p.Switched = number(s.x(*r.Switched, chartWidth)), Moment(*r.Switched)
	}
	for i, ph := range r.Phases {
		from, to := s.x(ph.From, chartWidth), s.x(ph.To, chartWidth)
		p.Phases = append(p.Phases, band{fmt.Sprintf("p%d", i%6), ph.Name, Span(ph.Seconds()), number(from), number(to - from)})
	}
	most := r.most()
	p.Most = number(most)
	for _, a := range r.Apps {
		p.Charts = append(p.Charts, a.chart(s, most))
	}
	p.see(r.Guard)
	for _, m := range r.Marks {
		p.Marks = append(p.Marks, line{Moment(m.At), m.Lane, m.class(), m.Text, m.Before})
	}
	return p
}

func colour(passed bool) string {
	if passed {
		return "good"
	}
	return "bad"
}

// heading of a kind of scenarios.
func heading(kind scenario.Kind) string {
	for _, k := range scenario.Kinds {
		if k.Kind == kind {
			return strings.ToLower(k.Heading[:1]) + k.Heading[1:]
		}
	}
	return ""
}

func (m Mark) class() string {
	switch {
	case m.Before:
		return "muted"
	case m.Bad:
		return "bad"
	case m.Good:
		return "good"
	default:
		return ""
	}
}

// scale is from the first write that is drawn to the last thing that happened.
func (r Report) scale() scale {
	s := scale{to: 1}
	for _, a := range r.Apps {
		for _, rate := range a.Rates {
			s.from, s.to = min(s.from, rate.From), max(s.to, rate.To())
		}
	}
	for _, m := range r.Marks {
		s.to = max(s.to, m.At)
	}
	for _, p := range r.Phases {
		s.to = max(s.to, p.To)
	}
	return s
}

// most is the highest rate of any application.
func (r Report) most() float64 {
	most := 1.0
	for _, a := range r.Apps {
		for _, rate := range a.Rates {
			for _, v := range rate.PerSecond {
				most = max(most, v)
			}
		}
	}
	return most
}

// ticks are a few round moments.
func (s scale) ticks() []label {
	step := 3600.0
	for _, finer := range []float64{1800, 600, 300, 120, 60, 30, 10} {
		if (s.to-s.from)/step < 4 {
			step = finer
		}
	}
	var all []label
	for at := math.Ceil(s.from/step) * step; at <= s.to; at += step {
		left := s.x(at, 100)
		if left < 3 || left > 97 {
			continue // its text would be cut off
		}
		text := "disaster"
		switch {
		case at < 0:
			text = "−" + Span(-at)
		case at > 0:
			text = Span(at)
		}
		all = append(all, label{number(left), text})
	}
	return all
}

func (a App) chart(s scale, most float64) chart {
	c := chart{Name: a.ID, Where: a.Region, Words: a.words()}
	if a.Sticky {
		c.Where += ", keeps its first address"
	}
	for _, rate := range a.Rates {
		class := "old"
		if rate.Moved {
			class = "new"
		}
		c.Areas = append(c.Areas, area{class, rate.Server, rate.path(s, most)})
	}
	return c
}

// path is the area below a rate.
func (r Rate) path(s scale, most float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", number(s.x(r.From, chartWidth)), number(chartHeight))
	for i, v := range r.PerSecond {
		y := number(chartHeight - v/most*chartHeight)
		from := r.From + float64(i)*r.Step
		fmt.Fprintf(&b, "L%s %sL%s %s", number(s.x(from, chartWidth)), y, number(s.x(from+r.Step, chartWidth)), y)
	}
	fmt.Fprintf(&b, "L%s %sZ", number(s.x(r.To(), chartWidth)), number(chartHeight))
	return b.String()
}

// words are what an application experienced.
func (a App) words() string {
	all := []string{"does not write in the end"}
	switch {
	case a.RTO != nil:
		all = []string{"RTO " + Span(*a.RTO)}
	case a.Writes:
		all = []string{"no outage"}
	}
	switch {
	case !a.LossKnown:
		all = append(all, "loss not known")
	case a.LostRows == 0:
		all = append(all, "no write lost")
	default:
		all = append(all, fmt.Sprintf("lost %s, %s", Span(a.LostSeconds), count(a.LostRows, "row")))
	}
	if a.SplitRows > 0 {
		all = append(all, fmt.Sprintf("%s on the old primary after the switch, over %s", count(a.SplitRows, "row"), Span(a.SplitSeconds)))
	}
	if a.Misled > 0 {
		all = append(all, "misled by DNS "+count(a.Misled, "time"))
	}
	return strings.Join(all, " · ")
}

// split is what the old primary took after the switch; "" if nothing.
func (r Report) split() string {
	rows, seconds := 0, 0.0
	for _, a := range r.Apps {
		rows += a.SplitRows
		seconds = max(seconds, a.SplitSeconds)
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("%s, %s", count(rows, "row"), Span(seconds))
}

// did is what the guard did, and on what evidence.
func (g Guard) did() (did, why string) {
	switch {
	case g.Promotions > 0:
		did = "promoted the replica"
	case g.Outcome == "aborted":
		did = "undid its failover"
	default:
		did = "promoted nothing"
	}
	if g.Evidence != "" {
		why = "evidence " + g.Evidence + "; fence " + FenceWord(g.Fence)
	} else if len(g.Refusals) > 0 {
		why = "refused: " + strings.Join(g.Refusals, ", ")
	}
	return did, why
}

// see fills in what the guard saw and said.
func (p *page) see(g Guard) {
	for _, s := range g.Saw {
		found := s.Found
		if s.Silent > 0 {
			found += ", silent for " + Span(s.Silent)
		}
		p.Saw = append(p.Saw, fact{s.Path, found})
	}
	if g.SawAt != nil {
		p.SawAt = Moment(*g.SawAt)
	}
	if g.Outcome != "" {
		estimate := "not known"
		if g.EstimateKnown {
			estimate = Span(g.EstimateLower) + " to " + Span(g.EstimateUpper)
		}
		p.Facts = append(p.Facts, fact{"its own estimate of the loss", estimate})
	}
	for _, f := range []struct {
		name  string
		words []string
	}{
		{"refused", g.Refusals}, {"waited for AWS", g.Waits}, {"pending in the end", g.Debts}, {"was killed at", g.Killed},
		{"calls went wrong of", g.Struck}, {"alarms since the disaster", g.Alarms}, {"notices", g.Notices},
	} {
		if len(f.words) > 0 {
			p.Facts = append(p.Facts, fact{f.name, strings.Join(f.words, "; ")})
		}
	}
}
