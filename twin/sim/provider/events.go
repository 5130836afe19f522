package provider

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"
)

// eventsTraits are of internal/service/events: rule.go, target.go.
func eventsTraits() map[string]*traits {
	name := regexp.MustCompile(`^[0-9A-Za-z_.-]+$`)
	const nameSays = "only letters, digits, hyphens, underscores and periods"
	return map[string]*traits{
		"aws_cloudwatch_event_rule": {
			replace:  words("event_bus_name name name_prefix"),
			defaults: map[string]any{"event_bus_name": "default", "force_destroy": false},
			local:    words("force_destroy"),
			suppress: stateSuppress,
			same:     map[string]sameFunc{"event_pattern": sameJSON},
			checks: []check{
				conflicts("name", "name_prefix"), conflicts("name_prefix", "name"), conflicts("is_enabled", "state"), conflicts("state", "is_enabled"),
				length("name", 1, 64), matches("name", name, nameSays), length("name_prefix", 1, 38),
				length("schedule_expression", 0, 256), length("description", 0, 512), isJSON("event_pattern"), isARN("role_arn"),
				oneOf("state", "DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), scheduleOrPattern,
			},
		},
		"aws_cloudwatch_event_target": {
			replace:  words("event_bus_name rule target_id"),
			defaults: map[string]any{"event_bus_name": "default", "force_destroy": false},
			local:    words("force_destroy"),
			checks: []check{
				isARN("arn"), isARN("role_arn"), length("target_id", 1, 64), matches("target_id", name, nameSays), matches("rule", name, nameSays),
				conflicts("input", "input_path", "input_transformer"), conflicts("input_path", "input", "input_transformer"),
				conflicts("input_transformer", "input", "input_path"), isARN("dead_letter_config.arn"), isJSON("input"),
				between("retry_policy.maximum_event_age_in_seconds", 60, 86400), between("retry_policy.maximum_retry_attempts", 0, 185),
			},
		},
	}
}

// stateSuppress: a rule whose configuration says nothing of its state keeps
// the one that it has (DiffSuppressFunc of state and is_enabled).
func stateSuppress(c change) []string {
	var out []string
	for _, name := range words("is_enabled state") {
		if !isSet(c.config, name) {
			out = append(out, name)
		}
	}
	return out
}

// scheduleOrPattern is AtLeastOneOf.
func scheduleOrPattern(config cty.Value, f *faults) {
	if !isSet(config, "schedule_expression") && !isSet(config, "event_pattern") {
		f.add(cty.GetAttrPath("schedule_expression"), "Missing required argument", "\"schedule_expression\": one of `event_pattern,schedule_expression` must be specified")
	}
}
