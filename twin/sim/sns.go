package sim

import (
	"encoding/json"
	"net/mail"
	"regexp"
	"slices"
	"strings"
)

const sns = "SNS"

func snsKinds() map[string]*kind {
	return map[string]*kind{
		"aws_sns_topic": {
			service: sns, createOp: "CreateTopic", updateOp: "SetTopicAttributes", deleteOp: "DeleteTopic",
			missingCode: "NotFound", missingText: "Topic does not exist: %s",
			create: createTopic, update: checkTopic, remove: removeTopic,
		},
		"aws_sns_topic_policy": {
			service: sns, createOp: "SetTopicAttributes", updateOp: "SetTopicAttributes", deleteOp: "SetTopicAttributes",
			missingCode: "NotFound", missingText: "Topic does not exist: %s",
			create: createTopicPolicy, update: updateTopicPolicy, remove: removeTopicPolicy, show: showTopicPolicy,
		},
		"aws_sns_topic_subscription": {
			service: sns, createOp: "Subscribe", updateOp: "SetSubscriptionAttributes", deleteOp: "Unsubscribe",
			missingCode: "NotFound", missingText: "Subscription does not exist: %s",
			create: createSubscription, update: checkSubscription,
		},
	}
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}(\.fifo)?$`)

func (tx *Tx) defaultTopicPolicy(arn string) string {
	return `{"Id":"__default_policy_ID","Statement":[{"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",` +
		`"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Condition":{"StringEquals":{"AWS:SourceOwner":"` +
		tx.Account() + `"}},"Effect":"Allow","Principal":{"AWS":"*"},"Resource":"` + arn + `","Sid":"__default_statement_ID"}],"Version":"2008-10-17"}`
}

func createTopic(c *call) (string, error) {
	name := c.name(256)
	if !topicName.MatchString(name) || strings.HasSuffix(name, ".fifo") != c.attrs.Bool("fifo_topic") {
		return "", c.refuse("name", "InvalidParameter", "Invalid parameter: Topic Name: %s", name)
	}
	arn := c.arn("sns", c.region, "%s", name)
	if c.Get("aws_sns_topic", c.region, arn) != nil {
		return "", c.refuse("name", "InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes: %s", arn)
	}
	c.attrs.Defaults(Attrs{
		"policy": c.defaultTopicPolicy(arn), "fifo_topic": false, "content_based_deduplication": false, "fifo_throughput_scope": "",
		"signature_version": 0, "tracing_config": "",
	})
	c.attrs.Set(Attrs{"arn": arn, "owner": c.Account(), "beginning_archive_time": ""})
	if err := checkTopic(c); err != nil {
		return "", err
	}
	return arn, nil
}

// checkTopic also refuses a key that is not there, which AWS would accept:
// each message would then fail with KMSNotFound.
func checkTopic(c *call) error {
	if key := c.attrs.Str("kms_master_key_id"); key != "" {
		if _, problem := c.findKey(c.region, key); problem != keyUsable {
			return c.refuse("kms_master_key_id", "InvalidParameter", "Invalid parameter: KmsMasterKeyId Reason: key %s is %s in %s", key, problem, c.region)
		}
	}
	return checkTopicPolicyText(c, c.attrs.Str("policy"))
}

func checkTopicPolicyText(c *call, text string) error {
	doc, problem := parsePolicy(text)
	if problem != "" {
		return c.refuse("policy", "InvalidParameter", "Invalid parameter: Policy Error: %s", problem)
	}
	for _, s := range doc.Statement {
		for _, action := range s.Action {
			if !strings.HasPrefix(strings.ToLower(action), "sns:") && action != "*" {
				return c.refuse("policy", "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!")
			}
		}
		if len(s.Principal) == 0 {
			return c.refuse("policy", "InvalidParameter", "Invalid parameter: Policy Error: statement without a principal")
		}
	}
	return nil
}

func removeTopic(c *call) error {
	for _, typ := range []string{"aws_sns_topic_subscription", "aws_sns_topic_policy"} {
		for _, r := range c.List(typ, c.region) {
			if r.Attrs.Str("topic_arn") == c.res.ID || typ == "aws_sns_topic_policy" && r.ID == c.res.ID {
				c.Remove(r)
			}
		}
	}
	return nil
}

func createTopicPolicy(c *call) (string, error) {
	arn := c.attrs.Str("arn")
	if _, err := c.need("arn", "aws_sns_topic", c.region, arn); err != nil {
		return "", err
	}
	c.attrs["owner"] = c.Account()
	return arn, updateTopicPolicy(c)
}

// updateTopicPolicy changes the policy of the topic itself, which is what both
// resources show.
func updateTopicPolicy(c *call) error {
	topic, err := c.need("arn", "aws_sns_topic", c.region, c.attrs.Str("arn"))
	if err != nil {
		return err
	}
	if err := checkTopicPolicyText(c, c.attrs.Str("policy")); err != nil {
		return err
	}
	c.Edit(topic).Attrs.Set(Attrs{"policy": c.attrs.Str("policy")})
	return nil
}

func removeTopicPolicy(c *call) error {
	if topic := c.Get("aws_sns_topic", c.region, c.res.ID); topic != nil {
		c.Edit(topic).Attrs.Set(Attrs{"policy": c.defaultTopicPolicy(topic.ID)})
	}
	return nil
}

func showTopicPolicy(tx *Tx, r *Resource) Attrs {
	topic := tx.Get("aws_sns_topic", r.Region, r.ID)
	if topic == nil {
		return nil
	}
	a := r.Attrs.Clone()
	a["policy"] = topic.Attrs.Str("policy")
	return a
}

var protocols = []string{"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"}

func createSubscription(c *call) (string, error) {
	a := c.attrs
	if err := checkSubscription(c); err != nil {
		return "", err
	}
	for _, other := range c.List("aws_sns_topic_subscription", c.region) {
		o := other.Attrs
		if o.Str("topic_arn") == a.Str("topic_arn") && o.Str("protocol") == a.Str("protocol") && o.Str("endpoint") == a.Str("endpoint") {
			return "", c.refuse("endpoint", "InvalidParameter", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
		}
	}
	arn := a.Str("topic_arn") + ":" + c.NewUUID()
	// A human or a web server must answer a message first; AWS's own
	// endpoints in the same account need not.
	pending := !slices.Contains([]string{"lambda", "sqs", "firehose", "application", "sms"}, a.Str("protocol"))
	a.Defaults(Attrs{"confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": false, "raw_message_delivery": false, "filter_policy_scope": ""})
	a.Set(Attrs{"arn": arn, "owner_id": c.Account(), "pending_confirmation": pending, "confirmation_was_authenticated": !pending})
	return arn, nil
}

func checkSubscription(c *call) error {
	a := c.attrs
	topic, ok := ParseARN(a.Str("topic_arn"))
	if !ok || topic.Service != "sns" || topic.Region != c.region {
		return c.refuse("topic_arn", "InvalidParameter", "Invalid parameter: TopicArn Reason: %s is not a topic of %s, the region of the call", a.Str("topic_arn"), c.region)
	}
	if _, err := c.need("topic_arn", "aws_sns_topic", c.region, a.Str("topic_arn")); err != nil {
		return err
	}
	if !slices.Contains(protocols, a.Str("protocol")) {
		return c.refuse("protocol", "InvalidParameter", "Invalid parameter: Does not support this protocol string: %s", a.Str("protocol"))
	}
	if f := a.Str("filter_policy"); f != "" && !json.Valid([]byte(f)) {
		return c.refuse("filter_policy", "InvalidParameter", "Invalid parameter: FilterPolicy: failed to parse JSON.")
	}
	if a.Has("filter_policy") {
		a.Default("filter_policy_scope", "MessageAttributes")
	}
	if err := checkRedrive(c); err != nil {
		return err
	}
	return checkSubscriptionEndpoint(c)
}

func checkSubscriptionEndpoint(c *call) error {
	endpoint := c.attrs.Str("endpoint")
	switch c.attrs.Str("protocol") {
	case "email", "email-json":
		if address, err := mail.ParseAddress(endpoint); err != nil || address.Address != endpoint {
			return c.refuse("endpoint", "InvalidParameter", "Invalid parameter: Email address: %s", endpoint)
		}
	case "http", "https":
		if !strings.HasPrefix(endpoint, c.attrs.Str("protocol")+"://") {
			return c.refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol")
		}
	case "lambda", "sqs":
		arn, ok := ParseARN(endpoint)
		if !ok || arn.Service != c.attrs.Str("protocol") {
			return c.refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint Reason: not an ARN of %s: %s", c.attrs.Str("protocol"), endpoint)
		}
		if !c.exists(arn) {
			return c.refuse("endpoint", "InvalidParameter", "Invalid parameter: Endpoint Reason: %s does not exist: AWS would accept it and deliver nothing", endpoint)
		}
	}
	return nil
}

func checkRedrive(c *call) error {
	text := c.attrs.Str("redrive_policy")
	if text == "" {
		return nil
	}
	var redrive struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(text), &redrive); err != nil {
		return c.refuse("redrive_policy", "InvalidParameter", "Invalid parameter: RedrivePolicy: failed to parse JSON.")
	}
	arn, _ := ParseARN(redrive.Target)
	if arn.Service != "sqs" || arn.Region != c.region || !c.exists(arn) {
		return c.refuse("redrive_policy", "InvalidParameter", "Invalid parameter: RedrivePolicy: deadLetterTargetArn %s is not a queue of %s", redrive.Target, c.region)
	}
	return nil
}
