package provider

import (
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/data"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/ephemeral"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"
	"github.com/zclconf/go-cty/cty"
)

// entry is a resource, data or ephemeral type of this provider.
type entry struct {
	block   *tfjson.SchemaBlock
	version uint64
	kind    cty.Type
	traits  *traits
	proto   *tfprotov5.Schema
}

// resourceSchemas are the resource types in use. Each function parses its
// schema when called; loading all of the real provider's takes 10 s.
func resourceSchemas() map[string]func() *tfjson.Schema {
	return map[string]func() *tfjson.Schema{
		"aws_cloudwatch_event_rule":               resource.AwsCloudwatchEventRuleSchema,
		"aws_cloudwatch_event_target":             resource.AwsCloudwatchEventTargetSchema,
		"aws_cloudwatch_log_group":                resource.AwsCloudwatchLogGroupSchema,
		"aws_cloudwatch_metric_alarm":             resource.AwsCloudwatchMetricAlarmSchema,
		"aws_db_instance":                         resource.AwsDbInstanceSchema,
		"aws_db_parameter_group":                  resource.AwsDbParameterGroupSchema,
		"aws_db_subnet_group":                     resource.AwsDbSubnetGroupSchema,
		"aws_default_security_group":              resource.AwsDefaultSecurityGroupSchema,
		"aws_dynamodb_table":                      resource.AwsDynamodbTableSchema,
		"aws_eip":                                 resource.AwsEipSchema,
		"aws_iam_policy":                          resource.AwsIamPolicySchema,
		"aws_iam_role":                            resource.AwsIamRoleSchema,
		"aws_iam_role_policy":                     resource.AwsIamRolePolicySchema,
		"aws_iam_role_policy_attachment":          resource.AwsIamRolePolicyAttachmentSchema,
		"aws_internet_gateway":                    resource.AwsInternetGatewaySchema,
		"aws_kms_alias":                           resource.AwsKmsAliasSchema,
		"aws_kms_key":                             resource.AwsKmsKeySchema,
		"aws_kms_replica_key":                     resource.AwsKmsReplicaKeySchema,
		"aws_lambda_function":                     resource.AwsLambdaFunctionSchema,
		"aws_lambda_function_event_invoke_config": resource.AwsLambdaFunctionEventInvokeConfigSchema,
		"aws_lambda_permission":                   resource.AwsLambdaPermissionSchema,
		"aws_nat_gateway":                         resource.AwsNatGatewaySchema,
		"aws_network_acl":                         resource.AwsNetworkAclSchema,
		"aws_network_acl_association":             resource.AwsNetworkAclAssociationSchema,
		"aws_network_acl_rule":                    resource.AwsNetworkAclRuleSchema,
		"aws_route":                               resource.AwsRouteSchema,
		"aws_route53_health_check":                resource.AwsRoute53HealthCheckSchema,
		"aws_route53_record":                      resource.AwsRoute53RecordSchema,
		"aws_route53_zone":                        resource.AwsRoute53ZoneSchema,
		"aws_route53_zone_association":            resource.AwsRoute53ZoneAssociationSchema,
		"aws_route_table":                         resource.AwsRouteTableSchema,
		"aws_route_table_association":             resource.AwsRouteTableAssociationSchema,
		"aws_secretsmanager_secret":               resource.AwsSecretsmanagerSecretSchema,
		"aws_secretsmanager_secret_version":       resource.AwsSecretsmanagerSecretVersionSchema,
		"aws_security_group":                      resource.AwsSecurityGroupSchema,
		"aws_sns_topic":                           resource.AwsSnsTopicSchema,
		"aws_sns_topic_policy":                    resource.AwsSnsTopicPolicySchema,
		"aws_sns_topic_subscription":              resource.AwsSnsTopicSubscriptionSchema,
		"aws_sqs_queue":                           resource.AwsSqsQueueSchema,
		"aws_subnet":                              resource.AwsSubnetSchema,
		"aws_vpc":                                 resource.AwsVpcSchema,
		"aws_vpc_endpoint":                        resource.AwsVpcEndpointSchema,
		"aws_vpc_peering_connection":              resource.AwsVpcPeeringConnectionSchema,
		"aws_vpc_peering_connection_accepter":     resource.AwsVpcPeeringConnectionAccepterSchema,
		"aws_vpc_peering_connection_options":      resource.AwsVpcPeeringConnectionOptionsSchema,
		"aws_vpc_security_group_egress_rule":      resource.AwsVpcSecurityGroupEgressRuleSchema,
		"aws_vpc_security_group_ingress_rule":     resource.AwsVpcSecurityGroupIngressRuleSchema,
	}
}

func dataSchemas() map[string]func() *tfjson.Schema {
	return map[string]func() *tfjson.Schema{
		"aws_availability_zones": data.AwsAvailabilityZonesSchema,
		"aws_caller_identity":    data.AwsCallerIdentitySchema,
		"aws_partition":          data.AwsPartitionSchema,
		"aws_region":             data.AwsRegionSchema,
	}
}

func ephemeralSchemas() map[string]func() *tfjson.Schema {
	return map[string]func() *tfjson.Schema{
		"aws_secretsmanager_random_password": ephemeral.AwsSecretsmanagerRandomPasswordSchema,
		"aws_secretsmanager_secret_version":  ephemeral.AwsSecretsmanagerSecretVersionSchema,
	}
}

// load parses the schemas of one kind.
func load(schemas map[string]func() *tfjson.Schema, table map[string]*traits) (map[string]*entry, error) {
	entries := make(map[string]*entry, len(schemas))
	for name, schema := range schemas {
		parsed := schema()
		proto, err := protoSchema(parsed)
		if err != nil {
			return nil, &schemaError{typeName: name, err: err}
		}
		tr := table[name]
		if tr == nil {
			tr = &traits{}
		}
		entries[name] = &entry{block: parsed.Block, version: parsed.Version, kind: blockType(parsed.Block), traits: tr, proto: proto}
	}
	return entries, nil
}
