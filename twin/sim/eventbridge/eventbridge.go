package eventbridge

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "EventBridge"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_cloudwatch_event_rule": {
			Schema:  resource.AwsCloudwatchEventRuleSchema,
			Traits:  cloudwatchEventRuleTraits(),
			Example: `{"name":"tick","schedule_expression":"rate(1 minute)"}`,
			Service: service, CreateOp: "PutRule", UpdateOp: "PutRule", DeleteOp: "DeleteRule",
			MissingCode: "ResourceNotFoundException", MissingText: "Rule %s does not exist on EventBus default.",
			Create: createRule, Update: checkRule, Remove: removeRule,
		},
		"aws_cloudwatch_event_target": {
			Schema:  resource.AwsCloudwatchEventTargetSchema,
			Traits:  cloudwatchEventTargetTraits(),
			Example: `{"rule":"tick","target_id":"guard","arn":"arn:aws:lambda:eu-west-1:123456789012:function:guard"}`,
			Service: service, CreateOp: "PutTargets", UpdateOp: "PutTargets", DeleteOp: "RemoveTargets",
			MissingCode: "ResourceNotFoundException", MissingText: "Target %s does not exist.",
			Create: createTarget, Update: checkTarget, ImportID: importTarget,
		},
	}
}

const (
	defaultBus = "default"
	// maxTargets of one rule.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
	maxTargets = 5
)

var (
	ruleName  = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)
	rateEvery = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$`)
	cronAt    = regexp.MustCompile(`^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$`)
)

func createRule(c *sim.Call) (string, error) {
	a := c.Attrs
	name := c.Name(64)
	if !ruleName.MatchString(name) {
		return "", c.Refuse("name", "ValidationException", "1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: 1 to 64 characters of [.\\-_A-Za-z0-9]", name)
	}
	a.Default("event_bus_name", defaultBus)
	if a.Str("event_bus_name") != defaultBus {
		return "", c.Refuse("event_bus_name", "ResourceNotFoundException", "Event bus %s does not exist.", a.Str("event_bus_name"))
	}
	if c.Get("aws_cloudwatch_event_rule", c.Region, name) != nil {
		return "", c.Refuse("name", "ResourceAlreadyExistsException", "the simulator refuses a second rule %s in %s: AWS would silently replace the first", name, c.Region)
	}
	if err := checkRule(c); err != nil {
		return "", err
	}
	a.Default("force_destroy", false)
	a["arn"] = c.ARN("events", c.Region, "rule/%s", name)
	return name, nil
}

func checkRule(c *sim.Call) error {
	a := c.Attrs
	schedule, pattern := a.Str("schedule_expression"), a.Str("event_pattern")
	switch {
	case schedule == "" && pattern == "":
		return c.Refuse("schedule_expression", "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case schedule != "" && !rateEvery.MatchString(schedule) && !cronAt.MatchString(schedule):
		return c.Refuse("schedule_expression", "ValidationException", "Parameter ScheduleExpression is not valid.")
	case pattern != "" && !json.Valid([]byte(pattern)):
		return c.Refuse("event_pattern", "InvalidEventPatternException", "Event pattern is not valid. Reason: not a JSON document")
	}
	if role := a.Str("role_arn"); role != "" && c.FindBy("aws_iam_role", sim.Global, "arn", role) == nil {
		return c.Refuse("role_arn", "ValidationException", "Provided role '%s' cannot be assumed by principal 'events.amazonaws.com'.", role)
	}
	return settleRuleState(c)
}

// settleRuleState keeps "state" and the older "is_enabled" in step.
func settleRuleState(c *sim.Call) error {
	a := c.Attrs
	if a["state"] == nil && sim.IsFalse(a["is_enabled"]) {
		a["state"] = "DISABLED"
	}
	a.Default("state", "ENABLED")
	switch a.Str("state") {
	case "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
	default:
		return c.Refuse("state", "ValidationException", "Value '%s' at 'state' failed to satisfy constraint: ENABLED or DISABLED", a.Str("state"))
	}
	a["is_enabled"] = a.Str("state") != "DISABLED"
	return nil
}

func targetsOf(tx *sim.Tx, regionName, rule string) []*sim.Resource {
	var out []*sim.Resource
	for _, r := range tx.List("aws_cloudwatch_event_target", regionName) {
		if r.Attrs.Str("rule") == rule {
			out = append(out, r)
		}
	}
	return out
}

func removeRule(c *sim.Call) error {
	targets := targetsOf(c.Tx, c.Region, c.Resource.ID)
	if len(targets) > 0 && !c.Attrs.Bool("force_destroy") {
		return c.Refuse("", "ValidationException", "Rule can't be deleted since it has targets.")
	}
	for _, t := range targets {
		c.Remove(t)
	}
	return nil
}

func createTarget(c *sim.Call) (string, error) {
	a := c.Attrs
	a.Default("event_bus_name", defaultBus)
	if !a.Has("target_id") {
		a["target_id"] = c.UniqueName("terraform-", 64)
	}
	if err := checkTarget(c); err != nil {
		return "", err
	}
	id := a.Str("rule") + "-" + a.Str("target_id")
	if c.Get("aws_cloudwatch_event_target", c.Region, id) != nil {
		return "", c.Refuse("target_id", "ResourceAlreadyExistsException", "the simulator refuses a second target %s of rule %s: AWS would silently replace the first", a.Str("target_id"), a.Str("rule"))
	}
	if len(targetsOf(c.Tx, c.Region, a.Str("rule"))) >= maxTargets {
		return "", c.Refuse("rule", "LimitExceededException", "The requested resource exceeds the maximum number allowed: %d targets a rule", maxTargets)
	}
	return id, nil
}

func checkTarget(c *sim.Call) error {
	a := c.Attrs
	if _, err := c.Need("rule", "aws_cloudwatch_event_rule", c.Region, a.Str("rule")); err != nil {
		return err
	}
	arn, ok := sim.ParseARN(a.Str("arn"))
	if !ok {
		return c.Refuse("arn", "ValidationException", "Parameter %s is not valid. Reason: Provided Arn is not in correct format.", a.Str("arn"))
	}
	if arn.Region != c.Region {
		return c.Refuse("arn", "ValidationException", "Parameter %s is not valid. Reason: the target must be in %s, the rule's region.", a.Str("arn"), c.Region)
	}
	if !c.Exists(arn) {
		return c.Refuse("arn", "ResourceNotFoundException", "the target %s does not exist: AWS would accept it and call nothing", a.Str("arn"))
	}
	if input := a.Str("input"); input != "" && !json.Valid([]byte(input)) {
		return c.Refuse("input", "ValidationException", "JSON syntax error in input for target %s : found invalid JSON.", a.Str("target_id"))
	}
	if dead := a.Block("dead_letter_config").Str("arn"); dead != "" {
		if queue, _ := sim.ParseARN(dead); queue.Service != "sqs" || queue.Region != c.Region || !c.Exists(queue) {
			return c.Refuse("dead_letter_config", "ValidationException", "Parameter %s is not valid. Reason: not a queue of %s.", dead, c.Region)
		}
	}
	return nil
}

func importTarget(_ *sim.Tx, _, text string) string { return strings.Replace(text, "/", "-", 1) }
