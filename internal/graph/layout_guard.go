package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Places around the guard, counted from the inner edge of its region.
const (
	guardInner = firstTier + tierPad

	scheduleInner, scheduleW = guardInner, 120
	writerInner, writerW     = 170, 158
	weighInner               = 338
	ledgerInner, ledgerW     = 350, 130

	// In a region without the guard, should something of its be there:
	// beyond the line that comes down to the database.
	strayInner, strayEnd = 222, plainW - vpcPad

	// The row below, with the guard.
	guardAlarmsInner, guardAlarmsW = firstTier, 178
	noticeInner, noticeW           = 216, 100
	ownTopicInner, ownTopicW       = 328, 100
	ownAlarmsInner, ownAlarmsW     = 442, 216
	// And without it.
	topicInner, topicW   = firstTier, 108
	alarmsInner, alarmsW = 150, 190
	// What finds no other place.
	spareInner, wideSpareInner, spareW = 350, 668, 94
)

func (l *layout) placeGuard(p *sitePlan) {
	n := l.guard
	r := p.rect(guardInner, cardY, guardCardW, guardH)
	l.put(r, "guard", "", 0, n.ID)
	l.cards = append(l.cards, card{rect: rect{r.x + 12, r.y + 11, 26, 26}, style: "icon", icon: "guard"})
	l.text(r.x+48, r.y+24, "Guard", fontHeading, "ink")
	l.text(r.x+48, r.y+42, fit(l.g.short(n.Name), fontSmall, r.w-60), fontSmall, "muted")
	l.panel(rect{r.x + 14, r.y + 54, r.w - 28, 1}, "rule", "")
	l.badge(r.x+26, r.y+74, StepDecide)
	for i, s := range decision(n.Policy) {
		l.text(r.x+48, r.y+79+21*i, fit(s, fontText, r.w-60), fontText, "ink")
	}
}

// decision tells when the guard acts, a line each.
func decision(p *Policy) []string {
	var lines []string
	if p.InstanceFailedSeconds != "" && p.InstanceUnreachableSeconds != "" {
		lines = append(lines, fmt.Sprintf("instance lost: after %s to %s s", p.InstanceFailedSeconds, p.InstanceUnreachableSeconds))
	}
	if p.RegionSilentSeconds != "" && p.OnRegionSilent != "" {
		lines = append(lines, fmt.Sprintf("region silent: after %s s, %s", p.RegionSilentSeconds, p.OnRegionSilent))
	}
	if p.MaxDataLossSeconds != "" {
		lines = append(lines, fmt.Sprintf("data at risk: %s s at most", p.MaxDataLossSeconds))
	}
	if p.Mode != "" {
		lines = append(lines, "mode: "+p.Mode)
	}
	return lines
}

// placeTopRow places what is above the VPC: what wakes the guard, what it
// remembers in, and the alarm that DNS follows.
func (l *layout) placeTopRow(p *sitePlan) {
	stray := strayInner
	place := func(n *Node, at, w int, icon, title, text string) {
		if !p.wide {
			at, w = stray, min(w, strayEnd-stray)
			stray += w + gutter
		}
		l.card(p.rect(at, topRowY, w, topRowH), "plain", icon, title, []string{text}, n.ID)
	}
	if n := l.g.first(KindSchedule, inRegion(p.Region)); n != nil {
		place(n, scheduleInner, scheduleW, "clock", "Schedule", n.Schedule)
	}
	if n := l.writerAlarm(); n != nil && n.Region == p.Region {
		place(n, writerInner, writerW, "alarm", l.g.short(n.Name), "on "+n.Metric.Namespace+"/"+n.Metric.Name)
	}
	if n := l.g.first(KindLedger, inRegion(p.Region)); n != nil {
		place(n, ledgerInner, ledgerW, "ledger", "Ledger", l.g.short(n.Name))
	}
}

// writerAlarm is the alarm that a health check follows.
func (l *layout) writerAlarm() *Node {
	return l.g.first(KindAlarm, func(n Node) bool { return isFollowed(l.g, n.ID) })
}

// slot is a place in the row below a VPC.
type slot struct{ inner, w int }

// placeAlarms places a region's alarms and topics below its VPC: those of the
// database below the database, others below the guard, and what finds no
// place of its own together at the outer end.
func (l *layout) placeAlarms(p *sitePlan) {
	free := map[bool]slot{true: {alarmsInner, alarmsW}}
	spare := slot{spareInner, spareW}
	if p.wide {
		free = map[bool]slot{true: {ownAlarmsInner, ownAlarmsW}, false: {guardAlarmsInner, guardAlarmsW}}
		spare = slot{wideSpareInner, spareW}
	}
	var rest group
	for _, x := range l.drawnGroups(p.Region) {
		at, ok := free[l.ofDatabase(x)]
		if !ok {
			rest.alarms = append(rest.alarms, x.alarms...)
			continue
		}
		delete(free, l.ofDatabase(x))
		l.placeGroup(p, at, x)
	}
	if len(rest.alarms) > 0 {
		l.placeGroup(p, spare, rest)
	}
	for _, n := range l.g.Find(func(n Node) bool { return n.Kind == KindTopic && n.Region == p.Region }) {
		l.placeTopic(p, n)
	}
}

// drawnGroups are a region's, those beside the databases' joined by topic:
// what they watch shows in the lines.
func (l *layout) drawnGroups(region string) []group {
	var all []group
	for _, x := range groups(l.g) {
		i := slices.IndexFunc(all, func(y group) bool {
			return x.topic == y.topic && !l.ofDatabase(x) && !l.ofDatabase(y)
		})
		switch {
		case x.region != region:
		case i >= 0:
			all[i].alarms = append(all[i].alarms, x.alarms...)
		default:
			all = append(all, x)
		}
	}
	return all
}

// ofDatabase says whether a group's alarms watch a database.
func (l *layout) ofDatabase(x group) bool {
	source := l.g.Node(x.source)
	return source != nil && source.Kind == KindDatabase
}

func (l *layout) placeGroup(p *sitePlan, at slot, x group) {
	r := p.rect(at.inner, l.alarmRowY, at.w, alarmH)
	names := wrap(strings.Join(x.names(l.g), ", "), fontTiny, at.w-2*cardPad, 3)
	y := r.y + (r.h-18-15*len(names))/2 + 15
	l.put(r, "plain", "alarm", y, x.ids()...)
	l.text(r.x+cardPad+iconW, y, fit(count(len(x.alarms), "alarm"), fontName, at.w-2*cardPad-iconW), fontName, "ink")
	for i, s := range names {
		l.text(r.x+cardPad, y+17+15*i, s, fontTiny, "muted")
	}
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// placeTopic places a topic by whose alarms it carries: the database's beside
// them, another below the guard.
func (l *layout) placeTopic(p *sitePlan, n *Node) {
	alarms := slices.ContainsFunc(groups(l.g), func(x group) bool { return x.topic == n.ID && l.ofDatabase(x) })
	at, title := slot{topicInner, topicW}, "Topic"
	switch {
	case p.wide && alarms:
		at, title = slot{ownTopicInner, ownTopicW}, "Alarms"
	case p.wide:
		at, title = slot{noticeInner, noticeW}, "Notices"
	case alarms:
		title = "Alarms"
	}
	told := "no e-mail"
	for _, e := range l.g.edges(Tells) {
		if to := l.g.Node(e.To); e.From == n.ID && to.Kind == KindHumans {
			told = fmt.Sprintf("%d by e-mail", to.Count)
		}
	}
	l.card(p.rect(at.inner, l.alarmRowY, at.w, alarmH), "plain", "topic", title, []string{"SNS topic", told}, n.ID)
}
