package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// deployed are the rules of the stack and EC2's own last one, in each direction.
var deployed = []int32{100, 32767}

func (w *world) acl() types.NetworkAcl {
	w.t.Helper()
	out, err := w.ec2(east).DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]}})
	require.NoError(w.t, err)
	require.Len(w.t, out.NetworkAcls, 1)
	return out.NetworkAcls[0]
}

// rules are the numbers of the ACL's rules in one direction.
func (w *world) rules(egress bool) []int32 {
	w.t.Helper()
	var out []int32
	for _, e := range w.acl().Entries {
		if aws.ToBool(e.Egress) == egress {
			out = append(out, aws.ToInt32(e.RuleNumber))
		}
	}
	return out
}

func (w *world) unfence(number int32) error {
	return second(w.ec2(east).DeleteNetworkAclEntry(w.ctx, &ec2.DeleteNetworkAclEntryInput{
		NetworkAclId: aws.String(w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]), RuleNumber: aws.Int32(number), Egress: aws.Bool(false),
	}))
}

func TestEC2_DescribesTheACLWithEveryRule(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.fence(90))
	acl := w.acl()
	require.Len(t, acl.Associations, 3)
	require.Equal(t, append([]int32{90}, deployed...), w.rules(false))
	require.Equal(t, deployed, w.rules(true))
	e := acl.Entries[0]
	require.Equal(t, "6", aws.ToString(e.Protocol))
	require.Equal(t, types.RuleActionDeny, e.RuleAction)
	require.Equal(t, "0.0.0.0/0", aws.ToString(e.CidrBlock))
	require.Equal(t, &types.PortRange{From: aws.Int32(5432), To: aws.Int32(5432)}, e.PortRange)
	last := acl.Entries[len(acl.Entries)-1]
	require.Equal(t, "-1", aws.ToString(last.Protocol))
	require.Nil(t, last.PortRange)
	require.Equal(t, types.RuleActionDeny, last.RuleAction)
}

func TestEC2_TheACLIsThatOfTheSubnetsThatRDSTells(t *testing.T) {
	w := newWorld(t)
	var fenced, zones []string
	for _, a := range w.acl().Associations {
		fenced = append(fenced, aws.ToString(a.SubnetId))
	}
	var told []string
	for _, s := range w.describe(east, primaryDB).DBSubnetGroup.Subnets {
		told, zones = append(told, aws.ToString(s.SubnetIdentifier)), append(zones, aws.ToString(s.SubnetAvailabilityZone.Name))
	}
	require.ElementsMatch(t, told, fenced)
	require.ElementsMatch(t, []string{"us-east-1a", "us-east-1b", "us-east-1c"}, zones)
}

func TestEC2_FencesAndUnfences(t *testing.T) {
	w := newWorld(t)
	before := len(w.cloud.Resources("aws_network_acl_rule"))
	require.NoError(t, w.fence(90))
	refused(t, w.fence(90), "NetworkAclEntryAlreadyExists")
	require.Equal(t, append([]int32{90}, deployed...), w.rules(false))
	require.Len(t, w.cloud.Resources("aws_network_acl_rule"), before+1, "the other face sees the rule")
	require.NoError(t, w.unfence(90))
	refused(t, w.unfence(90), "InvalidNetworkAclEntry.NotFound")
	require.Equal(t, deployed, w.rules(false))
}

func TestEC2_RemovesRulesThatTerraformMade(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.unfence(100))
	require.Equal(t, []int32{32767}, w.rules(false))
	require.Equal(t, deployed, w.rules(true))
	w.edit("aws_network_acl", named("id", w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]), func(a, _ sim.Attrs) {
		a["ingress"] = []any{map[string]any{"rule_no": float64(50), "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}}
	})
	require.Equal(t, []int32{50, 32767}, w.rules(false))
	require.NoError(t, w.unfence(50))
	require.Equal(t, []int32{32767}, w.rules(false))
}

func TestEC2_RefusesWhatEC2Refuses(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	for i := int32(1); i <= 18; i++ { // With the stack's and EC2's own that makes 20.
		require.NoError(t, w.fence(i))
	}
	refused(t, w.fence(19), "NetworkAclEntryLimitExceeded")
	refused(t, w.fence(18), "NetworkAclEntryAlreadyExists")
	require.NoError(t, w.unfence(18))
	refused(t, w.fence(32767), "InvalidParameterValue")
	_, err := w.ec2(east).DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{"acl-0"}})
	refused(t, err, "InvalidNetworkAclID.NotFound")
	_, err = w.ec2(west).DeleteNetworkAclEntry(w.ctx, &ec2.DeleteNetworkAclEntryInput{
		NetworkAclId: aws.String(w.env["PGDR_PRIMARY_NETWORK_ACL_ID"]), RuleNumber: aws.Int32(100), Egress: aws.Bool(false),
	})
	refused(t, err, "InvalidNetworkAclID.NotFound")
	_, err = w.ec2(east).DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("default"), Values: []string{"true"}}}})
	require.Contains(t, refused(t, err, "SimulatorUnsupported"), "Filter")
}

func TestEC2_DescribesLateWithinItsBound(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.Staleness.EC2 = 5 * time.Second })
	require.NoError(t, w.fence(90))
	require.Equal(t, deployed, w.rules(false))
	refused(t, w.fence(90), "NetworkAclEntryAlreadyExists")
	w.clock.Advance(5 * time.Second)
	require.Equal(t, append([]int32{90}, deployed...), w.rules(false))
	require.NoError(t, w.unfence(90))
	require.Equal(t, append([]int32{90}, deployed...), w.rules(false))
	w.clock.Advance(5 * time.Second)
	require.Equal(t, deployed, w.rules(false))
}
