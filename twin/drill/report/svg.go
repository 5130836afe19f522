package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The look: a page of its own, so that it can be read on a dark one.
const styleSheet = `text{font-family:-apple-system,BlinkMacSystemFont,"Segoe UI",Helvetica,Arial,"Liberation Sans",sans-serif;font-size:12px;fill:#1f2328}
.title{font-size:16px;font-weight:600}.muted{fill:#57606a}.page{fill:#fff;stroke:#d0d7de}.lane{stroke:#d8dee4}.axis{stroke:#8c959f}
.plain{fill:#57606a}.bad{fill:#b42318}.good{fill:#1a7f37}.zero{stroke:#b42318;stroke-dasharray:5 4}
.p0{fill:#fde2dd}.p1{fill:#fdf0d5}.p2{fill:#e3ecf9}.p3{fill:#d9f0e1}.p4{fill:#ece3f7}.p5{fill:#dff3f3}`

// Measures of the picture, in pixels.
const (
	pageWidth   = 1080
	marginLeft  = 110
	marginRight = 24
	rowHeight   = 17
	headHeight  = 92
	fewestTicks = 6
)

// SVG draws the timeline: a lane each for the world, the guard, RDS, DNS, the
// applications and people; phases as bands behind them. The same report gives
// the same bytes.
func (r Report) SVG() []byte {
	from, to := r.span()
	x := func(at float64) float64 {
		return marginLeft + (at-from)/(to-from)*(pageWidth-marginLeft-marginRight)
	}
	lanes, height := r.rows()
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`+"\n", pageWidth, height, pageWidth, height)
	fmt.Fprintf(&out, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n<style>%s</style>\n", escape("Drill "+r.Scenario), escape(r.describe()), styleSheet)
	fmt.Fprintf(&out, `<rect class="page" x="0.5" y="0.5" width="%d" height="%d" rx="10"/>`+"\n", pageWidth-1, height-1)
	fmt.Fprintf(&out, `<text class="title" x="20" y="30">%s</text><text class="muted" x="20" y="50">%s</text>`+"\n", escape(r.Title), escape(r.describe()))
	r.bands(&out, x, height)
	r.axis(&out, x, from, to, height)
	y := headHeight
	for _, lane := range lanes {
		fmt.Fprintf(&out, `<line class="lane" x1="20" y1="%d" x2="%d" y2="%d"/><text class="muted" x="20" y="%d">%s</text>`+"\n", y, pageWidth-20, y, y+15, escape(lane.name))
		for i, m := range lane.marks {
			writeMark(&out, m, x(m.At), y+15+i*rowHeight)
		}
		y += lane.height()
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

type lane struct {
	name  string
	marks []Mark
}

func (l lane) height() int { return len(l.marks)*rowHeight + 10 }

// rows sorts the marks into lanes, a row each, and gives the picture's height.
func (r Report) rows() (lanes []lane, height int) {
	height = headHeight + 40
	for _, name := range Lanes {
		l := lane{name: name}
		for _, m := range r.Marks {
			if m.Lane == name {
				l.marks = append(l.marks, m)
			}
		}
		if len(l.marks) > 0 {
			lanes = append(lanes, l)
			height += l.height()
		}
	}
	return lanes, height
}

// span is the time that is drawn.
func (r Report) span() (from, to float64) {
	from, to = 0, 1
	for _, m := range r.Marks {
		from, to = min(from, m.At), max(to, m.At)
	}
	pad := (to - from) * 0.02
	return from - pad, to + pad
}

func (r Report) bands(out *bytes.Buffer, x func(float64) float64, height int) {
	for i, p := range r.Phases {
		left, right := x(p.From), x(p.To)
		fmt.Fprintf(out, `<rect class="p%d" x="%.1f" y="62" width="%.1f" height="%d"><title>%s: %.1f s</title></rect>`+"\n", i%6, left, max(right-left, 1), height-62-34, escape(p.Name), p.Seconds())
		// A name that does not fit is in the table of the text.
		if label := fmt.Sprintf("%s %.0f s", p.Name, p.Seconds()); right-left > float64(len(label))*6.5 {
			fmt.Fprintf(out, `<text x="%.1f" y="78">%s</text>`+"\n", left+4, escape(label))
		}
	}
}

func (r Report) axis(out *bytes.Buffer, x func(float64) float64, from, to float64, height int) {
	base := height - 30
	fmt.Fprintf(out, `<line class="axis" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", marginLeft, base, pageWidth-marginRight, base)
	step := tick(to - from)
	for at := math.Ceil(from/step)*step + 0; at <= to; at += step { // + 0: no tick is -0
		fmt.Fprintf(out, `<line class="axis" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/><text class="muted" x="%.1f" y="%d" text-anchor="middle">%g s</text>`+"\n", x(at), base, x(at), base+4, x(at), base+18, at)
	}
	fmt.Fprintf(out, `<line class="zero" x1="%.1f" y1="62" x2="%.1f" y2="%d"/>`+"\n", x(0), x(0), base)
}

// tick is a round number of seconds that gives enough ticks.
func tick(span float64) float64 {
	for _, step := range []float64{3600, 1800, 600, 300, 120, 60, 30, 10, 5, 1} {
		if span/step >= fewestTicks {
			return step
		}
	}
	return 1
}

func writeMark(out *bytes.Buffer, m Mark, x float64, y int) {
	class := "plain"
	switch {
	case m.Bad:
		class = "bad"
	case m.Good:
		class = "good"
	}
	label := fmt.Sprintf("%s (%+.0f s)", m.Text, m.At)
	anchor, at := "start", x+8
	if at+float64(len(label))*6.2 > pageWidth-marginRight {
		anchor, at = "end", x-8
	}
	fmt.Fprintf(out, `<circle class="%s" cx="%.1f" cy="%d" r="4"/><text x="%.1f" y="%d" text-anchor="%s">%s</text>`+"\n", class, x, y-4, at, y, anchor, escape(label))
}

// describe is the picture in a sentence.
func (r Report) describe() string {
	words := []string{"passed"}
	if !r.Passed {
		words = []string{"FAILED"}
	}
	for _, a := range r.Apps {
		switch {
		case a.RTO != nil:
			words = append(words, fmt.Sprintf("%s: RTO %.0f s, RPO %.1f s", a.ID, *a.RTO, a.LostSeconds))
		case !a.Writes:
			words = append(words, a.ID+": does not write")
		}
	}
	return fmt.Sprintf("%s; simulated seconds, at %gx", strings.Join(words, "; "), r.Scale)
}

func escape(s string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(s)) // a Builder does not fail
	return out.String()
}
