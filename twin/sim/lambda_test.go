package sim_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

func TestFunction_RefusesWhatLambdaRefuses(t *testing.T) {
	w := newWorld(t)
	n, other := w.network(west, "10.1"), w.network(west, "10.2")
	f := w.function()
	backup := w.create("aws_iam_role", east, attrs{"name": "backup", "assume_role_policy": trust("backup.amazonaws.com")})
	powerless := w.create("aws_iam_role", east, attrs{"name": "powerless", "assume_role_policy": trust("lambda.amazonaws.com")})
	_, replicaKey := w.keys()
	key := w.create("aws_kms_key", east, attrs{})
	vpc := func(subnets, groups list) attrs {
		return attrs{"vpc_config": list{attrs{"subnet_ids": subnets, "security_group_ids": groups}}}
	}
	variables := func(key, value string) attrs {
		return attrs{"environment": list{attrs{"variables": attrs{key: value}}}}
	}
	good := made{attrs: w.functionAttrs(f.role.arn())}.with(vpc(n.subnetIDs(), list{n.group.id}))
	good["function_name"] = "second"
	good["kms_key_arn"] = replicaKey.arn()
	long := make([]byte, 4097)
	for i := range long {
		long[i] = 'x'
	}
	w.refusesEach("aws_lambda_function", west, good, []refusal{
		{"name", attrs{"function_name": "the guard"}, "ValidationException"},
		{"name taken", attrs{"function_name": f.function.id}, "ResourceConflictException"},
		{"package type", attrs{"package_type": "Image"}, "InvalidParameterValueException"},
		{"no handler", attrs{"handler": nil}, "InvalidParameterValueException"},
		{"no runtime", attrs{"runtime": nil}, "InvalidParameterValueException"},
		{"runtime", attrs{"runtime": "go1.x"}, "InvalidParameterValueException"},
		{"architecture", attrs{"architectures": list{"arm"}}, "ValidationException"},
		{"layer", attrs{"layers": list{"arn:aws:lambda:eu-west-1:123456789012:layer:x:1"}}, "InvalidParameterValueException"},
		{"too little memory", attrs{"memory_size": 127}, "ValidationException"},
		{"too much memory", attrs{"memory_size": 10241}, "ValidationException"},
		{"no time", attrs{"timeout": 0}, "ValidationException"},
		{"too much time", attrs{"timeout": 901}, "ValidationException"},
		{"scratch space", attrs{"ephemeral_storage": list{attrs{"size": 100}}}, "ValidationException"},
		{"reserves all concurrency", attrs{"reserved_concurrent_executions": 950}, "InvalidParameterValueException"},
		{"reserved variable", variables("AWS_REGION", "eu-west-1"), "InvalidParameterValueException"},
		{"variable's name", variables("1st", "x"), "ValidationException"},
		{"variables too long", variables("LONG", string(long)), "InvalidParameterValueException"},
		{"role of another service", attrs{"role": backup.arn()}, "InvalidParameterValueException"},
		{"no such role", attrs{"role": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValueException"},
		{"role may not make interfaces", attrs{"role": powerless.arn()}, "InvalidParameterValueException"},
		{"no such subnet", vpc(list{"subnet-0"}, list{n.group.id}), "InvalidParameterValueException"},
		{"subnets of two VPCs", vpc(list{n.subnets[0].id, other.subnets[0].id}, list{n.group.id}), "InvalidParameterValueException"},
		{"group of another VPC", vpc(n.subnetIDs(), list{other.group.id}), "InvalidParameterValueException"},
		{"subnets without a group", vpc(n.subnetIDs(), list{}), "InvalidParameterValueException"},
		{"key of another region", attrs{"kms_key_arn": key.arn()}, "InvalidParameterValueException"},
		{"no such dead-letter queue", attrs{"dead_letter_config": list{attrs{"target_arn": "arn:aws:sqs:eu-west-1:123456789012:none"}}}, "InvalidParameterValueException"},
		{"no archive", attrs{"filename": nil}, "InvalidParameterValueException"},
		{"archive is named relative to who knows", attrs{"filename": "function.zip"}, "InvalidParameterValueException"},
		{"archive is not there", attrs{"filename": "/nowhere/x.zip"}, "InvalidParameterValueException"},
	})
}

func TestFunction_RefusesAnArchiveThatIsNone(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	text := filepath.Join(t.TempDir(), "text.zip")
	require.NoError(t, os.WriteFile(text, []byte("not a zip"), 0o600))
	nothing := filepath.Join(t.TempDir(), "nothing.zip")
	require.NoError(t, os.WriteFile(nothing, nil, 0o600))
	for path, message := range map[string]string{
		text:             "Could not unzip uploaded file. Please check your file, then try to upload again.",
		nothing:          "Uploaded file must be a non-empty zip",
		writeZip(t, nil): "Uploaded file must be a non-empty zip",
	} {
		a := w.functionAttrs(f.role.arn())
		a["function_name"], a["filename"] = "second", path
		require.Equal(t, message, w.refused("aws_lambda_function", west, a, "InvalidParameterValueException").Message)
		w.refusedUpdate(f.function, attrs{"filename": path}, "InvalidParameterValueException")
	}
}

func TestFunction_RefusesAnArchiveThatIsTooLarge(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	large := filepath.Join(t.TempDir(), "large.zip")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 70167212))
	a := w.functionAttrs(f.role.arn())
	a["function_name"], a["filename"] = "second", large
	w.refused("aws_lambda_function", west, a, "RequestEntityTooLargeException")
}

func TestFunction_RefusesARoleThatLambdaCannotTake(t *testing.T) {
	w := newWorld(t)
	backup := w.create("aws_iam_role", east, attrs{"name": "backup", "assume_role_policy": trust("backup.amazonaws.com")})
	for _, role := range []string{backup.arn(), "arn:aws:iam::123456789012:role/none"} {
		err := w.refused("aws_lambda_function", west, w.functionAttrs(role), "InvalidParameterValueException")
		require.Equal(t, "The role defined for the function cannot be assumed by Lambda.", err.Message)
	}
}

func TestFunction_TakesNewCodeInAnUpdate(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	w.clock.Advance(1000)
	same := w.update(f.function, attrs{"memory_size": 512})
	require.Equal(t, f.function.str("code_sha256"), same.str("code_sha256"))
	changed := w.update(same, attrs{"filename": writeZip(t, map[string]string{"bootstrap": "new"}), "source_code_hash": "new"})
	require.NotEqual(t, f.function.str("code_sha256"), changed.str("code_sha256"))
	require.Equal(t, "new", changed.str("source_code_hash"))
	w.refusedUpdate(changed, attrs{"timeout": 901}, "ValidationException")
}

func TestPermission_RefusesTakenStatementsAndSourcesThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	topic := w.create("aws_sns_topic", east, attrs{"name": "alarms"})
	good := attrs{
		"function_name": f.function.id, "statement_id": "sns", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com", "source_arn": topic.arn(),
	}
	w.refusesEach("aws_lambda_permission", west, good, []refusal{
		{"no such function", attrs{"function_name": "none"}, "ResourceNotFoundException"},
		{"function of another region", attrs{"function_name": "arn:aws:lambda:us-east-1:123456789012:function:guard-dev"}, "ResourceNotFoundException"},
		{"statement", attrs{"statement_id": "from sns"}, "ValidationException"},
		{"action", attrs{"action": "sns:Publish"}, "ValidationException"},
		{"principal", attrs{"principal": "sns"}, "InvalidParameterValueException"},
		{"source is no ARN", attrs{"source_arn": "alarms"}, "ValidationException"},
		{"no such topic", attrs{"source_arn": "arn:aws:sns:us-east-1:123456789012:none"}, "InvalidParameterValueException"},
		{"no such rule", attrs{"source_arn": "arn:aws:events:eu-west-1:123456789012:rule/none"}, "InvalidParameterValueException"},
		{"no such alarm", attrs{"source_arn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:none"}, "InvalidParameterValueException"},
	})
	w.refused("aws_lambda_permission", west, good, "ResourceConflictException")
	w.refused("aws_lambda_permission", west, made{attrs: good}.with(attrs{"function_name": f.function.arn()}), "ResourceConflictException")
}

func TestPermission_OfTwoFunctionsMayHaveOneStatementID(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	a := w.functionAttrs(f.role.arn())
	a["function_name"] = "second"
	second := w.create("aws_lambda_function", west, a)
	permission := attrs{"function_name": f.function.id, "statement_id": "sns", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com"}
	one := w.create("aws_lambda_permission", west, permission)
	two := w.create("aws_lambda_permission", west, made{attrs: permission}.with(attrs{"function_name": second.id}))
	require.Equal(t, one.id, two.id)
	require.Equal(t, f.function.id, w.read(one)["function_name"])
	require.Equal(t, second.id, w.read(two)["function_name"])
	unknown := w.cloud.Do(context.Background(), simapi.OpRead, simapi.Request{Type: one.typ, Region: west, ID: one.id})
	require.Nil(t, unknown.Attrs, "two have the id and nothing tells which is meant")
	w.gone(second)
	require.Nil(t, w.read(two), "a function takes its permissions with it")
	alone := w.cloud.Do(context.Background(), simapi.OpRead, simapi.Request{Type: one.typ, Region: west, ID: one.id})
	require.Equal(t, f.function.id, alone.Attrs["function_name"])
}

func TestInvokeConfig_RefusesDestinationsThatCannotBeReached(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	queue := w.create("aws_sqs_queue", west, attrs{"name": "lost"})
	to := func(arn string) attrs {
		return attrs{"destination_config": list{attrs{"on_failure": list{attrs{"destination": arn}}}}}
	}
	good := made{attrs: to(queue.arn())}.with(attrs{"function_name": f.function.id})
	w.refusesEach("aws_lambda_function_event_invoke_config", west, good, []refusal{
		{"no such function", attrs{"function_name": "none"}, "ResourceNotFoundException"},
		{"retries", attrs{"maximum_retry_attempts": 3}, "ValidationException"},
		{"age", attrs{"maximum_event_age_in_seconds": 59}, "ValidationException"},
		{"no such queue", to("arn:aws:sqs:eu-west-1:123456789012:none"), "InvalidParameterValueException"},
		{"success to nothing", attrs{"destination_config": list{attrs{"on_success": list{attrs{"destination": "arn:aws:sns:eu-west-1:123456789012:none"}}}}}, "InvalidParameterValueException"},
	})
	w.refused("aws_lambda_function_event_invoke_config", west, good, "ResourceConflictException")
}

func TestInvokeConfig_NeedsARoleThatMaySend(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	queue := w.create("aws_sqs_queue", west, attrs{"name": "lost"})
	other := w.create("aws_sqs_queue", west, attrs{"name": "other"})
	w.update(f.policy, attrs{"policy": permit(queue.arn(), "sqs:Send*")})
	config := func(arn string) attrs {
		return attrs{"function_name": f.function.id, "destination_config": list{attrs{"on_failure": list{attrs{"destination": arn}}}}}
	}
	err := w.refused("aws_lambda_function_event_invoke_config", west, config(other.arn()), "InvalidParameterValueException")
	require.Equal(t, "The function's execution role does not have permissions to call SendMessage on "+other.arn(), err.Message)
	w.create("aws_lambda_function_event_invoke_config", west, config(queue.arn()))
}

func TestRole_IsDeniedByAStatementThatDenies(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	queue := w.create("aws_sqs_queue", west, attrs{"name": "lost"})
	deny := `{"Statement":[{"Effect":"Deny","NotAction":"sns:*","NotResource":"arn:aws:sns:*:*:*"}]}`
	w.create("aws_iam_role_policy", east, attrs{"role": f.role.id, "name": "deny", "policy": deny})
	a := attrs{"function_name": f.function.id, "destination_config": list{attrs{"on_failure": list{attrs{"destination": queue.arn()}}}}}
	w.refused("aws_lambda_function_event_invoke_config", west, a, "InvalidParameterValueException")
}

func TestRole_IsJudgedWithItsConditions(t *testing.T) {
	const send = `{"Statement":[{"Effect":%q,"Action":"sqs:SendMessage","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":%q}}}]}`
	for name, tt := range map[string]struct {
		effect, region string
		may            bool
	}{
		"allowed here":      {"Allow", west, true},
		"allowed elsewhere": {"Allow", east, false},
		"denied elsewhere":  {"Deny", east, true},
		"denied right here": {"Deny", west, false},
		"not to be judged":  {"Maybe", west, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.function()
			queue := w.create("aws_sqs_queue", west, attrs{"name": "lost"})
			w.update(f.policy, attrs{"policy": permit("*", "ec2:CreateNetworkInterface")})
			if tt.effect != "Allow" {
				w.update(f.policy, attrs{"policy": permit("*", "sqs:SendMessage")})
			}
			text := fmt.Sprintf(send, tt.effect, tt.region)
			if tt.effect == "Maybe" { // a key that no evaluator here knows
				text = `{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:UserAgent":"x"}}}]}`
			}
			w.create("aws_iam_role_policy", east, attrs{"role": f.role.id, "name": "send", "policy": text})
			a := attrs{"function_name": f.function.id, "destination_config": list{attrs{"on_failure": list{attrs{"destination": queue.arn()}}}}}
			if tt.may {
				w.create("aws_lambda_function_event_invoke_config", west, a)
				return
			}
			w.refused("aws_lambda_function_event_invoke_config", west, a, "InvalidParameterValueException")
		})
	}
}

func TestFunction_InAVPCTakesItsPermissionFromAnyKindOfPolicy(t *testing.T) {
	access := "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
	for name, give := range map[string]func(w *world, role made){
		"managed by AWS": func(w *world, role made) {
			w.create("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": access})
		},
		"of the account": func(w *world, role made) {
			policy := w.create("aws_iam_policy", east, attrs{"name": "vpc", "policy": permit("*", "ec2:*")})
			w.create("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": policy.arn()})
		},
		"inline": func(w *world, role made) {
			w.update(role, attrs{"inline_policy": list{attrs{"name": "vpc", "policy": permit("*", "ec2:CreateNetworkInterface")}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			n := w.network(west, "10.1")
			role := w.create("aws_iam_role", east, attrs{"name": "guard", "assume_role_policy": trust("lambda.amazonaws.com")})
			a := w.functionAttrs(role.arn())
			a["vpc_config"] = list{attrs{"subnet_ids": n.subnetIDs(), "security_group_ids": list{n.group.id}}}
			w.refused("aws_lambda_function", west, a, "InvalidParameterValueException")
			give(w, role)
			function := w.create("aws_lambda_function", west, a)
			require.Equal(t, n.vpc.id, function.attrs["vpc_config"].(list)[0].(attrs)["vpc_id"])
		})
	}
}
