package graph

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// The look. A background of its own keeps the picture readable on a dark
// page; every text has a contrast of at least 4.5:1 on what it stands on.
const styleSheet = `
text{font-family:-apple-system,BlinkMacSystemFont,"Segoe UI",Helvetica,Arial,"Liberation Sans",sans-serif}
.ink{fill:#1f2328}.muted{fill:#57606a}.data.t{fill:#1d4ed8}.evidence.t{fill:#0f766e}.action.t{fill:#b93807}
.page{fill:#ffffff;stroke:#d0d7de}
.primary-site{fill:#fdf6f3;stroke:#e5c9bd}.replica-site{fill:#f2f7fd;stroke:#bdd2ea}.names{fill:#f6f8fa;stroke:#d0d7de}
.vpc{fill:#ffffff;fill-opacity:.6;stroke:#b6bec8}.tier{fill:#eef1f5;fill-opacity:.8;stroke:none}.fenced{stroke:#8c959f;stroke-dasharray:5 4}
.chip{fill:#ffffff;stroke:#d8dee4}.rule{fill:#d0d7de;stroke:none}.step{fill:#f6f8fa;stroke:#d0d7de}
.plain,.clients{fill:#ffffff;stroke:#afb8c1}.pill{fill:#ffffff;stroke:#0f766e}
.database{fill:#ffffff;stroke:#1d4ed8;stroke-width:1.5}.guard{fill:#ffffff;stroke:#b93807;stroke-width:2}
.glyph{fill:none;stroke:#57606a;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}.glyph.db{stroke:#1d4ed8;stroke-width:1.4}.glyph.gd{stroke:#b93807}
.line{fill:none;stroke-width:1.7}.thick{stroke-width:3.5}.dashed{stroke-dasharray:6 4}
.data.line{stroke:#1d4ed8}.evidence.line{stroke:#0f766e}.action.line{stroke:#b93807}.signal.line{stroke:#6e7781}
.failure{fill:#b42318}.cross{fill:none;stroke:#ffffff;stroke-width:2.2;stroke-linecap:round}
.badge{stroke:#ffffff;stroke-width:2}.digit{fill:#ffffff;font-weight:700;text-anchor:middle}
`

// SVG draws the graph. The same graph gives the same bytes.
func SVG(g *Graph) []byte {
	s := arrange(g)
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`+"\n", s.w, s.h, s.w, s.h)
	fmt.Fprintf(&out, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", escape(title(g)), escape(describe(g)))
	fmt.Fprintf(&out, "<style>%s</style>\n<defs>\n", styleSheet)
	writeMarkers(&out)
	out.WriteString("</defs>\n")
	fmt.Fprintf(&out, `<rect class="page" x="0.5" y="0.5" width="%d" height="%d" rx="10"/>`+"\n", s.w-1, s.h-1)
	for _, p := range s.panels {
		writeRect(&out, p.rect, p.style, p.node)
	}
	for _, l := range s.lines {
		writeLine(&out, l)
	}
	for _, c := range s.cards {
		writeCard(&out, c)
	}
	for _, t := range s.texts {
		writeText(&out, t)
	}
	for _, m := range s.marks {
		fmt.Fprintf(&out, `<circle class="badge failure" cx="%d" cy="%d" r="%d"/><path class="cross" d="M%d %dl8 8m0-8l-8 8"/>`+"\n", m.x, m.y, badgeRadius+1, m.x-4, m.y-4)
	}
	for _, b := range s.badges {
		writeBadge(&out, b)
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func escape(s string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(s)) // a Builder does not fail
	return out.String()
}

var toneColours = []struct {
	tone   tone
	colour string
}{
	{toneData, "#1d4ed8"},
	{toneEvidence, "#0f766e"},
	{toneAction, "#b93807"},
	{toneSignal, "#6e7781"},
}

func writeMarkers(out *bytes.Buffer) {
	for _, t := range toneColours {
		fmt.Fprintf(out, `<marker id="arrow-%s" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1L9 5L0 9z" fill="%s"/></marker>`+"\n", t.tone, t.colour)
		fmt.Fprintf(out, `<marker id="bar-%s" viewBox="0 0 6 22" refX="3" refY="11" markerWidth="6" markerHeight="22" markerUnits="userSpaceOnUse" orient="auto"><path d="M1 0h4v22h-4z" fill="%s"/></marker>`+"\n", t.tone, t.colour)
	}
}

// radius of the corners, by style; smaller things have smaller ones.
func radius(style string) int {
	switch style {
	case "chip", "rule":
		return 3
	case "pill":
		return 13
	case "primary-site", "replica-site", "names":
		return 12
	}
	return 8
}

func writeRect(out *bytes.Buffer, r rect, style string, nodes ...string) {
	fmt.Fprintf(out, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="%d"`, style, r.x, r.y, r.w, r.h, radius(style))
	if id := strings.Join(nodes, " "); id != "" {
		fmt.Fprintf(out, ` data-node="%s"`, escape(id))
	}
	out.WriteString("/>\n")
}

func writeLine(out *bytes.Buffer, l line) {
	class := "line " + string(l.tone)
	if l.thick {
		class += " thick"
	}
	if l.dashed {
		class += " dashed"
	}
	marker := "arrow"
	if l.bar {
		marker = "bar"
	}
	points := make([]string, len(l.points))
	for i, p := range l.points {
		points[i] = strconv.Itoa(p.x) + "," + strconv.Itoa(p.y)
	}
	fmt.Fprintf(out, `<polyline class="%s" points="%s"`, class, strings.Join(points, " "))
	if l.relation != "" {
		fmt.Fprintf(out, ` marker-end="url(#%s-%s)" data-edge="%s" data-from="%s" data-to="%s"`, marker, l.tone, l.relation, escape(l.from), escape(l.to))
	}
	out.WriteString("/>\n")
}

func writeCard(out *bytes.Buffer, c card) {
	if c.style != "icon" {
		writeRect(out, c.rect, c.style, c.nodes...)
		if c.icon != "" {
			writeIcon(out, c.icon, "glyph", c.x+cardPad-2, c.iconY, 18)
		}
		return
	}
	class := "glyph"
	switch c.icon {
	case "database":
		class += " db"
	case "guard":
		class += " gd"
	}
	writeIcon(out, c.icon, class, c.x, c.y, c.w)
}

func writeIcon(out *bytes.Buffer, icon, class string, x, y, size int) {
	scale := strconv.FormatFloat(float64(size)/24, 'f', 4, 64)
	fmt.Fprintf(out, `<g class="%s" transform="translate(%d %d) scale(%s)">%s</g>`+"\n", class, x, y, scale, icons[icon])
}

func writeText(out *bytes.Buffer, t label) {
	weight := ""
	if t.font.bold {
		weight = ` font-weight="600"`
	}
	fmt.Fprintf(out, `<text class="t %s" x="%d" y="%d" font-size="%d"%s text-anchor="%s">%s</text>`+"\n", t.style, t.x, t.y, t.font.size, weight, t.anchor, escape(t.text))
}

func writeBadge(out *bytes.Buffer, b badge) {
	fmt.Fprintf(out, `<circle class="badge" cx="%d" cy="%d" r="%d" fill="%s"/><text class="digit" x="%d" y="%d" font-size="12">%d</text>`+"\n",
		b.x, b.y, badgeRadius, stepColour(b.step), b.x, b.y+4, b.step)
}

// stepColour is that of the lines of a step.
func stepColour(s Step) string {
	switch s {
	case StepDetect:
		return "#0f766e"
	case StepDecide:
		return "#1f2328"
	}
	return "#b93807"
}

func title(g *Graph) string {
	return fmt.Sprintf("PostgreSQL in two regions (%s and %s), and how a failover runs", g.Sites[0].Region, g.Sites[1].Region)
}

// describe tells the picture to those who do not see it.
func describe(g *Graph) string {
	var out strings.Builder
	for _, s := range g.Sites {
		if db := g.first(KindDatabase, inRegion(s.Region)); db != nil {
			fmt.Fprintf(&out, "%s holds the %s database %s. ", s.Region, s.Role, db.Name)
		}
	}
	if n := g.first(KindGuard); n != nil {
		fmt.Fprintf(&out, "The guard %s runs in %s. ", n.Name, n.Region)
	}
	for _, s := range story(g) {
		fmt.Fprintf(&out, "%d. %s: %s ", s.step, stepNames[s.step], s.text)
	}
	return strings.TrimSpace(out.String())
}
