package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// look is how a relation is drawn.
type look struct {
	class   string
	caption string
	// from and to are the rows of the node's parts that the arrow joins; 0, the
	// first row, which no arrow of a part uses, is the node itself.
	from, to int
}

// looks are those of the relations that have an arrow. Where the cards stand
// close together the rows say it, and the arrow has no caption.
var looks = map[Relation]look{
	Asks:       {class: "data"},
	Answers:    {class: "data", caption: "answers"},
	Replicates: {class: "data"},
	Witnesses:  {class: "evidence", from: rowSelf},
	Probes:     {class: "evidence", caption: "SQL", from: rowSee, to: rowSee},
	Describes:  {class: "evidence", caption: "RDS's API", from: rowSee, to: rowSee},
	Remembers:  {class: "action", from: rowDecide},
	Fences:     {class: "action", caption: "fence", from: rowFence},
	Promotes:   {class: "action", caption: "promote", from: rowPromote, to: rowPromote},
	Publishes:  {class: "action", from: rowSwitch},
	Weighs:     {class: "action", from: rowSwitch, to: rowSwitch},
	Follows:    {class: "action"},
	TakesOut:   {class: "action", caption: "takes the record out"},
	Wakes:      {class: "signal"},
	Tells:      {class: "signal"},
}

// arrow is what is drawn from one place to another.
type arrow struct {
	from, to, class, style string
	step                   Step
	captions               []string
}

// arrows writes the graph's edges between what is drawn.
func (d *d2) arrows() {
	var all []*arrow
	for _, e := range d.g.Edges {
		a, ok := d.arrow(e)
		if !ok {
			continue
		}
		i := slices.IndexFunc(all, func(x *arrow) bool { return x.from == a.from && x.to == a.to && x.class == a.class })
		if i < 0 {
			all = append(all, a)
			continue
		}
		for _, caption := range a.captions {
			if !slices.Contains(all[i].captions, caption) {
				all[i].captions = append(all[i].captions, caption)
			}
		}
	}
	for _, a := range all {
		caption := strings.Join(a.captions, ", ")
		if a.step != 0 && caption != "" {
			caption = fmt.Sprintf("%d %s", a.step, caption)
		}
		fmt.Fprintf(&d.out, "%s -> %s: %s {class: %s%s}\n", a.from, a.to, quoteD2(caption), a.class, a.style)
	}
	if zone := d.g.first(KindZone); zone != nil && d.at[part(zone.ID, rowSwitch)] != "" {
		fmt.Fprintf(&d.out, "%s -> %s: {class: action}\n", d.at[part(zone.ID, rowSwitch)], d.at[zone.ID])
	}
}

// arrow is an edge's, not ok where it has none.
func (d *d2) arrow(e Edge) (*arrow, bool) {
	l, ok := looks[e.Relation]
	a := &arrow{class: l.class, step: e.Step}
	a.from, a.to = d.end(e.From, l.from), d.end(e.To, l.to)
	caption := l.caption
	from, to := d.g.Node(e.From), d.g.Node(e.To)
	switch e.Relation {
	case Wakes:
		a.to = d.at[part(e.To, rowMinute)]
		if from.Kind == KindTopic {
			a.to, caption = d.at[part(e.To, rowAlarm)], "SNS"
		}
	case Tells:
		a.from = d.at[part(e.From, rowTell)]
	case Replicates:
		caption = "copied"
		if from.Kind == KindDatabase {
			a.from, a.to = d.at[part(e.From, rowReplicate)], d.at[part(e.To, rowReplicate)]
			caption, a.style = "streaming replication", "; style.stroke-width: 5"
		}
	case Answers:
		caption = "before"
		if to.Role == RoleReplica {
			caption, a.style = "after", "; style.stroke-dash: 4"
		}
	}
	if e.Via != "" {
		caption += " over the peering"
	}
	if caption != "" {
		a.captions = []string{caption}
	}
	return a, ok && a.from != "" && a.to != "" && a.from != a.to
}

// end is the place of a part of a node, else of the node.
func (d *d2) end(id string, row int) string {
	if row == 0 {
		return d.at[id]
	}
	return cmp.Or(d.at[part(id, row)], d.at[id])
}
