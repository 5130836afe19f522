package provider

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"
)

// snsTraits are of internal/service/sns: topic.go, topic_policy.go,
// topic_subscription.go.
func snsTraits() map[string]*traits {
	return map[string]*traits{
		"aws_sns_topic": {
			replace:  words("fifo_topic name name_prefix"),
			defaults: map[string]any{"content_based_deduplication": false, "fifo_topic": false},
			same:     map[string]sameFunc{"policy": samePolicy, "delivery_policy": sameJSON, "archive_policy": sameJSON},
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"),
				isJSON("policy"), isJSON("delivery_policy"), between("signature_version", 1, 2), oneOf("tracing_config", "Active", "PassThrough"),
				between("application_success_feedback_sample_rate", 0, 100), between("lambda_success_feedback_sample_rate", 0, 100),
				topicName,
			},
		},
		"aws_sns_topic_policy": {
			replace: words("arn"),
			same:    map[string]sameFunc{"policy": samePolicy},
			checks:  []check{isARN("arn"), isJSON("policy")},
		},
		"aws_sns_topic_subscription": {
			replace:  words("endpoint protocol topic_arn"),
			defaults: map[string]any{"confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": false, "raw_message_delivery": false},
			local:    words("confirmation_timeout_in_minutes endpoint_auto_confirms"),
			same: map[string]sameFunc{
				"delivery_policy": sameJSON, "filter_policy": sameJSON, "redrive_policy": sameJSON, "replay_policy": sameJSON,
			},
			checks: []check{
				oneOf("protocol", "application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
				isARN("topic_arn"), isJSON("filter_policy"), isJSON("redrive_policy"), isARN("subscription_role_arn"),
				oneOf("filter_policy_scope", "MessageAttributes", "MessageBody"),
			},
		},
	}
}

// topicName: letters, digits, - and _, up to 256 characters; a FIFO topic's
// name ends in .fifo (resourceTopicCustomizeDiff).
func topicName(config cty.Value, f *faults) {
	nameWithSuffix(config, f, "fifo_topic", 256)
}

// sqsTraits are of internal/service/sqs: queue.go.
func sqsTraits() map[string]*traits {
	return map[string]*traits{
		"aws_sqs_queue": {
			replace: words("fifo_queue name name_prefix"),
			defaults: map[string]any{
				"content_based_deduplication": false, "delay_seconds": 0, "fifo_queue": false, "max_message_size": 262144,
				"message_retention_seconds": 345600, "receive_wait_time_seconds": 0, "visibility_timeout_seconds": 30,
			},
			same: map[string]sameFunc{"policy": samePolicy, "redrive_policy": sameJSON, "redrive_allow_policy": sameJSON},
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"), conflicts("kms_master_key_id", "sqs_managed_sse_enabled"),
				between("delay_seconds", 0, 900), between("kms_data_key_reuse_period_seconds", 60, 86400), between("max_message_size", 1024, 262144),
				between("message_retention_seconds", 60, 1209600), between("receive_wait_time_seconds", 0, 20), between("visibility_timeout_seconds", 0, 43200),
				oneOf("deduplication_scope", "messageGroup", "queue"), oneOf("fifo_throughput_limit", "perMessageGroupId", "perQueue"),
				isJSON("policy"), isJSON("redrive_policy"), isJSON("redrive_allow_policy"), queueName,
			},
		},
	}
}

// queueName: as a topic's, up to 80 characters (resourceQueueCustomizeDiff).
func queueName(config cty.Value, f *faults) {
	nameWithSuffix(config, f, "fifo_queue", 80)
}

var messagingName = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

func nameWithSuffix(config cty.Value, f *faults, fifo string, most int) {
	flag := config.GetAttr(fifo)
	if !flag.IsKnown() {
		return
	}
	for _, p := range find(config, "name") {
		name := p.value.AsString()
		base := name
		if !flag.IsNull() && flag.True() {
			cut, ok := cutFIFO(name)
			if !ok {
				f.addf(p.path, "invalid name: %s: must end in .fifo when %s is true", name, fifo)
				continue
			}
			base = cut
		}
		if !messagingName.MatchString(base) || len(name) > most {
			f.addf(p.path, "invalid name: %s: only letters, digits, hyphens and underscores, up to %d characters", name, most)
		}
	}
}

func cutFIFO(name string) (string, bool) {
	const suffix = ".fifo"
	if len(name) <= len(suffix) || name[len(name)-len(suffix):] != suffix {
		return "", false
	}
	return name[:len(name)-len(suffix)], true
}
