package awsapi

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

const session = "arn:aws:sts::123456789012:assumed-role/failover-function-role-dev/failover-function-dev"

var (
	primaryFacts = facts.Database{ParameterGroup: "primary-params-dev", KeyARN: "arn:aws:kms:us-east-1:123456789012:key/mrk-1"}
	replicaFacts = facts.Database{ParameterGroup: "replica-params-dev", KeyARN: "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"}
)

const topicKey = "arn:aws:kms:eu-west-1:123456789012:key/topics"

// encryptedBy gives the notices' topic a key.
func encryptedBy(f *fake, key string) {
	on(f, func(*sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
		return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"KmsMasterKeyId": key}}, nil
	})
}

// simulator lets IAM allow what the function says, page by page of one action.
func simulator(t *testing.T, allowed func(action, resource string) bool) *fake {
	t.Helper()
	f := newFake(t)
	on(f, func(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		return &sts.GetCallerIdentityOutput{Arn: aws.String(session)}, nil
	})
	encryptedBy(f, topicKey)
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
	seen := map[string][]string{}
	for _, in := range asked[iam.SimulatePrincipalPolicyInput](f) {
		for _, c := range in.ContextEntries {
			key := aws.ToString(c.ContextKeyName) + " " + string(c.ContextKeyType)
			seen[key] = append(seen[key], strings.Join(c.ContextKeyValues, ","))
		}
	}
	for key, want := range map[string]string{
		"cloudwatch:namespace string":                                      "PGDR/dev",
		"route53:ChangeResourceRecordSetsActions stringList":               "UPSERT",
		"route53:ChangeResourceRecordSetsRecordTypes stringList":           "CNAME",
		"route53:ChangeResourceRecordSetsNormalizedRecordNames stringList": recordName,
		"kms:ViaService string":                                            "dynamodb.eu-west-1.amazonaws.com",
		"rds:db-tag/Environment string":                                    "dev",
	} {
		require.Contains(t, seen[key], want, key)
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

// What SNS needs of the notices' key in the guard's name was never asked about,
// so that a role without it was green and could send no notice.
func TestPermissions_AsksAboutTheKeyOfTheNotices(t *testing.T) {
	denied := map[string]bool{}
	f := simulator(t, func(_, resource string) bool { return resource != topicKey })
	all, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts)
	require.NoError(t, err)
	for _, p := range all {
		if !p.Allowed {
			denied[p.Action] = true
		}
	}
	require.Equal(t, map[string]bool{"kms:GenerateDataKey": true, "kms:Decrypt": true}, denied)
	for _, in := range asked[iam.SimulatePrincipalPolicyInput](f) {
		if in.ResourceArns[0] == topicKey {
			require.Equal(t, []string{"sns.eu-west-1.amazonaws.com"}, in.ContextEntries[0].ContextKeyValues)
		}
	}
}

func TestPermissions_TakesTheNoticesKeyAsItIsGiven(t *testing.T) {
	for key, want := range map[string]string{
		"":                                     "",
		topicKey:                               topicKey,
		"11111111-2222-3333-4444-555555555555": "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555",
	} {
		f := newFake(t)
		encryptedBy(f, key)
		got, err := readinessOn(f).noticeKey(context.Background(), "123456789012")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	f := newFake(t)
	encryptedBy(f, "alias/notices")
	_, err := readinessOn(f).noticeKey(context.Background(), "123456789012")
	require.ErrorContains(t, err, "give it the key's ARN")
}

// Each action of the role is asked about, but for those that the contract
// excepts with a reason.
func TestPermissions_AreThoseOfTheContract(t *testing.T) {
	f := simulator(t, func(string, string) bool { return true })
	all, err := readinessOn(f).Permissions(context.Background(), primaryFacts, replicaFacts)
	require.NoError(t, err)
	for _, g := range contract.Grants {
		for _, action := range g.Actions {
			there := slices.ContainsFunc(all, func(p facts.Permission) bool { return p.Action == action && p.Purpose == g.Why })
			require.Equal(t, !g.Deny && g.Unasked == "", there, "%s of statement %s", action, g.Sid)
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
	needed := map[string]bool{"GetCallerIdentity": true, "SimulatePrincipalPolicy": true}
	for _, g := range contract.Grants {
		if g.Deny || g.Unasked != "" {
			continue
		}
		for _, a := range g.Actions {
			_, op, _ := strings.Cut(a, ":")
			needed[op] = true
		}
	}
	delete(needed, "Decrypt") // a service's, in the role's name
	delete(needed, "GenerateDataKey")
	delete(needed, "CreateGrant")
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

	f := simulator(t, nil)
	fails[iam.SimulatePrincipalPolicyInput](f, apiError("ServiceFailure"))
	_, err = readinessOn(f).Permissions(t.Context(), primaryFacts, replicaFacts)
	require.ErrorContains(t, err, "questions failed, the first")
	require.Equal(t, 1, strings.Count(err.Error(), "ServiceFailure"), err.Error())
}
