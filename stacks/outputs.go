package stacks

import (
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/contract"
)

// PrimaryOutputs is what the primary stack exports. The values are tokens:
// Terraform fills them in, and another stack of the same app may use them as
// they are. What Terraform calls each, and what it is, says contract.Outputs.
type PrimaryOutputs struct {
	// Stack is the stack itself, for dependencies and overrides.
	Stack cdktf.TerraformStack

	DatabaseEndpoint   string
	DatabaseARN        string
	DatabaseIdentifier string
	DatabaseResourceID string
	ParameterGroupARN  string
	DatabasePort       float64
	DatabaseName       string
	DatabaseCNAME      string
	SecretARN          string
	KeyARN             string
	ReplicaKeyARN      string
	ZoneID             string
	HealthCheckID      string
	VPCID              string
	RouteTableIDs      []string
	NetworkACLID       string
	AlarmTopicARN      string
}

// ReplicaOutputs is what the replica stack exports, likewise.
type ReplicaOutputs struct {
	// Stack is the stack itself, for dependencies and overrides.
	Stack cdktf.TerraformStack

	DatabaseEndpoint   string
	DatabaseIdentifier string
	DatabaseARN        string
	SecretARN          string
	VPCID              string
	AlarmTopicARN      string
	NoticeTopicARN     string
	FunctionARN        string
	FunctionName       string
	LedgerTable        string
}

// routeTablesPerSite is the length of RouteTableIDs: one public, one private a
// zone, one for the databases.
const routeTablesPerSite = 5

// eachOutput calls f with each output of a site's stack and the field for it in
// outputs, a pointer to [PrimaryOutputs] or [ReplicaOutputs].
func eachOutput(role string, outputs any, f func(field reflect.Value, output contract.Output)) {
	fields := reflect.ValueOf(outputs).Elem()
	for _, output := range contract.Outputs[role] {
		f(fields.FieldByName(output.Field), output)
	}
}

// export makes the Terraform outputs of a site's stack.
func export(stack cdktf.TerraformStack, role string, outputs any) {
	eachOutput(role, outputs, func(field reflect.Value, output contract.Output) {
		cdktf.NewTerraformOutput(stack, new(output.Name), &cdktf.TerraformOutputConfig{
			Value:       field.Interface(),
			Description: new(output.Description),
		})
	})
}

// readPrimary returns the primary stack's outputs as its state has them.
func readPrimary(state cdktf.TerraformRemoteState) PrimaryOutputs {
	var read PrimaryOutputs
	eachOutput(rolePrimary, &read, func(field reflect.Value, output contract.Output) {
		switch field.Kind() {
		case reflect.String:
			field.SetString(*state.GetString(new(output.Name)))
		case reflect.Float64:
			field.SetFloat(*state.GetNumber(new(output.Name)))
		case reflect.Slice:
			for i := range routeTablesPerSite {
				field.Set(reflect.Append(field, reflect.ValueOf(*state.GetString(new(fmt.Sprintf("%s[%d]", output.Name, i))))))
			}
		default:
			panic("no reading of output " + output.Name + ", a " + field.Kind().String())
		}
	})
	return read
}
