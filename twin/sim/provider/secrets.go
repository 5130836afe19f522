package provider

import "regexp"

// secretsTraits are of internal/service/secretsmanager: secret.go,
// secret_version.go.
func secretsTraits() map[string]*traits {
	name := regexp.MustCompile(`^[0-9A-Za-z/_+=.@-]+$`)
	const nameSays = "only alphanumeric characters and /_+=.@- are allowed"
	return map[string]*traits{
		"aws_secretsmanager_secret": {
			replace:        words("name name_prefix"),
			defaults:       map[string]any{"force_overwrite_replica_secret": false, "recovery_window_in_days": 30},
			local:          words("force_overwrite_replica_secret recovery_window_in_days"),
			computedBlocks: words("replica"),
			same:           map[string]sameFunc{"policy": samePolicy},
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
				length("name", 1, 512), matches("name", name, nameSays),
				length("name_prefix", 1, 512-26), matches("name_prefix", name, nameSays),
				zeroOrBetween("recovery_window_in_days", 7, 30), isJSON("policy"),
			},
		},
		"aws_secretsmanager_secret_version": {
			replace: words("secret_binary secret_id secret_string secret_string_wo_version"),
			local:   words("has_secret_string_wo secret_string_wo_version"),
			checks: []check{
				conflicts("secret_binary", "secret_string", "secret_string_wo"),
				conflicts("secret_string", "secret_binary", "secret_string_wo"),
				conflicts("secret_string_wo", "secret_binary", "secret_string"),
				together("secret_string_wo", "secret_string_wo_version"),
				together("secret_string_wo_version", "secret_string_wo"),
			},
		},
	}
}
