package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
)

// Fencer is engine.Fencer by the network ACL of the primary's database subnets.
// A network ACL is stateless, so established connections are cut too.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
type Fencer struct {
	ec2   ec2API
	fence fenceSet
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
	if gap := f.fence.gap(have); gap != (aclRule{}) {
		return fmt.Errorf("fence %q: remove %s from %s: %w", m.Identifier, gap, f.fence.acl, ErrFenceGap)
	}
	for _, want := range f.fence.rules() {
		if got, ok := have.at(want); ok {
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
	got, ok := have.at(want)
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
// and none before them lets others through. Whether packets are stopped only a
// try over SQL shows; a network ACL applies a moment after it was changed.
func (f *Fencer) Fenced(ctx context.Context, m engine.Member) (bool, error) {
	have, err := f.read(ctx, m)
	if err != nil {
		return false, err
	}
	return f.fence.holds(have) && f.fence.gap(have) == aclRule{}, nil
}

// Unfence implements engine.Fencer. It removes only what Fence set. A denial
// that has our number but is another keeps the primary's clients out all the
// same, so that is an error, which wraps ErrForeignRule.
func (f *Fencer) Unfence(ctx context.Context, m engine.Member) error {
	have, err := f.read(ctx, m)
	if err != nil {
		return err
	}
	rules := f.fence.rules()
	slices.Reverse(rules)
	var left error
	for _, ours := range rules {
		got, ok := have.at(ours)
		switch {
		case ok && got == ours:
			if err := f.remove(ctx, m, ours); err != nil {
				return err
			}
		case ok && !got.allow:
			left = errors.Join(left, f.foreign(m, got, ours))
		}
	}
	return left
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

// read gives the rules of the ACL. Only the primary at birth has one that the
// guard may change.
func (f *Fencer) read(ctx context.Context, m engine.Member) (found, error) {
	if m.Site != engine.SitePrimary {
		return nil, fmt.Errorf("fence of %q: site: found %q, want %q, whose network ACL is known", m.Identifier, m.Site, engine.SitePrimary)
	}
	out, err := f.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{f.fence.acl}})
	if err != nil {
		return nil, explain(err, "fence of %q: describe network ACL %s", m.Identifier, f.fence.acl)
	}
	if len(out.NetworkAcls) != 1 {
		return nil, fmt.Errorf("fence of %q: EC2 answered with %d network ACLs %s, want 1", m.Identifier, len(out.NetworkAcls), f.fence.acl)
	}
	return readRules(out.NetworkAcls[0].Entries), nil
}
