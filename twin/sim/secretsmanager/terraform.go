package secretsmanager

import (
	"regexp"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/secretsmanager: secret.go,
// secret_version.go.

var secretsName = regexp.MustCompile(`^[0-9A-Za-z/_+=.@-]+$`)

const secretsNameSays = "only alphanumeric characters and /_+=.@- are allowed"

func secretsmanagerSecretTraits() *tf.Traits {
	return &tf.Traits{
		Replace:        tf.Words("name name_prefix"),
		Defaults:       map[string]any{"force_overwrite_replica_secret": false, "recovery_window_in_days": 30},
		Local:          tf.Words("force_overwrite_replica_secret recovery_window_in_days"),
		ComputedBlocks: tf.Words("replica"),
		Same:           map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.Length("name", 1, 512), tf.Matches("name", secretsName, secretsNameSays),
			tf.Length("name_prefix", 1, 512-26), tf.Matches("name_prefix", secretsName, secretsNameSays),
			tf.ZeroOrBetween("recovery_window_in_days", 7, 30), tf.IsJSON("policy"),
		},
	}
}

func secretsmanagerSecretVersionTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("secret_binary secret_id secret_string secret_string_wo_version"),
		Local:   tf.Words("has_secret_string_wo secret_string_wo_version"),
		Checks: []tf.Check{
			tf.Conflicts("secret_binary", "secret_string", "secret_string_wo"),
			tf.Conflicts("secret_string", "secret_binary", "secret_string_wo"),
			tf.Conflicts("secret_string_wo", "secret_binary", "secret_string"),
			tf.Together("secret_string_wo", "secret_string_wo_version"),
			tf.Together("secret_string_wo_version", "secret_string_wo"),
		},
	}
}
