package graph

import (
	"fmt"
	"strings"
)

const (
	clientsW = 202
	zoneX    = margin + clientsW + 36
	recordW  = 190
	recordH  = 66
	recordY  = namesY + 34
)

// placeNames places the clients, the zone, its records above the databases
// that they answer with, and the health check above the alarm it follows.
func (l *layout) placeNames() {
	zone := l.g.first(KindZone)
	if zone == nil {
		return
	}
	l.names = rect{zoneX, namesY, canvasW - margin - zoneX, namesH}
	l.panel(l.names, "names", zone.ID)
	l.at[zone.ID] = l.names
	l.text(l.names.x+16, namesY+23, "Private zone "+zone.Name, fontName, "ink")
	l.textAt(l.names.right()-16, namesY+23, l.zoneText(zone), fontSmall, anchorEnd, "muted")

	if clients := l.g.first(KindClients); clients != nil {
		r := rect{margin, recordY, clientsW, recordH}
		l.card(r, "clients", "clients", "Applications", []string{clients.Name}, clients.ID)
	}
	for _, record := range l.g.Find(func(n Node) bool { return n.Kind == KindRecord }) {
		l.placeRecord(record)
	}
	l.placeHealthCheck()
}

// zoneText says from which networks the names are answered.
func (l *layout) zoneText(zone *Node) string {
	var regions []string
	for _, e := range l.g.edges(Associated) {
		if e.From == zone.ID {
			regions = append(regions, l.g.Node(e.To).Region)
		}
	}
	return "Route 53, answers in the VPCs of " + strings.Join(regions, " and ")
}

// above is a card's place in the zone, centred over something below, inside
// the zone.
func (l *layout) above(x, w int) rect {
	x = min(max(x-w/2, l.names.x+14), l.names.right()-14-w)
	return rect{x, recordY, w, recordH}
}

func (l *layout) placeRecord(n *Node) {
	db := toOf(l.g, Answers, n.ID)
	if db == "" {
		return
	}
	r := l.above(l.at[db].midX(), recordW)
	lines := []string{"weight " + n.Record.Weight, fmt.Sprintf("CNAME, TTL %s s", n.Record.TTL)}
	l.card(r, "plain", "record", l.g.short(n.Record.SetIdentifier)+" record", lines, n.ID)
}

func (l *layout) placeHealthCheck() {
	check := l.g.first(KindHealthCheck)
	if check == nil {
		return
	}
	x := l.gapX()
	if alarm := l.writerAlarm(); alarm != nil {
		x = l.at[alarm.ID].midX()
	}
	r := l.above(x, recordW-20)
	// Between the records: its line to the one must not cross the other.
	for _, record := range l.g.Find(func(n Node) bool { return n.Kind == KindRecord }) {
		at, ok := l.at[record.ID]
		switch {
		case !ok:
		case at.midX() > l.names.midX():
			r.x = min(r.x, at.x-2*gutter-r.w)
		default:
			r.x = max(r.x, at.right()+2*gutter)
		}
	}
	l.card(r, "plain", "health", "Health check", []string{"follows the alarm"}, check.ID)
}

// placeWitnesses places the regions that tell whether the guard is cut off
// itself: in the gap, because they are neither of the two.
func (l *layout) placeWitnesses() {
	found := l.g.Find(func(n Node) bool { return n.Kind == KindWitness })
	if len(found) == 0 {
		return
	}
	from, to := l.gap()
	ids := make([]string, len(found))
	for i, n := range found {
		ids[i] = n.ID
	}
	h := 34 + 17*len(found)
	l.card(rect{from + 24, topRowY - 12, to - from - 48, h}, "plain", "globe", "Witnesses", names(found), ids...)
}

func names(nodes []*Node) []string {
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = n.Name
	}
	return list
}
