package graph

import (
	"bytes"
	"cmp"
	_ "embed" // the classes
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// classes are the picture's look.
//
//go:embed classes.d2
var classes string

const header = "# Written by drctl graph; do not edit. `make diagram` renders it.\n"

// Rows of the picture, from top to bottom. A level arrow joins what stands in
// one row.
const (
	rowTell = iota
	rowMinute
	rowAlarm
	rowSelf
	rowSee
	rowDecide
	rowFence
	rowPromote
	rowSwitch
	rowReplicate
	rowCopy
	rowCount

	guardRows = rowSwitch + 1
)

// Sizes in pixels, for the font sizes of the classes. charWidth is more than
// what a character of DejaVu Sans Bold takes on average.
const (
	cellHeight  = 76
	charWidth   = 11
	cellPadding = 24
	panelGap    = 12 // of the class panel, on each side
	cellChars   = 26
	alarmChars  = 30
	storyChars  = 40
)

// noHeading takes a heading's room; the classes of what has none make it
// transparent.
const noHeading = "-"

// cell is a card, empty where it has no class.
type cell struct {
	key, class, label string
	// nodes are the IDs of what the card stands for. A row of a database is
	// not all of it: part makes its ID.
	nodes []string
}

// part is the ID of what a row shows of a node.
func part(id string, row int) string { return fmt.Sprintf("%s#%d", id, row) }

// column is a part of a site: a panel of cards, a card each row. Cards from
// row rows on stand below the panel.
type column struct {
	key, class, label string
	nodes             []string // IDs of what the panel stands for
	rows              int
	cells             [rowCount]cell
	name              cell // the column's card in the row of the DNS
}

// width is what the longest line needs.
func (c column) width() int {
	chars := cellChars
	for _, x := range append(c.cells[:], c.name) {
		for _, l := range strings.Split(x.label, "\n") {
			chars = max(chars, utf8.RuneCountInString(l))
		}
	}
	return chars*charWidth + cellPadding
}

// d2 writes the picture.
type d2 struct {
	g    *Graph
	out  bytes.Buffer
	path []string
	// at is where a node or part is drawn, by its ID: a path in D2.
	at map[string]string
}

// D2 draws the graph in D2's language (https://d2lang.com): the regions side by
// side, a row for each step of the guard, and the applications' name below. The
// same graph gives the same bytes.
func D2(g *Graph) []byte {
	d := &d2{g: g, at: map[string]string{}}
	d.out.WriteString(header + classes)
	d.card(cell{key: "title", class: "title", label: title(g)}, 0, 0)
	d.open("picture", "frame", "")
	d.line("grid-columns: 1\ngrid-gap: 24")
	d.body()
	d.story()
	d.close()
	d.arrows()
	return d.out.Bytes()
}

func title(g *Graph) string {
	return fmt.Sprintf("PostgreSQL in %s and %s, and how a failover runs", g.Sites[0].Region, g.Sites[1].Region)
}

// body is a grid of three columns (a site, the gap, the other site) and three
// rows (the sites, the name, the applications).
func (d *d2) body() {
	left, right, gap := d.columns(d.g.Sites[0]), d.columns(d.g.Sites[1]), d.gap()
	slices.Reverse(left) // what is near the gap comes first
	d.open("body", "frame", "")
	d.line("grid-rows: 3\ngrid-columns: 3\nhorizontal-gap: 0\nvertical-gap: 24")
	d.site(d.g.Sites[0], left)
	d.open("between", "between", noHeading+"\n"+noHeading)
	d.column(gap)
	d.close()
	d.site(d.g.Sites[1], right)
	if d.g.first(KindZone) != nil {
		d.names("names1", left)
		d.card(gap.name, 0, 0)
		d.names("names2", right)
	}
	if n := d.g.first(KindClients); n != nil {
		d.card(cell{key: "blank1"}, 0, 0)
		d.card(cell{"clients", "card", "Applications\n" + n.Name, []string{n.ID}}, 0, cellHeight)
		d.card(cell{key: "blank2"}, 0, 0)
	}
	d.close()
}

func (d *d2) site(site Site, columns []column) {
	label := fmt.Sprintf("%s · %s site", site.Region, site.Role)
	if vpc := d.g.first(KindVPC, inRegion(site.Region)); vpc != nil {
		label += "\nVPC " + vpc.CIDR
	}
	d.open(string(site.Role), string(site.Role), label)
	for _, c := range columns {
		d.column(c)
	}
	d.close()
}

// column writes the panel, and below it the cards that are not in it.
func (d *d2) column(c column) {
	d.open(c.key, "column", "")
	// A heading has room even where there is none: so all rows are level.
	d.open("panel", cmp.Or(c.class, "column"), cmp.Or(c.label, noHeading), c.nodes...)
	for row, x := range c.cells {
		if row == c.rows {
			d.close()
		}
		x.key = cmp.Or(x.key, fmt.Sprintf("row%d", row))
		d.card(x, c.width(), heightOf(row))
	}
	if c.rows == rowCount {
		d.close()
	}
	d.close()
}

// heightOf is the height of a row: alarms and what the guard decides take four
// lines.
func heightOf(row int) int {
	if row == rowAlarm || row == rowDecide {
		return cellHeight + 24
	}
	return cellHeight
}

// names writes the DNS of a site below it.
func (d *d2) names(key string, columns []column) {
	d.open(key, "names", "")
	for _, c := range columns {
		c.name.key = cmp.Or(c.name.key, "none")
		d.open(c.key, "column", "")
		d.card(c.name, c.width()+2*panelGap, cellHeight)
		d.close()
	}
	d.close()
}

func (d *d2) open(key, class, label string, nodes ...string) {
	d.path = append(d.path, key)
	d.remember(nodes)
	fmt.Fprintf(&d.out, "%s: %s {\nclass: %s\n", key, quoteD2(label), class)
}

func (d *d2) close() {
	d.path = d.path[:len(d.path)-1]
	d.line("}")
}

func (d *d2) remember(nodes []string) {
	for _, id := range nodes {
		d.at[id] = strings.Join(d.path, ".")
	}
}

func (d *d2) line(s string) { d.out.WriteString(s + "\n") }

// card writes a card; D2 chooses a size of 0.
func (d *d2) card(c cell, width, height int) {
	d.path = append(d.path, c.key)
	d.remember(c.nodes)
	d.path = d.path[:len(d.path)-1]
	size := ""
	if width > 0 {
		size += fmt.Sprintf("; width: %d", width)
	}
	if height > 0 {
		size += fmt.Sprintf("; height: %d", height)
	}
	fmt.Fprintf(&d.out, "%s: %s {class: %s%s}\n", c.key, quoteD2(c.label), cmp.Or(c.class, "blank"), size)
}

// quoteD2 is a string in D2's double quotes, where $ would begin a variable.
func quoteD2(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`).Replace(s) + `"`
}

// wrap breaks a text at spaces into lines of at most so many characters, or of
// one word.
func wrap(s string, chars int) string {
	var lines []string
	for _, word := range strings.Fields(s) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last]+" "+word) <= chars {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return strings.Join(lines, "\n")
}
