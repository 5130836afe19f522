package graph

import (
	"fmt"
	"slices"
	"strings"
)

// stepNames are the headings of the steps.
var stepNames = map[Step]string{
	StepDetect:  "Detect",
	StepDecide:  "Decide",
	StepFence:   "Fence",
	StepPromote: "Promote",
	StepSwitch:  "Switch",
}

func (l *layout) placeTitle() {
	l.text(margin, titleY, "PostgreSQL in two regions, and how a failover runs", fontTitle, "ink")
	l.text(margin, titleY+22, "Drawn from the synthesized stacks "+strings.Join(l.g.Stacks, " and "), fontText, "muted")
}

type legend struct {
	tone   tone
	dashed bool
	text   string
}

// placeLegend says what the lines are that were drawn, at the right of the
// title.
func (l *layout) placeLegend() {
	entries := slices.DeleteFunc([]legend{
		{toneData, false, "names and data"},
		{toneEvidence, true, "what the guard looks at"},
		{toneAction, false, "what the guard does"},
		{toneSignal, false, "schedule and alarms"},
	}, func(e legend) bool {
		return !slices.ContainsFunc(l.lines, func(ln line) bool { return ln.tone == e.tone })
	})
	const sample, after, between = 34, 8, 22
	x := canvasW - margin + between
	for _, e := range entries {
		x -= sample + after + width(e.text, fontSmall) + between
	}
	y := titleY + 22
	for _, e := range entries {
		l.lines = append(l.lines, line{points: []point{{x, y - 4}, {x + sample, y - 4}}, tone: e.tone, dashed: e.dashed})
		x += sample + after
		l.text(x, y, e.text, fontSmall, "muted")
		x += width(e.text, fontSmall) + between
	}
}

// placeSteps tells the failover below the picture, from left to right.
func (l *layout) placeSteps() {
	told := story(l.g)
	if len(told) == 0 {
		return
	}
	y := siteY + l.siteH + channel
	w := (canvasW - 2*margin - (len(told)-1)*gutter) / len(told)
	for i, s := range told {
		r := rect{margin + i*(w+gutter), y, w, stepsH}
		l.panel(r, "step", "")
		l.badge(r.x+24, r.y+23, s.step)
		l.text(r.x+44, r.y+28, stepNames[s.step], fontName, "ink")
		for j, text := range wrap(s.text, fontText, w-28, 4) {
			l.text(r.x+14, r.y+54+18*j, text, fontText, "ink")
		}
	}
}

type stepText struct {
	step Step
	text string
}

// story tells each step that the graph has edges for.
func story(g *Graph) []stepText {
	var told []stepText
	add := func(step Step, text string) {
		if text != "" {
			told = append(told, stepText{step, text})
		}
	}
	add(StepDetect, detectText(g))
	add(StepDecide, decideText(g))
	add(StepFence, fenceText(g))
	add(StepPromote, promoteText(g))
	add(StepSwitch, switchText(g))
	return told
}

func detectText(g *Graph) string {
	var paths []string
	if len(g.edges(Probes)) > 0 {
		paths = append(paths, "SQL to both databases")
	}
	if len(g.edges(Describes)) > 0 {
		paths = append(paths, "RDS's API")
	}
	if len(paths) == 0 {
		return ""
	}
	text := strings.Join(paths, ", ") + "."
	var regions []string
	for _, e := range g.edges(Witnesses) {
		regions = append(regions, g.Node(e.To).Name)
	}
	if len(regions) > 0 {
		text += " " + strings.Join(regions, " and ") + " show whether the guard itself is cut off."
	}
	return text
}

func decideText(g *Graph) string {
	if g.first(KindGuard) == nil {
		return ""
	}
	text := "No single sign condemns the primary, and alarms are only hints to look."
	if len(g.edges(Remembers)) > 0 {
		text += " The decision is written to the ledger first."
	}
	return text
}

func fenceText(g *Graph) string {
	guard := g.first(KindGuard)
	if guard == nil {
		return ""
	}
	db := g.Node(toOf(g, Protects, toOf(g, Fences, guard.ID)))
	if db == nil {
		return ""
	}
	return fmt.Sprintf("The network ACL of %s denies tcp/%s to all but the guard, before the promotion; owed while the region is silent.", g.short(db.Name), guard.Policy.Port)
}

func promoteText(g *Graph) string {
	guard := g.first(KindGuard)
	if guard == nil {
		return ""
	}
	db := g.Node(toOf(g, Promotes, guard.ID))
	if db == nil {
		return ""
	}
	return g.short(db.Name) + " becomes the writer; SQL confirms that it has left recovery."
}

func switchText(g *Graph) string {
	guard := g.first(KindGuard)
	if guard == nil {
		return ""
	}
	alarm := g.Node(toOf(g, Publishes, guard.ID))
	if alarm == nil {
		return ""
	}
	text := fmt.Sprintf("%s raises the alarm, the health check follows", alarm.Metric.Name)
	if record := g.Node(toOf(g, TakesOut, toOf(g, Follows, alarm.ID))); record != nil {
		text += fmt.Sprintf(", the %s record leaves DNS", record.Role)
	}
	if len(g.edges(Weighs)) > 0 {
		return text + ". The records' weights follow."
	}
	return text + "."
}
