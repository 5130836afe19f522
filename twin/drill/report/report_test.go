package report_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
)

func sample() report.Report {
	rto := 512.3
	return report.Report{
		Scenario: "region-loss", Title: "Everything of us-east-1 is lost", Objectives: report.Objectives{RTO: 900, RPO: 60}, Passed: true, Scale: 20, Simulated: 900, Real: 45,
		Warnings:     []report.Finding{{ID: "alarm-end", What: "alarm lag: ok_actions are []", Remedy: "Let it tell its end."}},
		NotExercised: []string{report.Unaudited},
		Marks: []report.Mark{
			{At: -5, Lane: report.LaneWorld, Text: "before <it> & all"},
			{At: 0, Lane: report.LaneWorld, Text: "us-east-1 is lost", Bad: true},
			{At: 130, Lane: report.LaneGuard, Text: "decides"},
			{At: 512, Lane: report.LaneApps, Text: "replica-app: writes again", Good: true},
		},
		Phases: []report.Phase{{Name: "detect", From: 0, To: 10}, {Name: "promote", From: 130, To: 430}},
		Apps:   []report.App{{ID: "replica-app", Region: "eu-west-1", Acks: 100, RTO: &rto, LossKnown: true, LostRows: 2, LostSeconds: 1.5, Writes: true}, {ID: "primary-app", Region: "us-east-1", LossKnown: true}},
		Guard:  report.Guard{Promotions: 1, Outcome: "done", Evidence: "region-silent", Fence: "owed", EstimateKnown: true, EstimateUpper: 4, Debts: []string{"fence"}},
		Plans:  []report.Plan{{Stack: "primary"}, {Stack: "replica", Changes: []string{"aws_lambda_function.x (update)"}}},
	}
}

func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), into), text)
}

func TestText_SaysWhatADecisionNeeds(t *testing.T) {
	text := sample().Text()
	for _, want := range []string{
		"PASSED  region-loss", "512.3 s", "2 rows, 1.5 s", "does not write", "promote", "300.0 s", "region-silent", "0.0 to 4.0 s",
		"pending work: fence", "Warnings of the wiring", "alarm-end: alarm lag: ok_actions are []", "remedy: Let it tell its end.",
		"destroys, replaces and un-fences nothing", "20x", "15 min in 45 s", "RTO 8 min 32 s (objective 15 min met); RPO 1.5 s, 2 rows (objective 1 min met)",
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
	unmarshal(t, string(text), &back)
	require.Equal(t, sample(), back)
}
