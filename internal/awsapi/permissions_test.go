package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/engine"

	"github.com/stretchr/testify/require"
)

const session = "arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/failover-function-dev"

var (
	primaryFacts = facts.Database{ParameterGroup: "primary-params-dev", KeyARN: "arn:aws:kms:us-east-1:123456789012:key/mrk-1"}
	replicaFacts = facts.Database{ParameterGroup: "replica-params-dev", KeyARN: "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"}
)

// simulator lets IAM allow what the function says, page by page of one action.
func simulator(t *testing.T, allowed func(action, resource string) bool) *fake {
	t.Helper()
	f := newFake(t)
	on(f, func(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		return &sts.GetCallerIdentityOutput{Arn: aws.String(session)}, nil
	})
	on(f, func(in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
		at := slices.Index(in.ActionNames, aws.ToString(in.Marker)) + 1
		decision := iamtypes.PolicyEvaluationDecisionTypeImplicitDeny
		if allowed(in.ActionNames[at], in.ResourceArns[0]) {
			decision = iamtypes.PolicyEvaluationDecisionTypeAllowed
		}
		return &iam.SimulatePrincipalPolicyOutput{
			IsTruncated: at < len(in.ActionNames)-1, Marker: aws.String(in.ActionNames[at]),
			EvaluationResults: []iamtypes.EvaluationResult{{EvalActionName: aws.String(in.ActionNames[at]), EvalDecision: decision}},
		}, nil
	})
	return f
}

func TestPermissions_TellsEachActionAndResource(t *testing.T) {
	f := simulator(t, func(action, _ string) bool { return action != "rds:ModifyDBInstance" })
	all, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Allowed == (p.Action == "rds:ModifyDBInstance") || p.Purpose == "" || p.Resource == "" {
			t.Errorf("%+v, want all allowed but rds:ModifyDBInstance", p)
		}
	}
	for action, resource := range map[string]string{
		"rds:PromoteReadReplica":    "arn:aws:rds:eu-west-1:123456789012:db:replica-db-dev",
		"rds:StopDBInstance":        "arn:aws:rds:us-east-1:123456789012:db:primary-db-dev",
		"ec2:CreateNetworkAclEntry": "arn:aws:ec2:us-east-1:123456789012:network-acl/" + aclID,
		"cloudwatch:DescribeAlarms": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:active-writer-dev",
		"dynamodb:PutItem":          "arn:aws:dynamodb:eu-west-1:123456789012:table/failover-ledger-dev",
		"route53:GetHealthCheck":    "arn:aws:route53:::healthcheck/11111111-2222-3333-4444-555555555555",
		"kms:Decrypt":               replicaFacts.KeyARN,
	} {
		if !slices.ContainsFunc(all, func(p facts.Permission) bool { return p.Action == action && p.Resource == resource }) {
			t.Errorf("%s on %s was not asked about", action, resource)
		}
	}
}

func TestPermissions_WhatIAMSaysNothingOfIsNotAllowed(t *testing.T) {
	f := simulator(t, nil)
	on(f, func(*iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
		return &iam.SimulatePrincipalPolicyOutput{IsTruncated: true}, nil
	})
	all, err := readinessOn(f).Permissions(context.Background(), facts.Database{}, facts.Database{})
	if err != nil || len(all) == 0 || slices.ContainsFunc(all, func(p facts.Permission) bool { return p.Allowed }) {
		t.Errorf("%+v, %v; want none allowed, and an end", all, err)
	}
}

func TestPermissions_GivesTheContextThatConditionsLookAt(t *testing.T) {
	f := simulator(t, func(string, string) bool { return true })
	if _, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, in := range asked[iam.SimulatePrincipalPolicyInput](f) {
		for _, c := range in.ContextEntries {
			seen[aws.ToString(c.ContextKeyName)+" "+string(c.ContextKeyType)] = strings.Join(c.ContextKeyValues, ",")
		}
	}
	for key, want := range map[string]string{
		"cloudwatch:namespace string":                                      "PGDR",
		"route53:ChangeResourceRecordSetsActions stringList":               "UPSERT",
		"route53:ChangeResourceRecordSetsRecordTypes stringList":           "CNAME",
		"route53:ChangeResourceRecordSetsNormalizedRecordNames stringList": recordName,
		"kms:ViaService string":                                            "secretsmanager.eu-west-1.amazonaws.com",
	} {
		if seen[key] != want {
			t.Errorf("context %s is %q, want %q", key, seen[key], want)
		}
	}
	if _, ok := seen["aws:RequestedRegion string"]; !ok {
		t.Errorf("context %v lacks aws:RequestedRegion", seen)
	}
}

func TestPermissions_TellsNothingWhereIAMDoesNotAnswerEverything(t *testing.T) {
	f := simulator(t, nil)
	on(f, func(in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
		if in.ActionNames[0] == "sns:Publish" {
			return nil, silence()
		}
		return &iam.SimulatePrincipalPolicyOutput{}, nil
	})
	all, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts)
	if !errors.Is(err, engine.ErrSilent) || all != nil {
		t.Errorf("got %+v, %v; want ErrSilent alone", all, err)
	}
}

func TestPermissions_RefusesACallerThatIsNoRole(t *testing.T) {
	for _, who := range []string{"", "arn:aws:iam::123456789012:user/ann", "arn:aws:sts::123456789012:federated-user/ann"} {
		f := simulator(t, nil)
		on(f, func(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
			return &sts.GetCallerIdentityOutput{Arn: aws.String(who)}, nil
		})
		if _, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts); !errors.Is(err, ErrNotARole) {
			t.Errorf("%q: got %v, want ErrNotARole", who, err)
		}
	}
}

const goldenStack = "../../stacks/testdata/golden/replica.tf.json"

// goldenResources are the resources of a type in the synthesized stack.
func goldenResources(t *testing.T, kind string, into any) {
	t.Helper()
	data, err := os.ReadFile(goldenStack)
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resource map[string]json.RawMessage `json:"resource"`
	}
	if err := json.Unmarshal(data, &stack); err != nil {
		t.Fatalf("%s: %v", goldenStack, err)
	}
	if err := json.Unmarshal(stack.Resource[kind], into); err != nil {
		t.Fatalf("%s: %s: %v", goldenStack, kind, err)
	}
}

// granted are the actions that the synthesized role allows.
func granted(t *testing.T) map[string]bool {
	t.Helper()
	var policies map[string]struct {
		Policy string `json:"policy"`
	}
	goldenResources(t, "aws_iam_role_policy", &policies)
	actions := map[string]bool{}
	for name, p := range policies {
		var doc struct {
			Statement []struct {
				Effect string
				Action []string
			}
		}
		if err := json.Unmarshal([]byte(p.Policy), &doc); err != nil {
			t.Fatalf("policy %s: %v", name, err)
		}
		for _, s := range doc.Statement {
			for _, a := range s.Action {
				if s.Effect == "Allow" {
					actions[a] = true
				}
			}
		}
	}
	return actions
}

func TestPermissions_AreThoseOfTheSynthesizedRole(t *testing.T) {
	role := arn.ARN{Partition: "aws", Service: "iam", AccountID: "123456789012", Resource: "role/x"}
	r := readinessOn(newFake(t))
	asked := map[string]bool{}
	for _, n := range append(r.needs(role), r.instanceNeeds(role, primaryFacts, replicaFacts)...) {
		for _, a := range n.actions {
			asked[a] = true
		}
	}
	have := granted(t)
	for a := range asked {
		if !have[a] {
			t.Errorf("%s is needed, but the role in %s does not grant it", a, goldenStack)
		}
	}
	// Granted and not asked about: what Lambda and SNS do in the role's name,
	// and what asks.
	for _, a := range []string{
		"logs:CreateLogStream", "logs:PutLogEvents",
		"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"kms:GenerateDataKey", "iam:SimulatePrincipalPolicy",
	} {
		asked[a] = true
	}
	for _, a := range slices.Sorted(maps.Keys(have)) {
		if !asked[a] {
			t.Errorf("the role in %s grants %s, which the readiness check does not ask about", goldenStack, a)
		}
	}
}

func TestEffects_CoverEveryActionOfTheRole(t *testing.T) {
	sent := map[string]bool{}
	for op := range effects {
		sent[op] = true
	}
	for _, op := range []string{"PromoteReadReplica", "ModifyDBInstance", "StopDBInstance", "StopReplicationToReplica", "PutItem"} {
		sent[op] = true // Once, by default.
	}
	role := arn.ARN{Partition: "aws"}
	r := readinessOn(newFake(t))
	needed := map[string]bool{"GetCallerIdentity": true, "SimulatePrincipalPolicy": true}
	for _, n := range append(r.needs(role), r.instanceNeeds(role, primaryFacts, replicaFacts)...) {
		for _, a := range n.actions {
			_, op, _ := strings.Cut(a, ":")
			needed[op] = true
		}
	}
	delete(needed, "Decrypt") // Secrets Manager's, in the role's name.
	for op := range needed {
		if !sent[op] {
			t.Errorf("%s: it is not said whether it may be sent again", op)
		}
	}
	for op := range sent {
		if !needed[op] {
			t.Errorf("%s may be sent, but no permission is asked about", op)
		}
	}
}

func TestPermissions_TellsAnOutageOfIAMOnce(t *testing.T) {
	outage := errors.New("503 Service Unavailable")
	require.NoError(t, onceOf([]error{nil, nil}))
	require.Equal(t, outage, onceOf([]error{nil, outage, nil}))
	err := onceOf([]error{outage, nil, outage, outage})
	require.ErrorIs(t, err, outage)
	require.Equal(t, "3 of 4 questions failed, the first: 503 Service Unavailable", err.Error())
}
