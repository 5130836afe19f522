package graph

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// variants are inputs that change what has a place in the picture.
func variants(t *testing.T) map[string]*Graph {
	t.Helper()
	all := map[string]*Graph{}
	add := func(name string, change func(in input)) {
		in := goldenInput(t)
		change(in)
		all[name] = in.read(t)
	}
	add("golden", func(input) {})
	add("guard in the primary's region", func(in input) { moveGuard(t, in) })
	add("e-mail", func(in input) { addEmail(t, in, "a@example.org"); addEmail(t, in, "b@example.org") })
	add("more gateways", func(in input) { moreGateways(t, in) })
	add("no guard", func(in input) { delete(in.replica["resource"].(object), "aws_lambda_function") })
	add("a guard that may do little", func(in input) {
		for _, action := range []string{"ec2:CreateNetworkAclEntry", "cloudwatch:PutMetricData", "rds:DescribeDBInstances", "dynamodb:PutItem"} {
			dropRight(t, in, action)
		}
	})
	add("no peering", func(in input) { delete(in.replica["resource"].(object), "aws_vpc_peering_connection") })
	add("no DNS", func(in input) {
		delete(in.primary["resource"].(object), "aws_route53_zone")
		delete(in.primary["resource"].(object), "aws_route53_health_check")
	})
	all["long environment"] = rename(t, goldenInput(t), "dev", "feature-4711").read(t)
	all["wide addresses"] = rename(t, rename(t, goldenInput(t), "10.0.", "172.130."), "10.1.", "172.131.").read(t)
	all["long regions"] = rename(t, rename(t, goldenInput(t), "us-east-1", "ap-southeast-1"), "eu-west-1", "ap-northeast-3").read(t)
	return all
}

func TestArrange_TextsOverlapNothing(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			s := arrange(g)
			for i, text := range s.texts {
				box := text.box()
				require.True(t, inside(box, rect{0, 0, s.w, s.h}), "%q leaves the canvas: %v", text.text, box)
				for _, other := range s.texts[i+1:] {
					require.False(t, meet(box, other.box()), "%q %v and %q %v overlap", text.text, box, other.text, other.box())
				}
				for _, l := range s.lines {
					for _, segment := range segments(l) {
						require.False(t, meet(box, segment) && !onPill(s, box), "%q %v is crossed by %s %v", text.text, box, l.relation, segment)
					}
				}
				for _, b := range s.badges {
					require.False(t, meet(box, b.box()), "%q %v is under badge %d at %d,%d", text.text, box, b.step, b.x, b.y)
				}
				for _, c := range s.cards {
					if meet(box, c.rect) && c.style != "icon" {
						require.True(t, inside(box, c.rect), "%q %v leaves its card %v", text.text, box, c.rect)
					}
				}
			}
		})
	}
}

func TestArrange_CardsOverlapNothing(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			s := arrange(g)
			for i, c := range s.cards {
				if c.style == "icon" {
					continue
				}
				for _, other := range s.cards[i+1:] {
					if other.style != "icon" {
						require.False(t, meet(c.rect, other.rect), "%v and %v overlap", c.nodes, other.nodes)
					}
				}
				for _, l := range s.lines {
					for _, segment := range segments(l) {
						through := c.style == "pill" && l.relation == Probes
						require.True(t, through || !meet(shrink(c.rect), segment), "%v %v is crossed by %s from %s to %s: %v", c.nodes, c.rect, l.relation, l.from, l.to, segment)
					}
				}
			}
		})
	}
}

func TestArrange_LinesDoNotRunOnEachOther(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			s := arrange(g)
			for i, l := range s.lines {
				for _, other := range s.lines[i+1:] {
					for _, a := range segments(l) {
						for _, b := range segments(other) {
							require.False(t, parallel(a, b) && meet(a, b), "%s %v runs on %s %v", l.relation, a, other.relation, b)
						}
					}
				}
			}
		})
	}
}

func TestArrange_GuardStandsInItsRegion(t *testing.T) {
	in := goldenInput(t)
	before := newLayoutOf(in.read(t))
	moveGuard(t, in)
	after := newLayoutOf(in.read(t))
	require.Contains(t, before.at, before.guard.ID)
	_, gapTo := before.gap()
	require.GreaterOrEqual(t, before.at[before.guard.ID].x, gapTo, "the guard of the golden stacks is in the replica's region, on the right")
	require.Contains(t, after.at, after.guard.ID)
	gapFrom, _ := after.gap()
	require.LessOrEqual(t, after.at[after.guard.ID].right(), gapFrom, "moved to the primary's region, the guard is on the left")
}

func newLayoutOf(g *Graph) *layout {
	l := newLayout(g)
	for _, p := range l.sites() {
		l.placeSite(p)
	}
	return l
}

func TestArrange_EveryEdgeOfAFailoverIsDrawn(t *testing.T) {
	g, err := ReadDir(golden)
	require.NoError(t, err)
	s := arrange(g)
	drawn := map[string]bool{}
	for _, l := range s.lines {
		drawn[fmt.Sprint(l.relation, l.from, l.to)] = true
	}
	for _, e := range g.Edges {
		if e.Step != 0 && e.Relation != Witnesses { // those share a line
			require.True(t, drawn[fmt.Sprint(e.Relation, e.From, e.To)], "step %d has no line: %+v", e.Step, e)
		}
	}
}

// onPill says whether a text stands on what a line goes through behind.
func onPill(s *scene, box rect) bool {
	for _, c := range s.cards {
		if c.style == "pill" && inside(box, c.rect) {
			return true
		}
	}
	return false
}

func inside(a, b rect) bool {
	return a.x >= b.x && a.y >= b.y && a.right() <= b.right() && a.bottom() <= b.bottom()
}

func meet(a, b rect) bool {
	return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

func shrink(r rect) rect { return rect{r.x + 2, r.y + 2, r.w - 4, r.h - 4} }

// segments are a line's, each a pixel wide, upright or level.
func segments(l line) []rect {
	var found []rect
	for i := 1; i < len(l.points); i++ {
		a, b := l.points[i-1], l.points[i]
		found = append(found, rect{min(a.x, b.x), min(a.y, b.y), max(a.x, b.x) - min(a.x, b.x) + 1, max(a.y, b.y) - min(a.y, b.y) + 1})
	}
	return found
}

func parallel(a, b rect) bool { return (a.w > a.h) == (b.w > b.h) }

// box is about what the text covers.
func (l label) box() rect {
	w := width(l.text, l.font)
	x := l.x
	switch l.anchor {
	case anchorMiddle:
		x -= w / 2
	case anchorEnd:
		x -= w
	}
	return rect{x, l.y - l.font.size*4/5, w, l.font.size}
}

// box is what the disc covers.
func (b badge) box() rect {
	return rect{b.x - badgeRadius, b.y - badgeRadius, 2 * badgeRadius, 2 * badgeRadius}
}
