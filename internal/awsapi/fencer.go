package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Refusals of the fence. They are AWS's state, not the guard's fault: a person
// has to remove the rule that the error names.
var (
	// ErrForeignRule: a rule that is not the guard's has one of its numbers.
	ErrForeignRule = errors.New("another rule has the guard's number")
	// ErrFenceGap: a rule that is not the guard's lets others through.
	ErrFenceGap = errors.New("a rule lets others through the fence")
	// ErrFenceElsewhere: not all subnets of the instance have the ACL.
	ErrFenceElsewhere = errors.New("the fence is not around all of its subnets")
	// ErrFenceLeft: rules of the fence are still there. It takes a moment until
	// EC2 shows that one is gone.
	ErrFenceLeft = errors.New("a part of the fence is left")
)

// subnetTime bounds the question for the instance's subnets. Together with a
// try over SQL it fits into what the engine gives a look at the fence.
const subnetTime = time.Second

// Fencer is engine.Fencer by the network ACL of the primary's database subnets.
// A network ACL is stateless, so established connections are cut too.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
type Fencer struct {
	clock     engine.Clock
	ec2       ec2API
	databases fleet
	fence     fenceSet
}

// networkACL is what EC2 says of one.
type networkACL struct {
	rules found
	// subnets that are associated with it.
	subnets []string
}

var _ engine.Fencer = (*Fencer)(nil)

// Fence implements engine.Fencer. Rules that are there already are left alone;
// one that has our number but is another is an error that wraps
// ErrForeignRule, and one that would make the fence useless wraps ErrFenceGap.
func (f *Fencer) Fence(ctx context.Context, m engine.Member) error {
	have, err := f.read(ctx, m)
	if err != nil {
		return err
	}
	if gaps := f.fence.gaps(have.rules); len(gaps) > 0 {
		return fmt.Errorf("fence %q: remove %s from %s: %w", m.Identifier, gaps[0], f.fence.acl, ErrFenceGap)
	}
	for _, want := range f.fence.rules() {
		if got, ok := have.rules.at(want); ok {
			if got != want {
				return f.foreign(m, got, want)
			}
			continue
		}
		if err := f.create(ctx, m, want); err != nil {
			return err
		}
	}
	return nil
}

// create sets one rule. That it is there already is success only if it is ours.
func (f *Fencer) create(ctx context.Context, m engine.Member, want aclRule) error {
	_, err := f.ec2.CreateNetworkAclEntry(ctx, want.input(f.fence.acl))
	if err == nil {
		return nil
	}
	if !hasCode(err, codeEntryExists) {
		return explain(err, "fence %q: create %s in %s", m.Identifier, want, f.fence.acl)
	}
	have, err := f.read(ctx, m)
	if err != nil {
		return err
	}
	got, ok := have.rules.at(want)
	switch {
	case !ok:
		return fmt.Errorf("fence %q: EC2 says that %s is there already, but does not show it", m.Identifier, want)
	case got != want:
		return f.foreign(m, got, want)
	default:
		return nil
	}
}

// Fenced implements engine.Fencer as far as AWS can tell: every rule is there,
// none before them lets others through, and the ACL is that of all subnets in
// which the instance may be. One that is not is an error, which wraps
// ErrFenceElsewhere: setting the rules again would not help. Whether packets are
// stopped only a try over SQL shows; a network ACL applies a moment after it was
// changed.
func (f *Fencer) Fenced(ctx context.Context, m engine.Member) (bool, error) {
	have, err := f.read(ctx, m)
	if err != nil {
		return false, err
	}
	if !f.fence.holds(have.rules) || len(f.fence.gaps(have.rules)) > 0 {
		return false, nil
	}
	err = f.around(ctx, m, have.subnets)
	return err == nil, err
}

// around makes sure that the ACL is that of all the instance's subnets, which
// RDS knows. Where RDS does not tell them in time the ACL's own word is taken:
// the failover is for a region in trouble, and must not wait for an API that is
// silent there. That the subnets agree is a matter of the readiness check as
// well, while all is still calm.
func (f *Fencer) around(ctx context.Context, m engine.Member, have []string) error {
	if len(have) == 0 {
		return fmt.Errorf("fence of %q: no subnet is associated with %s: %w", m.Identifier, f.fence.acl, ErrFenceElsewhere)
	}
	c, cancel := f.clock.WithDeadline(ctx, f.clock.Now().Add(subnetTime))
	defer cancel()
	db, err := f.databases.find(withSingleTry(c), m, singleRDS)
	if err != nil {
		return nil
	}
	var bare []string
	for _, subnet := range subnetsOf(db) {
		if !slices.Contains(have, subnet) {
			bare = append(bare, subnet)
		}
	}
	if len(bare) > 0 {
		return fmt.Errorf("fence of %q: associate %s with %s: %w", m.Identifier, strings.Join(bare, ", "), f.fence.acl, ErrFenceElsewhere)
	}
	return nil
}

// Unfence implements engine.Fencer. It removes what Fence set by its numbers,
// shown or not: what EC2 shows may be older than the fence. A rule of others that
// has one of them is left alone; a denial among these keeps the primary's clients
// out all the same, so that is an error, which wraps ErrForeignRule. Rules that
// EC2 still shows afterwards are ErrFenceLeft.
func (f *Fencer) Unfence(ctx context.Context, m engine.Member) error {
	have, err := f.read(ctx, m)
	if err != nil {
		return err
	}
	rules := f.fence.rules()
	slices.Reverse(rules)
	var foreign error
	for _, ours := range rules {
		switch got, shown := have.rules.at(ours); {
		case !shown || got == ours:
			if err := f.remove(ctx, m, ours); err != nil {
				return err
			}
		case !got.allow:
			foreign = errors.Join(foreign, f.foreign(m, got, ours))
		}
	}
	if have, err = f.read(ctx, m); err != nil {
		return errors.Join(foreign, err)
	}
	if left, _ := f.fence.ours(have.rules); len(left) > 0 {
		return errors.Join(foreign, fmt.Errorf("unfence %q: %s still shows %s: %w", m.Identifier, f.fence.acl, strings.Join(words(left), ", "), ErrFenceLeft))
	}
	return foreign
}

func (f *Fencer) remove(ctx context.Context, m engine.Member, r aclRule) error {
	_, err := f.ec2.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{
		NetworkAclId: aws.String(f.fence.acl), Egress: aws.Bool(r.egress), RuleNumber: short(r.number),
	})
	if err != nil && !hasCode(err, codeNoEntry) {
		return explain(err, "unfence %q: delete %s from %s", m.Identifier, r, f.fence.acl)
	}
	return nil
}

func (f *Fencer) foreign(m engine.Member, got, want aclRule) error {
	return fmt.Errorf("fence of %q: in %s found %s, want %s: %w", m.Identifier, f.fence.acl, got, want, ErrForeignRule)
}

// read looks at the ACL. Only the primary at birth has one that the guard may
// change.
func (f *Fencer) read(ctx context.Context, m engine.Member) (networkACL, error) {
	if m.Site != engine.SitePrimary {
		return networkACL{}, fmt.Errorf("fence of %q: site: found %q, want %q, whose network ACL is known", m.Identifier, m.Site, engine.SitePrimary)
	}
	out, err := f.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{f.fence.acl}})
	if err != nil {
		return networkACL{}, explain(err, "fence of %q: describe network ACL %s", m.Identifier, f.fence.acl)
	}
	if len(out.NetworkAcls) != 1 {
		return networkACL{}, fmt.Errorf("fence of %q: EC2 answered with %d network ACLs %s, want 1", m.Identifier, len(out.NetworkAcls), f.fence.acl)
	}
	acl := networkACL{rules: readRules(out.NetworkAcls[0].Entries)}
	for _, a := range out.NetworkAcls[0].Associations {
		acl.subnets = append(acl.subnets, aws.ToString(a.SubnetId))
	}
	return acl, nil
}
