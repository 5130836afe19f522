package sim

import (
	"slices"
	"sync"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/data"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/ephemeral"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"
)

// resourceSchemas are those of the managed types that the account knows.
// Only what is named here is linked and parsed: all of them take 10 s.
var resourceSchemas = map[string]func() *tfjson.Schema{
	"aws_cloudwatch_event_rule":               sync.OnceValue(resource.AwsCloudwatchEventRuleSchema),
	"aws_cloudwatch_event_target":             sync.OnceValue(resource.AwsCloudwatchEventTargetSchema),
	"aws_cloudwatch_log_group":                sync.OnceValue(resource.AwsCloudwatchLogGroupSchema),
	"aws_cloudwatch_metric_alarm":             sync.OnceValue(resource.AwsCloudwatchMetricAlarmSchema),
	"aws_db_instance":                         sync.OnceValue(resource.AwsDbInstanceSchema),
	"aws_db_parameter_group":                  sync.OnceValue(resource.AwsDbParameterGroupSchema),
	"aws_db_subnet_group":                     sync.OnceValue(resource.AwsDbSubnetGroupSchema),
	"aws_default_security_group":              sync.OnceValue(resource.AwsDefaultSecurityGroupSchema),
	"aws_dynamodb_table":                      sync.OnceValue(resource.AwsDynamodbTableSchema),
	"aws_eip":                                 sync.OnceValue(resource.AwsEipSchema),
	"aws_iam_policy":                          sync.OnceValue(resource.AwsIamPolicySchema),
	"aws_iam_role":                            sync.OnceValue(resource.AwsIamRoleSchema),
	"aws_iam_role_policy":                     sync.OnceValue(resource.AwsIamRolePolicySchema),
	"aws_iam_role_policy_attachment":          sync.OnceValue(resource.AwsIamRolePolicyAttachmentSchema),
	"aws_internet_gateway":                    sync.OnceValue(resource.AwsInternetGatewaySchema),
	"aws_kms_alias":                           sync.OnceValue(resource.AwsKmsAliasSchema),
	"aws_kms_key":                             sync.OnceValue(resource.AwsKmsKeySchema),
	"aws_kms_replica_key":                     sync.OnceValue(resource.AwsKmsReplicaKeySchema),
	"aws_lambda_function":                     sync.OnceValue(resource.AwsLambdaFunctionSchema),
	"aws_lambda_function_event_invoke_config": sync.OnceValue(resource.AwsLambdaFunctionEventInvokeConfigSchema),
	"aws_lambda_permission":                   sync.OnceValue(resource.AwsLambdaPermissionSchema),
	"aws_nat_gateway":                         sync.OnceValue(resource.AwsNatGatewaySchema),
	"aws_network_acl":                         sync.OnceValue(resource.AwsNetworkAclSchema),
	"aws_network_acl_association":             sync.OnceValue(resource.AwsNetworkAclAssociationSchema),
	"aws_network_acl_rule":                    sync.OnceValue(resource.AwsNetworkAclRuleSchema),
	"aws_route":                               sync.OnceValue(resource.AwsRouteSchema),
	"aws_route53_health_check":                sync.OnceValue(resource.AwsRoute53HealthCheckSchema),
	"aws_route53_record":                      sync.OnceValue(resource.AwsRoute53RecordSchema),
	"aws_route53_zone":                        sync.OnceValue(resource.AwsRoute53ZoneSchema),
	"aws_route53_zone_association":            sync.OnceValue(resource.AwsRoute53ZoneAssociationSchema),
	"aws_route_table":                         sync.OnceValue(resource.AwsRouteTableSchema),
	"aws_route_table_association":             sync.OnceValue(resource.AwsRouteTableAssociationSchema),
	"aws_secretsmanager_secret":               sync.OnceValue(resource.AwsSecretsmanagerSecretSchema),
	"aws_secretsmanager_secret_version":       sync.OnceValue(resource.AwsSecretsmanagerSecretVersionSchema),
	"aws_security_group":                      sync.OnceValue(resource.AwsSecurityGroupSchema),
	"aws_sns_topic":                           sync.OnceValue(resource.AwsSnsTopicSchema),
	"aws_sns_topic_policy":                    sync.OnceValue(resource.AwsSnsTopicPolicySchema),
	"aws_sns_topic_subscription":              sync.OnceValue(resource.AwsSnsTopicSubscriptionSchema),
	"aws_sqs_queue":                           sync.OnceValue(resource.AwsSqsQueueSchema),
	"aws_subnet":                              sync.OnceValue(resource.AwsSubnetSchema),
	"aws_vpc":                                 sync.OnceValue(resource.AwsVpcSchema),
	"aws_vpc_endpoint":                        sync.OnceValue(resource.AwsVpcEndpointSchema),
	"aws_vpc_peering_connection":              sync.OnceValue(resource.AwsVpcPeeringConnectionSchema),
	"aws_vpc_peering_connection_accepter":     sync.OnceValue(resource.AwsVpcPeeringConnectionAccepterSchema),
	"aws_vpc_peering_connection_options":      sync.OnceValue(resource.AwsVpcPeeringConnectionOptionsSchema),
	"aws_vpc_security_group_egress_rule":      sync.OnceValue(resource.AwsVpcSecurityGroupEgressRuleSchema),
	"aws_vpc_security_group_ingress_rule":     sync.OnceValue(resource.AwsVpcSecurityGroupIngressRuleSchema),
}

var dataSchemas = map[string]func() *tfjson.Schema{
	"aws_availability_zones": sync.OnceValue(data.AwsAvailabilityZonesSchema),
	"aws_caller_identity":    sync.OnceValue(data.AwsCallerIdentitySchema),
	"aws_partition":          sync.OnceValue(data.AwsPartitionSchema),
	"aws_region":             sync.OnceValue(data.AwsRegionSchema),
}

var ephemeralSchemas = map[string]func() *tfjson.Schema{
	"aws_secretsmanager_random_password": sync.OnceValue(ephemeral.AwsSecretsmanagerRandomPasswordSchema),
	"aws_secretsmanager_secret_version":  sync.OnceValue(ephemeral.AwsSecretsmanagerSecretVersionSchema),
}

// complete returns the attributes with null for every attribute of the block
// that is missing, and an empty list for every missing repeated block, as
// Terraform wants a whole object.
func complete(block *tfjson.SchemaBlock, a Attrs) Attrs {
	out := make(Attrs, len(block.Attributes)+len(block.NestedBlocks))
	for name := range block.Attributes {
		out[name] = normalise(a[name])
	}
	for name, nested := range block.NestedBlocks {
		single := nested.NestingMode == tfjson.SchemaNestingModeSingle || nested.NestingMode == tfjson.SchemaNestingModeGroup
		if single {
			out[name] = nil
			if b := a.Block(name); b != nil {
				out[name] = map[string]any(complete(nested.Block, b))
			}
			continue
		}
		list := []any{}
		for _, b := range a.Blocks(name) {
			list = append(list, map[string]any(complete(nested.Block, b)))
		}
		out[name] = list
	}
	return out
}

// strangers returns the names in a that the block does not have, sorted.
func strangers(block *tfjson.SchemaBlock, a Attrs) []string {
	var out []string
	for name := range a {
		if block.Attributes[name] == nil && block.NestedBlocks[name] == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
