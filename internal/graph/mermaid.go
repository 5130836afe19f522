package graph

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// Mermaid draws the graph as a Mermaid flowchart, for Markdown. Alarms are
// drawn in groups; subnets, keys and credentials are in the other formats.
func Mermaid(g *Graph) []byte {
	m := &mermaid{g: g, ids: map[string]string{}}
	m.out.WriteString("%% Written by drctl graph; do not edit.\nflowchart LR\n")
	m.global()
	for _, site := range g.Sites {
		fmt.Fprintf(&m.out, "  subgraph %s[\"%s · %s site\"]\n", m.name(string(site.Role)), quote(site.Region), site.Role)
		m.site(site)
		m.out.WriteString("  end\n")
	}
	m.edges()
	m.out.WriteString("  classDef guard stroke:#b93807,stroke-width:2px\n  classDef database stroke:#1d4ed8,stroke-width:2px\n")
	m.classes()
	return m.out.Bytes()
}

type mermaid struct {
	g   *Graph
	out bytes.Buffer
	// ids are short names of the flowchart, by node ID: Mermaid refuses most
	// characters of an address.
	ids map[string]string
}

func (m *mermaid) name(id string) string {
	if m.ids[id] == "" {
		m.ids[id] = fmt.Sprintf("n%d", len(m.ids)+1)
	}
	return m.ids[id]
}

// quote keeps a text inside Mermaid's quotation marks.
func quote(s string) string { return strings.ReplaceAll(s, `"`, "#quot;") }

func (m *mermaid) node(indent int, shape string, n *Node, lines ...string) {
	for i := range lines {
		lines[i] = quote(lines[i])
	}
	open, end, _ := strings.Cut(shape, " ")
	fmt.Fprintf(&m.out, "%s%s%s\"%s\"%s\n", strings.Repeat("  ", indent), m.name(n.ID), open, strings.Join(lines, "<br/>"), end)
}

// Shapes of nodes: what opens and what closes the text.
const (
	shapeBox      = "[ ]"
	shapeRound    = "( )"
	shapeStadium  = "([ ])"
	shapeCylinder = "[( )]"
	shapeHexagon  = "{{ }}"
)

// global are the nodes of no region of the two.
func (m *mermaid) global() {
	if n := m.g.first(KindClients); n != nil {
		m.node(1, shapeStadium, n, "Applications", n.Name)
	}
	if zone := m.g.first(KindZone); zone != nil {
		fmt.Fprintf(&m.out, "  subgraph %s[\"Private zone %s\"]\n", m.name(zone.ID), quote(zone.Name))
		for _, n := range m.g.Find(func(n Node) bool { return n.Kind == KindRecord }) {
			m.node(2, shapeBox, n, n.Record.SetIdentifier, "weight "+n.Record.Weight)
		}
		for _, n := range m.g.Find(func(n Node) bool { return n.Kind == KindHealthCheck }) {
			m.node(2, shapeHexagon, n, "Health check")
		}
		m.out.WriteString("  end\n")
	}
	for _, n := range m.g.Find(func(n Node) bool { return n.Kind == KindWitness }) {
		m.node(1, shapeStadium, n, "Witness region", n.Name)
	}
	if n := m.g.first(KindHumans); n != nil {
		m.node(1, shapeStadium, n, fmt.Sprintf("Humans (%d)", n.Count))
	}
}

func (m *mermaid) site(site Site) {
	vpc := m.g.first(KindVPC, inRegion(site.Region))
	if vpc != nil {
		fmt.Fprintf(&m.out, "    subgraph %s[\"VPC %s\"]\n", m.name(vpc.ID), quote(vpc.CIDR))
	}
	inside := []Kind{KindDatabase, KindNetworkACL, KindGuard, KindNATGateway}
	for _, n := range m.g.Find(func(n Node) bool { return n.Region == site.Region && slices.Contains(inside, n.Kind) }) {
		m.inVPC(n)
	}
	if vpc != nil {
		m.out.WriteString("    end\n")
	}
	for _, n := range m.g.Find(inRegion(site.Region)) {
		switch {
		case n.Kind == KindSchedule:
			m.node(2, shapeRound, n, "Schedule", n.Schedule)
		case n.Kind == KindLedger:
			m.node(2, shapeCylinder, n, "Ledger", n.Name)
		case n.Kind == KindTopic:
			m.node(2, shapeRound, n, "Topic", n.Name)
		case n.Kind == KindAlarm && isFollowed(m.g, n.ID):
			m.node(2, shapeHexagon, n, "Alarm", n.Name)
		}
	}
	for _, x := range groups(m.g) {
		if x.region == site.Region {
			m.group(x)
		}
	}
}

func (m *mermaid) inVPC(n *Node) {
	switch n.Kind {
	case KindDatabase:
		m.node(3, shapeCylinder, n, n.Name, engine(n.Database), n.Database.Class)
	case KindNetworkACL:
		m.node(3, shapeBox, n, "Network ACL", n.Name)
	case KindGuard:
		m.node(3, shapeHexagon, n, "Guard", n.Name)
	case KindNATGateway:
		m.node(3, shapeBox, n, "NAT gateway", n.Name)
	}
}

// group draws alarms as one and lets all of them go by its name.
func (m *mermaid) group(x group) {
	first := x.alarms[0]
	m.node(2, shapeHexagon, first, append([]string{count(len(x.alarms), "alarm")}, x.names(m.g)...)...)
	for _, alarm := range x.alarms {
		m.ids[alarm.ID] = m.ids[first.ID]
	}
}

// captions are what the arrows say; a relation without one is not drawn.
var captions = map[Relation]string{
	Replicates: "streaming replication", Protects: "protects", Asks: "asks", Answers: "answers with",
	Probes: "SQL", Describes: "RDS API", Witnesses: "am I cut off?", Measures: "metrics", Notifies: "alarm", Reports: "RDS events",
	Wakes: "wakes", Tells: "tells", Remembers: "remembers", Egress: "to AWS", Fences: "fence", Promotes: "promote",
	Publishes: string(contract.ActiveWriter), Follows: "followed by", TakesOut: "takes out", Weighs: "weights",
}

func (m *mermaid) edges() {
	drawn := map[string]bool{}
	for _, e := range m.g.Edges {
		from, to := m.ids[e.From], m.ids[e.To]
		caption := captions[e.Relation]
		if from == "" || to == "" || caption == "" {
			continue
		}
		if e.Step != 0 {
			caption = fmt.Sprintf("%d %s", e.Step, caption)
		}
		if e.Via != "" {
			caption += " over peering"
		}
		arrow := "-->"
		if e.Step == StepDetect {
			arrow = "-.->"
		}
		text := fmt.Sprintf("  %s %s|\"%s\"| %s\n", from, arrow, quote(caption), to)
		if !drawn[text] {
			drawn[text] = true
			m.out.WriteString(text)
		}
	}
}

func (m *mermaid) classes() {
	for _, n := range m.g.Find(func(n Node) bool { return n.Kind == KindGuard || n.Kind == KindDatabase }) {
		fmt.Fprintf(&m.out, "  class %s %s\n", m.ids[n.ID], n.Kind)
	}
}
