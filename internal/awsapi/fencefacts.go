package awsapi

import (
	"context"
	"fmt"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Fence describes the network ACL by which the primary at birth would be
// fenced.
func (r *Readiness) Fence(ctx context.Context) (facts.Fence, error) {
	acl, err := r.fence.read(ctx, member(engine.SitePrimary, r.config.Primary))
	if err != nil {
		return facts.Fence{}, err
	}
	return r.fence.fence.facts(acl), nil
}

// facts are what stands in the way of the fence in an ACL.
func (f fenceSet) facts(acl networkACL) facts.Fence {
	ours, taken := f.ours(acl.rules)
	v4 := func(egress bool) int {
		return len(acl.rules.where(func(r aclRule) bool { return r.egress == egress && r.ipv6 == "" }))
	}
	return facts.Fence{
		ACL: f.acl, Subnets: acl.subnets, Gaps: words(f.gaps(acl.rules)), Taken: words(taken), Set: words(ours),
		Ingress: v4(false), Egress: v4(true), Adds: len(f.rules()) / 2,
	}
}

func words[T fmt.Stringer](all []T) []string {
	var texts []string
	for _, one := range all {
		texts = append(texts, one.String())
	}
	return texts
}
