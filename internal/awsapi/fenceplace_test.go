package awsapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// inSubnets puts an instance into a subnet group of these.
func inSubnets(ids ...string) func(*rdstypes.DBInstance) {
	return func(db *rdstypes.DBInstance) {
		db.DBSubnetGroup = &rdstypes.DBSubnetGroup{}
		for _, id := range ids {
			db.DBSubnetGroup.Subnets = append(db.DBSubnetGroup.Subnets, rdstypes.Subnet{SubnetIdentifier: aws.String(id)})
		}
	}
}

func TestFencer_IsNoFenceWhereASubnetOfTheInstanceHasAnotherACL(t *testing.T) {
	for name, c := range map[string]struct {
		rds  []func(*rdstypes.DBInstance)
		acl  []string
		want string
	}{
		"one has another": {[]func(*rdstypes.DBInstance){inSubnets("subnet-a", "subnet-d")}, []string{"subnet-a", "subnet-b"}, "associate subnet-d with " + aclID},
		"none has it":     {nil, nil, "no subnet is associated"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newACL(t)
			a.subnets = c.acl
			shows(a.fake, dbInstance(primary, c.rds...))
			f := fencerOn(a)
			if err := f.Fence(context.Background(), primary); err != nil {
				t.Fatalf("fence: %v, want it around the others at least", err)
			}
			holds, err := f.Fenced(context.Background(), primary)
			if holds || !errors.Is(err, ErrFenceElsewhere) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("fenced: %t, %v; want ErrFenceElsewhere that says %q", holds, err, c.want)
			}
		})
	}
}

func TestFencer_TakesTheACLsWordWhereRDSDoesNotTellTheSubnets(t *testing.T) {
	for name, answer := range map[string]error{"silent": silence(), "throttled": apiError("Throttling"), "denied": apiError("AccessDenied")} {
		t.Run(name, func(t *testing.T) {
			a := newACL(t)
			f := fencerOn(a)
			if err := f.Fence(context.Background(), primary); err != nil {
				t.Fatal(err)
			}
			fails[rds.DescribeDBInstancesInput](a.fake, answer)
			if !fenced(t, f) {
				t.Error("the fence waits for RDS")
			}
		})
	}
}

func TestReadiness_DescribesTheFence(t *testing.T) {
	a := newACL(t,
		entry(false, 20, types.RuleActionAllow, "6", "10.0.0.9/32", 5000, 6000),
		entry(true, 90, types.RuleActionDeny, "6", "10.0.0.0/8", 1024, 65535),
		entry(false, 10, types.RuleActionAllow, "6", "10.1.3.0/24", 5432, 5432),
		types.NetworkAclEntry{Egress: aws.Bool(false), RuleNumber: aws.Int32(200), RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), Ipv6CidrBlock: aws.String("::/0")},
	)
	r := readinessOn(a.fake)
	r.fence = fencerOn(a)
	got, err := r.Fence(context.Background())
	want := facts.Fence{
		ACL: aclID, Subnets: []string{"subnet-a", "subnet-b", "subnet-c"},
		Gaps:    []string{"ingress rule 20 (allow protocol 6 ports 5000-6000 10.0.0.9/32)"},
		Taken:   []string{"egress rule 90 (deny protocol 6 ports 1024-65535 10.0.0.0/8)"},
		Set:     []string{"ingress rule 10 (allow protocol 6 ports 5432-5432 10.1.3.0/24)"},
		Ingress: 4, Egress: 3, Adds: 3,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	fails[ec2.DescribeNetworkAclsInput](a.fake, silence())
	if _, err := r.Fence(context.Background()); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
}
