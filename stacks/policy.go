package stacks

import (
	"encoding/json"
	"fmt"
)

// statement of an IAM, key or topic policy. Strings may be tokens.
type statement struct {
	Sid       string
	Effect    string
	Principal any `json:",omitempty"`
	Action    []string
	Resource  []string                  `json:",omitempty"` // a trust policy has none
	Condition map[string]map[string]any `json:",omitempty"`
}

// allow starts a statement of an identity policy.
func allow(sid string, actions []string, resources ...string) statement {
	return statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}

// when adds a condition, for example
// when("StringEquals", "cloudwatch:namespace", "PGDR").
func (s statement) when(operator, key string, value any) statement {
	condition := map[string]map[string]any{}
	for op, keys := range s.Condition {
		condition[op] = keys
	}
	keys := map[string]any{key: value}
	for k, v := range condition[operator] {
		keys[k] = v
	}
	condition[operator] = keys
	s.Condition = condition
	return s
}

// by makes it a statement of a resource policy, for one service principal.
func (s statement) by(service string) statement {
	s.Principal = map[string]string{"Service": service}
	return s
}

// policyDocument writes the statements as a policy in JSON.
func policyDocument(statements ...statement) string {
	doc := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("encode policy: %v", err)) // strings and maps of strings only
	}
	return string(raw)
}

// accountAdministers lets the account's own IAM policies decide about a key;
// without it a key can become unmanageable.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func accountAdministers(account string) statement {
	return statement{
		Sid:       "AccountAdministers",
		Effect:    "Allow",
		Principal: map[string]string{"AWS": "arn:aws:iam::" + account + ":root"},
		Action:    []string{"kms:*"},
		Resource:  []string{"*"}, // in a key policy: this key
	}
}
