package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRole_RefusesNamesAndTrustPoliciesThatIAMRefuses(t *testing.T) {
	w := newWorld(t)
	good := attrs{"name": "guard", "assume_role_policy": trust("lambda.amazonaws.com")}
	w.refusesEach("aws_iam_role", east, good, []refusal{
		{"name", attrs{"name": "the guard"}, "ValidationError"},
		{"name too long", attrs{"name": strings.Repeat("x", 65)}, "ValidationError"},
		{"no JSON", attrs{"assume_role_policy": "{"}, "MalformedPolicyDocument"},
		{"no principal", attrs{"assume_role_policy": `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`}, "MalformedPolicyDocument"},
		{"a resource", attrs{"assume_role_policy": `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}`}, "MalformedPolicyDocument"},
		{"another service's action", attrs{"assume_role_policy": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}`}, "MalformedPolicyDocument"},
		{"session too long", attrs{"max_session_duration": 43201}, "ValidationError"},
		{"inline policy", attrs{"inline_policy": list{attrs{"name": "x", "policy": "{"}}}, "MalformedPolicyDocument"},
	})
	w.refused("aws_iam_role", west, good, "EntityAlreadyExists")
	w.refused("aws_iam_role", west, made{attrs: good}.with(attrs{"name": "GUARD"}), "EntityAlreadyExists")
}

func TestPolicies_AreRefusedWhenMalformed(t *testing.T) {
	w := newWorld(t)
	role := w.create("aws_iam_role", east, attrs{"name": "guard", "assume_role_policy": trust("lambda.amazonaws.com")})
	faults := []refusal{
		{"no JSON", attrs{"policy": "{"}, "MalformedPolicyDocument"},
		{"a principal", attrs{"policy": topicPolicy("*")}, "MalformedPolicyDocument"},
		{"no resource", attrs{"policy": `{"Statement":[{"Effect":"Allow","Action":"sns:Publish"}]}`}, "MalformedPolicyDocument"},
		{"resource is no ARN", attrs{"policy": permit("alarms", "sns:Publish")}, "MalformedPolicyDocument"},
		{"action without service", attrs{"policy": permit("*", "Publish")}, "MalformedPolicyDocument"},
		{"too long", attrs{"policy": permit("*", "sns:"+strings.Repeat("x", 10240))}, "LimitExceeded"},
	}
	inline := attrs{"role": role.id, "name": "guard", "policy": permit("*", "sns:Publish")}
	w.refusesEach("aws_iam_role_policy", east, inline, append(faults, refusal{"no such role", attrs{"role": "none"}, "NoSuchEntity"}))
	w.refused("aws_iam_role_policy", east, inline, "EntityAlreadyExists")
	managed := attrs{"name": "guard", "policy": permit("*", "sns:Publish")}
	w.refusesEach("aws_iam_policy", east, managed, append(faults, refusal{"name", attrs{"name": "a b"}, "ValidationError"}))
	w.refused("aws_iam_policy", east, managed, "EntityAlreadyExists")
	w.refused("aws_iam_policy", east, attrs{"name": "long", "policy": permit("*", "sns:"+strings.Repeat("x", 6144))}, "LimitExceeded")
}

func TestRole_IsDeletedWithoutPoliciesOnly(t *testing.T) {
	w := newWorld(t)
	role := w.create("aws_iam_role", east, attrs{"name": "guard", "assume_role_policy": trust("lambda.amazonaws.com")})
	inline := w.create("aws_iam_role_policy", east, attrs{"role": role.id, "name": "guard", "policy": permit("*", "sns:Publish")})
	require.Equal(t, "must delete policies first.", strings.TrimPrefix(w.stays(role, "DeleteConflict").Message, "Cannot delete entity, "))
	w.gone(inline)

	policy := w.create("aws_iam_policy", east, attrs{"name": "guard", "policy": permit("*", "sns:Publish")})
	managed := "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	w.refused("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": "arn:aws:iam::aws:policy/None"}, "NoSuchEntity")
	w.refused("aws_iam_role_policy_attachment", east, attrs{"role": "none", "policy_arn": managed}, "NoSuchEntity")
	attached := w.create("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": policy.arn()})
	w.create("aws_iam_role_policy_attachment", east, attrs{"role": role.id, "policy_arn": managed})
	require.ElementsMatch(t, list{policy.arn(), managed}, w.read(role)["managed_policy_arns"])
	require.InDelta(t, 1, w.read(policy)["attachment_count"], 0)
	w.stays(role, "DeleteConflict")
	w.stays(policy, "DeleteConflict")
	w.gone(attached)
	w.gone(policy)
	w.gone(w.update(role, attrs{"force_detach_policies": true}))
	require.Zero(t, w.cloud.Summary().Total)
}
