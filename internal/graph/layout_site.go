package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Places inside a region, counted from its inner edge.
const (
	vpcPad   = 14
	tierPad  = 12
	gutter   = 10
	tierW    = 104
	dbTierW  = 190
	guardCol = 410
	chipW    = 96

	guardCardW = 312
	firstTier  = vpcPad + tierPad
)

// column is a tier's place in a region.
type column struct {
	tier  Tier
	inner int
	w     int
}

// columns puts what a failover runs through next to the gap: the guard's
// subnets where it is, else the databases'.
func (p *sitePlan) columns() []column {
	order := []column{{TierDatabase, 0, dbTierW}, {TierPrivate, 0, tierW}, {TierPublic, 0, tierW}}
	if p.wide {
		order = []column{{TierPrivate, 0, guardCol}, {TierDatabase, 0, dbTierW}, {TierPublic, 0, tierW}}
	}
	inner := firstTier
	for i := range order {
		order[i].inner = inner
		inner += order[i].w + gutter
	}
	return order
}

func (p *sitePlan) column(tier Tier) column {
	columns := p.columns()
	return columns[slices.IndexFunc(columns, func(c column) bool { return c.tier == tier })]
}

func (l *layout) placeSite(p *sitePlan) {
	style := "replica-site"
	if p.Role == RolePrimary {
		style = "primary-site"
	}
	l.panel(rect{p.x, siteY, p.w, l.siteH}, style, "")
	l.placeHeading(p)
	l.placeVPC(p)
	l.placeDatabase(p)
	l.placeAlarms(p)
	l.placeKeys(p)
	l.placeFailure(p)
	if l.guard != nil && l.guard.Region == p.Region {
		l.placeGuard(p)
	}
	l.placeTopRow(p)
}

// headingRoom is what is left of the line from the writer's alarm to DNS.
const headingRoom = 200

func (l *layout) placeHeading(p *sitePlan) {
	l.text(p.x+16, siteY+28, p.Region, fontHeading, "ink")
	used := width(p.Region, fontHeading) + 8
	role := string(p.Role) + " site"
	if used+width(role, fontText) > headingRoom {
		role = string(p.Role)
	}
	l.text(p.x+16+used, siteY+28, role, fontText, "muted")
}

func (l *layout) placeVPC(p *sitePlan) {
	vpc := l.g.first(KindVPC, inRegion(p.Region))
	if vpc == nil {
		return
	}
	bottom := l.alarmRowY - channel
	r := p.rect(vpcPad, vpcY, p.w-2*vpcPad, bottom-vpcY)
	l.panel(r, "vpc", vpc.ID)
	l.at[vpc.ID] = r
	// At the outer end, out of the way of what comes down to the guard.
	x, side := r.x+12, anchorStart
	if !p.left {
		x, side = r.right()-12, anchorEnd
	}
	l.textAt(x, vpcY+19, "VPC "+vpc.CIDR, fontSmall, side, "muted")
	for _, c := range p.columns() {
		l.placeTier(p, c, bottom-10)
	}
}

func (l *layout) placeTier(p *sitePlan, c column, bottom int) {
	subnets := l.subnets(p, c.tier)
	if len(subnets) == 0 {
		return
	}
	r := p.rect(c.inner, panelY, c.w, bottom-panelY)
	acl := l.aclOf(subnets)
	style, id := "tier", ""
	if acl != nil {
		style, id = "tier fenced", acl.ID
		l.at[acl.ID] = r
		l.textAt(r.right()-10, panelY+18, "network ACL", fontTiny, anchorEnd, "muted")
	}
	l.panel(r, style, id)
	x, side := r.x+10, anchorStart
	if p.left && c.w == guardCol { // at the inner edge, as on the right
		x, side = r.right()-10, anchorEnd
	}
	l.textAt(x, panelY+18, string(c.tier), fontSmall, side, "ink")
	for i, s := range subnets {
		chip := p.rect(c.inner+4, chipsY+i*chipH, chipW, chipH-3)
		l.panel(chip, "chip", s.ID)
		zone := strings.TrimPrefix(s.Subnet.Zone, p.Region)
		l.text(chip.x+6, chip.y+12, fit(zone+" "+s.CIDR, fontTiny, chipW-8), fontTiny, "muted")
	}
	if c.tier == TierPublic {
		l.placeGateways(p, c, subnets)
	}
}

// aclOf is the network ACL of all these subnets, nil where they have none of
// their own.
func (l *layout) aclOf(subnets []*Node) *Node {
	return l.g.first(KindNetworkACL, func(acl Node) bool {
		return !slices.ContainsFunc(subnets, func(s *Node) bool { return !slices.Contains(acl.Subnets, s.ID) })
	})
}

func (l *layout) placeGateways(p *sitePlan, c column, subnets []*Node) {
	gateways := l.g.Find(func(n Node) bool {
		return n.Kind == KindNATGateway && slices.ContainsFunc(subnets, func(s *Node) bool { return s.ID == n.Parent })
	})
	if len(gateways) == 0 {
		return
	}
	ids := make([]string, len(gateways))
	zones := make([]string, len(gateways))
	for i, n := range gateways {
		ids[i] = n.ID
		zones[i] = strings.TrimPrefix(l.g.Node(n.Parent).Subnet.Zone, p.Region)
	}
	r := p.rect(c.inner+4, cardY, tierW-8, topRowH)
	l.card(r, "plain", "gateway", "NAT", []string{"zone " + strings.Join(zones, ", ")}, ids...)
}

func (l *layout) placeDatabase(p *sitePlan) {
	db := l.g.first(KindDatabase, inRegion(p.Region))
	c := p.column(TierDatabase)
	r := p.rect(c.inner+tierPad, cardY, c.w-2*tierPad, dbH)
	l.put(r, "database", "", 0, db.ID)
	zones := "single zone"
	if db.Database.MultiAZ {
		zones = "Multi-AZ"
	}
	l.cards = append(l.cards, card{rect: rect{r.midX() - 20, r.y + 18, 40, 40}, style: "icon", icon: "database"})
	lines := []string{string(db.Role), engine(db.Database), db.Database.Class, zones}
	l.textAt(r.midX(), r.y+88, fit(l.g.short(db.Name), fontName, r.w-16), fontName, anchorMiddle, "ink")
	for i, s := range lines {
		l.textAt(r.midX(), r.y+110+19*i, fit(s, fontSmall, r.w-16), fontSmall, anchorMiddle, "muted")
	}
}

// placeFailure marks where the story starts: at the primary.
func (l *layout) placeFailure(p *sitePlan) {
	if p.Role != RolePrimary {
		return
	}
	db := l.at[l.g.first(KindDatabase, inRegion(p.Region)).ID]
	l.marks = append(l.marks, point{db.x + 4, db.y + 4})
	if p.wide {
		return // the guard's schedule stands where the words would
	}
	x := p.x + 30
	l.marks = append(l.marks, point{x, topRowY + 16})
	l.text(x+18, topRowY+21, "It starts here", fontName, "failure")
	l.text(x+18, topRowY+41, "the instance or the whole", fontSmall, "muted")
	l.text(x+18, topRowY+58, "region stops answering", fontSmall, "muted")
}

func engine(d *Database) string {
	if d.Engine == "postgres" {
		return "PostgreSQL " + d.Version
	}
	return strings.TrimSpace(d.Engine + " " + d.Version)
}

// placeKeys draws what is copied from region to region besides the database:
// its key and its credentials, a row each.
func (l *layout) placeKeys(p *sitePlan) {
	for row, kind := range []Kind{KindKey, KindSecret} {
		n := l.g.first(kind, inRegion(p.Region), func(n Node) bool { return n.Role != "" })
		if n == nil {
			continue
		}
		r := p.rect(vpcPad, l.keyRowY+row*(keyH+6), p.w-2*vpcPad, keyH)
		icon, title := "key", "Key"
		if kind == KindSecret {
			icon, title = "lock", "Credentials"
		}
		l.put(r, "plain", icon, r.y+20, n.ID)
		x := r.x + cardPad + iconW
		l.text(x, r.y+20, title, fontName, "ink")
		x += width(title, fontName) + 8
		l.text(x, r.y+20, fit(l.keyText(n), fontSmall, r.right()-x-cardPad), fontSmall, "muted")
	}
}

func (l *layout) keyText(n *Node) string {
	var kinds []string
	for _, e := range l.g.edges(Encrypts) {
		kind := string(l.g.Node(e.To).Kind)
		if e.From == n.ID && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	if len(kinds) == 0 {
		return l.g.short(n.Name)
	}
	return fmt.Sprintf("%s, for %s", l.g.short(strings.TrimPrefix(n.Name, "alias/")), strings.Join(kinds, ", "))
}
