package awsapi

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

const aclID = "acl-0123456789abcdef0"

var guardNets = []netip.Prefix{netip.MustParsePrefix("10.1.3.0/24"), netip.MustParsePrefix("10.1.4.0/24")}

// acl is a network ACL as EC2 keeps it: a rule to a direction and number.
type acl struct {
	*fake
	entries map[slot]types.NetworkAclEntry
	// subnets that are associated with it.
	subnets []string
	// order of the rules that were created and deleted, as "ingress 10".
	created, deleted []string
}

func entry(egress bool, number int32, action types.RuleAction, protocol, cidr string, from, to int32) types.NetworkAclEntry {
	return types.NetworkAclEntry{Egress: aws.Bool(egress), RuleNumber: aws.Int32(number), RuleAction: action,
		Protocol: aws.String(protocol), CidrBlock: aws.String(cidr), PortRange: &types.PortRange{From: aws.Int32(from), To: aws.Int32(to)}}
}

// newACL has what Terraform deployed, and the rule that every ACL ends with.
func newACL(t *testing.T, more ...types.NetworkAclEntry) *acl {
	t.Helper()
	a := &acl{fake: newFake(t), entries: map[slot]types.NetworkAclEntry{}, subnets: []string{"subnet-a", "subnet-b", "subnet-c"}}
	shows(a.fake, dbInstance(primary, inSubnets("subnet-a", "subnet-b")))
	for _, e := range append([]types.NetworkAclEntry{
		entry(false, 100, types.RuleActionAllow, "6", "10.0.0.0/16", 5432, 5432),
		entry(true, 100, types.RuleActionAllow, "6", "10.0.0.0/16", 1024, 65535),
		{Egress: aws.Bool(false), RuleNumber: aws.Int32(32767), RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")},
		{Egress: aws.Bool(true), RuleNumber: aws.Int32(32767), RuleAction: types.RuleActionDeny, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")},
	}, more...) {
		a.put(e)
	}
	on(a.fake, a.describe)
	on(a.fake, a.create)
	on(a.fake, func(in *ec2.DeleteNetworkAclEntryInput) (*ec2.DeleteNetworkAclEntryOutput, error) {
		at := slot{*in.Egress, int(*in.RuleNumber)}
		if _, ok := a.entries[at]; !ok {
			return nil, apiError(codeNoEntry)
		}
		delete(a.entries, at)
		a.deleted = append(a.deleted, at.String())
		return &ec2.DeleteNetworkAclEntryOutput{}, nil
	})
	return a
}

func (s slot) String() string {
	r := aclRule{egress: s.egress, number: s.number}.String()
	return r[:strings.Index(r, " (")]
}

func (a *acl) put(e types.NetworkAclEntry) {
	a.entries[slot{aws.ToBool(e.Egress), int(aws.ToInt32(e.RuleNumber))}] = e
}

func (a *acl) describe(in *ec2.DescribeNetworkAclsInput) (*ec2.DescribeNetworkAclsOutput, error) {
	if !slices.Equal(in.NetworkAclIds, []string{aclID}) {
		return nil, apiError("InvalidNetworkAclID.NotFound")
	}
	var list []types.NetworkAclEntry
	for _, e := range a.entries {
		list = append(list, e)
	}
	one := types.NetworkAcl{Entries: list}
	for _, id := range a.subnets {
		one.Associations = append(one.Associations, types.NetworkAclAssociation{NetworkAclId: aws.String(aclID), SubnetId: aws.String(id)})
	}
	return &ec2.DescribeNetworkAclsOutput{NetworkAcls: []types.NetworkAcl{one}}, nil
}

func (a *acl) create(in *ec2.CreateNetworkAclEntryInput) (*ec2.CreateNetworkAclEntryOutput, error) {
	at := slot{*in.Egress, int(*in.RuleNumber)}
	if _, ok := a.entries[at]; ok {
		return nil, apiError(codeEntryExists)
	}
	a.put(types.NetworkAclEntry{Egress: in.Egress, RuleNumber: in.RuleNumber, RuleAction: in.RuleAction,
		Protocol: in.Protocol, CidrBlock: in.CidrBlock, PortRange: in.PortRange})
	a.created = append(a.created, at.String())
	return &ec2.CreateNetworkAclEntryOutput{}, nil
}

// lets tells whether the ACL lets a packet through, as EC2 decides: the lowest
// rule that is about it.
func (a *acl) lets(egress bool, address string, port int32) bool {
	var numbers []int
	for at := range a.entries {
		if at.egress == egress {
			numbers = append(numbers, at.number)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		e := a.entries[slot{egress, n}]
		ports := e.PortRange == nil || *e.PortRange.From <= port && port <= *e.PortRange.To
		if netip.MustParsePrefix(*e.CidrBlock).Contains(netip.MustParseAddr(address)) && ports {
			return e.RuleAction == types.RuleActionAllow
		}
	}
	return false
}

func fencerOn(a *acl) *Fencer {
	return &Fencer{clock: clock.System{}, ec2: a, databases: fleet{engine.SitePrimary: a.fake}, fence: fenceRules(aclID, 5432, guardNets)}
}

func fenced(t *testing.T, f *Fencer) bool {
	t.Helper()
	holds, err := f.Fenced(context.Background(), primary)
	if err != nil {
		t.Fatalf("fenced: %v", err)
	}
	return holds
}

func TestFencer_CutsEveryoneOffButTheGuardInBothDirections(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	if fenced(t, f) {
		t.Fatal("a fresh ACL counts as fenced")
	}
	if !a.lets(false, "10.0.1.9", 5432) || !a.lets(true, "10.0.1.9", 40000) {
		t.Fatal("clients were cut off before the fence")
	}
	if err := f.Fence(context.Background(), primary); err != nil {
		t.Fatalf("fence: %v", err)
	}
	for _, client := range []string{"10.0.1.9", "10.1.9.9", "192.0.2.1"} {
		if a.lets(false, client, 5432) || a.lets(true, client, 40000) {
			t.Errorf("%s still reaches the primary or hears from it", client)
		}
	}
	for _, guard := range []string{"10.1.3.7", "10.1.4.7"} {
		if !a.lets(false, guard, 5432) || !a.lets(true, guard, 40000) {
			t.Errorf("the guard at %s is behind its own fence", guard)
		}
	}
	if !fenced(t, f) {
		t.Error("the fence is up and does not count as one")
	}
}

func TestFencer_LetsItselfThroughBeforeItKeepsOthersOut(t *testing.T) {
	a := newACL(t)
	if err := fencerOn(a).Fence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	want := []string{"ingress rule 10", "egress rule 10", "ingress rule 11", "egress rule 11", "ingress rule 90", "egress rule 90"}
	if !slices.Equal(a.created, want) {
		t.Errorf("created %v, want %v", a.created, want)
	}
	if err := fencerOn(a).Unfence(context.Background(), primary); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(want)
	if !slices.Equal(a.deleted, want) {
		t.Errorf("deleted %v, want %v", a.deleted, want)
	}
}

func TestFencer_IsIdempotent(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	for range 3 {
		if err := f.Fence(context.Background(), primary); err != nil {
			t.Fatalf("fence: %v", err)
		}
	}
	if len(a.created) != 6 {
		t.Errorf("created %v, want six rules once", a.created)
	}
	for range 3 {
		if err := f.Unfence(context.Background(), primary); err != nil {
			t.Fatalf("unfence: %v", err)
		}
	}
	if fenced(t, f) || len(a.entries) != 4 {
		t.Errorf("left %v, want what Terraform deployed", a.entries)
	}
}

func TestFencer_GoesOnWhereAnEarlierTryStopped(t *testing.T) {
	a := newACL(t)
	f := fencerOn(a)
	stopped := errors.New("stopped")
	on(a.fake, func(in *ec2.CreateNetworkAclEntryInput) (*ec2.CreateNetworkAclEntryOutput, error) {
		if len(a.created) == 5 {
			return nil, stopped
		}
		return a.create(in)
	})
	if err := f.Fence(context.Background(), primary); !errors.Is(err, stopped) {
		t.Fatalf("fence: got %v, want the error of EC2", err)
	}
	if fenced(t, f) {
		t.Error("half a fence counts as one")
	}
	on(a.fake, a.create)
	if err := f.Fence(context.Background(), primary); err != nil || !fenced(t, f) {
		t.Errorf("fence: %v, want the rest of it", err)
	}
}

func TestFencer_TakesARuleThatIsThereAlreadyForItsOwnOnlyIfItIs(t *testing.T) {
	for name, c := range map[string]struct {
		faster types.NetworkAclEntry
		want   error
	}{
		"the same":        {entry(false, 90, types.RuleActionDeny, "6", "0.0.0.0/0", 5432, 5432), nil},
		"written by name": {entry(false, 90, types.RuleActionDeny, "TCP", "0.0.0.0/0", 5432, 5432), nil},
		"another port":    {entry(false, 90, types.RuleActionDeny, "6", "0.0.0.0/0", 22, 22), ErrForeignRule},
		"another network": {entry(false, 90, types.RuleActionDeny, "6", "10.0.0.0/8", 5432, 5432), ErrForeignRule},
		"the opposite":    {entry(false, 90, types.RuleActionAllow, "6", "0.0.0.0/0", 5432, 5432), ErrForeignRule},
	} {
		t.Run(name+", seen before", func(t *testing.T) {
			a := newACL(t, c.faster)
			if err := fencerOn(a).Fence(context.Background(), primary); !errors.Is(err, c.want) {
				t.Errorf("fence: got %v, want %v", err, c.want)
			}
		})
		t.Run(name+", set meanwhile", func(t *testing.T) {
			a := newACL(t)
			on(a.fake, func(in *ec2.CreateNetworkAclEntryInput) (*ec2.CreateNetworkAclEntryOutput, error) {
				if !*in.Egress && *in.RuleNumber == 90 {
					a.put(c.faster)
				}
				return a.create(in)
			})
			if err := fencerOn(a).Fence(context.Background(), primary); !errors.Is(err, c.want) {
				t.Errorf("fence: got %v, want %v", err, c.want)
			}
		})
	}
}

func TestFencer_RefusesAFenceThatSomebodyElseGetsThrough(t *testing.T) {
	for name, hole := range map[string]types.NetworkAclEntry{
		"an earlier rule for all ports":      entry(false, 5, types.RuleActionAllow, "-1", "10.0.0.0/16", 0, 65535),
		"an earlier rule for the port":       entry(false, 20, types.RuleActionAllow, "6", "10.0.0.9/32", 5000, 6000),
		"an earlier rule for the answers":    entry(true, 20, types.RuleActionAllow, "6", "10.0.0.9/32", 0, 2000),
		"a rule for IPv6, whatever number":   {Egress: aws.Bool(false), RuleNumber: aws.Int32(200), RuleAction: types.RuleActionAllow, Protocol: aws.String("-1"), Ipv6CidrBlock: aws.String("::/0")},
		"a rule of its own number, too wide": entry(false, 10, types.RuleActionAllow, "6", "10.1.0.0/16", 5432, 5432),
	} {
		t.Run(name, func(t *testing.T) {
			a := newACL(t, hole)
			if err := fencerOn(a).Fence(context.Background(), primary); !errors.Is(err, ErrFenceGap) {
				t.Errorf("fence: got %v, want ErrFenceGap", err)
			}
			if len(a.created) != 0 {
				t.Errorf("created %v, want nothing", a.created)
			}
		})
		t.Run(name+", afterwards", func(t *testing.T) {
			a := newACL(t)
			f := fencerOn(a)
			if err := f.Fence(context.Background(), primary); err != nil {
				t.Fatal(err)
			}
			a.put(hole)
			if fenced(t, f) {
				t.Error("the fence counts as one though others get through")
			}
		})
	}
}

func TestFencer_MindsNoRuleThatIsBehindItOrAboutSomethingElse(t *testing.T) {
	a := newACL(t,
		entry(false, 91, types.RuleActionAllow, "-1", "0.0.0.0/0", 0, 65535),
		entry(false, 5, types.RuleActionAllow, "6", "0.0.0.0/0", 22, 22),
		entry(false, 6, types.RuleActionAllow, "17", "0.0.0.0/0", 5432, 5432),
		entry(false, 7, types.RuleActionDeny, "6", "203.0.113.0/24", 5432, 5432),
	)
	f := fencerOn(a)
	if err := f.Fence(context.Background(), primary); err != nil || !fenced(t, f) {
		t.Errorf("fence: %v, want it up", err)
	}
}

func TestFencer_TellsSilenceFromARefusal(t *testing.T) {
	for name, c := range map[string]struct{ answer, want error }{
		"silent":    {silence(), engine.ErrSilent},
		"throttled": {apiError("RequestLimitExceeded"), engine.ErrThrottled},
		"denied":    {apiError("UnauthorizedOperation"), engine.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			a := newACL(t)
			fails[ec2.CreateNetworkAclEntryInput](a.fake, c.answer)
			if err := fencerOn(a).Fence(context.Background(), primary); !errors.Is(err, c.want) {
				t.Errorf("create: got %v, want %v", err, c.want)
			}
			fails[ec2.DescribeNetworkAclsInput](a.fake, c.answer)
			f := fencerOn(a)
			_, err := f.Fenced(context.Background(), primary)
			for _, err := range []error{err, f.Fence(context.Background(), primary), f.Unfence(context.Background(), primary)} {
				if !errors.Is(err, c.want) {
					t.Errorf("describe: got %v, want %v", err, c.want)
				}
			}
		})
	}
}

func TestFencer_RefusesAnythingButThePrimaryAtBirth(t *testing.T) {
	f := fencerOn(newACL(t))
	if err := f.Fence(context.Background(), replica); err == nil {
		t.Error("fenced the replica, want an error")
	}
	if _, err := f.Fenced(context.Background(), replica); err == nil {
		t.Error("told whether the replica is fenced, want an error")
	}
}
