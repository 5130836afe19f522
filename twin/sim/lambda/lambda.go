package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/sim/iam"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "Lambda"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_lambda_function": {
			Schema:  resource.AwsLambdaFunctionSchema,
			Traits:  functionTraits(),
			Example: `{"function_name":"guard","role":"arn:aws:iam::123456789012:role/guard","filename":"x.zip","runtime":"provided.al2023","handler":"bootstrap","architectures":["arm64"],"timeout":120}`,
			Service: service, CreateOp: "CreateFunction", UpdateOp: "UpdateFunctionConfiguration", DeleteOp: "DeleteFunction",
			MissingCode: "ResourceNotFoundException", MissingText: "Function not found: %s",
			Create: createFunction, Update: updateFunction, Remove: removeFunction,
		},
		"aws_lambda_permission": {
			Schema:  resource.AwsLambdaPermissionSchema,
			Traits:  permissionTraits(),
			Example: `{"action":"lambda:InvokeFunction","function_name":"guard","principal":"sns.amazonaws.com","statement_id":"topic"}`,
			Service: service, CreateOp: "AddPermission", UpdateOp: "AddPermission", DeleteOp: "RemovePermission",
			MissingCode: "ResourceNotFoundException", MissingText: "No policy statement is found for %s",
			Key: permissionKey, Create: createPermission, ImportID: importPermission,
		},
		"aws_lambda_function_event_invoke_config": {
			Schema:  resource.AwsLambdaFunctionEventInvokeConfigSchema,
			Traits:  invokeConfigTraits(),
			Example: `{"function_name":"guard","maximum_retry_attempts":0,"destination_config":[{"on_failure":[{"destination":"arn:aws:sqs:eu-west-1:123456789012:failed"}]}]}`,
			Service: service, CreateOp: "PutFunctionEventInvokeConfig", UpdateOp: "PutFunctionEventInvokeConfig", DeleteOp: "DeleteFunctionEventInvokeConfig",
			MissingCode: "ResourceNotFoundException", MissingText: "The function %s doesn't have an EventInvokeConfig",
			Create: createInvokeConfig, Update: checkInvokeConfig,
		},
	}
}

var functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// runtimes that Lambda creates functions with.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
var runtimes = []string{
	"provided.al2023", "provided.al2", "nodejs24.x", "nodejs22.x", "nodejs20.x", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10",
	"java25", "java21", "java17", "java11", "java8.al2", "dotnet10", "dotnet8", "ruby3.4", "ruby3.3", "ruby3.2",
}

// Limits of functions. Memory is in MiB, time-outs in seconds, sizes in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	minMemory, maxMemory     = 128, 10240
	maxTimeout               = 900
	minScratch, maxScratch   = 512, 10240
	maxEnvironment           = 4096
	maxUpload                = 70167211
	regionalConcurrency      = 1000
	leastSharedConcurrency   = 100
	nothingReserved          = -1
	codeTimeFormat           = "2006-01-02T15:04:05.000-0700"
	latestVersion            = "$LATEST"
	defaultMemory, defaultTO = 128, 3
)

func createFunction(c *sim.Call) (string, error) {
	a := c.Attrs
	name := a.Str("function_name")
	if !functionName.MatchString(name) {
		return "", c.Refuse("function_name", "ValidationException", "1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: at most 64 characters of [a-zA-Z0-9-_]", name)
	}
	if c.Get("aws_lambda_function", c.Region, name) != nil {
		return "", c.Refuse("function_name", "ResourceConflictException", "Function already exist: %s", name)
	}
	a.Defaults(sim.Attrs{
		"package_type": "Zip", "memory_size": defaultMemory, "timeout": defaultTO, "architectures": []string{"x86_64"},
		"publish": false, "skip_destroy": false, "reserved_concurrent_executions": nothingReserved, "description": "",
	})
	if err := checkFunction(c); err != nil {
		return "", err
	}
	if err := takeCode(c); err != nil {
		return "", err
	}
	fillFunction(c)
	return name, nil
}

func fillFunction(c *sim.Call) {
	a := c.Attrs
	name := a.Str("function_name")
	arn := c.ARN("lambda", c.Region, "function:%s", name)
	invoke := "arn:" + sim.Partition + ":apigateway:" + c.Region + ":lambda:path/2015-03-31/functions/"
	a.Set(sim.Attrs{
		"arn": arn, "invoke_arn": invoke + arn + "/invocations", "version": latestVersion,
		"qualified_arn": arn + ":" + latestVersion, "qualified_invoke_arn": invoke + arn + ":" + latestVersion + "/invocations",
		"signing_job_arn": "", "signing_profile_version_arn": "",
	})
	defaultBlock := func(name string, values sim.Attrs) {
		block := a.Block(name).Clone()
		if block == nil {
			block = sim.Attrs{}
		}
		block.Defaults(values)
		a.Set(sim.Attrs{name: []any{map[string]any(block)}})
	}
	defaultBlock("ephemeral_storage", sim.Attrs{"size": minScratch})
	defaultBlock("tracing_config", sim.Attrs{"mode": "PassThrough"})
	defaultBlock("logging_config", sim.Attrs{
		"log_format": "Text", "log_group": "/aws/lambda/" + name, "application_log_level": "", "system_log_level": "",
	})
	if a.Block("vpc_config") != nil {
		vpcID := ""
		if ids := a.Block("vpc_config").Strings("subnet_ids"); len(ids) > 0 {
			vpcID = c.Get("aws_subnet", c.Region, ids[0]).Attrs.Str("vpc_id")
		}
		block := a.Block("vpc_config").Clone()
		block.Defaults(sim.Attrs{"ipv6_allowed_for_dual_stack": false})
		block["vpc_id"] = vpcID
		a.Set(sim.Attrs{"vpc_config": []any{map[string]any(block)}})
	}
}

func updateFunction(c *sim.Call) error {
	if err := checkFunction(c); err != nil {
		return err
	}
	if c.Changed("source_code_hash") || c.Changed("filename") {
		if err := takeCode(c.During("UpdateFunctionCode")); err != nil {
			return err
		}
	}
	fillFunction(c)
	c.Attrs["last_modified"] = c.At.UTC().Format(codeTimeFormat)
	return nil
}

// takeCode reads the archive as the real provider does on its way to Lambda.
func takeCode(c *sim.Call) error {
	a := c.Attrs
	name := a.Str("filename")
	if name == "" {
		return c.Refuse("filename", "InvalidParameterValueException", "one of filename, image_uri and s3_bucket must be set; the simulator takes filename only")
	}
	if !filepath.IsAbs(name) {
		return c.Refuse("filename", "InvalidParameterValueException", "reading ZIP file (%s): the simulator needs the absolute path: it runs in another directory than Terraform", name)
	}
	raw, err := os.ReadFile(name) // #nosec G304 -- the archive that the configuration names
	if err != nil {
		return c.Refuse("filename", "InvalidParameterValueException", "reading ZIP file (%s): %v", a.Str("filename"), err)
	}
	if len(raw) > maxUpload {
		return c.Refuse("filename", "RequestEntityTooLargeException", "Request must be smaller than %d bytes for the %s operation", maxUpload, c.Operation)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil && len(raw) > 0 {
		return c.Refuse("filename", "InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if len(raw) == 0 || len(archive.File) == 0 {
		return c.Refuse("filename", "InvalidParameterValueException", "Uploaded file must be a non-empty zip")
	}
	sum := sha256.Sum256(raw)
	hash := base64.StdEncoding.EncodeToString(sum[:])
	// source_code_hash stays as configured: the real provider stores what it
	// was given.
	a.Default("source_code_hash", hash)
	a.Set(sim.Attrs{"code_sha256": hash, "source_code_size": len(raw), "last_modified": c.At.UTC().Format(codeTimeFormat)})
	return nil
}

func checkFunction(c *sim.Call) error {
	for _, check := range []func(*sim.Call) error{
		checkFunctionCode, checkFunctionSize, checkEnvironment, checkFunctionRole, checkFunctionNetwork, checkFunctionTargets,
	} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

func checkFunctionCode(c *sim.Call) error {
	a := c.Attrs
	if a.Str("package_type") != "Zip" {
		return c.Refuse("package_type", "InvalidParameterValueException", "the simulator runs functions of package type Zip, found %s", a.Str("package_type"))
	}
	if !a.Has("handler") || !a.Has("runtime") {
		return c.Refuse("handler", "InvalidParameterValueException", "handler and runtime must be set when PackageType is Zip")
	}
	if !slices.Contains(runtimes, a.Str("runtime")) {
		return c.Refuse("runtime", "InvalidParameterValueException", "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: %v or be a valid ARN", a.Str("runtime"), runtimes)
	}
	architectures := a.Strings("architectures")
	if len(architectures) != 1 || architectures[0] != "arm64" && architectures[0] != "x86_64" {
		return c.Refuse("architectures", "ValidationException", "Value '%v' at 'architectures' failed to satisfy constraint: one of [x86_64, arm64]", architectures)
	}
	if layers := a.Strings("layers"); len(layers) > 0 {
		return c.Refuse("layers", "InvalidParameterValueException", "Layer version %s does not exist.", layers[0])
	}
	return nil
}

func checkFunctionSize(c *sim.Call) error {
	a := c.Attrs
	if m := a.Int("memory_size"); m < minMemory || m > maxMemory {
		return c.Refuse("memory_size", "ValidationException", "Value '%d' at 'memorySize' failed to satisfy constraint: between %d and %d", m, minMemory, maxMemory)
	}
	if t := a.Int("timeout"); t < 1 || t > maxTimeout {
		return c.Refuse("timeout", "ValidationException", "Value '%d' at 'timeout' failed to satisfy constraint: between 1 and %d", t, maxTimeout)
	}
	if s := a.Block("ephemeral_storage"); s != nil && (s.Int("size") < minScratch || s.Int("size") > maxScratch) {
		return c.Refuse("ephemeral_storage", "ValidationException", "Value '%d' at 'ephemeralStorage.size' failed to satisfy constraint: between %d and %d", s.Int("size"), minScratch, maxScratch)
	}
	reserved := 0
	for _, other := range c.List("aws_lambda_function", c.Region) {
		if c.Resource == nil || other.Key != c.Resource.Key {
			reserved += max(0, other.Attrs.Int("reserved_concurrent_executions"))
		}
	}
	if reserved += max(0, a.Int("reserved_concurrent_executions")); regionalConcurrency-reserved < leastSharedConcurrency {
		return c.During("PutFunctionConcurrency").Refuse("reserved_concurrent_executions", "InvalidParameterValueException",
			"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", leastSharedConcurrency)
	}
	return nil
}

var environmentKey = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)

// reservedVariables are set by Lambda itself.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

func checkEnvironment(c *sim.Call) error {
	size := 0
	for key, value := range c.Attrs.Block("environment").StringMap("variables") {
		if slices.Contains(reservedVariables, key) {
			return c.Refuse("environment", "InvalidParameterValueException",
				"Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", key)
		}
		if !environmentKey.MatchString(key) {
			return c.Refuse("environment", "ValidationException", "Value '%s' at 'environment.member.variables' failed to satisfy constraint: keys must match [a-zA-Z]([a-zA-Z0-9_])+", key)
		}
		size += len(key) + len(value)
	}
	if size > maxEnvironment {
		return c.Refuse("environment", "InvalidParameterValueException",
			"Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. Measured: %d bytes", size)
	}
	return nil
}

func checkFunctionRole(c *sim.Call) error {
	role := c.FindBy("aws_iam_role", sim.Global, "arn", c.Attrs.Str("role"))
	if role != nil {
		doc, problem := sim.ParsePolicy(role.Attrs.Str("assume_role_policy"))
		if problem == "" && doc.Allows("sts:AssumeRole", "Service", "lambda."+sim.DNSSuffix) {
			return nil
		}
	}
	return c.Refuse("role", "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
}

func checkFunctionNetwork(c *sim.Call) error {
	vpc := c.Attrs.Block("vpc_config")
	subnets, groups := vpc.Strings("subnet_ids"), vpc.Strings("security_group_ids")
	if len(subnets)+len(groups) == 0 {
		return nil
	}
	if len(subnets) == 0 || len(groups) == 0 {
		return c.Refuse("vpc_config", "InvalidParameterValueException", "SubnetIds and SecurityIds must coexist or be both empty list.")
	}
	vpcID := ""
	for _, id := range subnets {
		subnet := c.Get("aws_subnet", c.Region, id)
		if subnet == nil {
			return c.Refuse("vpc_config", "InvalidParameterValueException",
				"Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '%s' does not exist", id)
		}
		if vpcID != "" && subnet.Attrs.Str("vpc_id") != vpcID {
			return c.Refuse("vpc_config", "InvalidParameterValueException", "The subnets must belong to one VPC: %s is not in %s", id, vpcID)
		}
		vpcID = subnet.Attrs.Str("vpc_id")
	}
	for _, id := range groups {
		if ec2.GroupVPC(c.Tx, c.Region, id) != vpcID {
			return c.Refuse("vpc_config", "InvalidParameterValueException",
				"Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: The security group '%s' does not exist in VPC %s", id, vpcID)
		}
	}
	if !mayCreateInterfaces(c, subnets, groups) {
		return c.Refuse("role", "InvalidParameterValueException", "The provided execution role does not have permissions to call CreateNetworkInterface on EC2")
	}
	return nil
}

// mayCreateInterfaces tells whether the role may create a network interface
// with these subnets and groups: EC2 wants the permission on each of them.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func mayCreateInterfaces(c *sim.Call, subnets, groups []string) bool {
	resources := []string{"network-interface/*"}
	for _, id := range subnets {
		resources = append(resources, "subnet/"+id)
	}
	for _, id := range groups {
		resources = append(resources, "security-group/"+id)
	}
	for _, resource := range resources {
		if !iam.RoleMay(c.Tx, c.Attrs.Str("role"), "ec2:CreateNetworkInterface", c.ARN("ec2", c.Region, "%s", resource)) {
			return false
		}
	}
	return true
}

func checkFunctionTargets(c *sim.Call) error {
	if key := c.Attrs.Str("kms_key_arn"); key != "" {
		if _, problem := kms.FindKey(c.Tx, c.Region, key); problem != kms.KeyUsable {
			return c.Refuse("kms_key_arn", "InvalidParameterValueException", "Lambda was unable to use the KMS key %s: it is %s in %s", key, problem, c.Region)
		}
	}
	target := c.Attrs.Block("dead_letter_config").Str("target_arn")
	if target == "" {
		return nil
	}
	if arn, _ := sim.ParseARN(target); arn.Region != c.Region || arn.Service == "lambda" || !c.Exists(arn) {
		return c.Refuse("dead_letter_config", "InvalidParameterValueException", "The provided dead letter target %s does not exist or is no queue or topic of %s", target, c.Region)
	}
	return nil
}

// removeFunction takes the function's own settings with it, as Lambda does.
func removeFunction(c *sim.Call) error {
	for _, typ := range []string{"aws_lambda_permission", "aws_lambda_function_event_invoke_config"} {
		for _, r := range c.List(typ, c.Region) {
			if functionOf(r.Attrs.Str("function_name")) == c.Resource.ID {
				c.Remove(r)
			}
		}
	}
	return nil
}

// functionOf returns the name of a function; ref is its name, partial ARN or ARN.
func functionOf(ref string) string {
	if arn, ok := sim.ParseARN(ref); ok {
		ref = strings.TrimPrefix(arn.Resource, "function:")
	}
	name, _, _ := strings.Cut(ref, ":")
	return name
}
