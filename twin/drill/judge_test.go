package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

func yes() *bool { b := true; return &b }

func seconds(s float64) *float64 { return &s }

// a drill as it should be.
func asExpected() (scenario.Expect, report.Report) {
	lost, rto := scenario.Duration(60*time.Second), scenario.Duration(10*time.Minute)
	e := scenario.Expect{
		Promotions: 1, Evidence: "region-silent", Fence: "owed", Refusals: []string{"paused"}, Alarms: []string{"lag"}, Quiet: []string{"silent"},
		Notices: []string{"failed over"}, EstimateHolds: true,
		Killed: []string{"promote"}, Struck: []string{"rds"}, Timeouts: 2, Ticks: 3, Overlaps: 1, Duplicates: 4,
		Apps: map[string]scenario.App{"replica-app": {Writes: yes(), RTO: &rto, Lost: &lost, Server: "replica"}},
	}
	r := report.Report{
		Guard: report.Guard{
			Promotions: 1, Evidence: "region-silent", Fence: "owed", Refusals: []string{"paused"}, Alarms: []string{"lag"}, Notices: []string{"dev failed over to replica"},
			EstimateKnown: true, EstimateUpper: 10,
			Killed: []string{"fence", "promote"}, Struck: []string{"ec2", "rds"}, Timeouts: 2, Ticks: 3, Overlaps: 1, Duplicates: 4,
		},
		Apps:  []report.App{{ID: "replica-app", Writes: true, RTO: seconds(500), LossKnown: true, LostRows: 3, LostSeconds: 3, Server: "replica-db"}},
		Plans: []report.Plan{{Stack: "primary"}, {Stack: "replica"}},
	}
	return e, r
}

func TestJudge_PassesWhatIsAsExpected(t *testing.T) {
	e, r := asExpected()
	require.Empty(t, judge(e, r, map[string]string{"replica": "replica-db"}))
}

func TestJudge_FailsEachThingThatIsNot(t *testing.T) {
	for says, spoil := range map[string]func(*scenario.Expect, *report.Report){
		"refusals: paused was named and should not":     func(e *scenario.Expect, _ *report.Report) { e.Unnamed = []string{"paused"} },
		"RDS accepted and never carried out: 0, want 1": func(e *scenario.Expect, _ *report.Report) { e.Ignored = 1 },
		"turned_back: the name does not lead to the primary again": func(e *scenario.Expect, r *report.Report) {
			e.TurnedBack, r.Switched, r.Lifted = true, seconds(1), seconds(3)
		},
		"turned_back: the name never led to the replica": func(e *scenario.Expect, r *report.Report) {
			e.TurnedBack, r.TurnedBack, r.Lifted = true, seconds(2), seconds(3)
		},
		"turned_back: the fence was never lifted": func(e *scenario.Expect, r *report.Report) {
			e.TurnedBack, r.Switched, r.TurnedBack = true, seconds(1), seconds(2)
		},
		"turned_back: the fence was lifted at 3.0 s, and the name led to the pri": func(e *scenario.Expect, r *report.Report) {
			e.TurnedBack, r.Switched, r.TurnedBack, r.Lifted = true, seconds(1), seconds(4), seconds(3)
		},
		"promotions: 0, want 1":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Promotions = 0 },
		"promotions: 2, want 1":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Promotions = 2 },
		`evidence: "alive", want`:    func(_ *scenario.Expect, r *report.Report) { r.Guard.Evidence = "alive" },
		`fence: "confirmed"`:         func(_ *scenario.Expect, r *report.Report) { r.Guard.Fence = "confirmed" },
		"refusals: none, want pau":   func(_ *scenario.Expect, r *report.Report) { r.Guard.Refusals = nil },
		"alarms: none, want lag":     func(_ *scenario.Expect, r *report.Report) { r.Guard.Alarms = nil },
		"alarms: silent went off":    func(_ *scenario.Expect, r *report.Report) { r.Guard.Alarms = append(r.Guard.Alarms, "silent") },
		"people were told none":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Notices = nil },
		"killed: at fence, want it":  func(_ *scenario.Expect, r *report.Report) { r.Guard.Killed = []string{"fence"} },
		"went wrong: of ec2, want":   func(_ *scenario.Expect, r *report.Report) { r.Guard.Struck = []string{"ec2"} },
		"time limit: 1, want 2":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Timeouts = 1 },
		"ended well: 2, want 3":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Ticks = 2 },
		"another ran: 0, want 1":     func(_ *scenario.Expect, r *report.Report) { r.Guard.Overlaps = 0 },
		"sent twice: 3, want 4":      func(_ *scenario.Expect, r *report.Report) { r.Guard.Duplicates = 3 },
		"no outage was measured":     func(_ *scenario.Expect, r *report.Report) { r.Apps[0].RTO = nil },
		"what was lost is unknown":   func(_ *scenario.Expect, r *report.Report) { r.Apps[0].LossKnown = false },
		"did not run":                func(_ *scenario.Expect, r *report.Report) { r.Apps = nil },
		"writes in the end: false":   func(_ *scenario.Expect, r *report.Report) { r.Apps[0].Writes = false },
		"RTO 700.0 s, want 600":      func(_ *scenario.Expect, r *report.Report) { r.Apps[0].RTO = seconds(700) },
		"does not write again":       func(_ *scenario.Expect, r *report.Report) { r.Apps[0].RTO, r.Apps[0].Writes = nil, false },
		"lost 61.0 s":                func(_ *scenario.Expect, r *report.Report) { r.Apps[0].LostSeconds, r.Guard.EstimateUpper = 61, 61 },
		"wrote last to primary-db":   func(_ *scenario.Expect, r *report.Report) { r.Apps[0].Server = "primary-db" },
		"acknowledged 5 rows after":  func(_ *scenario.Expect, r *report.Report) { r.Apps[0].SplitRows = 5 },
		"DNS led to the old":         func(_ *scenario.Expect, r *report.Report) { r.Apps[0].Misled = 1 },
		"found 1, want those of":     func(_ *scenario.Expect, r *report.Report) { r.Plans = r.Plans[:1] },
		"plan of primary: aws_kms":   func(_ *scenario.Expect, r *report.Report) { r.Plans[0].Bad = []string{"aws_kms_key.a (delete)"} },
		"the guard's estimate was 5": func(_ *scenario.Expect, r *report.Report) { r.Guard.EstimateUpper, r.Apps[0].LostSeconds = 5, 26 },
		"estimate of the loss is un": func(_ *scenario.Expect, r *report.Report) { r.Guard.EstimateKnown = false },
	} {
		e, r := asExpected()
		spoil(&e, &r)
		failures := judge(e, r, map[string]string{"replica": "replica-db", "primary": "primary-db"})
		require.Contains(t, strings.Join(failures, "\n"), says)
	}
}

func TestJudge_WantsNoFenceWhereNothingIsPromoted(t *testing.T) {
	require.Empty(t, judge(scenario.Expect{}, report.Report{}, nil))
	fenced := report.Report{Guard: report.Guard{Fences: 2}}
	require.NotEmpty(t, judge(scenario.Expect{}, fenced, nil))
	require.Empty(t, judge(scenario.Expect{Fenced: true}, fenced, nil))
	require.NotEmpty(t, judge(scenario.Expect{Fenced: true}, report.Report{}, nil))
}

func TestJudge_WantsNotARowLostWhereNothingMayBe(t *testing.T) {
	e, r := asExpected()
	none := scenario.Duration(0)
	e.Apps["replica-app"] = scenario.App{Lost: &none}
	r.Apps[0].LostRows, r.Apps[0].LostSeconds = 1, 0
	require.Contains(t, strings.Join(judge(e, r, nil), "\n"), "lost 0.0 s of acknowledged writes (1 rows), want 0s")
	r.Apps[0].LostRows = 0
	require.Empty(t, judge(e, r, nil))
}

func TestJudge_WantsNothingLostWhereNothingIsPromoted(t *testing.T) {
	r := report.Report{Apps: []report.App{{ID: "replica-app", LossKnown: true, LostRows: 1}}}
	require.Contains(t, strings.Join(judge(scenario.Expect{}, r, nil), "\n"), "1 acknowledged rows are gone")
	r.Apps[0].LostRows = 0
	require.Empty(t, judge(scenario.Expect{}, r, nil))
}

func TestJudge_ReadsTheFenceFromTheNetworkACL(t *testing.T) {
	first := report.Guard{Fence: "confirmed", FencedFirst: true, FenceRules: true, FenceStands: true}
	late, gap, gone := first, first, first
	late.FencedFirst = false
	gap.FenceStands = false
	gone.FenceRules, gone.FenceStands = false, false
	passes := func(e scenario.Expect, g report.Guard) bool { return len(judge(e, report.Report{Guard: g}, nil)) == 0 }
	for _, c := range []struct {
		expect scenario.Expect
		passes []report.Guard
		fails  []report.Guard
	}{
		{scenario.Expect{Fence: "confirmed"}, []report.Guard{first}, []report.Guard{late, gap, gone, {}}},
		{scenario.Expect{Fence: "late"}, []report.Guard{late}, []report.Guard{first, gap, gone, {}}},
		{scenario.Expect{Fence: "owed"}, []report.Guard{{Fence: "owed"}}, []report.Guard{first, {}}},
		{scenario.Expect{Unfenced: true}, []report.Guard{gone, {}}, []report.Guard{first, gap}},
	} {
		for _, g := range c.passes {
			require.True(t, passes(c.expect, g), "%+v %+v", c.expect, g)
		}
		for _, g := range c.fails {
			require.False(t, passes(c.expect, g), "%+v %+v", c.expect, g)
		}
	}
}

func TestJudge_WantsTheNameToStayWhereNothingIsPromoted(t *testing.T) {
	at := 3.0
	require.Contains(t, strings.Join(judge(scenario.Expect{}, report.Report{Switched: &at}, nil), "\n"), "the name led to the replica")
}

func TestJudge_HoldsTheEstimateFromBelowToo(t *testing.T) {
	e, r := asExpected()
	r.Guard.EstimateLower, r.Guard.EstimateUpper = 60, 60
	r.Apps[0].LostSeconds = 39
	require.Contains(t, strings.Join(judge(e, r, map[string]string{"replica": "replica-db"}), "\n"), "was certain that 60.0 s were lost")
	r.Apps[0].LostSeconds = 41
	require.Empty(t, judge(e, r, map[string]string{"replica": "replica-db"}))
}

func TestJudge_AllowsTwoWritersForAsLongAsTheScenarioSays(t *testing.T) {
	e, r := asExpected()
	e.TwoWriters = scenario.TwoWriters{Most: scenario.Duration(time.Minute), By: []string{"replica-app"}}
	r.Apps[0].SplitRows, r.Apps[0].SplitSeconds = 5, 59
	require.Empty(t, judge(e, r, map[string]string{"replica": "replica-db"}))
	r.Apps[0].SplitSeconds = 61
	require.NotEmpty(t, judge(e, r, map[string]string{"replica": "replica-db"}))
	r.Apps[0].SplitRows, r.Apps[0].SplitSeconds = 0, 0
	require.Contains(t, strings.Join(judge(e, r, map[string]string{"replica": "replica-db"}), "\n"), "no window was measured")
}

func TestJudgePlan_FindsWhatWouldUndoAFailover(t *testing.T) {
	plan := func(typ, actions string) []byte {
		return []byte(`{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[{"address":"` + typ + `.x","mode":"managed","type":"` + typ + `","name":"x","change":{"actions":[` + actions + `]}}]}`)
	}
	for _, c := range []struct {
		typ, actions string
		bad, change  int
	}{
		{"aws_db_instance", `"no-op"`, 0, 0},
		{"aws_db_instance", `"read"`, 0, 0},
		{"aws_cloudwatch_metric_alarm", `"update"`, 0, 1},
		{"aws_db_instance", `"delete"`, 1, 0},
		{"aws_db_instance", `"delete","create"`, 1, 0},
		{"aws_db_instance", `"create"`, 1, 0},
		{"aws_network_acl", `"update"`, 1, 0},
		{"aws_network_acl_rule", `"update"`, 1, 0},
		{"aws_route53_record", `"update"`, 1, 0},
	} {
		p, err := judgePlan("primary", plan(c.typ, c.actions))
		require.NoError(t, err)
		require.Len(t, p.Bad, c.bad, "%v", c)
		require.Len(t, p.Changes, c.change, "%v", c)
	}
	_, err := judgePlan("primary", []byte("{"))
	require.ErrorIs(t, err, errPlan)
}

func TestChange_ChangesOneArgument(t *testing.T) {
	fresh := func() map[string]any {
		return map[string]any{"aws_sns_topic": map[string]any{
			"alarm-topic_AAAA": map[string]any{"name": "a", "policy": `{"Service":"cloudwatch.amazonaws.com"}`, "list": []any{"x"}},
			"other-topic_BBBB": map[string]any{"name": "b"},
		}}
	}
	topic := func(r map[string]any) map[string]any {
		return r["aws_sns_topic"].(map[string]any)["alarm-topic_AAAA"].(map[string]any)
	}
	r := fresh()
	require.NoError(t, changeIn(r, scenario.Change{Path: []string{"aws_sns_topic", "alarm-topic", "name"}, Set: "c"}))
	require.Equal(t, "c", topic(r)["name"])
	require.NoError(t, changeIn(r, scenario.Change{Path: []string{"aws_sns_topic", "alarm-topic", "policy"}, Replace: "cloudwatch", With: "nobody"}))
	require.Contains(t, topic(r)["policy"], "nobody")
	require.NoError(t, changeIn(r, scenario.Change{Path: []string{"aws_sns_topic", "alarm-topic", "list"}, Remove: true}))
	require.NotContains(t, topic(r), "list")
	require.NoError(t, changeIn(r, scenario.Change{Path: []string{"aws_sns_topic", "other-topic"}, Remove: true}))
	require.Len(t, r["aws_sns_topic"], 1)

	for _, path := range [][]string{{"aws_x", "a", "b"}, {"aws_sns_topic", "topic", "name"}, {"aws_sns_topic", "none", "name"}} {
		require.ErrorIs(t, changeIn(fresh(), scenario.Change{Path: path, Remove: true}), errChange, "%v", path)
	}
	require.ErrorIs(t, changeIn(fresh(), scenario.Change{Path: []string{"aws_sns_topic", "alarm-topic", "policy"}, Replace: "absent"}), errChange)
}
