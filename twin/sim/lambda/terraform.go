package lambda

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/lambda: function.go, permission.go,
// function_event_invoke_config.go.

// codeArguments are those whose change uploads code, so that what AWS says of
// the code is known only afterwards (needsFunctionCodeUpdate).
var codeArguments = tf.Words("architectures filename image_uri s3_bucket s3_key s3_object_version source_code_hash")

// functionConfigArguments are those of needsFunctionConfigUpdate.
var functionConfigArguments = tf.Words("description handler file_system_config image_config memory_size role timeout kms_key_arn layers " +
	"dead_letter_config snap_start tracing_config vpc_config runtime environment ephemeral_storage logging_config")

// lambdaRuntimes is the enumeration Runtime of the Lambda API as the SDK of
// provider 5.99.1 has it, with those that AWS retired.
var lambdaRuntimes = tf.Words("nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x nodejs16.x nodejs18.x " +
	"nodejs20.x nodejs22.x java8 java8.al2 java11 java17 java21 python2.7 python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 " +
	"python3.12 python3.13 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 dotnet6 dotnet8 go1.x ruby2.5 ruby2.7 ruby3.2 ruby3.3 " +
	"ruby3.4 provided provided.al2 provided.al2023")

func functionTraits() *tf.Traits {
	changes := append(append([]string{}, codeArguments...), functionConfigArguments...)
	return &tf.Traits{
		Replace: tf.Words("function_name package_type"),
		Defaults: map[string]any{
			"memory_size": 128, "package_type": "Zip", "publish": false, "reserved_concurrent_executions": -1, "skip_destroy": false, "timeout": 3,
			"vpc_config.ipv6_allowed_for_dual_stack": false,
		},
		// The hash is stored as it was given (provider pull request #37669).
		Local:          tf.Words("filename publish replace_security_groups_on_destroy replacement_security_group_ids s3_bucket s3_key s3_object_version skip_destroy source_code_hash"),
		Files:          tf.Words("filename"),
		ComputedBlocks: tf.Words("ephemeral_storage logging_config tracing_config"),
		Recompute:      []tf.Recompute{{Attributes: tf.Words("last_modified"), When: changes}},
		Checks: []tf.Check{
			tf.Matches("function_name", regexp.MustCompile(`^(arn:[a-z-]+:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([0-9A-Za-z_-]+)(:(\$LATEST|[0-9A-Za-z_-]+))?$`), "must be valid function name or function ARN"),
			tf.Length("function_name", 1, 140), tf.Between("memory_size", 128, 10240), tf.Between("timeout", 1, 900),
			tf.Between("ephemeral_storage.size", 512, 10240), tf.OneOf("package_type", "Zip", "Image"), tf.OneOf("architectures", "x86_64", "arm64"),
			tf.OneOf("runtime", lambdaRuntimes...),
			tf.ExactlyOne("filename", "image_uri", "s3_bucket"), tf.Together("s3_key", "s3_bucket"), tf.Together("s3_bucket", "s3_key"),
			tf.Conflicts("s3_object_version", "filename", "image_uri"), tf.Length("handler", 1, 128),
			tf.Together("replacement_security_group_ids", "replace_security_groups_on_destroy"),
			tf.IsARN("role"), tf.IsARN("kms_key_arn"), tf.IsARN("dead_letter_config.target_arn"), tf.IsARN("layers"),
			tf.OneOf("tracing_config.mode", "Active", "PassThrough"), tf.OneOf("logging_config.log_format", "JSON", "Text"),
			tf.OneOf("logging_config.application_log_level", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
			tf.OneOf("logging_config.system_log_level", "DEBUG", "INFO", "WARN"), tf.Length("description", 0, 256),
		},
		PlanChecks: []tf.PlanCheck{zipFunctionCheck},
	}
}

// zipFunctionCheck is checkHandlerRuntimeForZipFunction.
func zipFunctionCheck(c tf.Change, f *tf.Faults) {
	if !c.Planned.GetAttr("package_type").RawEquals(cty.StringVal("Zip")) {
		return
	}
	if c.Planned.GetAttr("handler").IsNull() || c.Planned.GetAttr("runtime").IsNull() {
		f.Addf(cty.GetAttrPath("handler"), "handler and runtime must be set when PackageType is Zip")
	}
}

func permissionTraits() *tf.Traits {
	statement := regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
	return &tf.Traits{
		Replace: tf.Words("action event_source_token function_name function_url_auth_type principal principal_org_id qualifier source_account source_arn statement_id statement_id_prefix"),
		Checks: []tf.Check{
			tf.Matches("action", regexp.MustCompile(`^(lambda:([0-9A-Za-z]+|[*])|[*])$`), "must be a valid action (usually starts with lambda:)"),
			tf.Conflicts("statement_id", "statement_id_prefix"), tf.Conflicts("statement_id_prefix", "statement_id"),
			tf.Length("statement_id", 1, 100), tf.Matches("statement_id", statement, "only letters, digits, hyphens and underscores"),
			tf.Matches("source_account", tf.AccountIDNumber, "an AWS account id of 12 digits"), tf.IsARN("source_arn"),
			tf.OneOf("function_url_auth_type", "AWS_IAM", "NONE"),
		},
	}
}

func invokeConfigTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("function_name qualifier"),
		Defaults: map[string]any{"maximum_retry_attempts": 2},
		Checks: []tf.Check{
			tf.Between("maximum_event_age_in_seconds", 60, 21600), tf.Between("maximum_retry_attempts", 0, 2),
			tf.IsARN("destination_config.on_failure.destination"), tf.IsARN("destination_config.on_success.destination"),
		},
	}
}
