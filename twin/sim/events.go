package sim

import (
	"encoding/json"
	"regexp"
	"strings"
)

const eventBridge = "EventBridge"

func eventKinds() map[string]*kind {
	return map[string]*kind{
		"aws_cloudwatch_event_rule": {
			service: eventBridge, createOp: "PutRule", updateOp: "PutRule", deleteOp: "DeleteRule",
			missingCode: "ResourceNotFoundException", missingText: "Rule %s does not exist on EventBus default.",
			create: createRule, update: checkRule, remove: removeRule,
		},
		"aws_cloudwatch_event_target": {
			service: eventBridge, createOp: "PutTargets", updateOp: "PutTargets", deleteOp: "RemoveTargets",
			missingCode: "ResourceNotFoundException", missingText: "Target %s does not exist.",
			create: createTarget, update: checkTarget, importID: importTarget,
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

func createRule(c *call) (string, error) {
	a := c.attrs
	name := c.name(64)
	if !ruleName.MatchString(name) {
		return "", c.refuse("name", "ValidationException", "1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: 1 to 64 characters of [.\\-_A-Za-z0-9]", name)
	}
	a.Default("event_bus_name", defaultBus)
	if a.Str("event_bus_name") != defaultBus {
		return "", c.refuse("event_bus_name", "ResourceNotFoundException", "Event bus %s does not exist.", a.Str("event_bus_name"))
	}
	if c.Get("aws_cloudwatch_event_rule", c.region, name) != nil {
		return "", c.refuse("name", "ResourceAlreadyExistsException", "the simulator refuses a second rule %s in %s: AWS would silently replace the first", name, c.region)
	}
	if err := checkRule(c); err != nil {
		return "", err
	}
	a.Default("force_destroy", false)
	a["arn"] = c.arn("events", c.region, "rule/%s", name)
	return name, nil
}

func checkRule(c *call) error {
	a := c.attrs
	schedule, pattern := a.Str("schedule_expression"), a.Str("event_pattern")
	switch {
	case schedule == "" && pattern == "":
		return c.refuse("schedule_expression", "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case schedule != "" && !rateEvery.MatchString(schedule) && !cronAt.MatchString(schedule):
		return c.refuse("schedule_expression", "ValidationException", "Parameter ScheduleExpression is not valid.")
	case pattern != "" && !json.Valid([]byte(pattern)):
		return c.refuse("event_pattern", "InvalidEventPatternException", "Event pattern is not valid. Reason: not a JSON document")
	}
	if role := a.Str("role_arn"); role != "" && c.FindBy("aws_iam_role", Global, "arn", role) == nil {
		return c.refuse("role_arn", "ValidationException", "Provided role '%s' cannot be assumed by principal 'events.amazonaws.com'.", role)
	}
	return settleRuleState(c)
}

// settleRuleState keeps "state" and the older "is_enabled" in step.
func settleRuleState(c *call) error {
	a := c.attrs
	if a["state"] == nil && isFalse(a["is_enabled"]) {
		a["state"] = "DISABLED"
	}
	a.Default("state", "ENABLED")
	switch a.Str("state") {
	case "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
	default:
		return c.refuse("state", "ValidationException", "Value '%s' at 'state' failed to satisfy constraint: ENABLED or DISABLED", a.Str("state"))
	}
	a["is_enabled"] = a.Str("state") != "DISABLED"
	return nil
}

func targetsOf(tx *Tx, regionName, rule string) []*Resource {
	var out []*Resource
	for _, r := range tx.List("aws_cloudwatch_event_target", regionName) {
		if r.Attrs.Str("rule") == rule {
			out = append(out, r)
		}
	}
	return out
}

func removeRule(c *call) error {
	targets := targetsOf(c.Tx, c.region, c.res.ID)
	if len(targets) > 0 && !c.attrs.Bool("force_destroy") {
		return c.refuse("", "ValidationException", "Rule can't be deleted since it has targets.")
	}
	for _, t := range targets {
		c.Remove(t)
	}
	return nil
}

func createTarget(c *call) (string, error) {
	a := c.attrs
	a.Default("event_bus_name", defaultBus)
	if !a.Has("target_id") {
		a["target_id"] = c.uniqueName("terraform-", 64)
	}
	if err := checkTarget(c); err != nil {
		return "", err
	}
	id := a.Str("rule") + "-" + a.Str("target_id")
	if c.Get("aws_cloudwatch_event_target", c.region, id) != nil {
		return "", c.refuse("target_id", "ResourceAlreadyExistsException", "the simulator refuses a second target %s of rule %s: AWS would silently replace the first", a.Str("target_id"), a.Str("rule"))
	}
	if len(targetsOf(c.Tx, c.region, a.Str("rule"))) >= maxTargets {
		return "", c.refuse("rule", "LimitExceededException", "The requested resource exceeds the maximum number allowed: %d targets a rule", maxTargets)
	}
	return id, nil
}

func checkTarget(c *call) error {
	a := c.attrs
	if _, err := c.need("rule", "aws_cloudwatch_event_rule", c.region, a.Str("rule")); err != nil {
		return err
	}
	arn, ok := ParseARN(a.Str("arn"))
	if !ok {
		return c.refuse("arn", "ValidationException", "Parameter %s is not valid. Reason: Provided Arn is not in correct format.", a.Str("arn"))
	}
	if arn.Region != c.region {
		return c.refuse("arn", "ValidationException", "Parameter %s is not valid. Reason: the target must be in %s, the rule's region.", a.Str("arn"), c.region)
	}
	if !c.exists(arn) {
		return c.refuse("arn", "ResourceNotFoundException", "the target %s does not exist: AWS would accept it and call nothing", a.Str("arn"))
	}
	if input := a.Str("input"); input != "" && !json.Valid([]byte(input)) {
		return c.refuse("input", "ValidationException", "JSON syntax error in input for target %s : found invalid JSON.", a.Str("target_id"))
	}
	if dead := a.Block("dead_letter_config").Str("arn"); dead != "" {
		if queue, _ := ParseARN(dead); queue.Service != "sqs" || queue.Region != c.region || !c.exists(queue) {
			return c.refuse("dead_letter_config", "ValidationException", "Parameter %s is not valid. Reason: not a queue of %s.", dead, c.region)
		}
	}
	return nil
}

func importTarget(_ *Tx, _, text string) string { return strings.Replace(text, "/", "-", 1) }
