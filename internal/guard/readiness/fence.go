package readiness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
)

// Rules that a network ACL has room for in each direction: by default, and at
// most where AWS raised the quota. EC2's own last rule is one of them.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	aclRules       = 20
	aclRulesRaised = 40
)

// fence judges whether the primary could be cut off: in the disaster it is too
// late to find out.
func fence(f Facts) Finding {
	if f.Fence.Err != nil {
		return unknown(CheckFence, f.Fence.Err)
	}
	acl := f.Fence.Value
	switch {
	case len(acl.Gaps) > 0:
		return failed(CheckFence, acl.ACL+" has rules that would let others through: "+strings.Join(acl.Gaps, "; "),
			"remove them, or give them numbers from 100 on: those below are the guard's. A rule for IPv6 gets past any fence")
	case len(acl.Taken) > 0:
		return failed(CheckFence, acl.ACL+" has rules of others with the guard's numbers: "+strings.Join(acl.Taken, "; "),
			"remove them, or give them numbers from 100 on: those below are the guard's")
	case len(acl.Set) > 0:
		return failed(CheckFence, acl.ACL+" has rules of a fence already: "+strings.Join(acl.Set, "; "),
			"after a failover that is right, until the rebuilt instance is named with arm; where there was none, remove them: they cut the primary's clients off")
	case !roomy(acl.Ingress, acl.Adds) || !roomy(acl.Egress, acl.Adds):
		return failed(CheckFence, fmt.Sprintf("%s has no room: %d rules in and %d out, and the fence adds %d to each", acl.ACL, acl.Ingress, acl.Egress, acl.Adds),
			fmt.Sprintf("remove rules: AWS takes %d in each direction, its own last one included", aclRules))
	}
	return around(acl, f.Primary)
}

// roomy tells whether the fence's rules fit in. More than the default quota is
// there only where AWS raised it.
func roomy(has, adds int) bool {
	quota := aclRules
	if has > quota {
		quota = aclRulesRaised
	}
	return has+adds <= quota
}

// around judges whether the ACL is that of all subnets that the primary may be
// in: a fence is around these alone.
func around(acl facts.Fence, primary Fact[facts.Database]) Finding {
	if primary.Err != nil {
		return unknown(CheckFence, primary.Err)
	}
	if len(primary.Value.Subnets) == 0 {
		return unknown(CheckFence, errors.New("RDS does not tell the primary's subnets"))
	}
	var bare []string
	for _, subnet := range primary.Value.Subnets {
		if !slices.Contains(acl.Subnets, subnet) {
			bare = append(bare, subnet)
		}
	}
	if len(bare) > 0 {
		return failed(CheckFence, fmt.Sprintf("the primary may be in %s, which %s is not associated with", strings.Join(bare, ", "), acl.ACL),
			"associate these subnets with it, as the primary stack does")
	}
	return ok(CheckFence, fmt.Sprintf("%s has room for it and is that of all %d database subnets", acl.ACL, len(primary.Value.Subnets)))
}
