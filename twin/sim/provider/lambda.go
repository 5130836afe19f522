package provider

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"
)

// lambdaTraits are of internal/service/lambda: function.go, permission.go,
// function_event_invoke_config.go.
func lambdaTraits() map[string]*traits {
	return map[string]*traits{
		"aws_lambda_function":                     functionTraits(),
		"aws_lambda_permission":                   permissionTraits(),
		"aws_lambda_function_event_invoke_config": invokeConfigTraits(),
	}
}

// codeArguments are those whose change uploads code, so that what AWS says of
// the code is known only afterwards (needsFunctionCodeUpdate).
var codeArguments = words("architectures filename image_uri s3_bucket s3_key s3_object_version source_code_hash")

// functionConfigArguments are those of needsFunctionConfigUpdate.
var functionConfigArguments = words("description handler file_system_config image_config memory_size role timeout kms_key_arn layers " +
	"dead_letter_config snap_start tracing_config vpc_config runtime environment ephemeral_storage logging_config")

// lambdaRuntimes is the enumeration Runtime of the Lambda API as the SDK of
// provider 5.99.1 has it, with those that AWS retired.
var lambdaRuntimes = words("nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x nodejs16.x nodejs18.x " +
	"nodejs20.x nodejs22.x java8 java8.al2 java11 java17 java21 python2.7 python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 " +
	"python3.12 python3.13 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 dotnet6 dotnet8 go1.x ruby2.5 ruby2.7 ruby3.2 ruby3.3 " +
	"ruby3.4 provided provided.al2 provided.al2023")

func functionTraits() *traits {
	changes := append(append([]string{}, codeArguments...), functionConfigArguments...)
	return &traits{
		replace: words("function_name package_type"),
		defaults: map[string]any{
			"memory_size": 128, "package_type": "Zip", "publish": false, "reserved_concurrent_executions": -1, "skip_destroy": false, "timeout": 3,
			"vpc_config.ipv6_allowed_for_dual_stack": false,
		},
		// The hash is stored as it was given (provider pull request #37669).
		local:          words("filename publish replace_security_groups_on_destroy replacement_security_group_ids s3_bucket s3_key s3_object_version skip_destroy source_code_hash"),
		files:          words("filename"),
		computedBlocks: words("ephemeral_storage logging_config tracing_config"),
		recompute:      []recompute{{attributes: words("last_modified"), when: changes}},
		checks: []check{
			matches("function_name", regexp.MustCompile(`^(arn:[a-z-]+:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([0-9A-Za-z_-]+)(:(\$LATEST|[0-9A-Za-z_-]+))?$`), "must be valid function name or function ARN"),
			length("function_name", 1, 140), between("memory_size", 128, 10240), between("timeout", 1, 900),
			between("ephemeral_storage.size", 512, 10240), oneOf("package_type", "Zip", "Image"), oneOf("architectures", "x86_64", "arm64"),
			oneOf("runtime", lambdaRuntimes...),
			exactlyOne("filename", "image_uri", "s3_bucket"), together("s3_key", "s3_bucket"), together("s3_bucket", "s3_key"),
			conflicts("s3_object_version", "filename", "image_uri"), length("handler", 1, 128),
			together("replacement_security_group_ids", "replace_security_groups_on_destroy"),
			isARN("role"), isARN("kms_key_arn"), isARN("dead_letter_config.target_arn"), isARN("layers"),
			oneOf("tracing_config.mode", "Active", "PassThrough"), oneOf("logging_config.log_format", "JSON", "Text"),
			oneOf("logging_config.application_log_level", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
			oneOf("logging_config.system_log_level", "DEBUG", "INFO", "WARN"), length("description", 0, 256),
		},
		planChecks: []planCheck{zipFunctionCheck},
	}
}

// zipFunctionCheck is checkHandlerRuntimeForZipFunction.
func zipFunctionCheck(c change, f *faults) {
	if !c.planned.GetAttr("package_type").RawEquals(cty.StringVal("Zip")) {
		return
	}
	if c.planned.GetAttr("handler").IsNull() || c.planned.GetAttr("runtime").IsNull() {
		f.addf(cty.GetAttrPath("handler"), "handler and runtime must be set when PackageType is Zip")
	}
}

func permissionTraits() *traits {
	statement := regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
	return &traits{
		replace: words("action event_source_token function_name function_url_auth_type principal principal_org_id qualifier source_account source_arn statement_id statement_id_prefix"),
		checks: []check{
			matches("action", regexp.MustCompile(`^(lambda:([0-9A-Za-z]+|[*])|[*])$`), "must be a valid action (usually starts with lambda:)"),
			conflicts("statement_id", "statement_id_prefix"), conflicts("statement_id_prefix", "statement_id"),
			length("statement_id", 1, 100), matches("statement_id", statement, "only letters, digits, hyphens and underscores"),
			matches("source_account", accountIDNumber, "an AWS account id of 12 digits"), isARN("source_arn"),
			oneOf("function_url_auth_type", "AWS_IAM", "NONE"),
		},
	}
}

func invokeConfigTraits() *traits {
	return &traits{
		replace:  words("function_name qualifier"),
		defaults: map[string]any{"maximum_retry_attempts": 2},
		checks: []check{
			between("maximum_event_age_in_seconds", 60, 21600), between("maximum_retry_attempts", 0, 2),
			isARN("destination_config.on_failure.destination"), isARN("destination_config.on_success.destination"),
		},
	}
}
