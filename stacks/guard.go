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

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// guard is the failover function in the replica's region: role, log, code.
type guard struct {
	place
	role     iamrole.IamRole
	logs     cloudwatchloggroup.CloudwatchLogGroup
	function lambdafunction.LambdaFunction
	policies []cdktf.ITerraformDependable
	// network are the policies by which Lambda puts the function into its VPC.
	// Subnets and security group depend on them: Lambda removes the network
	// interfaces by them, up to 45 min after the function is gone.
	network []cdktf.ITerraformDependable
}

type guardProps struct {
	cfg spec.Guard
	// archive is the path of the packaged function, absolute.
	archive        string
	subnetIDs      []string
	securityGroup  string
	environment    map[string]string
	failureTopic   string
	scopeOfActions contract.Scope
}

// newGuardRole makes what comes before the function's network: the role, the
// log group and the policy to be in a VPC.
func newGuardRole(at place, primaryRegion string, cfg spec.Guard) *guard {
	g := &guard{place: at}
	trust := allow("Lambda", []string{"sts:AssumeRole"}).by("lambda.amazonaws.com")
	g.role = iamrole.NewIamRole(g.scope, new("role"), &iamrole.IamRoleConfig{
		Provider:         g.provider,
		Name:             new(g.name(contract.FunctionRole)),
		Description:      new("The guard: sees both databases, promotes the replica, switches the record"),
		AssumeRolePolicy: new(policyDocument(trust)),
	})
	g.logs = cloudwatchloggroup.NewCloudwatchLogGroup(g.scope, new("log-group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Provider:        g.provider,
		Name:            new(contract.FunctionLogs(g.env)),
		RetentionInDays: new(float64(cfg.LogRetention)),
	})
	early := guardPolicies(contract.Scope{
		Environment: g.env, Account: g.account, PrimaryRegion: primaryRegion, ReplicaRegion: g.region,
		FunctionARN: g.functionARN(), LogGroupARN: *g.logs.Arn(),
	})
	for _, name := range networkPolicies {
		g.addPolicy(name, early[name])
	}
	g.network = slices.Clone(g.policies)
	return g
}

// networkPolicies come before the function's network: by them Lambda makes,
// finds and removes its interfaces.
var networkPolicies = []string{"exceptions", "run"}

func (g *guard) addPolicy(name, document string) {
	g.policies = append(g.policies, iamrolepolicy.NewIamRolePolicy(g.scope, new("policy-"+name), &iamrolepolicy.IamRolePolicyConfig{
		Provider: g.provider,
		Name:     new(name),
		Role:     g.role.Name(),
		Policy:   new(document),
	}))
}

// functionARN is known before the function is: its own role's policy names it.
func (g *guard) functionARN() string {
	return g.arn("lambda", "function:"+g.name(contract.FunctionName))
}

func (g *guard) addFunction(props guardProps) {
	policies := guardPolicies(props.scopeOfActions)
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		if !slices.Contains(networkPolicies, name) {
			g.addPolicy(name, policies[name])
		}
	}
	asset := cdktf.NewTerraformAsset(g.scope, new("archive"), &cdktf.TerraformAssetConfig{
		Path: new(props.archive),
		Type: cdktf.AssetType_FILE, // an ARCHIVE asset keeps modification times
	})
	g.function = lambdafunction.NewLambdaFunction(g.scope, new("function"), &lambdafunction.LambdaFunctionConfig{
		Provider:       g.provider,
		FunctionName:   new(g.name(contract.FunctionName)),
		Description:    new("Observes both databases; promotes the replica and switches the record when the primary is lost"),
		Role:           g.role.Arn(),
		Runtime:        new("provided.al2023"),
		Architectures:  pointers("arm64"),
		Handler:        new("bootstrap"),
		Filename:       asset.Path(),
		SourceCodeHash: cdktf.Fn_Filebase64sha256(asset.Path()),
		MemorySize:     new(float64(props.cfg.Memory)),
		Timeout:        new(contract.GuardTimeout.Seconds()),
		Environment:    &lambdafunction.LambdaFunctionEnvironment{Variables: pointerMap(props.environment)},
		VpcConfig: &lambdafunction.LambdaFunctionVpcConfig{
			SubnetIds:        pointers(props.subnetIDs...),
			SecurityGroupIds: pointers(props.securityGroup),
		},
		LoggingConfig: &lambdafunction.LambdaFunctionLoggingConfig{
			LogFormat: new("JSON"),
			LogGroup:  g.logs.Name(),
		},
		DependsOn: &g.policies, // Lambda tests the role when it makes the function
	})
	g.addFailureDestination(props.failureTopic)
}

// addFailureDestination sends an event that could not be handled to the
// humans. One retry: a minute later the schedule looks again anyway.
func (g *guard) addFailureDestination(topicARN string) {
	lambdafunctioneventinvokeconfig.NewLambdaFunctionEventInvokeConfig(g.scope, new("failure-destination"), &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigConfig{
		Provider:                 g.provider,
		FunctionName:             g.function.FunctionName(),
		MaximumEventAgeInSeconds: new(float64(300)),
		MaximumRetryAttempts:     new(float64(1)),
		DestinationConfig: &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigDestinationConfig{
			OnFailure: &lambdafunctioneventinvokeconfig.LambdaFunctionEventInvokeConfigDestinationConfigOnFailure{
				Destination: new(topicARN),
			},
		},
	})
}
