package eventbridge

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/events: rule.go, target.go.

var eventsName = regexp.MustCompile(`^[0-9A-Za-z_.-]+$`)

const eventsNameSays = "only letters, digits, hyphens, underscores and periods"

func cloudwatchEventRuleTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("event_bus_name name name_prefix"),
		Defaults: map[string]any{"event_bus_name": "default", "force_destroy": false},
		Local:    tf.Words("force_destroy"),
		Suppress: stateSuppress,
		Same:     map[string]tf.SameFunc{"event_pattern": tf.SameJSON},
		Checks: []tf.Check{
			tf.Conflicts("name", "name_prefix"), tf.Conflicts("name_prefix", "name"), tf.Conflicts("is_enabled", "state"), tf.Conflicts("state", "is_enabled"),
			tf.Length("name", 1, 64), tf.Matches("name", eventsName, eventsNameSays), tf.Length("name_prefix", 1, 38),
			tf.Length("schedule_expression", 0, 256), tf.Length("description", 0, 512), tf.IsJSON("event_pattern"), tf.IsARN("role_arn"),
			tf.OneOf("state", "DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), scheduleOrPattern,
		},
	}
}

func cloudwatchEventTargetTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("event_bus_name rule target_id"),
		Defaults: map[string]any{"event_bus_name": "default", "force_destroy": false},
		Local:    tf.Words("force_destroy"),
		Checks: []tf.Check{
			tf.IsARN("arn"), tf.IsARN("role_arn"), tf.Length("target_id", 1, 64), tf.Matches("target_id", eventsName, eventsNameSays), tf.Matches("rule", eventsName, eventsNameSays),
			tf.Conflicts("input", "input_path", "input_transformer"), tf.Conflicts("input_path", "input", "input_transformer"),
			tf.Conflicts("input_transformer", "input", "input_path"), tf.IsARN("dead_letter_config.arn"), tf.IsJSON("input"),
			tf.Between("retry_policy.maximum_event_age_in_seconds", 60, 86400), tf.Between("retry_policy.maximum_retry_attempts", 0, 185),
		},
	}
}

// stateSuppress: a rule whose configuration says nothing of its state keeps
// the one that it has (DiffSuppressFunc of state and is_enabled).
func stateSuppress(c tf.Change) []string {
	var out []string
	for _, name := range tf.Words("is_enabled state") {
		if !tf.IsSet(c.Config, name) {
			out = append(out, name)
		}
	}
	return out
}

// scheduleOrPattern is AtLeastOneOf.
func scheduleOrPattern(config cty.Value, f *tf.Faults) {
	if !tf.IsSet(config, "schedule_expression") && !tf.IsSet(config, "event_pattern") {
		f.Add(cty.GetAttrPath("schedule_expression"), "Missing required argument", "\"schedule_expression\": one of `event_pattern,schedule_expression` must be specified")
	}
}
