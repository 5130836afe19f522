package sqs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "SQS"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_sqs_queue": {
			Schema:  resource.AwsSqsQueueSchema,
			Traits:  sqsQueueTraits(),
			Example: `{"name":"failed","sqs_managed_sse_enabled":true}`,
			Service: service, CreateOp: "CreateQueue", UpdateOp: "SetQueueAttributes", DeleteOp: "DeleteQueue",
			MissingCode: "AWS.SimpleQueueService.NonExistentQueue", MissingText: "The specified queue does not exist: %s",
			Create: createQueue, Update: checkQueue,
		},
	}
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func createQueue(c *sim.Call) (string, error) {
	a := c.Attrs
	name := c.Name(80)
	base, fifo := strings.CutSuffix(name, ".fifo")
	if !queueName.MatchString(base) || fifo != a.Bool("fifo_queue") {
		return "", c.Refuse("name", "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length, ending in .fifo for a FIFO queue: %s", name)
	}
	url := fmt.Sprintf("https://sqs.%s.%s/%s/%s", c.Region, sim.DNSSuffix, c.Account(), name)
	if c.Get("aws_sqs_queue", c.Region, url) != nil {
		return "", c.Refuse("name", "QueueAlreadyExists", "A queue already exists with the same name and a different value for some attributes: %s", name)
	}
	if err := checkQueue(c); err != nil {
		return "", err
	}
	a.Defaults(sim.Attrs{
		"delay_seconds": 0, "max_message_size": 262144, "message_retention_seconds": 345600, "receive_wait_time_seconds": 0,
		"visibility_timeout_seconds": 30, "fifo_queue": false, "content_based_deduplication": false, "deduplication_scope": "", "fifo_throughput_limit": "",
		"kms_data_key_reuse_period_seconds": 300, "sqs_managed_sse_enabled": !a.Has("kms_master_key_id"),
		"policy": "", "redrive_policy": "", "redrive_allow_policy": "",
	})
	a.Set(sim.Attrs{"arn": c.ARN("sqs", c.Region, "%s", name), "url": url})
	return url, nil
}

func checkQueue(c *sim.Call) error {
	a := c.Attrs
	for _, b := range []struct {
		name, api string
		low, high int
	}{
		{"delay_seconds", "DelaySeconds", 0, 900},
		{"max_message_size", "MaximumMessageSize", 1024, 1048576},
		{"message_retention_seconds", "MessageRetentionPeriod", 60, 1209600},
		{"receive_wait_time_seconds", "ReceiveMessageWaitTimeSeconds", 0, 20},
		{"visibility_timeout_seconds", "VisibilityTimeout", 0, 43200},
	} {
		if v := a.Int(b.name); a[b.name] != nil && (v < b.low || v > b.high) {
			return c.Refuse(b.name, "InvalidAttributeValue", "Invalid value for the parameter %s: %d, must be between %d and %d.", b.api, v, b.low, b.high)
		}
	}
	if a.Has("policy") {
		if _, problem := sim.ParsePolicy(a.Str("policy")); problem != "" {
			return c.Refuse("policy", "InvalidAttributeValue", "Invalid value for the parameter Policy. %s", problem)
		}
	}
	if key := a.Str("kms_master_key_id"); key != "" {
		if _, problem := kms.FindKey(c.Tx, c.Region, key); problem != kms.KeyUsable {
			return c.Refuse("kms_master_key_id", "InvalidAttributeValue", "Invalid value for the parameter KmsMasterKeyId: key %s is %s in %s", key, problem, c.Region)
		}
	}
	return checkDeadLetters(c)
}

func checkDeadLetters(c *sim.Call) error {
	text := c.Attrs.Str("redrive_policy")
	if text == "" {
		return nil
	}
	var redrive struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(text), &redrive); err != nil {
		return c.Refuse("redrive_policy", "InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map.", text)
	}
	if arn, _ := sim.ParseARN(redrive.Target); arn.Service != "sqs" || arn.Region != c.Region || !c.Exists(arn) {
		return c.Refuse("redrive_policy", "InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", text)
	}
	return nil
}
