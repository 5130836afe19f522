package graph

import (
	"bytes"
	"crypto/sha256"
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

// stale says what to do about a file of docs/images that is not as it would be
// drawn now.
const stale = "docs/images/architecture.%s is stale: it is not what the stacks' golden files give now; run `make diagram` and commit it"

// The picture in the documentation is of the golden stacks, which are the
// synthesized ones: the stacks' own tests see to that.
func TestArchitecture_IsDrawnFromTheStacksAsTheyAre(t *testing.T) {
	g, err := ReadDir(golden)
	require.NoError(t, err)
	for format, suffix := range map[string]string{"d2": "d2", "mermaid": "mmd", "json": "json"} {
		file := filepath.Join("../../docs/images", "architecture."+suffix)
		want, err := Render(g, format)
		require.NoError(t, err)
		got, err := os.ReadFile(file)
		require.NoError(t, err, "run `make diagram` and commit docs/images")
		require.Equal(t, string(want), string(got), stale, suffix)
	}
}

// scripts/draw.sh stamps the SVG with its source's hash: so this needs no d2.
func TestArchitecture_PictureIsDrawnFromItsD2(t *testing.T) {
	source, err := os.ReadFile("../../docs/images/architecture.d2")
	require.NoError(t, err)
	picture, err := os.ReadFile("../../docs/images/architecture.svg")
	require.NoError(t, err, "run `make diagram` and commit docs/images")
	stamp := fmt.Sprintf("<!-- architecture.d2 sha256:%x -->\n", sha256.Sum256(source))
	require.True(t, strings.HasSuffix(string(picture), "</svg>\n"+stamp), stale, "svg")
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
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
	require.ErrorContains(t, err, `"png": wanted one of d2, mermaid, json`)
}

func TestRender_ARemovedSubscriptionIsNoArrowInAnyFormat(t *testing.T) {
	in := goldenInput(t)
	before := in.read(t)
	topic := before.first(KindTopic, inRegion("us-east-1")).ID
	guard := before.first(KindGuard).ID
	arrow := regexp.MustCompile(`(?m)^picture\.body\.primary\.database\.panel\.alarms -> picture\.body\.replica\.guard\.panel\.row2: "SNS"`)
	flow := regexp.MustCompile(`(?m)^  (n\d+) -->\|"wakes"\|`)
	wakes := fmt.Sprintf("\"from\": %q,\n      \"to\": %q,\n      \"relation\": \"wakes\"", topic, guard)
	require.Len(t, arrow.FindAll(D2(before), -1), 1)
	require.Len(t, flow.FindAll(Mermaid(before), -1), 3)
	require.Contains(t, asJSON(t, before), wakes)

	remove(t, in.replica, "aws_sns_topic_subscription", "guard-primary-alarms")
	after := in.read(t)
	require.Empty(t, arrow.FindAll(D2(after), -1))
	require.Len(t, flow.FindAll(Mermaid(after), -1), 2)
	require.NotContains(t, asJSON(t, after), wakes)
}

func asJSON(t *testing.T, g *Graph) string {
	t.Helper()
	out, err := JSON(g)
	require.NoError(t, err)
	return string(out)
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
