package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Context holds what a request says of itself, by condition key in lower case.
// A key that is absent is not in the request.
type Context map[string][]string

// With returns a copy with one more key.
func (c Context) With(key string, values ...string) Context {
	out := make(Context, len(c)+1)
	for k, v := range c {
		out[k] = v
	}
	out[strings.ToLower(key)] = values
	return out
}

// Condition is one operator on one key.
type Condition struct {
	// set is "forallvalues", "foranyvalue" or "".
	set      string
	operator string
	ifExists bool
	key      string
	values   []string
}

// String is the condition as policies write it, in lower case.
func (c Condition) String() string {
	text := c.operator
	if c.set != "" {
		text = c.set + ":" + text
	}
	if c.ifExists {
		text += "ifexists"
	}
	return fmt.Sprintf("%s %s %v", text, c.key, c.values)
}

// operators compare one value of the policy with one of the request. Those
// whose name begins with a negation hold if no value of the policy matches.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var operators = map[string]func(want, got string) bool{
	"stringequals":           func(want, got string) bool { return want == got },
	"stringequalsignorecase": strings.EqualFold,
	"stringlike":             Matches,
	"arnequals":              matchesARN,
	"arnlike":                matchesARN,
	"bool":                   strings.EqualFold,
}

var negations = map[string]string{
	"stringnotequals": "stringequals", "stringnotlike": "stringlike", "arnnotequals": "arnequals", "arnnotlike": "arnlike",
}

// keys are the condition keys that the simulator sets or knows to be absent.
// One that ends with a colon or a slash stands for all that begin with it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// and the "Condition keys" of each service in the service authorization
// reference.
var keys = []string{
	"aws:requestedregion", "aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner",
	"aws:principalarn", "aws:principalaccount", "aws:resourcetag/", "rds:db-tag/",
	"cloudwatch:namespace",
	"kms:viaservice", "kms:calleraccount", "kms:grantisforawsresource", "kms:encryptioncontext:",
	"lambda:sourcefunctionarn",
	"route53:changeresourcerecordsetsnormalizedrecordnames", "route53:changeresourcerecordsetsrecordtypes",
	"route53:changeresourcerecordsetsactions",
}

func knownKey(key string) bool {
	return slices.ContainsFunc(keys, func(k string) bool {
		if strings.HasSuffix(k, ":") || strings.HasSuffix(k, "/") {
			return strings.HasPrefix(key, k) && key != k
		}
		return k == key
	})
}

func newCondition(operator, key string, values []string) (Condition, error) {
	c := Condition{operator: strings.ToLower(operator), key: strings.ToLower(key), values: values}
	if set, rest, ok := strings.Cut(c.operator, ":"); ok {
		c.set, c.operator = set, rest
	}
	c.operator, c.ifExists = strings.CutSuffix(c.operator, "ifexists")
	base := c.operator
	if positive, ok := negations[base]; ok {
		base = positive
	}
	if operators[base] == nil || c.set != "" && c.set != "forallvalues" && c.set != "foranyvalue" {
		return c, fmt.Errorf("condition operator %q: %w", operator, ErrUnknown)
	}
	if !knownKey(c.key) {
		return c, fmt.Errorf("condition key %q: %w", key, ErrUnknown)
	}
	return c, nil
}

// holds tells whether the condition is met. A key that is absent meets
// negations, ForAllValues and IfExists, and nothing else.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func (c Condition) holds(ctx Context) bool {
	got, present := ctx[c.key]
	present = present && len(got) > 0
	positive, negated := negations[c.operator]
	if !present {
		return c.ifExists || negated || c.set == "forallvalues"
	}
	if !negated {
		positive = c.operator
	}
	one := func(value string) bool {
		match := slices.ContainsFunc(c.values, func(want string) bool { return operators[positive](want, value) })
		return match != negated
	}
	if c.set == "forallvalues" {
		return !slices.ContainsFunc(got, func(v string) bool { return !one(v) })
	}
	return slices.ContainsFunc(got, one)
}

// Matches compares a pattern in which * stands for any characters and ? for
// one.
func Matches(pattern, text string) bool {
	// star is where the last * was, and from where its text would be widened.
	star, from, p, t := -1, 0, 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchesARN compares the six parts of an ARN each for itself.
func matchesARN(pattern, text string) bool {
	want, got := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !Matches(want[i], got[i]) {
			return false
		}
	}
	return true
}
