package graph

import (
	"fmt"
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

// story writes the steps below the picture, from left to right.
func (d *d2) story() {
	told := story(d.g)
	if len(told) == 0 {
		return
	}
	d.open("story", "frame", "")
	d.line("grid-rows: 1\ngrid-gap: 20")
	for _, s := range told {
		label := fmt.Sprintf("%d %s\n%s", s.step, stepNames[s.step], wrap(s.text, storyChars))
		d.card(cell{key: fmt.Sprintf("step%d", s.step), class: "[" + stepClass(s.step) + "; story]", label: label}, storyChars*charWidth, 0)
	}
	d.close()
}

// stepClass is the class of a step's cards.
func stepClass(s Step) string {
	switch s {
	case StepDetect:
		return "sees"
	case StepDecide:
		return "decides"
	}
	return "does"
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
	text := "No single sign decides. Alarms only start a check."
	if len(g.edges(Remembers)) > 0 {
		text += " The guard writes its decision to the ledger first."
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
	return fmt.Sprintf("The network ACL of %s denies tcp/%s to all but the guard, before the promotion. Pending while the region is silent.", g.short(db.Name), guard.Policy.Port)
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
