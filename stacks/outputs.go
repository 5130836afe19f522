package stacks

import (
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// PrimaryOutputs is what the primary stack exports. The values are tokens:
// Terraform fills them in, and another stack of the same app may use them as
// they are. The tags are the names and descriptions of Terraform's outputs.
type PrimaryOutputs struct {
	// Stack is the stack itself, for dependencies and overrides.
	Stack cdktf.TerraformStack

	DatabaseEndpoint   string   `output:"primary_database_endpoint" description:"Host name of the primary; applications use database_cname"`
	DatabaseARN        string   `output:"primary_database_arn" description:"ARN of the primary, the replica's source"`
	DatabaseIdentifier string   `output:"primary_database_identifier" description:"RDS identifier of the primary"`
	DatabaseResourceID string   `output:"primary_database_resource_id" description:"DbiResourceId, which a rebuilt instance of the same name does not have"`
	ParameterGroupARN  string   `output:"primary_parameter_group_arn" description:"ARN of the primary's parameter group"`
	DatabasePort       float64  `output:"database_port" description:"TCP port of the database"`
	DatabaseName       string   `output:"database_name" description:"Name of the database in the instance"`
	DatabaseCNAME      string   `output:"database_cname" description:"The one name that applications connect to, wherever the writer is"`
	SecretARN          string   `output:"database_secret_arn" description:"ARN of the administrator's credentials in the primary's region"`
	KeyARN             string   `output:"database_key_arn" description:"ARN of the database's key in the primary's region"`
	ReplicaKeyARN      string   `output:"replica_key_arn" description:"ARN of the database's key in the replica's region"`
	ZoneID             string   `output:"route53_hosted_zone_id" description:"Private zone of the database's name"`
	HealthCheckID      string   `output:"health_check_id" description:"Health check that takes the primary's record out of DNS"`
	VPCID              string   `output:"primary_vpc_id" description:"VPC of the primary site"`
	RouteTableIDs      []string `output:"primary_route_table_ids" description:"Every route table of the primary site"`
	NetworkACLID       string   `output:"primary_network_acl_id" description:"Network ACL of the primary's database subnets, where the guard fences"`
	AlarmTopicARN      string   `output:"primary_alarm_topic_arn" description:"Topic of the primary region's alarms"`
}

// ReplicaOutputs is what the replica stack exports, likewise.
type ReplicaOutputs struct {
	// Stack is the stack itself, for dependencies and overrides.
	Stack cdktf.TerraformStack

	DatabaseEndpoint   string `output:"replica_database_endpoint" description:"Host name of the replica; applications use database_cname"`
	DatabaseIdentifier string `output:"replica_database_identifier" description:"RDS identifier of the replica"`
	DatabaseARN        string `output:"replica_database_arn" description:"ARN of the replica"`
	SecretARN          string `output:"replica_secret_arn" description:"ARN of the administrator's credentials in the replica's region"`
	VPCID              string `output:"replica_vpc_id" description:"VPC of the replica site"`
	AlarmTopicARN      string `output:"replica_alarm_topic_arn" description:"Topic of the replica region's alarms"`
	NoticeTopicARN     string `output:"notice_topic_arn" description:"Topic of the guard's notices to humans"`
	FunctionARN        string `output:"failover_function_arn" description:"ARN of the guard"`
	FunctionName       string `output:"failover_function_name" description:"Name of the guard, for operators to invoke"`
	LedgerTable        string `output:"failover_ledger_table" description:"Table in which the guard keeps its ledger"`
}

// routeTablesPerSite is the length of RouteTableIDs: one public, one private a
// zone, one for the databases.
const routeTablesPerSite = 5

// eachOutput calls f with the value of each output of a pointer to
// [PrimaryOutputs] or [ReplicaOutputs], its name and its description.
func eachOutput(outputs any, f func(value reflect.Value, name, description string)) {
	fields := reflect.ValueOf(outputs).Elem()
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		if name := tag.Get("output"); name != "" {
			f(fields.Field(i), name, tag.Get("description"))
		}
	}
}

// export makes the Terraform outputs of a stack.
func export(stack cdktf.TerraformStack, outputs any) {
	eachOutput(outputs, func(value reflect.Value, name, description string) {
		cdktf.NewTerraformOutput(stack, new(name), &cdktf.TerraformOutputConfig{
			Value:       value.Interface(),
			Description: new(description),
		})
	})
}

// readPrimary returns the primary stack's outputs as its state has them.
func readPrimary(state cdktf.TerraformRemoteState) PrimaryOutputs {
	var read PrimaryOutputs
	eachOutput(&read, func(value reflect.Value, name, _ string) {
		switch value.Kind() {
		case reflect.String:
			value.SetString(*state.GetString(new(name)))
		case reflect.Float64:
			value.SetFloat(*state.GetNumber(new(name)))
		case reflect.Slice:
			for i := range routeTablesPerSite {
				value.Set(reflect.Append(value, reflect.ValueOf(*state.GetString(new(fmt.Sprintf("%s[%d]", name, i))))))
			}
		default:
			panic("no reading of output " + name + ", a " + value.Kind().String())
		}
	})
	return read
}
