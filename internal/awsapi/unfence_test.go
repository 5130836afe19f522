package awsapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// shown lets EC2 show these rules, whatever there is.
func shown(a *acl, times int, entries ...types.NetworkAclEntry) {
	now := a.describe
	on(a.fake, func(in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
		if times--; times >= 0 {
			return &ec2.DescribeNetworkAclsOutput{NetworkAcls: []types.NetworkAcl{{Entries: entries}}}, nil
		}
		return now(in)
	})
}

func TestUnfence_RemovesRulesThatEC2DoesNotShowYet(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	shown(a, 1)
	if err := f.Unfence(context.Background(), primary); err != nil {
		t.Fatalf("unfence: %v", err)
	}
	if len(a.entries) != 4 {
		t.Errorf("left %v, want what Terraform deployed", a.entries)
	}
}

func TestUnfence_IsNotDoneWhileARuleOfTheFenceIsShown(t *testing.T) {
	// An allowance of the guard alone is no fence any more, and one of its rules.
	for _, left := range []types.NetworkAclEntry{
		entry(true, 90, types.RuleActionDeny, "6", "0.0.0.0/0", 1024, 65535),
		entry(false, 11, types.RuleActionAllow, "6", "10.1.4.0/24", 5432, 5432),
	} {
		a := newACL(t)
		f := fencerOn(a)
		shown(a, 2, left)
		err := f.Unfence(context.Background(), primary)
		if want := readRules([]types.NetworkAclEntry{left}); !errors.Is(err, ErrFenceLeft) || !strings.Contains(err.Error(), want[slot{aws.ToBool(left.Egress), int(*left.RuleNumber)}].String()) {
			t.Errorf("unfence: got %v, want ErrFenceLeft that names %v", err, want)
		}
		if err := f.Unfence(context.Background(), primary); err != nil {
			t.Errorf("once EC2 shows that it is gone: %v", err)
		}
	}
}

func TestUnfence_TakesNoSilenceForALiftedFence(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	looks := 0
	on(a.fake, func(in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
		if looks++; looks > 1 {
			return nil, silence()
		}
		return a.describe(in)
	})
	if err := f.Unfence(context.Background(), primary); err == nil {
		t.Error("unfence: nil, though nobody has looked whether anything is left")
	}
}

func TestFencer_RemovesOnlyWhatItSet(t *testing.T) {
	a := newACL(t, entry(false, 50, types.RuleActionDeny, "6", "203.0.113.0/24", 5432, 5432))
	f := fencerOn(a)
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	a.put(entry(true, 90, types.RuleActionDeny, "6", "10.0.0.0/8", 1024, 65535)) // A person narrowed it.
	a.put(entry(false, 11, types.RuleActionAllow, "6", "10.1.9.0/24", 5432, 5432))
	if err := f.Unfence(context.Background(), primary); !errors.Is(err, ErrForeignRule) {
		t.Errorf("unfence: got %v, want ErrForeignRule for the denial that stays", err)
	}
	for _, at := range []slot{{false, 50}, {true, 90}, {false, 11}, {false, 100}, {true, 100}} {
		if _, ok := a.entries[at]; !ok {
			t.Errorf("%s is gone, want it left alone", at)
		}
	}
	for _, at := range []slot{{false, 90}, {false, 10}, {true, 10}, {true, 11}} {
		if _, ok := a.entries[at]; ok {
			t.Errorf("%s is still there, want it removed", at)
		}
	}
}

func TestFencer_TakesARuleThatIsGoneAlreadyForRemoved(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	on(a.fake, func(in *ec2.DeleteNetworkAclEntryInput) (*ec2.DeleteNetworkAclEntryOutput, error) {
		delete(a.entries, slot{*in.Egress, int(*in.RuleNumber)}) // Another caller was faster.
		return nil, apiError(codeNoEntry)
	})
	if err := f.Unfence(context.Background(), primary); err != nil {
		t.Errorf("unfence: %v, want nil", err)
	}
}
