package eventbridge

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

const (
	typeRule   = "aws_cloudwatch_event_rule"
	typeTarget = "aws_cloudwatch_event_target"
)

// ErrUnsupported is wrapped by the error for a rule or target that is not
// simulated.
var ErrUnsupported = errors.New("not simulated")

var ratePattern = regexp.MustCompile(`^rate\(([1-9][0-9]*) (minute|hour|day)s?\)$`)

var units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// parseRate reads a rate expression.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html
func parseRate(text string) (time.Duration, error) {
	m := ratePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("schedule_expression: found %q, want rate(…): %w", text, ErrUnsupported)
	}
	n, err := strconv.Atoi(m[1])
	const most = 100 * 365 // days; more would overflow
	if err != nil || time.Duration(n) > most*24*time.Hour/units[m[2]] {
		return 0, fmt.Errorf("schedule_expression: found %q, want a rate of less than a century: %w", text, ErrUnsupported)
	}
	return time.Duration(n) * units[m[2]], nil
}

// rule is one that runs on a schedule.
type rule struct {
	arn, name, region string
	made              time.Time
	every             time.Duration
	enabled           bool
}

func viewRule(r *sim.Resource) (rule, error) {
	if r.Attrs.Has("event_pattern") {
		return rule{}, fmt.Errorf("event_pattern: found one, want a schedule alone: %w", ErrUnsupported)
	}
	every, err := parseRate(r.Attrs.Str("schedule_expression"))
	return rule{
		arn: r.ARN(), name: r.Attrs.Str("name"), region: r.Region, made: r.Created, every: every, enabled: r.Attrs.Str("state") != "DISABLED",
	}, err
}

// due is the last moment at which the rule was to run, up to now; ok is false
// if there is none yet. next is the one after it.
func (r rule) due(now time.Time) (last time.Time, ok bool, next time.Time) {
	n := now.Sub(r.made) / r.every
	if now.Before(r.made) {
		n = 0
	}
	last = r.made.Add(n * r.every)
	return last, n > 0, last.Add(r.every)
}

// target is what a rule calls.
type target struct {
	id, arn string
	// input replaces the event; "" is none.
	input string
	// retries and age bound the tries.
	retries int
	age     time.Duration
	// fault says what of it is not simulated.
	fault error
}

// EventBridge's own retry policy.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
const (
	defaultRetries = 185
	defaultAge     = 24 * time.Hour
)

func viewTarget(r *sim.Resource) target {
	a := r.Attrs
	t := target{id: a.Str("target_id"), arn: a.Str("arn"), input: a.Str("input"), retries: defaultRetries, age: defaultAge}
	policy := a.Block("retry_policy")
	if n, given := policy["maximum_retry_attempts"].(float64); given {
		t.retries = int(n)
	}
	if age := policy.Int("maximum_event_age_in_seconds"); age > 0 {
		t.age = time.Duration(age) * time.Second
	}
	arn, _ := sim.ParseARN(t.arn)
	switch {
	case arn.Service != "lambda":
		t.fault = fmt.Errorf("arn: found %q, want a function: %w", t.arn, ErrUnsupported)
	case a.Has("input_path") || a.Block("input_transformer") != nil:
		t.fault = fmt.Errorf("input_path, input_transformer: found one, want neither: %w", ErrUnsupported)
	case a.Block("dead_letter_config").Has("arn"):
		t.fault = fmt.Errorf("dead_letter_config: found one, want none: %w", ErrUnsupported)
	}
	return t
}
