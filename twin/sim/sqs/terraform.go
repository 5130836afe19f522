package sqs

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/sqs: queue.go.

func sqsQueueTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("fifo_queue name name_prefix"),
		Defaults: map[string]any{
			"content_based_deduplication": false, "delay_seconds": 0, "fifo_queue": false, "max_message_size": 262144,
			"message_retention_seconds": 345600, "receive_wait_time_seconds": 0, "visibility_timeout_seconds": 30,
		},
		Same: map[string]tf.SameFunc{"policy": tf.SamePolicy, "redrive_policy": tf.SameJSON, "redrive_allow_policy": tf.SameJSON},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"), tf.Conflicts("kms_master_key_id", "sqs_managed_sse_enabled"),
			tf.Between("delay_seconds", 0, 900), tf.Between("kms_data_key_reuse_period_seconds", 60, 86400), tf.Between("max_message_size", 1024, 262144),
			tf.Between("message_retention_seconds", 60, 1209600), tf.Between("receive_wait_time_seconds", 0, 20), tf.Between("visibility_timeout_seconds", 0, 43200),
			tf.OneOf("deduplication_scope", "messageGroup", "queue"), tf.OneOf("fifo_throughput_limit", "perMessageGroupId", "perQueue"),
			tf.IsJSON("policy"), tf.IsJSON("redrive_policy"), tf.IsJSON("redrive_allow_policy"), queueNameCheck,
		},
	}
}

// queueNameCheck: as a topic's, up to 80 characters (resourceQueueCustomizeDiff).
func queueNameCheck(config cty.Value, f *tf.Faults) {
	tf.NameWithSuffix(config, f, "fifo_queue", 80)
}
