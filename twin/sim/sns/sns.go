package sns

import (
	"encoding/json"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "SNS"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_sns_topic": {
			Schema:  resource.AwsSnsTopicSchema,
			Traits:  snsTopicTraits(),
			Example: `{"name":"alarms"}`,
			Service: service, CreateOp: "CreateTopic", UpdateOp: "SetTopicAttributes", DeleteOp: "DeleteTopic",
			MissingCode: "NotFound", MissingText: "Topic does not exist: %s",
			Create: createTopic, Update: checkTopic, Remove: removeTopic,
		},
		"aws_sns_topic_policy": {
			Schema:  resource.AwsSnsTopicPolicySchema,
			Traits:  snsTopicPolicyTraits(),
			Example: `{"arn":"arn:aws:sns:eu-west-1:123456789012:alarms","policy":"{}"}`,
			Service: service, CreateOp: "SetTopicAttributes", UpdateOp: "SetTopicAttributes", DeleteOp: "SetTopicAttributes",
			MissingCode: "NotFound", MissingText: "Topic does not exist: %s",
			Create: createTopicPolicy, Update: updateTopicPolicy, Remove: removeTopicPolicy, Show: showTopicPolicy,
		},
		"aws_sns_topic_subscription": {
			Schema:  resource.AwsSnsTopicSubscriptionSchema,
			Traits:  snsTopicSubscriptionTraits(),
			Example: `{"topic_arn":"arn:aws:sns:eu-west-1:123456789012:alarms","protocol":"email","endpoint":"a@example.com"}`,
			Service: service, CreateOp: "Subscribe", UpdateOp: "SetSubscriptionAttributes", DeleteOp: "Unsubscribe",
			MissingCode: "NotFound", MissingText: "Subscription does not exist: %s",
			Create: createSubscription, Update: checkSubscription,
		},
	}
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}(\.fifo)?$`)

func defaultTopicPolicy(tx *sim.Tx, arn string) string {
	return `{"Id":"__default_policy_ID","Statement":[{"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",` +
		`"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Condition":{"StringEquals":{"AWS:SourceOwner":"` +
		tx.Account() + `"}},"Effect":"Allow","Principal":{"AWS":"*"},"Resource":"` + arn + `","Sid":"__default_statement_ID"}],"Version":"2008-10-17"}`
}

func createTopic(c *sim.Call) (string, error) {
	name := c.Name(256)
	if !topicName.MatchString(name) || strings.HasSuffix(name, ".fifo") != c.Attrs.Bool("fifo_topic") {
		return "", c.Refuse("name", "InvalidParameter", "Invalid parameter: Topic Name: %s", name)
	}
	arn := c.ARN("sns", c.Region, "%s", name)
	if c.Get("aws_sns_topic", c.Region, arn) != nil {
		return "", c.Refuse("name", "InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes: %s", arn)
	}
	c.Attrs.Defaults(sim.Attrs{
		"policy": defaultTopicPolicy(c.Tx, arn), "fifo_topic": false, "content_based_deduplication": false, "fifo_throughput_scope": "",
		"signature_version": 0, "tracing_config": "",
	})
	c.Attrs.Set(sim.Attrs{"arn": arn, "owner": c.Account(), "beginning_archive_time": ""})
	if err := checkTopic(c); err != nil {
		return "", err
	}
	return arn, nil
}

// checkTopic also refuses a key that is not there, which AWS would accept:
// each message would then fail with KMSNotFound.
func checkTopic(c *sim.Call) error {
	if key := c.Attrs.Str("kms_master_key_id"); key != "" {
		if _, problem := kms.FindKey(c.Tx, c.Region, key); problem != kms.KeyUsable {
			return c.Refuse("kms_master_key_id", "InvalidParameter", "Invalid parameter: KmsMasterKeyId Reason: key %s is %s in %s", key, problem, c.Region)
		}
	}
	return checkTopicPolicyText(c, c.Attrs.Str("policy"))
}

func checkTopicPolicyText(c *sim.Call, text string) error {
	doc, problem := sim.ParsePolicy(text)
	if problem != "" {
		return c.Refuse("policy", "InvalidParameter", "Invalid parameter: Policy Error: %s", problem)
	}
	for _, s := range doc.Statement {
		for _, action := range s.Action {
			if !strings.HasPrefix(strings.ToLower(action), "sns:") && action != "*" {
				return c.Refuse("policy", "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!")
			}
		}
		if len(s.Principal) == 0 {
			return c.Refuse("policy", "InvalidParameter", "Invalid parameter: Policy Error: statement without a principal")
		}
	}
	return nil
}

func removeTopic(c *sim.Call) error {
	for _, typ := range []string{"aws_sns_topic_subscription", "aws_sns_topic_policy"} {
		for _, r := range c.List(typ, c.Region) {
			if r.Attrs.Str("topic_arn") == c.Resource.ID || typ == "aws_sns_topic_policy" && r.ID == c.Resource.ID {
				c.Remove(r)
			}
		}
	}
	return nil
}

func createTopicPolicy(c *sim.Call) (string, error) {
	arn := c.Attrs.Str("arn")
	if _, err := c.Need("arn", "aws_sns_topic", c.Region, arn); err != nil {
		return "", err
	}
	c.Attrs["owner"] = c.Account()
	return arn, updateTopicPolicy(c)
}

// updateTopicPolicy changes the policy of the topic itself, which is what both
// resources show.
func updateTopicPolicy(c *sim.Call) error {
	topic, err := c.Need("arn", "aws_sns_topic", c.Region, c.Attrs.Str("arn"))
	if err != nil {
		return err
	}
	if err := checkTopicPolicyText(c, c.Attrs.Str("policy")); err != nil {
		return err
	}
	c.Edit(topic).Attrs.Set(sim.Attrs{"policy": c.Attrs.Str("policy")})
	return nil
}

func removeTopicPolicy(c *sim.Call) error {
	if topic := c.Get("aws_sns_topic", c.Region, c.Resource.ID); topic != nil {
		c.Edit(topic).Attrs.Set(sim.Attrs{"policy": defaultTopicPolicy(c.Tx, topic.ID)})
	}
	return nil
}

func showTopicPolicy(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	topic := tx.Get("aws_sns_topic", r.Region, r.ID)
	if topic == nil {
		return nil
	}
	a := r.Attrs.Clone()
	a["policy"] = topic.Attrs.Str("policy")
	return a
}

var protocols = []string{"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"}

func createSubscription(c *sim.Call) (string, error) {
	a := c.Attrs
	if err := checkSubscription(c); err != nil {
		return "", err
	}
	for _, other := range c.List("aws_sns_topic_subscription", c.Region) {
		o := other.Attrs
		if o.Str("topic_arn") == a.Str("topic_arn") && o.Str("protocol") == a.Str("protocol") && o.Str("endpoint") == a.Str("endpoint") {
			return "", c.Refuse("endpoint", "InvalidParameter", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
		}
	}
	arn := a.Str("topic_arn") + ":" + c.NewUUID()
	// A human or a web server must answer a message first; AWS's own
	// endpoints in the same account need not.
	pending := !slices.Contains([]string{"lambda", "sqs", "firehose", "application", "sms"}, a.Str("protocol"))
	a.Defaults(sim.Attrs{"confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": false, "raw_message_delivery": false, "filter_policy_scope": ""})
	a.Set(sim.Attrs{"arn": arn, "owner_id": c.Account(), "pending_confirmation": pending, "confirmation_was_authenticated": !pending})
	return arn, nil
}

func checkSubscription(c *sim.Call) error {
	a := c.Attrs
	topic, ok := sim.ParseARN(a.Str("topic_arn"))
	if !ok || topic.Service != "sns" || topic.Region != c.Region {
		return c.Refuse("topic_arn", "InvalidParameter", "Invalid parameter: TopicArn Reason: %s is not a topic of %s, the region of the call", a.Str("topic_arn"), c.Region)
	}
	if _, err := c.Need("topic_arn", "aws_sns_topic", c.Region, a.Str("topic_arn")); err != nil {
		return err
	}
	if !slices.Contains(protocols, a.Str("protocol")) {
		return c.Refuse("protocol", "InvalidParameter", "Invalid parameter: Does not support this protocol string: %s", a.Str("protocol"))
	}
	if f := a.Str("filter_policy"); f != "" && !json.Valid([]byte(f)) {
		return c.Refuse("filter_policy", "InvalidParameter", "Invalid parameter: FilterPolicy: failed to parse JSON.")
	}
	if a.Has("filter_policy") {
		a.Default("filter_policy_scope", "MessageAttributes")
	}
	if err := checkRedrive(c); err != nil {
		return err
	}
	return checkSubscriptionEndpoint(c)
}

func checkSubscriptionEndpoint(c *sim.Call) error {
	endpoint := c.Attrs.Str("endpoint")
	switch c.Attrs.Str("protocol") {
	case "email", "email-json":
		if address, err := mail.ParseAddress(endpoint); err != nil || address.Address != endpoint {
			return c.Refuse("endpoint", "InvalidParameter", "Invalid parameter: Email address: %s", endpoint)
		}
	case "http", "https":
		if !strings.HasPrefix(endpoint, c.Attrs.Str("protocol")+"://") {
			return c.Refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol")
		}
	case "lambda", "sqs":
		arn, ok := sim.ParseARN(endpoint)
		if !ok || arn.Service != c.Attrs.Str("protocol") {
			return c.Refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint Reason: not an ARN of %s: %s", c.Attrs.Str("protocol"), endpoint)
		}
		if !c.Exists(arn) {
			return c.Refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint Reason: %s does not exist: AWS would accept it and deliver nothing", endpoint)
		}
	}
	return nil
}

func checkRedrive(c *sim.Call) error {
	text := c.Attrs.Str("redrive_policy")
	if text == "" {
		return nil
	}
	var redrive struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(text), &redrive); err != nil {
		return c.Refuse("redrive_policy", "InvalidParameter", "Invalid parameter: RedrivePolicy: failed to parse JSON.")
	}
	arn, _ := sim.ParseARN(redrive.Target)
	if arn.Service != "sqs" || arn.Region != c.Region || !c.Exists(arn) {
		return c.Refuse("redrive_policy", "InvalidParameter", "Invalid parameter: RedrivePolicy: deadLetterTargetArn %s is not a queue of %s", redrive.Target, c.Region)
	}
	return nil
}
