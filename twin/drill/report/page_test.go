package report_test

import (
	"encoding/xml"
	"errors"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// recorded is the report of a drill that was held.
func recorded(t *testing.T, name string) report.Report {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	var r report.Report
	unmarshal(t, string(raw), &r)
	return r
}

func page(t *testing.T, r report.Report) string {
	t.Helper()
	text, err := r.HTML()
	require.NoError(t, err)
	return string(text)
}

// element is the text of the page's element with an id.
func element(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, ` id="`+id+`"`)
	require.True(t, found, "the page has no #%s", id)
	_, rest, _ = strings.Cut(rest, ">")
	inner, _, _ := strings.Cut(rest, "</section>")
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(inner, " "))), " ")
}

func TestHTML_ShowsWhatARecordedDrillMeasured(t *testing.T) {
	r := recorded(t, "region-loss")
	text := page(t, r)
	require.Equal(t, text, page(t, r), "the same report gives the same bytes")
	require.Contains(t, element(t, text, "rto"), report.Span(*r.Apps[1].RTO)+" objective 15 min met")
	require.Contains(t, element(t, text, "rpo"), "objective 1 min met")
	require.Contains(t, element(t, text, "guard"), "promoted the replica evidence region-silent; fence pending")
	require.Contains(t, text, "Does not write in the end: primary-app (us-east-1).")
	require.Contains(t, element(t, text, "saw"), "PostgreSQL on the primary")
	require.Contains(t, element(t, text, "plans"), "primary destroys, replaces and un-fences nothing")
	require.Contains(t, element(t, text, "warnings"), "notices-unread")
	for _, m := range r.Marks {
		require.Contains(t, element(t, text, "timeline"), report.Moment(m.At)+" "+m.Lane+" "+m.Text)
	}
	for _, a := range r.Apps {
		require.Contains(t, text, "<strong>"+a.ID+"</strong>")
	}
}

func TestHTML_NeedsNothingFromElsewhereAndRunsNoScript(t *testing.T) {
	r := recorded(t, "region-loss")
	text := page(t, r)
	for _, never := range []string{"<script", "http:", "https:", "src=", "@import", "url("} {
		require.NotContains(t, text, never)
	}
	r.Title, r.Marks[0].Text, r.Apps[0].ID = "<script>alert(1)</script>", "a & <b>", `"><img src=x>`
	text = page(t, r)
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "<img")
	require.Contains(t, text, "a &amp; &lt;b&gt;")
}

func TestHTML_DrawsTheWritesOfEachServer(t *testing.T) {
	rto := 20.0
	r := report.Report{Apps: []report.App{{ID: "app", RTO: &rto, Writes: true, LossKnown: true, Rates: []report.Rate{
		{Server: "old-db", From: -10, Step: 10, PerSecond: []float64{2, 0, 0, 0}},
		{Server: "new-db", Moved: true, From: -10, Step: 10, PerSecond: []float64{0, 0, 0, 1}},
	}}}}
	text := page(t, r)
	// Forty seconds in 1000: ten are 250. Two a second are the full height of 40.
	require.Contains(t, text, `<path class="old" d="M0 40L0 0L250 0L250 40`)
	require.Contains(t, text, `L750 20L1000 20L1000 40Z"><title>new-db</title></path>`)
	require.Contains(t, text, `<line class="zero" x1="250"`)
	require.Contains(t, text, "full height: 2 a second")
}

func TestHTML_MarksAnAlarmFromBeforeTheDisaster(t *testing.T) {
	text := page(t, report.Report{Marks: []report.Mark{
		{At: -61, Lane: report.LaneTold, Text: "alarm lag-dev, before the disaster", Before: true}, {At: 90, Lane: report.LaneTold, Text: "alarm gone-dev", Bad: true},
	}})
	require.Contains(t, text, `<li class="before"><span class="at">-61.0</span><span class="lane muted">people</span><span class="muted">alarm lag-dev, before the disaster</span>`)
	require.Contains(t, text, `<li><span class="at">&#43;90.0</span><span class="lane muted">people</span><span class="bad">alarm gone-dev</span>`)
}

func TestHeadline_SetsTheWorstAgainstTheObjectives(t *testing.T) {
	outage := func(s float64) *float64 { return &s }
	objectives := report.Objectives{RTO: 900, RPO: 60}
	for name, c := range map[string]struct {
		apps     []report.App
		rto, rpo string
	}{
		"met": {[]report.App{
			{RTO: outage(521), Writes: true, LossKnown: true}, {RTO: outage(300), Writes: true, LossKnown: true, LostRows: 1, LostSeconds: 1.5},
		}, "8 min 41 s (objective 15 min met)", "1.5 s, 1 row (objective 1 min met)"},
		"missed": {[]report.App{{RTO: outage(901), Writes: true, LossKnown: true, LostRows: 70, LostSeconds: 70}},
			"15 min 1 s (objective 15 min missed)", "1 min 10 s, 70 rows (objective 1 min missed)"},
		"no outage":           {[]report.App{{Writes: true, LossKnown: true}}, "no outage (objective 15 min met)", "no write lost (objective 1 min met)"},
		"never again":         {[]report.App{{LossKnown: true}}, "no application writes again (objective 15 min missed)", "no write lost (objective 1 min met)"},
		"a sticky one's":      {[]report.App{{Writes: true, LossKnown: true}, {Sticky: true, RTO: outage(1000), LossKnown: true, LostRows: 90, LostSeconds: 90}}, "no outage (objective 15 min met)", "1 min 30 s, 90 rows (objective 1 min missed)"},
		"loss not known":      {[]report.App{{Writes: true}}, "no outage (objective 15 min met)", "not known (objective 1 min missed)"},
		"nothing was drilled": {nil, "not measured", "not measured"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report.Report{Objectives: objectives, Apps: c.apps}
			h := r.Headline()
			require.Equal(t, c.rto, h.RTO.String())
			require.Equal(t, c.rpo, h.RPO.String())
		})
	}
	h := report.Report{Apps: []report.App{{ID: "a", Writes: true, LossKnown: true}, {ID: "b", LossKnown: true}, {ID: "c", Sticky: true, LossKnown: true}}}.Headline()
	require.Equal(t, "no outage", h.RTO.String(), "without an objective there is no verdict")
	require.Len(t, h.Silent, 1)
	require.Equal(t, "b", h.Silent[0].ID)
}

func TestMoment_HasNoMinusBeforeNothing(t *testing.T) {
	for at, want := range map[float64]string{-0.04: "0.0", 0.04: "0.0", 0: "0.0", -0.2: "-0.2", 132.13: "+132.1", -61: "-61.0"} {
		require.Equal(t, want, report.Moment(at), at)
	}
	for s, want := range map[float64]string{-0.2: "0 s", 0: "0 s", 0.04: "0 s", 4.25: "4.3 s", 9.96: "10 s", 59.4: "59 s", 59.6: "1 min", 60: "1 min", 520.9: "8 min 41 s", 3600: "1 h", 3720: "1 h 2 min"} {
		require.Equal(t, want, report.Span(s), s)
	}
	r := sample()
	r.Marks[0].At, r.Phases[0].From, r.Phases[0].To = -0.03, -0.01, -0.01
	for _, text := range []string{r.Text(), page(t, r)} {
		require.NotRegexp(t, `-0(\.0)?\b[^.\d]`, text)
	}
}

func TestReport_SaysPendingOfAFenceAndNotOwed(t *testing.T) {
	for _, text := range []string{sample().Text(), page(t, sample())} {
		require.Contains(t, text, "fence pending")
		require.NotContains(t, text, "owed")
	}
}

func entries() []report.Entry {
	failed := sample()
	failed.Scenario, failed.Passed, failed.Failures = "idle", false, []string{"promotions: 1, want 0 & none"}
	return []report.Entry{
		{Scenario: "region-loss", Title: "All is lost", Kind: scenario.MustPromote, Link: "region-loss.html", Report: sample()},
		{Scenario: "idle", Title: "Nothing happens", Kind: scenario.MustNot, Link: "idle.html", Report: failed},
		{Scenario: "region-parted", Title: "It lives on", Kind: scenario.Unknowable, Err: errors.New("no\nmemory")},
	}
}

func TestIndex_GroupsDrillsByWhatTheyAreAbout(t *testing.T) {
	raw, err := report.Index(entries())
	require.NoError(t, err)
	text := string(raw)
	require.Contains(t, text, "1 of 3 passed")
	require.Contains(t, element(t, text, "must-promote"), "Must promote (1 of 1 passed) PASSED region-loss All is lost RTO 8 min 32 s (objective 15 min met) RPO 1.5 s, 2 rows")
	require.Contains(t, element(t, text, "must-not-promote"), "(0 of 1 passed) FAILED idle Nothing happens promotions: 1, want 0 & none")
	require.Contains(t, element(t, text, "unknowable"), "Can't be known (0 of 1 passed) NOT HELD region-parted It lives on could not be held: no memory")
	require.Contains(t, text, `<a href="region-loss.html">`)
}

func TestJUnit_HasASuiteAKindAndACaseADrill(t *testing.T) {
	raw, err := report.JUnit(entries())
	require.NoError(t, err)
	type problem struct {
		Message string `xml:"message,attr"`
	}
	var got struct {
		Tests, Failures, Errors int `xml:",attr"`
		Suites                  []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string   `xml:"name,attr"`
				Time    float64  `xml:"time,attr"`
				Failure *problem `xml:"failure"`
				Error   *problem `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(raw, &got))
	require.Contains(t, string(raw), `<testsuites tests="3" failures="1" errors="1">`)
	require.Len(t, got.Suites, 3)
	require.Equal(t, "must-promote", got.Suites[0].Name)
	require.Nil(t, got.Suites[0].Cases[0].Failure)
	require.InDelta(t, 45, got.Suites[0].Cases[0].Time, 0)
	require.Equal(t, "promotions: 1, want 0 & none", got.Suites[1].Cases[0].Failure.Message)
	require.Equal(t, "could not be held: no memory", got.Suites[2].Cases[0].Error.Message)
}
