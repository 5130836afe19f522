package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
)

func sample() report.Report {
	rto := 512.3
	return report.Report{
		Scenario: "region-loss", Title: "Everything of us-east-1 is lost", Passed: true, Scale: 20, Simulated: 900, Real: 45,
		Warnings:     []report.Finding{{ID: "alarm-end", What: "alarm lag: ok_actions are []", Remedy: "Let it tell its end."}},
		NotExercised: []string{report.Unaudited},
		Marks: []report.Mark{
			{At: -5, Lane: report.LaneWorld, Text: "before <it> & all"},
			{At: 0, Lane: report.LaneWorld, Text: "us-east-1 is lost", Bad: true},
			{At: 130, Lane: report.LaneGuard, Text: "decides"},
			{At: 512, Lane: report.LaneApps, Text: "replica-app: writes again", Good: true},
		},
		Phases: []report.Phase{{Name: "detect", From: 0, To: 10}, {Name: "promote", From: 130, To: 430}},
		Apps:   []report.App{{ID: "replica-app", Region: "eu-west-1", Acks: 100, RTO: &rto, LossKnown: true, LostRows: 2, LostSeconds: 1.5, Writes: true}, {ID: "primary-app", Region: "us-east-1"}},
		Guard:  report.Guard{Promotions: 1, Outcome: "done", Evidence: "region-silent", Fence: "owed", EstimateKnown: true, EstimateUpper: 4, Debts: []string{"fence"}},
		Plans:  []report.Plan{{Stack: "primary"}, {Stack: "replica", Changes: []string{"aws_lambda_function.x (update)"}}},
	}
}

func TestText_SaysWhatADecisionNeeds(t *testing.T) {
	text := sample().Text()
	for _, want := range []string{
		"PASSED  region-loss", "512.3 s", "2 rows, 1.5 s", "does not write", "promote", "300.0 s", "region-silent", "0.0 to 4.0 s",
		"pending work: fence", "Warnings of the wiring", "alarm-end: alarm lag: ok_actions are []", "remedy: Let it tell its end.",
		"destroys, replaces and un-fences nothing", "20x", "15m0s in 45s",
		"\nNote: auditing was not exercised: this machine's PostgreSQL has no pgaudit",
	} {
		require.Contains(t, text, want)
	}
	failed := sample()
	failed.Passed, failed.Failures = false, []string{"promotions: 2, want 1"}
	require.Contains(t, failed.Text(), "FAILED  region-loss")
	require.Contains(t, failed.Text(), "promotions: 2, want 1")
}

func TestJSON_HoldsWhatTheTextDoes(t *testing.T) {
	text, err := sample().JSON()
	require.NoError(t, err)
	var back report.Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, sample(), back)
}

func TestSVG_IsWellFormedAndDrawsEachMark(t *testing.T) {
	picture := sample().SVG()
	require.Equal(t, picture, sample().SVG(), "the same report gives the same bytes")
	marks, bands, decoder := 0, 0, xml.NewDecoder(strings.NewReader(string(picture)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			switch {
			case e.Name.Local == "circle":
				marks++
			case e.Name.Local == "rect" && strings.HasPrefix(e.Attr[0].Value, "p"):
				bands++
			}
		}
	}
	require.Equal(t, 4, marks)
	require.Equal(t, 3, bands, "the page and two phases")

	empty := report.Report{Scenario: "none"}
	require.NoError(t, xml.Unmarshal(empty.SVG(), new(struct{})))
}
