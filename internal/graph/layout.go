package graph

import (
	"slices"
	"strings"
)

// The grid, in pixels. Across: the primary's region, a gap, the replica's;
// each region's inner edge is the one at the gap. Downwards: title, names,
// regions, and the steps of a failover.
const (
	canvasW = 1480
	margin  = 24

	// A region is wide where the guard is.
	plainW = 470
	guardW = 776

	titleY = 46
	namesY = 88
	namesH = 112
	siteY  = namesY + namesH + 16

	topRowY = siteY + 40 // schedule, the writer's alarm, ledger
	topRowH = 54
	vpcY    = topRowY + topRowH + 16
	panelY  = vpcY + 28
	cardY   = panelY + 28
	guardH  = 160
	dbH     = 196
	copyY   = cardY + guardH + 18 // replication passes under the guard
	chipsY  = cardY + dbH + 12
	chipH   = 19

	alarmH  = 80
	keyH    = 30
	channel = 18 // between rows
	stepsH  = 126
)

// layout places what a graph holds. What is missing from the graph leaves its
// place empty.
type layout struct {
	*scene
	g     *Graph
	left  *sitePlan
	right *sitePlan
	// at is where nodes are, by ID.
	at map[string]rect

	guard     *Node
	alarmRowY int
	keyRowY   int
	siteH     int
	names     rect
}

// sitePlan is a region's place. Inside, x is counted from the inner edge, so
// that both regions are laid out alike and mirrored.
type sitePlan struct {
	Site
	x, w int
	left bool
	// wide is where the guard is, or would be.
	wide bool
}

// rect turns a place counted from the inner edge into one on the canvas.
func (p *sitePlan) rect(inner, y, w, h int) rect {
	return rect{p.point(inner, w), y, w, h}
}

func (p *sitePlan) point(inner, w int) int {
	if p.left {
		return p.x + p.w - inner - w
	}
	return p.x + inner
}

// innerX is the edge of a rectangle in this site that faces the gap.
func (p *sitePlan) innerX(r rect) int {
	if p.left {
		return r.right()
	}
	return r.x
}

func newLayout(g *Graph) *layout {
	l := &layout{scene: &scene{w: canvasW}, g: g, at: map[string]rect{}, guard: g.first(KindGuard)}
	l.left = &sitePlan{Site: g.Sites[0], left: true, w: plainW}
	l.right = &sitePlan{Site: g.Sites[1], w: guardW, wide: true}
	if l.guard != nil && l.guard.Region == l.left.Region {
		l.left.w, l.left.wide = guardW, true
		l.right.w, l.right.wide = plainW, false
	}
	l.left.x = margin
	l.right.x = canvasW - margin - l.right.w

	rows := max(l.zoneRows(l.left), l.zoneRows(l.right))
	l.alarmRowY = chipsY + rows*chipH + 5 + 10 + channel
	l.keyRowY = l.alarmRowY + alarmH + channel
	l.siteH = l.keyRowY + 2*keyH + 6 + 14 - siteY
	l.h = siteY + l.siteH + margin
	if len(story(g)) > 0 {
		l.h += channel + stepsH
	}
	return l
}

// arrange makes the scene of a graph.
func arrange(g *Graph) *scene {
	l := newLayout(g)
	l.placeTitle()
	for _, p := range l.sites() {
		l.placeSite(p)
	}
	l.placeNames()
	l.placeWitnesses()
	l.connect()
	l.placeLegend()
	l.placeSteps()
	return l.scene
}

func (l *layout) sites() []*sitePlan { return []*sitePlan{l.left, l.right} }

// site is where a region is drawn, nil where it is neither's.
func (l *layout) site(region string) *sitePlan {
	for _, p := range l.sites() {
		if p.Region == region {
			return p
		}
	}
	return nil
}

// guardSite is where the guard is, nil where there is none.
func (l *layout) guardSite() *sitePlan {
	if l.guard == nil {
		return nil
	}
	return l.site(l.guard.Region)
}

// gap between the regions.
func (l *layout) gap() (from, to int) { return l.left.x + l.left.w, l.right.x }

func (l *layout) gapX() int {
	from, to := l.gap()
	return (from + to) / 2
}

// put draws a card and remembers where its nodes are. An icon stands beside
// the title, whose baseline is given.
func (l *layout) put(r rect, style, icon string, titleY int, nodes ...string) {
	l.cards = append(l.cards, card{r, style, icon, titleY - 15, nodes})
	for _, id := range nodes {
		l.at[id] = r
	}
}

const (
	cardPad = 10
	iconW   = 22
)

// card draws a titled card: the title beside the icon, lines below it.
func (l *layout) card(r rect, style, icon, title string, lines []string, nodes ...string) {
	text := r.w - 2*cardPad
	y := r.y + (r.h-18-17*len(lines))/2 + 15
	l.put(r, style, icon, y, nodes...)
	l.text(r.x+cardPad+iconW, y, fit(title, fontName, text-iconW), fontName, "ink")
	for i, s := range lines {
		l.text(r.x+cardPad, y+19+17*i, fit(s, fontSmall, text), fontSmall, "muted")
	}
}

// subnets of a tier in a site, by zone.
func (l *layout) subnets(p *sitePlan, tier Tier) []*Node {
	found := l.g.Find(func(n Node) bool {
		return n.Kind == KindSubnet && n.Region == p.Region && n.Subnet.Tier == tier
	})
	slices.SortStableFunc(found, func(a, b *Node) int { return strings.Compare(a.Subnet.Zone, b.Subnet.Zone) })
	return found
}

func (l *layout) zoneRows(p *sitePlan) int {
	rows := 0
	for _, tier := range []Tier{TierPublic, TierPrivate, TierDatabase} {
		rows = max(rows, len(l.subnets(p, tier)))
	}
	return rows
}
