package graph

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The picture in the documentation is of the golden stacks, which are the
// synthesized ones: the stacks' own tests see to that.
func TestArchitecture_IsDrawnFromTheStacksAsTheyAre(t *testing.T) {
	g, err := ReadDir(golden)
	require.NoError(t, err)
	for format, suffix := range map[string]string{"svg": "svg", "mermaid": "mmd", "json": "json"} {
		file := filepath.Join("../../docs/images", "architecture."+suffix)
		want, err := Render(g, format)
		require.NoError(t, err)
		got, err := os.ReadFile(file)
		require.NoError(t, err, "run `make diagram` and commit docs/images")
		if !bytes.Equal(want, got) {
			t.Errorf("docs/images/%s is stale: it is not what the stacks' golden files give now; run `make diagram` and commit it", filepath.Base(file))
		}
	}
}

func TestRender_GivesTheSameBytesEachTime(t *testing.T) {
	for _, format := range Formats {
		first, err := Render(goldenInput(t).read(t), format)
		require.NoError(t, err)
		for range 5 {
			again, err := Render(goldenInput(t).read(t), format)
			require.NoError(t, err)
			require.Equal(t, string(first), string(again), format)
		}
	}
}

func TestRender_RefusesAnUnknownFormat(t *testing.T) {
	_, err := Render(&Graph{}, "png")
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, `"png": wanted one of svg, mermaid, json`)
}

func TestRender_ARemovedSubscriptionIsNoArrowInAnyFormat(t *testing.T) {
	in := goldenInput(t)
	before := in.read(t)
	topic := before.first(KindTopic, inRegion("us-east-1")).ID
	guard := before.first(KindGuard).ID
	arrow := fmt.Sprintf(`data-edge="wakes" data-from="%s" data-to="%s"`, topic, guard)
	flow := regexp.MustCompile(`(?m)^  (n\d+) -->\|"wakes"\|`)
	require.Contains(t, string(SVG(before)), arrow)
	require.Len(t, flow.FindAll(Mermaid(before), -1), 3)

	remove(t, in.replica, "aws_sns_topic_subscription", "guard-primary-alarms")
	after := in.read(t)
	require.NotContains(t, string(SVG(after)), arrow)
	require.Len(t, flow.FindAll(Mermaid(after), -1), 2)
}

func TestSVG_IsWellFormedAndSaysWhatItShows(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			out := SVG(g)
			decoder := xml.NewDecoder(bytes.NewReader(out))
			for {
				_, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
			}
		})
	}
	var doc struct {
		Role  string `xml:"role,attr"`
		By    string `xml:"aria-labelledby,attr"`
		Title string `xml:"title"`
		Desc  string `xml:"desc"`
	}
	require.NoError(t, xml.Unmarshal(SVG(goldenInput(t).read(t)), &doc))
	require.Equal(t, "img", doc.Role)
	require.Equal(t, "title desc", doc.By)
	require.Equal(t, "PostgreSQL in two regions (us-east-1 and eu-west-1), and how a failover runs", doc.Title)
	require.Contains(t, doc.Desc, "The guard failover-function-dev runs in eu-west-1. 1. Detect:")
}

func TestSVG_EscapesWhatTheStacksSay(t *testing.T) {
	in := goldenInput(t)
	block(t, in.replica, "aws_cloudwatch_event_rule", "guard_schedule")["schedule_expression"] = `<&">`
	require.Contains(t, string(SVG(in.read(t))), "&lt;&amp;&#34;&gt;")
}

func TestSVG_DrawsOneIconForEachThatACardNames(t *testing.T) {
	for _, c := range arrange(goldenInput(t).read(t)).cards {
		if c.icon != "" {
			require.NotEmpty(t, icons[c.icon], c.icon)
		}
	}
}

// Contrast by WCAG 2.1, https://www.w3.org/TR/WCAG21/#contrast-minimum: 4.5
// for text of this size.
func TestSVG_TextsStandOut(t *testing.T) {
	fill := regexp.MustCompile(`\.([a-z-]+)(?:\.t)?\{fill:(#[0-9a-f]{6})`)
	colours := map[string]string{}
	for _, m := range fill.FindAllStringSubmatch(styleSheet, -1) {
		colours[m[1]] = m[2]
	}
	for _, text := range []string{"ink", "muted", "data", "evidence", "action", "failure"} {
		for _, ground := range []string{"page", "primary-site", "replica-site", "names", "tier", "step"} {
			require.NotEmpty(t, colours[text], text)
			require.NotEmpty(t, colours[ground], ground)
			require.GreaterOrEqual(t, contrast(t, colours[text], colours[ground]), 4.5, "%s on %s", text, ground)
		}
	}
	for _, step := range []Step{StepDetect, StepDecide, StepFence} {
		require.GreaterOrEqual(t, contrast(t, "#ffffff", stepColour(step)), 4.5, "digit of step %d", step)
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestMermaid_NamesEveryNodeBeforeAnArrow(t *testing.T) {
	for name, g := range variants(t) {
		t.Run(name, func(t *testing.T) {
			known := map[string]bool{}
			node := regexp.MustCompile(`^\s*(?:subgraph )?(n\d+)[\[({]`)
			arrow := regexp.MustCompile(`^  (n\d+) -\.?->?\|"[^"]+"\| (n\d+)$|^  (n\d+) -->\|"[^"]+"\| (n\d+)$`)
			open := 0
			for _, l := range strings.Split(string(Mermaid(g)), "\n") {
				if strings.Contains(l, "subgraph ") {
					open++
				} else if strings.TrimSpace(l) == "end" {
					open--
				}
				if m := node.FindStringSubmatch(l); m != nil {
					known[m[1]] = true
				} else if m := arrow.FindStringSubmatch(l); m != nil {
					require.True(t, known[m[1]+m[3]] && known[m[2]+m[4]], l)
				} else {
					require.NotContains(t, l, "-->", "not understood: %s", l)
				}
			}
			require.Zero(t, open, "every subgraph ends")
		})
	}
}

func TestMermaid_QuotesWhatWouldEndAText(t *testing.T) {
	in := goldenInput(t)
	block(t, in.replica, "aws_cloudwatch_event_rule", "guard_schedule")["schedule_expression"] = `a"b`
	require.Contains(t, string(Mermaid(in.read(t))), "a#quot;b")
}

func TestJSON_HoldsTheWholeGraph(t *testing.T) {
	want := goldenInput(t).read(t)
	raw, err := JSON(want)
	require.NoError(t, err)
	var got Graph
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Equal(t, *want, got)
}

func TestFit_CutsToTheRoom(t *testing.T) {
	require.Equal(t, "guard", fit("guard", fontText, 100))
	short := fit("a-very-long-name-of-a-database", fontText, 100)
	require.True(t, strings.HasSuffix(short, "…"), short)
	require.LessOrEqual(t, width(short, fontText), 100)
	require.Empty(t, fit("guard", fontText, 1))
}

func TestWrap_KeepsAllWordsThatFit(t *testing.T) {
	lines := wrap("one two three four five six", fontText, 80, 3)
	require.Equal(t, "one two three four five six", strings.Join(lines, " "))
	for _, l := range lines {
		require.LessOrEqual(t, width(l, fontText), 80)
	}
	cut := wrap("one two three four five six", fontText, 80, 1)
	require.Len(t, cut, 1)
	require.True(t, strings.HasSuffix(cut[0], "…"), cut[0])
}
