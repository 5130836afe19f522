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
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
)

// simulations is how many questions IAM is asked at once.
const simulations = 6

// ErrNotARole says that the guard runs as something else than a role, so that
// its permissions can't be simulated.
var ErrNotARole = errors.New("the caller is no role")

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
	key, err := r.noticeKey(ctx, role.AccountID)
	if err != nil {
		return nil, err
	}
	questions := r.questions(role, primary, replica, key)
	// Many small questions to a region that may be far away: some at a time.
	answers, faults := make([][]facts.Permission, len(questions)), make([]error, len(questions))
	places := make(chan struct{}, simulations)
	var asking sync.WaitGroup
	for i, q := range questions {
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if answers[i], faults[i] = r.simulate(ctx, role.String(), q); faults[i] != nil {
				faults[i] = fmt.Errorf("simulate permissions to %s: %w", q.Why, faults[i])
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

// questions are those of the contract that the readiness check asks, about what
// the configuration and the two instances name.
func (r *Readiness) questions(role arn.ARN, primary, replica facts.Database, noticeKey string) []contract.Question {
	c := r.config
	own := func(service, region, resource string) string {
		if strings.HasSuffix(resource, ":") {
			return "" // not known
		}
		return arn.ARN{Partition: role.Partition, Service: service, Region: region, AccountID: role.AccountID, Resource: resource}.String()
	}
	home, away := c.Replica.Region, c.Primary.Region
	all := contract.Questions(contract.Scope{
		Environment: c.Environment, Account: role.AccountID, PrimaryRegion: away, ReplicaRegion: home, RoleARN: role.String(),
		PrimaryDatabaseARN: own("rds", away, "db:"+c.Primary.Identifier), ReplicaDatabaseARN: own("rds", home, "db:"+c.Replica.Identifier),
		PrimaryParametersARN: own("rds", away, "pg:"+primary.ParameterGroup), ReplicaParametersARN: own("rds", home, "pg:"+replica.ParameterGroup),
		PrimaryNetworkACLID: c.PrimaryNetworkACLID,
		ZoneID:              c.DNS.ZoneID, RecordName: c.DNS.RecordName, HealthCheckID: c.DNS.HealthCheckID,
		ActiveAlarmARN: own("cloudwatch", home, "alarm:"+c.ActiveWriterAlarm),
		LedgerARN:      own("dynamodb", home, "table/"+c.LedgerTable),
		NoticeTopicARN: c.NoticeTopicARN, TopicKeyARN: noticeKey,
		PrimarySecretARN: c.PrimarySecretARN, RegionalSecretARN: c.SecretARN,
		PrimaryKeyARN: primary.KeyARN, RegionalKeyARN: replica.KeyARN,
	})
	return slices.DeleteFunc(all, func(q contract.Question) bool { return q.Unasked != "" })
}

// noticeKey is the ARN of the key that encrypts the notices, "" if none does.
func (r *Readiness) noticeKey(ctx context.Context, account string) (string, error) {
	out, err := r.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(r.config.NoticeTopicARN)})
	if err != nil {
		return "", explain(err, "read the notices' topic %s", r.config.NoticeTopicARN)
	}
	key := out.Attributes["KmsMasterKeyId"]
	switch {
	case key == "" || arn.IsARN(key):
		return key, nil
	case strings.HasPrefix(key, "alias/"):
		return "", fmt.Errorf("the notices' topic %s has the key %q, an alias: give it the key's ARN, so that permissions on it can be checked", r.config.NoticeTopicARN, key)
	}
	return arn.ARN{Partition: "aws", Service: "kms", Region: r.config.Replica.Region, AccountID: account, Resource: "key/" + key}.String(), nil
}

// simulate asks one question. An action that IAM says nothing of counts as
// not allowed.
func (r *Readiness) simulate(ctx context.Context, role string, q contract.Question) ([]facts.Permission, error) {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(role), ActionNames: q.Actions, ResourceArns: []string{q.Resource}}
	for _, key := range slices.Sorted(maps.Keys(q.Context)) {
		in.ContextEntries = append(in.ContextEntries, types.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyValues: q.Context[key], ContextKeyType: contextType(key),
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
	found := make([]facts.Permission, 0, len(q.Actions))
	for _, action := range q.Actions {
		d := decisions[action]
		found = append(found, facts.Permission{Purpose: q.Why, Action: action, Resource: q.Resource,
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
