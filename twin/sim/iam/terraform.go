package iam

import (
	"regexp"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/iam: role.go, role_policy.go, policy.go,
// role_policy_attachment.go.

var iamName = regexp.MustCompile(`^[\w+=,.@-]*$`)

var iamPath = regexp.MustCompile(`^(/|/[!-~]*/)$`)

const iamNameSays = "must match [\\w+=,.@-]"

const iamPathSays = "must begin and end with /"

var iamPrefixes = []tf.Check{tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"), tf.Matches("name", iamName, iamNameSays), tf.Matches("name_prefix", iamName, iamNameSays)}

func iamWith(more ...tf.Check) []tf.Check {
	return append(append([]tf.Check{}, iamPrefixes...), more...)
}

func iamRoleTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("name name_prefix path"),
		Defaults:       map[string]any{"force_detach_policies": false, "max_session_duration": 3600, "path": "/"},
		Local:          tf.Words("force_detach_policies"),
		ComputedBlocks: tf.Words("inline_policy"),
		Same:           map[string]tf.SameFunc{"assume_role_policy": tf.SamePolicy, "inline_policy.policy": tf.SamePolicy},
		Checks: iamWith(tf.Length("name", 1, 64), tf.Length("name_prefix", 1, 38), tf.Between("max_session_duration", 3600, 43200),
			tf.Length("description", 0, 1000), tf.Matches("path", iamPath, iamPathSays), tf.IsARN("permissions_boundary"), tf.IsJSON("assume_role_policy"),
			tf.IsARN("managed_policy_arns")),
	}
}

func iamRolePolicyTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("name name_prefix role"),
		Same:    map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks:  iamWith(tf.Length("name", 1, 128), tf.IsJSON("policy"), tf.Matches("role", iamName, iamNameSays)),
	}
}

func iamPolicyTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("description name name_prefix path"),
		Defaults: map[string]any{"path": "/"},
		Same:     map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks:   iamWith(tf.Length("name", 1, 128), tf.Matches("path", iamPath, iamPathSays), tf.IsJSON("policy"), tf.Length("description", 0, 1000)),
	}
}

func iamRolePolicyAttachmentTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("policy_arn role"),
		Checks:  []tf.Check{tf.IsARN("policy_arn")},
	}
}
