package provider

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/awsshape"
	"github.com/pgdr/pgdr/twin/sim/tf"
)

// A shape is that of a type on the old SDK: Terraform holds types on the plugin
// framework to their plan to the letter.
func TestShapes_NameArgumentsThatExist(t *testing.T) {
	for name, shape := range awsshape.Shapes {
		kind := known()[name]
		if kind == nil {
			require.Equal(t, "terraform_data", name)
			continue
		}
		block := kind.Schema().Block
		for _, path := range shape.Zero {
			attribute := block.Attributes[path]
			require.NotNil(t, attribute, "%s.%s", name, path)
			require.True(t, attribute.Optional && !attribute.WriteOnly, "%s.%s", name, path)
			require.False(t, tf.Zeroed(cty.NullVal(attribute.AttributeType)).IsNull(), "%s.%s", name, path)
		}
		for _, path := range shape.WhollyUnknown {
			require.True(t, block.Attributes[path].AttributeType.IsCollectionType(), "%s.%s", name, path)
		}
		for _, path := range shape.UnknownAtCreation {
			require.Contains(t, shape.Zero, path, "%s: AWS's answer to what is not given", name)
		}
		if len(shape.Zero)+len(shape.WhollyUnknown)+len(shape.UnknownAtCreation) > 0 {
			require.False(t, rulesOf(name).Framework, name)
		}
	}
}

func TestSettle_StoresTheZeroValueWhereTheRealProviderDoes(t *testing.T) {
	for name, c := range map[string]struct{ typeName, answer, reference string }{
		"after an apply":        {"aws_secretsmanager_secret_version", `{"secret_id":"a"}`, `{"secret_id":"a"}`},
		"after a read":          {"aws_secretsmanager_secret_version", `{"secret_id":"a"}`, `{"secret_id":"a","secret_string":""}`},
		"an older state's null": {"aws_secretsmanager_secret_version", `{"secret_id":"a"}`, `{"secret_id":"a","secret_string":null}`},
		"an import":             {"aws_secretsmanager_secret_version", `{"secret_id":"a"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			state := settledFor(t, c.typeName, c.answer, c.reference, noTags)
			require.Equal(t, cty.StringVal(""), state.GetAttr("secret_string"))
			require.True(t, state.GetAttr("secret_string_wo").IsNull())
		})
	}
	check := settledFor(t, "aws_route53_health_check", `{"type":"CLOUDWATCH_METRIC"}`, `{"type":"CLOUDWATCH_METRIC"}`, noTags)
	require.Equal(t, cty.Zero, check.GetAttr("port"))
	require.Equal(t, cty.False, check.GetAttr("invert_healthcheck"))
	require.Equal(t, cty.SetValEmpty(cty.String), check.GetAttr("regions"))
	require.True(t, check.GetAttr("reference_name").IsNull(), "not in the table")
	given := settledFor(t, "aws_network_acl_rule", `{"from_port":5432}`, `{"from_port":5432}`, noTags)
	require.True(t, given.GetAttr("from_port").RawEquals(cty.NumberIntVal(5432)))
}

// A zero value in the state is no change where nothing is configured.
func TestPlan_KeepsAStoredZeroValue(t *testing.T) {
	for typeName, kind := range known() {
		shape := awsshape.Shapes[typeName]
		if len(shape.Zero) == 0 {
			continue
		}
		t.Run(typeName, func(t *testing.T) {
			config := configOf(t, typeName, sound(typeName))
			values := config.AsValueMap()
			rulesOf(typeName).storeZeros(values)
			prior := cty.ObjectVal(values)
			planned, replace := rulesOf(typeName).planned(kind.Schema().Block, config, prior, noTags)
			for _, name := range shape.Zero {
				require.True(t, planned.GetAttr(name).RawEquals(prior.GetAttr(name)), name)
				require.NotContains(t, fmt.Sprint(replace), `"`+name+`"`)
			}
		})
	}
}

func TestPlan_HidesWhatTheRealProviderDoesNotKnow(t *testing.T) {
	block := known()["aws_cloudwatch_metric_alarm"].Schema().Block
	values := configOf(t, "aws_cloudwatch_metric_alarm", sound("aws_cloudwatch_metric_alarm")).AsValueMap()
	values["alarm_actions"] = cty.SetVal([]cty.Value{cty.StringVal("arn:known"), cty.UnknownVal(cty.String)})
	values["ok_actions"] = cty.SetVal([]cty.Value{cty.StringVal("arn:known")})
	planned, _ := rulesOf("aws_cloudwatch_metric_alarm").planned(block, cty.ObjectVal(values), cty.NullVal(blockType(block)), noTags)
	require.False(t, planned.GetAttr("alarm_actions").IsKnown())
	require.True(t, planned.GetAttr("ok_actions").IsWhollyKnown())

	subnet, _ := planFor(t, "aws_subnet", sound("aws_subnet"), "")
	require.False(t, subnet.GetAttr("ipv6_cidr_block").IsKnown())
	subnet, _ = planFor(t, "aws_subnet", sound("aws_subnet"), merged(t, sound("aws_subnet"), `{"id":"subnet-1","ipv6_cidr_block":""}`))
	require.Equal(t, cty.StringVal(""), subnet.GetAttr("ipv6_cidr_block"), "known once it is there")
	given, _ := planFor(t, "aws_subnet", merged(t, sound("aws_subnet"), `{"ipv6_cidr_block":"2001:db8::/64"}`), "")
	require.Equal(t, cty.StringVal("2001:db8::/64"), given.GetAttr("ipv6_cidr_block"))
}
