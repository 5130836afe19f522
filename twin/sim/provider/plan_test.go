package provider

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
)

var noTags = tagPolicy{defaults: cty.NullVal(cty.Map(cty.String))}

// planFor plans one resource; prior is "" for a create.
func planFor(t *testing.T, typeName, config, prior string) (cty.Value, string) {
	t.Helper()
	block := known()[typeName].Schema().Block
	before := cty.NullVal(blockType(block))
	if prior != "" {
		before = configOf(t, typeName, prior)
	}
	planned, replace := rulesOf(typeName).planned(block, configOf(t, typeName, config), before, noTags)
	return planned, fmt.Sprint(replace)
}

func TestPlan_OfANewObjectShowsDefaultsAndUnknowns(t *testing.T) {
	planned, _ := planFor(t, "aws_vpc", `{"cidr_block":"10.0.0.0/16"}`, "")
	require.Equal(t, cty.StringVal("default"), planned.GetAttr("instance_tenancy"))
	require.Equal(t, cty.True, planned.GetAttr("enable_dns_support"))
	require.False(t, planned.GetAttr("enable_dns_hostnames").IsKnown(), "AWS decides what isn't set")
	require.False(t, planned.GetAttr("arn").IsKnown())
	require.True(t, planned.GetAttr("ipv4_ipam_pool_id").IsNull(), "a plain argument that isn't set stays so")
	require.Equal(t, cty.MapValEmpty(cty.String), planned.GetAttr("tags_all"))
}

func TestPlan_OfANewObjectLeavesOutWriteOnlyValues(t *testing.T) {
	planned, _ := planFor(t, "aws_db_instance", sound("aws_db_instance"), "")
	require.True(t, planned.GetAttr("password_wo").IsNull())
	require.True(t, planned.GetAttr("password_wo_version").RawEquals(cty.NumberIntVal(1)))
}

func TestPlan_OfBlocksThatAWSFillsInIsUnknownThenKept(t *testing.T) {
	planned, _ := planFor(t, "aws_lambda_function", sound("aws_lambda_function"), "")
	require.False(t, planned.GetAttr("tracing_config").IsKnown())
	require.Equal(t, 0, planned.GetAttr("environment").LengthInt(), "a block that AWS doesn't fill in is none")

	prior := merged(t, sound("aws_lambda_function"), `{"id":"guard","tracing_config":[{"mode":"PassThrough"}],"memory_size":128,"package_type":"Zip","reserved_concurrent_executions":-1,"publish":false,"skip_destroy":false}`)
	planned, _ = planFor(t, "aws_lambda_function", sound("aws_lambda_function"), prior)
	require.Equal(t, "PassThrough", planned.GetAttr("tracing_config").AsValueSlice()[0].GetAttr("mode").AsString())
}

func TestPlan_MeansNoChange(t *testing.T) {
	for _, c := range []struct{ name, typeName, prior, config string }{
		{"false for not set", "aws_db_instance", `{"deletion_protection":false}`, `{}`},
		{"empty for not set", "aws_cloudwatch_metric_alarm", `{"alarm_description":"","ok_actions":[]}`, `{}`},
		{"how long Terraform waits", "aws_db_instance", `{"timeouts":null}`, `{"timeouts":{"create":"3h"}}`},
		{"a default for not set", "aws_kms_key", `{"key_usage":"ENCRYPT_DECRYPT"}`, `{}`},
		{"a policy in another order", "aws_iam_role", `{"assume_role_policy":"{\"Statement\":[{\"Action\":\"a\"}]}"}`, `{"assume_role_policy":"{\"Statement\": {\"Action\": [\"a\"]}}"}`},
		{"a pattern spelt otherwise", "aws_cloudwatch_event_rule", `{"event_pattern":"{\"a\":[1]}"}`, `{"event_pattern":"{ \"a\": [1] }"}`},
		{"a name with a dot", "aws_route53_zone", `{"name":"db.internal"}`, `{"name":"DB.internal."}`},
		{"a protocol's number", "aws_network_acl_rule", `{"protocol":"6"}`, `{"protocol":"tcp"}`},
		{"a major version", "aws_db_instance", `{"engine_version":"15.13"}`, `{"engine_version":"15"}`},
		{"storage that grew", "aws_db_instance", `{"allocated_storage":150,"max_allocated_storage":200}`, `{"allocated_storage":100,"max_allocated_storage":200}`},
		{"a rule that was switched off", "aws_cloudwatch_event_rule", `{"state":"DISABLED"}`, `{}`},
		{"triggers taken away", "aws_route53_health_check", `{"triggers":{"a":"b"}}`, `{}`},
		{"a key by its id", "aws_kms_alias", `{"target_key_id":"1234"}`, `{"target_key_id":"arn:aws:kms:eu-west-1:123456789012:key/1234"}`},
		{"sets in another order", "aws_db_subnet_group", `{"subnet_ids":["a","b"]}`, `{"subnet_ids":["b","a"]}`},
		{"parameters with a default", "aws_db_parameter_group", `{"parameter":[{"name":"a","value":"1","apply_method":"immediate"}]}`, `{"parameter":[{"name":"A","value":"1"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := merged(t, sound(c.typeName), `{"id":"x"}`)
			first, _ := planFor(t, c.typeName, sound(c.typeName), "")
			known, err := cty.Transform(first, func(_ cty.Path, v cty.Value) (cty.Value, error) {
				if !v.IsKnown() {
					return cty.NullVal(v.Type()), nil
				}
				return v, nil
			})
			require.NoError(t, err)
			document, err := jsonOf(attrsOf(known))
			require.NoError(t, err)
			prior := merged(t, merged(t, document, base), c.prior)
			if c.typeName == "aws_db_instance" || c.typeName == "aws_secretsmanager_secret_version" {
				prior = merged(t, prior, `{"password_wo":null}`)
			}
			planned, _ := planFor(t, c.typeName, merged(t, sound(c.typeName), c.config), prior)
			require.Equal(t, attrsOf(configOf(t, c.typeName, prior)), attrsOf(planned))
		})
	}
}

func TestPlan_SeesDrift(t *testing.T) {
	prior := merged(t, sound("aws_db_instance"), `{"id":"x","deletion_protection":true,"multi_az":false,"password_wo":null}`)
	planned, replace := planFor(t, "aws_db_instance", merged(t, sound("aws_db_instance"), `{"multi_az":true}`), prior)
	require.True(t, planned.GetAttr("deletion_protection").IsNull(), "what isn't configured is to be taken away")
	require.Equal(t, cty.True, planned.GetAttr("multi_az"))
	require.Equal(t, "[]", replace)
}

func TestPlan_ReplacesWhereTheRealProviderDoes(t *testing.T) {
	for _, c := range []struct{ typeName, prior, config, replaced string }{
		{"aws_vpc", `{}`, `{"cidr_block":"10.1.0.0/16"}`, "cidr_block"},
		{"aws_vpc", `{"instance_tenancy":"default"}`, `{"instance_tenancy":"dedicated"}`, "instance_tenancy"},
		{"aws_route53_record", `{}`, `{"type":"A"}`, "type"},
		{"aws_db_instance", `{"storage_encrypted":true}`, `{"storage_encrypted":false}`, "storage_encrypted"},
		{"aws_secretsmanager_secret_version", `{}`, `{"secret_string_wo_version":2}`, "secret_string_wo_version"},
		{"aws_vpc_security_group_ingress_rule", `{}`, `{"cidr_ipv4":null,"referenced_security_group_id":"sg-2"}`, "cidr_ipv4"},
		{"aws_kms_key", `{}`, `{"multi_region":false}`, "multi_region"},
		{"aws_dynamodb_table", `{}`, `{"hash_key":"other"}`, "hash_key"},
	} {
		t.Run(c.typeName+c.config, func(t *testing.T) {
			prior := merged(t, merged(t, sound(c.typeName), `{"id":"x"}`), c.prior)
			_, replace := planFor(t, c.typeName, merged(t, sound(c.typeName), c.config), prior)
			require.Contains(t, replace, `AttributeName("`+c.replaced+`")`)
		})
	}
}

func TestPlan_ChangesInPlaceWhereTheRealProviderDoes(t *testing.T) {
	for _, c := range []struct{ typeName, prior, config string }{
		{"aws_vpc", `{"instance_tenancy":"dedicated"}`, `{"instance_tenancy":"default"}`},
		{"aws_db_instance", `{}`, `{"password_wo_version":2}`},
		{"aws_db_instance", `{}`, `{"engine_version":"16"}`},
		{"aws_db_instance", `{}`, `{"identifier":"other"}`},
		{"aws_db_instance", `{"identifier":null,"identifier_prefix":"one"}`, `{"identifier":null,"identifier_prefix":"other"}`},
		{"aws_route53_record", `{}`, `{"weighted_routing_policy":[{"weight":100}]}`},
		{"aws_vpc_security_group_ingress_rule", `{}`, `{"cidr_ipv4":"10.9.0.0/16"}`},
	} {
		t.Run(c.typeName+c.config, func(t *testing.T) {
			prior := merged(t, merged(t, sound(c.typeName), `{"id":"x"}`), c.prior)
			planned, replace := planFor(t, c.typeName, merged(t, sound(c.typeName), c.config), prior)
			require.Equal(t, "[]", replace)
			require.NotEqual(t, attrsOf(configOf(t, c.typeName, prior)), attrsOf(planned))
		})
	}
}

func TestPlan_OfNewCodeMakesLastModifiedUnknown(t *testing.T) {
	prior := merged(t, sound("aws_lambda_function"), `{"id":"guard","last_modified":"then","source_code_hash":"a"}`)
	planned, _ := planFor(t, "aws_lambda_function", merged(t, sound("aws_lambda_function"), `{"source_code_hash":"b"}`), prior)
	require.False(t, planned.GetAttr("last_modified").IsKnown())
}

func TestPlan_KeepsWhatASetElementComputed(t *testing.T) {
	config := `{"name":"s","replica":[{"region":"eu-west-1","kms_key_id":"k"}]}`
	prior := `{"id":"s","name":"s","replica":[{"region":"eu-west-1","kms_key_id":"k","status":"InSync"}]}`
	planned, _ := planFor(t, "aws_secretsmanager_secret", config, prior)
	require.Equal(t, "InSync", planned.GetAttr("replica").AsValueSlice()[0].GetAttr("status").AsString())

	planned, _ = planFor(t, "aws_secretsmanager_secret", `{"name":"s","replica":[{"region":"eu-west-2"}]}`, prior)
	require.False(t, planned.GetAttr("replica").AsValueSlice()[0].GetAttr("status").IsKnown(), "another region is another replica")
}

func TestPlan_OfBlocksThatAreNotKnownYetIsUnknown(t *testing.T) {
	block := known()["aws_db_parameter_group"].Schema().Block
	values := configOf(t, "aws_db_parameter_group", sound("aws_db_parameter_group")).AsValueMap()
	values["parameter"] = cty.UnknownVal(values["parameter"].Type())
	planned, _ := rulesOf("aws_db_parameter_group").planned(block, cty.ObjectVal(values), cty.NullVal(blockType(block)), noTags)
	require.False(t, planned.GetAttr("parameter").IsKnown())
}
