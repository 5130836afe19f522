package awsapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
)

// simulations is how many questions IAM is asked at once.
const simulations = 6

// ErrNotARole says that the guard runs as something else than a role, so that
// its permissions can't be simulated.
var ErrNotARole = errors.New("the caller is no role")

// need is a set of actions on one resource, with the context that the role's
// conditions look at.
type need struct {
	purpose  string
	actions  []string
	resource string
	context  map[string][]string
}

// Permissions asks IAM, for each action that the guard may have to take,
// whether its role would be allowed to. The two instances tell which keys and
// parameter groups are in use; what they leave empty is left out. The
// resources' own policies, of keys and topics, are not part of such a
// simulation.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func (r *Readiness) Permissions(ctx context.Context, primary, replica facts.Database) ([]facts.Permission, error) {
	out, err := r.caller.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, explain(err, "simulate permissions: who the guard is")
	}
	role, err := roleOf(aws.ToString(out.Arn))
	if err != nil {
		return nil, fmt.Errorf("simulate permissions: %w", err)
	}
	needs := append(r.needs(role), r.instanceNeeds(role, primary, replica)...)
	// Many small questions to a region that may be far away: some at a time.
	answers, faults := make([][]facts.Permission, len(needs)), make([]error, len(needs))
	places := make(chan struct{}, simulations)
	var asking sync.WaitGroup
	for i, n := range needs {
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if answers[i], faults[i] = r.simulate(ctx, role.String(), n); faults[i] != nil {
				faults[i] = fmt.Errorf("simulate permissions to %s: %w", n.purpose, faults[i])
			}
		})
	}
	asking.Wait()
	if err := onceOf(faults); err != nil {
		return nil, err
	}
	return slices.Concat(answers...), nil
}

// onceOf is the first of the faults, and how many there are: an outage of IAM
// fails every question for the same reason, and is told once.
func onceOf(faults []error) error {
	all := len(faults)
	faults = slices.DeleteFunc(faults, func(err error) bool { return err == nil })
	switch len(faults) {
	case 0:
		return nil
	case 1:
		return faults[0]
	default:
		return fmt.Errorf("%d of %d questions failed, the first: %w", len(faults), all, faults[0])
	}
}

// roleOf turns the caller of a role's session into the role. The session's ARN
// leaves the role's path out; the guard's role has none.
func roleOf(caller string) (arn.ARN, error) {
	a, err := arn.Parse(caller)
	if err != nil {
		return a, fmt.Errorf("caller: found %q, want an ARN: %w", caller, ErrNotARole)
	}
	parts := strings.Split(a.Resource, "/")
	if a.Service != "sts" || len(parts) != 3 || parts[0] != "assumed-role" {
		return a, fmt.Errorf("caller: found %q, want a session of a role: %w", caller, ErrNotARole)
	}
	return arn.ARN{Partition: a.Partition, Service: "iam", AccountID: a.AccountID, Resource: "role/" + parts[1]}, nil
}

// ownARN names a resource of the role's account.
func ownARN(role arn.ARN, service, region, resource string) string {
	return arn.ARN{Partition: role.Partition, Service: service, Region: region, AccountID: role.AccountID, Resource: resource}.String()
}

// instanceNeeds are those on what belongs to the instances.
func (r *Readiness) instanceNeeds(role arn.ARN, primary, replica facts.Database) []need {
	var needs []need
	for _, at := range []struct {
		who, region string
		db          facts.Database
	}{
		{"primary", r.config.Primary.Region, primary},
		{"replica", r.config.Replica.Region, replica},
	} {
		if at.db.ParameterGroup != "" {
			group := ownARN(role, "rds", at.region, "pg:"+at.db.ParameterGroup)
			needs = append(needs, need{"see the " + at.who + "'s parameters", []string{"rds:DescribeDBParameters"}, group, nil})
		}
		if at.db.KeyARN != "" {
			needs = append(needs, need{"see the " + at.who + "'s key", []string{"kms:DescribeKey"}, at.db.KeyARN, nil})
		}
	}
	if replica.KeyARN != "" {
		via := map[string][]string{"kms:ViaService": {"secretsmanager." + r.config.Replica.Region + ".amazonaws.com"}}
		needs = append(needs, need{"decrypt the secret", []string{"kms:Decrypt"}, replica.KeyARN, via})
	}
	return needs
}

// needs are the actions of this package on what the configuration names, as
// stacks/guardpolicy.go grants them.
func (r *Readiness) needs(role arn.ARN) []need {
	c := r.config
	in := func(service, region, resource string) string { return ownARN(role, service, region, resource) }
	global := func(service, resource string) string {
		return arn.ARN{Partition: role.Partition, Service: service, Resource: resource}.String()
	}
	home, away := c.Replica.Region, c.Primary.Region
	primaryDB, replicaDB := in("rds", away, "db:"+c.Primary.Identifier), in("rds", home, "db:"+c.Replica.Identifier)
	zone := global("route53", "hostedzone/"+c.DNS.ZoneID)
	upserts := map[string][]string{
		"route53:ChangeResourceRecordSetsNormalizedRecordNames": {strings.ToLower(c.DNS.RecordName)},
		"route53:ChangeResourceRecordSetsRecordTypes":           {"CNAME"},
		"route53:ChangeResourceRecordSetsActions":               {"UPSERT"},
	}
	region := func(name string) map[string][]string { return map[string][]string{"aws:RequestedRegion": {name}} }
	return []need{
		{"see the replica", []string{"rds:DescribeDBInstances"}, replicaDB, nil},
		{"see the primary", []string{"rds:DescribeDBInstances"}, primaryDB, nil},
		{"find the replica under another name", []string{"rds:DescribeDBInstances"}, in("rds", home, "db:*"), nil},
		{"find the primary under another name", []string{"rds:DescribeDBInstances"}, in("rds", away, "db:*"), nil},
		{"see the primary's events", []string{"rds:DescribeEvents"}, "*", region(away)},
		{"see the new writer's events", []string{"rds:DescribeEvents"}, "*", region(home)},
		{"promote the replica", []string{"rds:PromoteReadReplica", "rds:ModifyDBInstance"}, replicaDB, nil},
		{"stop the old primary", []string{"rds:StopDBInstance"}, primaryDB, nil},
		{"fence the old primary", []string{"ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"}, in("ec2", away, "network-acl/"+c.PrimaryNetworkACLID), nil},
		{"see the fence", []string{"ec2:DescribeNetworkAcls"}, "*", region(away)},
		{"see the records", []string{"route53:ListResourceRecordSets"}, zone, nil},
		{"set the records' weights", []string{"route53:ChangeResourceRecordSets"}, zone, upserts},
		{"see whether the weights are in force", []string{"route53:GetChange"}, global("route53", "change/C0"), nil},
		{"see the health check", []string{"route53:GetHealthCheck"}, global("route53", "healthcheck/"+c.DNS.HealthCheckID), nil},
		{"see the writer's alarm", []string{"cloudwatch:DescribeAlarms"}, in("cloudwatch", home, "alarm:"+c.ActiveWriterAlarm), nil},
		{"publish metrics", []string{"cloudwatch:PutMetricData"}, "*", map[string][]string{"cloudwatch:namespace": {c.MetricNamespace}}},
		{"tell people", []string{"sns:Publish"}, c.NoticeTopicARN, nil},
		{"remember", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, in("dynamodb", home, "table/"+c.LedgerTable), nil},
		{"read and detach the secret", []string{"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:StopReplicationToReplica"}, c.SecretARN, nil},
		{"see the primary's secret", []string{"secretsmanager:DescribeSecret"}, c.PrimarySecretARN, nil},
	}
}

// simulate asks about one need. An action that IAM says nothing of counts as
// not allowed.
func (r *Readiness) simulate(ctx context.Context, role string, n need) ([]facts.Permission, error) {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(role), ActionNames: n.actions, ResourceArns: []string{n.resource}}
	for _, key := range slices.Sorted(maps.Keys(n.context)) {
		in.ContextEntries = append(in.ContextEntries, types.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyValues: n.context[key], ContextKeyType: contextType(key),
		})
	}
	decisions := map[string]string{}
	for more := true; more; {
		out, err := r.iam.SimulatePrincipalPolicy(ctx, in)
		if err != nil {
			return nil, explain(err, "ask IAM about %s", role)
		}
		for _, e := range out.EvaluationResults {
			decisions[aws.ToString(e.EvalActionName)] = string(e.EvalDecision)
		}
		more = out.IsTruncated && aws.ToString(out.Marker) != aws.ToString(in.Marker)
		in.Marker = out.Marker
	}
	found := make([]facts.Permission, 0, len(n.actions))
	for _, action := range n.actions {
		d := decisions[action]
		found = append(found, facts.Permission{Purpose: n.purpose, Action: action, Resource: n.resource,
			Decision: d, Allowed: d == string(types.PolicyEvaluationDecisionTypeAllowed)})
	}
	return found, nil
}

// contextType: keys about the records of a change have a value for each of
// them.
func contextType(key string) types.ContextKeyTypeEnum {
	if strings.HasPrefix(key, "route53:") {
		return types.ContextKeyTypeEnumStringList
	}
	return types.ContextKeyTypeEnumString
}
