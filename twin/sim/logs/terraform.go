package logs

import (
	"regexp"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/logs: group.go.

var logsName = regexp.MustCompile(`^[0-9A-Za-z_./#-]+$`)

const logsNameSays = "only alphanumeric characters and _./#- are allowed"

func cloudwatchLogGroupTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("log_group_class name name_prefix"),
		Defaults: map[string]any{"retention_in_days": 0, "skip_destroy": false},
		Local:    tf.Words("skip_destroy"),
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.Length("name", 1, 512), tf.Matches("name", logsName, logsNameSays), tf.Matches("name_prefix", logsName, logsNameSays),
			tf.IsARN("kms_key_id"), tf.OneOf("log_group_class", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
			tf.NumberOf("retention_in_days", 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
		},
	}
}
