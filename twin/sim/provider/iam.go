package provider

import "regexp"

// iamTraits are of internal/service/iam: role.go, role_policy.go, policy.go,
// role_policy_attachment.go.
func iamTraits() map[string]*traits {
	name := regexp.MustCompile(`^[\w+=,.@-]*$`)
	path := regexp.MustCompile(`^(/|/[!-~]*/)$`)
	const nameSays = "must match [\\w+=,.@-]"
	const pathSays = "must begin and end with /"
	prefixes := []check{conflicts("name", "name_prefix"), conflicts("name_prefix", "name"), matches("name", name, nameSays), matches("name_prefix", name, nameSays)}
	with := func(more ...check) []check { return append(append([]check{}, prefixes...), more...) }
	return map[string]*traits{
		"aws_iam_role": {
			replace:        words("name name_prefix path"),
			defaults:       map[string]any{"force_detach_policies": false, "max_session_duration": 3600, "path": "/"},
			local:          words("force_detach_policies"),
			computedBlocks: words("inline_policy"),
			same:           map[string]sameFunc{"assume_role_policy": samePolicy, "inline_policy.policy": samePolicy},
			checks: with(length("name", 1, 64), length("name_prefix", 1, 38), between("max_session_duration", 3600, 43200),
				length("description", 0, 1000), matches("path", path, pathSays), isARN("permissions_boundary"), isJSON("assume_role_policy"),
				isARN("managed_policy_arns")),
		},
		"aws_iam_role_policy": {
			replace: words("name name_prefix role"),
			same:    map[string]sameFunc{"policy": samePolicy},
			checks:  with(length("name", 1, 128), isJSON("policy"), matches("role", name, nameSays)),
		},
		"aws_iam_policy": {
			replace:  words("description name name_prefix path"),
			defaults: map[string]any{"path": "/"},
			same:     map[string]sameFunc{"policy": samePolicy},
			checks:   with(length("name", 1, 128), matches("path", path, pathSays), isJSON("policy"), length("description", 0, 1000)),
		},
		"aws_iam_role_policy_attachment": {
			replace: words("policy_arn role"),
			checks:  []check{isARN("policy_arn")},
		},
	}
}
