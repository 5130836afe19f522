package stacks

import (
	"maps"
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lambdafunction"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lambdafunctioneventinvokeconfig"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/internal/ptr"
	"github.com/pgdr/pgdr/spec"
)

// guardTimeout in seconds is just under the minute between two ticks: one
// invocation samples until the next begins.
const guardTimeout = 55

// guard is the failover function in the replica's region: role, log, code.
type guard struct {
	place
	role     iamrole.IamRole
	logs     cloudwatchloggroup.CloudwatchLogGroup
	function lambdafunction.LambdaFunction
	policies []cdktf.ITerraformDependable
}

type guardProps struct {
	cfg spec.Guard
	// archive is the path of the packaged function, absolute.
	archive        string
	subnetIDs      []string
	securityGroup  string
	environment    map[string]string
	failureTopic   string
	scopeOfActions guardScope
}

// newGuardRole makes the role and the log group, whose ARNs the policies and
// the function both need.
func newGuardRole(at place, cfg spec.Guard) *guard {
	g := &guard{place: at}
	trust := allow("Lambda", []string{"sts:AssumeRole"}).by("lambda.amazonaws.com")
	g.role = iamrole.NewIamRole(g.scope, ptr.To("role"), &iamrole.IamRoleConfig{
		Provider:         g.provider,
		Name:             ptr.To(g.name("failover-function-role")),
		Description:      ptr.To("The guard: sees both databases, promotes the replica, switches the record"),
		AssumeRolePolicy: ptr.To(policyDocument(trust)),
	})
	g.logs = cloudwatchloggroup.NewCloudwatchLogGroup(g.scope, ptr.To("log-group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Provider:        g.provider,
		Name:            ptr.To("/aws/lambda/" + g.name("failover-function")),
		RetentionInDays: ptr.Num(cfg.LogRetention),
	})
	return g
}

// functionARN is known before the function is: its own role's policy names it.
func (g *guard) functionARN() string {
	return g.arn("lambda", "function:"+g.name("failover-function"))
}

func (g *guard) addFunction(props guardProps) {
	policies := guardPolicies(props.scopeOfActions)
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		g.policies = append(g.policies, iamrolepolicy.NewIamRolePolicy(g.scope, ptr.To("policy-"+name), &iamrolepolicy.IamRolePolicyConfig{
			Provider: g.provider,
			Name:     ptr.To(name),
			Role:     g.role.Name(),
			Policy:   ptr.To(policies[name]),
		}))
	}
	asset := cdktf.NewTerraformAsset(g.scope, ptr.To("archive"), &cdktf.TerraformAssetConfig{
		Path: ptr.To(props.archive),
		Type: cdktf.AssetType_FILE, // an ARCHIVE asset keeps modification times
	})
	g.function = lambdafunction.NewLambdaFunction(g.scope, ptr.To("function"), &lambdafunction.LambdaFunctionConfig{
		Provider:       g.provider,
		FunctionName:   ptr.To(g.name("failover-function")),
		Description:    ptr.To("Observes both databases; promotes the replica and switches the record when the primary is lost"),
		Role:           g.role.Arn(),
		Runtime:        ptr.To("provided.al2023"),
		Architectures:  ptr.Strings("arm64"),
		Handler:        ptr.To("bootstrap"),
		Filename:       asset.Path(),
		SourceCodeHash: cdktf.Fn_Filebase64sha256(asset.Path()),
		MemorySize:     ptr.Num(props.cfg.Memory),
		Timeout:        ptr.Num(guardTimeout),
		Environment:    &lambdafunction.LambdaFunctionEnvironment{Variables: ptr.Map(props.environment)},
		VpcConfig: &lambdafunction.LambdaFunctionVpcConfig{
			SubnetIds:        ptr.Strings(props.subnetIDs...),
			SecurityGroupIds: ptr.Strings(props.securityGroup),
		},
		LoggingConfig: &lambdafunction.LambdaFunctionLoggingConfig{
			LogFormat: ptr.To("JSON"),
			LogGroup:  g.logs.Name(),
		},
		DependsOn: &g.policies, // Lambda tests the role when it makes the function
	})
	g.addFailureDestination(props.failureTopic)
}

// addFailureDestination sends an event that could not be handled to the
// humans. One retry: a minute later the schedule looks again anyway.
func (g *guard) addFailureDestination(topicARN string) {
	lambdafunctioneventinvokeconfig.NewLambdaFunctionEventInvokeConfig(g.scope, ptr.To("failure-destination"), &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigConfig{
		Provider:                 g.provider,
		FunctionName:             g.function.FunctionName(),
		MaximumEventAgeInSeconds: ptr.Num(300),
		MaximumRetryAttempts:     ptr.Num(1),
		DestinationConfig: &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigDestinationConfig{
			OnFailure: &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigDestinationConfigOnFailure{
				Destination: ptr.To(topicARN),
			},
		},
	})
}
