package graph

// A scene is what is to be drawn, in whole pixels, so that the same graph
// gives the same bytes: panels first, then lines, cards, texts and badges.
type scene struct {
	w, h   int
	panels []panel
	lines  []line
	cards  []card
	texts  []label
	badges []badge
	marks  []point // where a failure starts
}

type rect struct{ x, y, w, h int }

func (r rect) right() int  { return r.x + r.w }
func (r rect) bottom() int { return r.y + r.h }
func (r rect) midX() int   { return r.x + r.w/2 }
func (r rect) midY() int   { return r.y + r.h/2 }

// panel is an area that holds other things. Its style is a class of the
// drawing's style sheet.
type panel struct {
	rect
	style string
	node  string // ID of the node it stands for, if one
}

// card is a thing: an icon and its texts stand in it.
type card struct {
	rect
	style string
	icon  string
	iconY int
	nodes []string // IDs of the nodes it stands for
}

type point struct{ x, y int }

// tone says what a line is about: its colour.
type tone string

const (
	toneData     tone = "data"     // names, connections, replication
	toneEvidence tone = "evidence" // what the guard looks at
	toneAction   tone = "action"   // what the guard does
	toneSignal   tone = "signal"   // schedules, alarms, notices
)

type line struct {
	points   []point
	tone     tone
	dashed   bool
	thick    bool
	bar      bool // ends in a bar instead of an arrow head: it blocks
	from, to string
	relation Relation
}

// font is a size in pixels and a weight.
type font struct {
	size int
	bold bool
}

var (
	fontTitle   = font{28, true}
	fontHeading = font{20, true}
	fontName    = font{15, true}
	fontText    = font{14, false}
	fontSmall   = font{13, false}
	fontTiny    = font{12, false}
	fontCaption = font{13, true}
)

type anchor string

const (
	anchorStart  anchor = "start"
	anchorMiddle anchor = "middle"
	anchorEnd    anchor = "end"
)

// label is a text on its baseline. Its style is its colour's class.
type label struct {
	x, y   int
	text   string
	font   font
	anchor anchor
	style  string
}

// badge is a step's number in a disc.
type badge struct {
	x, y int
	step Step
}

const badgeRadius = 10

func (s *scene) panel(r rect, style, node string) {
	s.panels = append(s.panels, panel{r, style, node})
}

func (s *scene) text(x, y int, text string, f font, style string) {
	s.texts = append(s.texts, label{x, y, text, f, anchorStart, style})
}

func (s *scene) textAt(x, y int, text string, f font, a anchor, style string) {
	s.texts = append(s.texts, label{x, y, text, f, a, style})
}

func (s *scene) badge(x, y int, step Step) {
	s.badges = append(s.badges, badge{x, y, step})
}
