package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
)

// sentence is an edge in words: the names of its two ends and the relation.
func sentence(g *Graph, e Edge) string {
	s := fmt.Sprintf("%s %s %s", g.Node(e.From).Name, e.Relation, g.Node(e.To).Name)
	if e.Via != "" {
		s += " via " + g.Node(e.Via).Name
	}
	return s
}

// sentences are the edges of some relations, sorted.
func sentences(g *Graph, relations ...Relation) []string {
	var found []string
	for _, e := range g.Edges {
		if slices.Contains(relations, e.Relation) {
			found = append(found, sentence(g, e))
		}
	}
	slices.Sort(found)
	return found
}

func TestReadDir_TellsTheFailoverOfTheGoldenStacks(t *testing.T) {
	g := goldenInput(t).read(t)
	require.Equal(t, "dev", g.Environment)
	require.Equal(t, []string{"pgdr-primary-dev", "pgdr-replica-dev"}, g.Stacks)
	require.Equal(t, []Site{{RolePrimary, "us-east-1"}, {RoleReplica, "eu-west-1"}}, g.Sites)

	steps := map[Step][]string{}
	for _, e := range g.Edges {
		steps[e.Step] = append(steps[e.Step], sentence(g, e))
	}
	delete(steps, 0)
	for _, list := range steps {
		slices.Sort(list)
	}
	require.Equal(t, map[Step][]string{
		StepDetect: {
			"failover-function-dev checks-itself-with eu-central-1",
			"failover-function-dev checks-itself-with us-west-2",
			"failover-function-dev connects-to primary-db-dev via replica-to-primary-dev",
			"failover-function-dev connects-to replica-db-dev",
			"failover-function-dev describes primary-db-dev",
			"failover-function-dev describes replica-db-dev",
		},
		StepDecide:  {"failover-function-dev remembers-in failover-ledger-dev"},
		StepFence:   {"failover-function-dev fences primary-database-dev"},
		StepPromote: {"failover-function-dev promotes replica-db-dev"},
		StepSwitch: {
			"active-writer-dev followed-by primary-db-health-dev",
			"failover-function-dev publishes-to active-writer-dev",
			"failover-function-dev weighs db-dev.internal",
			"primary-db-health-dev takes-out db.db-dev.internal",
		},
	}, steps)
}

func TestReadDir_TellsWhatIsCopiedAndWhoIsWoken(t *testing.T) {
	g := goldenInput(t).read(t)
	require.Equal(t, []string{
		"alias/primary-db-key-dev replicates-to alias/replica-db-key-dev",
		"db-credentials-dev replicates-to db-credentials-dev",
		"failover-schedule-dev wakes failover-function-dev",
		"primary-db-alarm-topic-dev wakes failover-function-dev",
		"primary-db-dev replicates-to replica-db-dev",
		"replica-db-alarm-topic-dev wakes failover-function-dev",
	}, sentences(g, Replicates, Wakes))
	require.Equal(t, []string{
		"db.db-dev.internal answers-with primary-db-dev",
		"db.db-dev.internal answers-with replica-db-dev",
		"db.db-dev.internal asks db-dev.internal",
	}, sentences(g, Answers, Asks))
}

func TestReadDir_PutsSubnetsIntoTiersAndZones(t *testing.T) {
	g := goldenInput(t).read(t)
	found := map[string]string{}
	for _, n := range g.Find(func(n Node) bool { return n.Kind == KindSubnet }) {
		found[n.CIDR] = fmt.Sprintf("%s %s in %s", n.Subnet.Tier, n.Subnet.Zone, g.Node(n.Parent).CIDR)
	}
	require.Len(t, found, 21)
	require.Equal(t, "public us-east-1a in 10.0.0.0/16", found["10.0.0.0/24"])
	require.Equal(t, "private us-east-1b in 10.0.0.0/16", found["10.0.4.0/24"])
	require.Equal(t, "database eu-west-1c in 10.1.0.0/16", found["10.1.8.0/24"])
	require.Equal(t, "private eu-west-1a in 10.1.0.0/16", found["10.1.9.0/24"], "the guard's own")
}

func TestReadDir_GuardReadsTheCopyOfTheCredentialsInItsRegion(t *testing.T) {
	g := goldenInput(t).read(t)
	read := g.edges(Reads)
	require.Len(t, read, 1)
	require.Equal(t, "eu-west-1", g.Node(read[0].To).Region)
}

// Each takes one thing out of the stacks and says which arrows must go.
func TestReadDir_WhatTheStacksNoLongerSayIsGone(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(in edit)
		relation Relation
		gone     string
	}{
		"subscription": {func(in edit) {
			remove(in.t, in.replica, "aws_sns_topic_subscription", "guard-primary-alarms")
		}, Wakes, "primary-db-alarm-topic-dev wakes failover-function-dev"},
		"permission to call the function": {func(in edit) {
			remove(in.t, in.replica, "aws_lambda_permission", "guard_schedule-permission")
		}, Wakes, "failover-schedule-dev wakes failover-function-dev"},
		"route there": {func(in edit) {
			remove(in.t, in.replica, "aws_route", "network_peering_route-2")
		}, Probes, "failover-function-dev connects-to primary-db-dev via replica-to-primary-dev"},
		"route back": {func(in edit) {
			remove(in.t, in.replica, "aws_route", "peering-primary_route-5")
		}, Probes, "failover-function-dev connects-to primary-db-dev via replica-to-primary-dev"},
		"permission to call that function": {func(in edit) {
			block(in.t, in.replica, "aws_lambda_permission", "guard_schedule-permission")["function_name"] = "another"
		}, Wakes, "failover-schedule-dev wakes failover-function-dev"},
		"route to there": {func(in edit) {
			block(in.t, in.replica, "aws_route", "network_peering_route-2")["destination_cidr_block"] = "10.9.0.0/16"
		}, Probes, "failover-function-dev connects-to primary-db-dev via replica-to-primary-dev"},
		"right to fence": {func(in edit) {
			dropRight(in.t, in.input, "ec2:CreateNetworkAclEntry")
		}, Fences, "failover-function-dev fences primary-database-dev"},
		"right to change weights": {func(in edit) {
			dropRight(in.t, in.input, "route53:ChangeResourceRecordSets")
		}, Weighs, "failover-function-dev weighs db-dev.internal"},
		"right to publish metrics": {func(in edit) {
			dropRight(in.t, in.input, "cloudwatch:PutMetricData")
		}, Publishes, "failover-function-dev publishes-to active-writer-dev"},
		"metrics of that namespace": {func(in edit) {
			policy := block(in.t, in.replica, "aws_iam_role_policy", "guard_policy-exceptions")
			policy["policy"] = strings.Replace(policy["policy"].(string), `"cloudwatch:namespace":"PGDR/dev"`, `"cloudwatch:namespace":"Other"`, 1)
		}, Publishes, "failover-function-dev publishes-to active-writer-dev"},
		"health check of the record": {func(in edit) {
			delete(block(in.t, in.primary, "aws_route53_record", "writer-record"), "health_check_id")
		}, TakesOut, "primary-db-health-dev takes-out db.db-dev.internal"},
		"alarm's action": {func(in edit) {
			delete(block(in.t, in.replica, "aws_cloudwatch_metric_alarm", "alarms_replica-lag"), "alarm_actions")
		}, Notifies, "replica-lag-dev notifies replica-db-alarm-topic-dev"},
	} {
		t.Run(name, func(t *testing.T) {
			in := goldenInput(t)
			before := sentences(in.read(t), test.relation)
			test.change(edit{in, t})
			after := sentences(in.read(t), test.relation)
			want := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return s == test.gone })
			require.Less(t, len(want), len(before), "%q is not in the golden stacks: %v", test.gone, before)
			require.ElementsMatch(t, want, after)
		})
	}
}

// dropRight renames an action in the guard's policies, so that it is no longer
// allowed.
func dropRight(t *testing.T, in input, action string) {
	t.Helper()
	found := 0
	for _, policy := range blocks(t, in.replica, "aws_iam_role_policy") {
		policy := policy.(object)
		document := policy["policy"].(string)
		found += strings.Count(document, `"`+action+`"`)
		policy["policy"] = strings.ReplaceAll(document, `"`+action+`"`, `"none:None"`)
	}
	require.Equal(t, 1, found, action)
}

func TestWithin_WantsAllOfTheInnerRange(t *testing.T) {
	require.True(t, within("10.0.6.0/24", "10.0.0.0/16"))
	require.True(t, within("10.0.6.0/24", "10.0.6.0/24"))
	require.False(t, within("10.0.6.0/24", "10.0.6.0/25"))
	require.False(t, within("10.0.6.0/24", "10.9.0.0/16"))
	require.False(t, within("10.0.6.0/24", ""))
}

func TestReadDir_ADeniedActionIsNoArrow(t *testing.T) {
	in := goldenInput(t)
	policy := block(t, in.replica, "aws_iam_role_policy", "guard_policy-act")
	policy["policy"] = strings.Replace(policy["policy"].(string), `"Sid":"Fence","Effect":"Allow"`, `"Sid":"Fence","Effect":"Deny"`, 1)
	require.Empty(t, sentences(in.read(t), Fences))
}

func TestReadDir_AWildcardActionIsAnArrow(t *testing.T) {
	in := goldenInput(t)
	policy := block(t, in.replica, "aws_iam_role_policy", "guard_policy-act")
	policy["policy"] = strings.Replace(policy["policy"].(string), `"ec2:CreateNetworkAclEntry"`, `"ec2:*NetworkAcl*"`, 1)
	require.Equal(t, []string{"failover-function-dev fences primary-database-dev"}, sentences(in.read(t), Fences))
}

func TestReadDir_GuardIsInTheRegionOfItsProvider(t *testing.T) {
	in := goldenInput(t)
	require.Equal(t, "eu-west-1", in.read(t).first(KindGuard).Region)
	moveGuard(t, in)
	g := in.read(t)
	require.Equal(t, "us-east-1", g.first(KindGuard).Region)
	require.Equal(t, []string{
		"failover-function-dev connects-to primary-db-dev",
		"failover-function-dev connects-to replica-db-dev via replica-to-primary-dev",
	}, sentences(g, Probes), "the peering is now on the way to the other one")
}

func TestReadDir_CountsHumansAndKeepsTheirAddresses(t *testing.T) {
	in := goldenInput(t)
	addEmail(t, in, "someone@example.org")
	addEmail(t, in, "other@example.org")
	g := in.read(t)
	require.Equal(t, 2, g.first(KindHumans).Count)
	for _, format := range Formats {
		out, err := Render(g, format)
		require.NoError(t, err)
		require.NotContains(t, string(out), "@example.org", format)
	}
}

func TestReadDir_GroupsAlarmsByWhatTheyWatchAndTell(t *testing.T) {
	g := goldenInput(t).read(t)
	found := map[string]int{}
	for _, x := range groups(g) {
		found[g.Node(x.source).Name+" → "+g.Node(x.topic).Name] = len(x.alarms)
	}
	require.Equal(t, map[string]int{
		"primary-db-dev → primary-db-alarm-topic-dev":         alarms(func(a contract.Alarm) bool { return !a.OfGuard() && a.Role == contract.RolePrimary }),
		"replica-db-dev → replica-db-alarm-topic-dev":         alarms(func(a contract.Alarm) bool { return !a.OfGuard() && a.Role == contract.RoleReplica }),
		"failover-function-dev → replica-db-notice-topic-dev": alarms(func(a contract.Alarm) bool { return a.OfGuard() }),
	}, found)
}

func TestReadDir_EveryEdgeJoinsNodesAndEveryIDIsOne(t *testing.T) {
	g := goldenInput(t).read(t)
	seen := map[string]bool{}
	for _, n := range g.Nodes {
		require.False(t, seen[n.ID], "two nodes have the ID %s", n.ID)
		seen[n.ID] = true
	}
	for _, e := range g.Edges {
		require.True(t, seen[e.From] && seen[e.To] && (e.Via == "" || seen[e.Via]), "%+v", e)
	}
	require.NotEmpty(t, slices.Collect(maps.Keys(seen)))
}
