package graph

// Heights at which lines reach the guard, downwards.
const (
	laneTop     = cardY + 16 // witnesses on the gap's side, ledger on the other
	laneSQL     = cardY + 46
	laneAPI     = cardY + 83
	laneFence   = cardY + 114
	lanePromote = cardY + 122
	laneTopic   = cardY + 142
)

// connect draws the edges.
func (l *layout) connect() {
	for _, e := range l.g.Edges {
		from, okFrom := l.at[e.From]
		to, okTo := l.at[e.To]
		if !okFrom || !okTo {
			continue
		}
		switch e.Relation {
		case Asks, Answers, TakesOut, Follows:
			l.connectNames(e, from, to)
		case Replicates:
			l.connectCopies(e, from, to)
		case Probes, Describes, Promotes, Fences:
			l.connectLane(e, from, to)
		case Publishes, Weighs, Remembers, Witnesses:
			l.connectUp(e, from, to)
		case Measures, Notifies, Wakes, Tells:
			l.connectSignal(e, from, to)
		}
	}
}

// draw adds a line once: alarms that are drawn as one have one line.
func (l *layout) draw(e Edge, t tone, points ...point) *line {
	for i := range l.lines {
		if same(l.lines[i].points, points) {
			return &l.lines[i]
		}
	}
	l.lines = append(l.lines, line{points: points, tone: t, from: e.From, to: e.To, relation: e.Relation})
	return &l.lines[len(l.lines)-1]
}

// drawDown draws between the names and a region: straight where one end is
// above the other, else with a level stretch between the two.
func (l *layout) drawDown(e Edge, t tone, from, to point) *line {
	if from.x == to.x {
		return l.draw(e, t, from, to)
	}
	y := l.names.bottom() + (siteY-l.names.bottom())/2
	return l.draw(e, t, from, point{from.x, y}, point{to.x, y}, to)
}

func same(a, b []point) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// facing are the edges of two rectangles that face each other, a to b.
func facing(a, b rect) (int, int) {
	if a.x < b.x {
		return a.right(), b.x
	}
	return a.x, b.right()
}

// shared is the middle of what two rectangles have in common across.
func shared(a, b rect) int {
	return (max(a.x, b.x) + min(a.right(), b.right())) / 2
}

func (l *layout) connectNames(e Edge, from, to rect) {
	switch e.Relation {
	case Asks:
		l.draw(e, toneData, point{from.right(), from.midY()}, point{to.x, from.midY()})
	case Answers:
		x := to.midX()
		after := l.g.Node(e.To).Role == RoleReplica
		l.drawDown(e, toneData, point{from.midX(), from.bottom()}, point{x, to.y}).dashed = after
		when := map[bool]string{false: "before", true: "after"}[after]
		l.textAt(x+10, topRowY+32, when, fontCaption, anchorStart, "data")
	case Follows:
		x := from.midX()
		l.drawDown(e, toneAction, point{x, from.y}, point{to.midX(), to.bottom()})
		l.badge(x, (from.y+l.names.bottom())/2+2, e.Step)
	case TakesOut:
		a, b := facing(from, to)
		y := from.midY()
		l.draw(e, toneAction, point{a, y}, point{b, y})
		l.badge((a+b)/2, y, e.Step)
		l.textAt((a+b)/2, y-16, "takes the record out", fontSmall, anchorMiddle, "action")
	}
}

func (l *layout) connectCopies(e Edge, from, to rect) {
	a, b := facing(from, to)
	y := from.midY()
	if l.g.Node(e.From).Kind == KindDatabase {
		y = copyY
	}
	ln := l.draw(e, toneData, point{a, y}, point{b, y})
	if y == copyY {
		ln.thick = true
		l.textAt(l.captionX(), y+19, "streaming replication", fontCaption, anchorMiddle, "data")
		return
	}
	l.textAt(l.gapX(), y-6, "copied", fontSmall, anchorMiddle, "data")
}

// connectLane draws a level line from the guard to a database or its fence.
func (l *layout) connectLane(e Edge, from, to rect) {
	y, t, caption := l.lane(e)
	a, b := facing(from, to)
	ln := l.draw(e, t, point{a, y}, point{b, y})
	ln.bar = e.Relation == Fences
	ln.dashed = t == toneEvidence
	middle := l.free(from, b)
	if e.Via != "" {
		l.placePeering(e.Via, y)
	} else {
		l.textAt(middle, y-6, caption, fontCaption, anchorMiddle, string(t))
	}
	l.badge(a+sign(b-a)*18, y, e.Step)
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

func (l *layout) lane(e Edge) (y int, t tone, caption string) {
	switch e.Relation {
	case Describes:
		return laneAPI, toneEvidence, "RDS API"
	case Fences:
		return laneFence, toneAction, "fence"
	case Promotes:
		return lanePromote, toneAction, "promote"
	}
	return laneSQL, toneEvidence, "SQL"
}

// free is the middle of where a caption on the way from the guard to x can
// stand: in the gap, or beside the guard in its own column.
func (l *layout) free(guard rect, x int) int {
	p := l.guardSite()
	inner := p.innerX(guard)
	if sign(x-inner) == sign(l.gapX()-inner) {
		return l.captionX()
	}
	outer := guard.x + guard.right() - inner
	return outer + sign(x-outer)*((guardCol-tierPad-guardCardW)/2+18)
}

// captionX is the middle of captions in the gap: off its own middle, away from
// the badges and the turn of a line beside the guard.
func (l *layout) captionX() int {
	if l.left.wide {
		return l.gapX() + 10
	}
	return l.gapX() - 10
}

// placePeering draws the peering on the line that goes through it.
func (l *layout) placePeering(id string, y int) {
	r := rect{l.captionX() - 56, y - 13, 112, 26}
	l.put(r, "pill", "", 0, id)
	l.textAt(r.midX(), y+4, "SQL via peering", fontTiny, anchorMiddle, "evidence")
}

// connectUp draws from the guard to what is above it.
func (l *layout) connectUp(e Edge, from, to rect) {
	p := l.guardSite()
	switch e.Relation {
	case Witnesses:
		x := p.innerX(from)
		l.draw(e, toneEvidence, point{x, laneTop}, point{l.gapX(), laneTop}, point{l.gapX(), to.bottom()}).dashed = true
		l.badge(x+sign(l.gapX()-x)*18, laneTop, e.Step)
	case Weighs:
		x := p.point(weighInner, 0)
		l.draw(e, toneAction, point{x, from.y}, point{x, to.bottom()})
		l.badge(x, (topRowY+to.bottom())/2+2, e.Step)
		l.textAt(x+16, (topRowY+to.bottom())/2+6, "weights", fontCaption, anchorStart, "action")
	case Remembers:
		outer := from.x + from.right() - p.innerX(from)
		l.draw(e, toneAction, point{outer, laneTop}, point{to.midX(), laneTop}, point{to.midX(), to.bottom()})
	case Publishes:
		x := to.midX()
		if x > from.x && x < from.right() {
			l.draw(e, toneAction, point{x, from.y}, point{x, to.bottom()})
		} else {
			y := topRowY + topRowH + 8
			start := p.point(weighInner-20, 0)
			l.draw(e, toneAction, point{start, from.y}, point{start, y}, point{x, y}, point{x, to.bottom()})
		}
	}
}

// connectSignal draws what measures, tells and wakes.
func (l *layout) connectSignal(e Edge, from, to rect) {
	switch {
	case e.Relation == Notifies:
		a, b := facing(from, to)
		l.draw(e, toneSignal, point{a, from.midY()}, point{b, from.midY()})
	case e.Relation == Wakes && l.site(l.g.Node(e.From).Region) != l.guardSite():
		l.connectFar(e, from, to)
	case e.Relation == Measures:
		p := l.site(l.g.Node(e.From).Region)
		x := p.point(chipW+tierPad+firstTier+10, 0)
		if l.g.Node(e.From).Kind == KindDatabase {
			outer := from.x + from.right() - p.innerX(from)
			x = outer - sign(outer-from.midX())*22
		}
		l.draw(e, toneSignal, point{x, from.bottom()}, point{x, to.y})
	default: // straight up or down
		x := shared(from, to)
		a, b := from.y, to.bottom()
		if from.y < to.y {
			a, b = from.bottom(), to.y
		}
		l.draw(e, toneSignal, point{x, a}, point{x, b})
	}
}

// connectFar draws from a topic of the other region to the guard, through
// the gap.
func (l *layout) connectFar(e Edge, from, to rect) {
	p := l.guardSite()
	x := p.innerX(to)
	near, _ := facing(from, to)
	turn := l.gapX() + sign(x-l.gapX())*66
	l.draw(e, toneSignal, point{near, from.midY()}, point{turn, from.midY()}, point{turn, laneTopic}, point{x, laneTopic})
}
