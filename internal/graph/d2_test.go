package graph

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
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

// drawn is a D2 text as the tests read it.
type drawn struct {
	cards  map[string]drawnCard // by path
	arrows []drawnArrow
}

type drawnCard struct {
	class, label  string
	width, height int
}

type drawnArrow struct{ from, to, caption, class string }

var (
	d2Open  = regexp.MustCompile(`^([a-z0-9-]+): ("(?:[^"\\]|\\.)*") \{$`)
	d2Card  = regexp.MustCompile(`^([a-z0-9-]+): ("(?:[^"\\]|\\.)*") \{class: ([a-z; \[\]]+?)(?:; width: (\d+))?(?:; height: (\d+))?\}$`)
	d2Arrow = regexp.MustCompile(`^([a-z0-9.-]+) -> ([a-z0-9.-]+):(?: ("(?:[^"\\]|\\.)*"))? \{class: ([a-z]+)(?:; style\.[a-z-]+: \d+)?\}$`)
)

// readD2 understands every line that D2 writes, or fails.
func readD2(t *testing.T, g *Graph) drawn {
	t.Helper()
	body, ok := strings.CutPrefix(string(D2(g)), header+classes)
	require.True(t, ok, "the picture begins with its classes")
	found := drawn{cards: map[string]drawnCard{}}
	var path []string
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for _, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		if m := d2Arrow.FindStringSubmatch(line); m != nil {
			found.arrows = append(found.arrows, drawnArrow{m[1], m[2], m[3], m[4]})
		} else if m := d2Open.FindStringSubmatch(line); m != nil {
			path = append(path, m[1])
			found.add(t, strings.Join(path, "."), drawnCard{label: m[2]})
		} else if m := d2Card.FindStringSubmatch(line); m != nil {
			found.add(t, strings.Join(append(path, m[1]), "."), drawnCard{m[3], m[2], number(m[4]), number(m[5])})
		} else if line == "}" {
			require.NotEmpty(t, path, "a bracket closes nothing")
			path = path[:len(path)-1]
		} else {
			require.Regexp(t, `^(class: [a-z]+|(grid|horizontal|vertical)-[a-z]+: \d+)$`, line)
		}
	}
	require.Empty(t, path, "every bracket is closed")
	return found
}

func (d drawn) add(t *testing.T, path string, c drawnCard) {
	t.Helper()
	require.NotContains(t, d.cards, path, "two cards have one key, D2 would draw one")
	d.cards[path] = c
}

func TestD2_EveryArrowJoinsCardsThatAreDrawn(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			d := readD2(t, g)
			require.NotEmpty(t, d.arrows)
			for _, a := range d.arrows {
				require.Contains(t, d.cards, a.from, "D2 would draw another card")
				require.Contains(t, d.cards, a.to, "D2 would draw another card")
				require.Contains(t, classes, "\n  "+a.class+": {")
				for _, end := range []string{a.from, a.to} {
					require.NotEqual(t, "blank", d.cards[end].class, "%s is not seen", end)
				}
			}
		})
	}
}

// D2 draws a card with a size as it is told, and lets its text overflow.
func TestD2_EveryTextFitsItsCard(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			for path, c := range readD2(t, g).cards {
				lines := strings.Split(strings.Trim(c.label, `"`), `\n`)
				for _, l := range lines {
					if c.width > 0 {
						require.LessOrEqual(t, utf8.RuneCountInString(l)*charWidth, c.width, "%s: %q", path, l)
					}
				}
				if c.height > 0 { // 19 pixels and the space between lines
					require.LessOrEqual(t, len(lines)*24, c.height, "%s: %s", path, c.label)
				}
			}
		})
	}
}

func TestD2_GuardStandsInItsRegionAndNearTheGap(t *testing.T) {
	const before, after = "picture.body.replica.guard.panel", "picture.body.primary.guard.panel"
	in := goldenInput(t)
	require.Contains(t, readD2(t, in.read(t)).cards, before)
	require.Regexp(t, `(?s)replica: .*guard: .*tools: .*database: `, string(D2(in.read(t))))
	moveGuard(t, in)
	moved := readD2(t, in.read(t)).cards
	require.NotContains(t, moved, before)
	require.Contains(t, moved, after)
	require.Regexp(t, `(?s)primary: .*database: .*tools: .*guard: .*replica: `, string(D2(in.read(t))))
}

func TestD2_SaysHowAFailoverRuns(t *testing.T) {
	const primary, replica = "picture.body.primary.database.panel.", "picture.body.replica.database.panel."
	const guard, tools, gap = "picture.body.replica.guard.panel.", "picture.body.replica.tools.panel.", "picture.body.between.gap.panel."
	const names1, names2 = "picture.body.names1.database.", "picture.body.names2."
	d := readD2(t, goldenInput(t).read(t))
	require.ElementsMatch(t, []drawnArrow{
		{guard + "row0", tools + "notices", `""`, "signal"},
		{tools + "schedule", guard + "row1", `""`, "signal"},
		{primary + "alarms", guard + "row2", `"SNS"`, "signal"},
		{replica + "alarms", guard + "row2", `"SNS"`, "signal"},
		{guard + "row3", gap + "witnesses", `""`, "evidence"},
		{guard + "row4", primary + "server", `"1 SQL over the peering, RDS's API"`, "evidence"},
		{guard + "row4", replica + "server", `"1 SQL, RDS's API"`, "evidence"},
		{guard + "row5", tools + "ledger", `""`, "action"},
		{guard + "row6", primary + "acl", `"3 fence"`, "action"},
		{guard + "row7", replica + "promoted", `"4 promote"`, "action"},
		{guard + "row8", tools + "writer", `""`, "action"},
		{guard + "row8", gap + "weights", `""`, "action"},
		{gap + "weights", "picture.body.zone", "", "action"},
		{tools + "writer", names2 + "tools.check", `""`, "action"},
		{names2 + "tools.check", names1 + "record", `"5 takes the record out"`, "action"},
		{primary + "wal", replica + "wal", `"streaming replication"`, "data"},
		{primary + "copies", replica + "copies", `"copied"`, "data"},
		{names1 + "record", strings.TrimSuffix(primary, "."), `"before"`, "data"},
		{names2 + "database.record", strings.TrimSuffix(replica, "."), `"after"`, "data"},
		{"picture.body.clients", "picture.body.zone", `""`, "data"},
	}, d.arrows)
	for card, says := range map[string]string{
		guard + "row5":         `"2 Decides, mode automatic\ninstance lost: after 180 to 300 s\nregion silent: after 120 s, promote\ndata loss: at most 60 s"`,
		guard + "row8":         `"5 Switches DNS"`,
		primary + "server":     `"PostgreSQL 15, Multi-AZ\ndb.r6g.large"`,
		replica + "server":     `"PostgreSQL 15, single zone\ndb.r6g.large"`,
		tools + "notices":      fmt.Sprintf(`"Notices\n%d alarms on the guard"`, alarms(func(a contract.Alarm) bool { return a.OfGuard() })),
		gap + "witnesses":      `"Witness regions\neu-central-1, us-west-2"`,
		names1 + "record":      `"primary record\nweight 100, TTL 5 s"`,
		"picture.body.primary": `"us-east-1 · primary site\nVPC 10.0.0.0/16"`,
		"picture.body.replica": `"eu-west-1 · replica site\nVPC 10.1.0.0/16"`,
		"picture.body.clients": `"Applications\ndb.db-dev.internal"`,
		"title":                `"PostgreSQL in us-east-1 and eu-west-1, and how a failover runs"`,
		"picture.story.step3":  `"3 Fence\nThe network ACL of primary-db denies\ntcp/5432 to all but the guard, before\nthe promotion. Pending while the region\nis silent."`,
		"picture.body.zone":    `"Route 53, private zone db-dev.internal"`,
		primary + "failure":    `"It starts here: the instance\nor the region is lost"`,
		names2 + "tools.check": `"Health check\nfollows the alarm"`,
		tools + "writer":       `"Alarm active-writer\non PGDR/dev/ActiveWriter"`,
		tools + "schedule":     `"Schedule\nrate(1 minute)"`,
		tools + "ledger":       `"Ledger\nfailover-ledger"`,
	} {
		require.Equal(t, says, d.cards[card].label, card)
	}
	own := alarms(func(a contract.Alarm) bool { return !a.OfGuard() && a.Role == contract.RolePrimary })
	require.Contains(t, d.cards[primary+"alarms"].label, fmt.Sprintf(`"%d alarms: connections, cpu,`, own))
}

// alarms counts those of the contract that are such.
func alarms(such func(contract.Alarm) bool) int {
	n := 0
	for _, a := range contract.Alarms {
		if such(a) {
			n++
		}
	}
	return n
}

// An edge of a failover that has no arrow is a hole in the picture. Without a
// guard or DNS there is no failover.
func TestD2_EveryStepOfAFailoverHasAnArrow(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			d := &d2{g: g, at: map[string]string{}}
			d.open("picture", "frame", "")
			d.body()
			d.close()
			for _, e := range g.Edges {
				if e.Step != 0 && name != "no DNS" && name != "no guard" {
					a, ok := d.arrow(e)
					require.True(t, ok, "step %d has no arrow: %s, %+v", e.Step, sentence(g, e), a)
				}
			}
		})
	}
}

func TestD2_EscapesWhatTheStacksSay(t *testing.T) {
	in := goldenInput(t)
	block(t, in.replica, "aws_cloudwatch_event_rule", "guard_schedule")["schedule_expression"] = "a\"b\\c${d}"
	require.Contains(t, string(D2(in.read(t))), `"Schedule\na\"b\\c\${d}"`)
}

// Contrast by WCAG 2.1, https://www.w3.org/TR/WCAG21/#contrast-minimum: 4.5
// for text of this size.
func TestD2_TextsStandOut(t *testing.T) {
	colour := func(line, name string) string {
		m := regexp.MustCompile(`[ {;]` + name + `: "(#[0-9a-f]{6})"`).FindStringSubmatch(line)
		if m == nil {
			return ""
		}
		return m[1]
	}
	checked := 0
	for _, line := range strings.Split(classes, "\n") {
		text := colour(line, "font-color")
		if text == "" {
			continue
		}
		grounds := []string{colour(line, "fill")}
		if grounds[0] == "" { // an arrow's caption
			grounds = []string{"#ffffff", "#fdf6f3", "#f2f7fd", "#eef1f5"}
		}
		for _, ground := range grounds {
			checked++
			require.GreaterOrEqual(t, contrast(t, text, ground), 4.5, line)
		}
	}
	require.Greater(t, checked, 20)
}

func TestWrap_KeepsAllWordsInLinesThatFit(t *testing.T) {
	require.Equal(t, "one two\nthree\nfour", wrap("one two  three four", 8))
	require.Equal(t, "one\nunbreakable\ntwo", wrap("one unbreakable two", 6), "a word is not cut")
	require.Empty(t, wrap(" ", 8))
}
