package sns

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/sns: topic.go, topic_policy.go,
// topic_subscription.go.

func snsTopicTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("fifo_topic name name_prefix"),
		Defaults: map[string]any{"content_based_deduplication": false, "fifo_topic": false},
		Same:     map[string]tf.SameFunc{"policy": tf.SamePolicy, "delivery_policy": tf.SameJSON, "archive_policy": tf.SameJSON},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"),
			tf.IsJSON("policy"), tf.IsJSON("delivery_policy"), tf.Between("signature_version", 1, 2), tf.OneOf("tracing_config", "Active", "PassThrough"),
			tf.Between("application_success_feedback_sample_rate", 0, 100), tf.Between("lambda_success_feedback_sample_rate", 0, 100),
			topicNameCheck,
		},
	}
}

func snsTopicPolicyTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("arn"),
		Same:    map[string]tf.SameFunc{"policy": tf.SamePolicy},
		Checks:  []tf.Check{tf.IsARN("arn"), tf.IsJSON("policy")},
	}
}

func snsTopicSubscriptionTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("endpoint protocol topic_arn"),
		Defaults: map[string]any{"confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": false, "raw_message_delivery": false},
		Local:    tf.Words("confirmation_timeout_in_minutes endpoint_auto_confirms"),
		Same: map[string]tf.SameFunc{
			"delivery_policy": tf.SameJSON, "filter_policy": tf.SameJSON, "redrive_policy": tf.SameJSON, "replay_policy": tf.SameJSON,
		},
		Checks: []tf.Check{
			tf.OneOf("protocol", "application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
			tf.IsARN("topic_arn"), tf.IsJSON("filter_policy"), tf.IsJSON("redrive_policy"), tf.IsARN("subscription_role_arn"),
			tf.OneOf("filter_policy_scope", "MessageAttributes", "MessageBody"),
		},
	}
}

// topicNameCheck: letters, digits, - and _, up to 256 characters; a FIFO topic's
// name ends in .fifo (resourceTopicCustomizeDiff).
func topicNameCheck(config cty.Value, f *tf.Faults) {
	tf.NameWithSuffix(config, f, "fifo_topic", 256)
}
