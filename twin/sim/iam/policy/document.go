// Package policy evaluates IAM policies as AWS does: identity policies, and
// the policies of resources such as keys and topics.
//
// It knows the operators and condition keys that this system's policies use.
// One that it does not know is an error that names it, never a silent answer:
// a simulator that waves through what it cannot judge would prove nothing.
package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors of Parse.
var (
	// ErrMalformed: the text is not a policy.
	ErrMalformed = errors.New("malformed policy")
	// ErrUnknown: the policy uses an operator, condition key or element that
	// is not simulated.
	ErrUnknown = errors.New("not simulated")
)

// Document is one policy.
type Document struct {
	// Name of the policy, for messages.
	Name       string
	Statements []Statement
}

// Statement is one statement of a policy.
type Statement struct {
	Sid   string
	Allow bool
	// Principals by kind ("AWS", "Service"); nil in an identity policy.
	Principals              map[string][]string
	Actions, NotActions     []string
	Resources, NotResources []string
	Conditions              []Condition
}

type rawDocument struct {
	Version   string
	ID        string `json:"Id"`
	Statement json.RawMessage
}

type rawStatement struct {
	Sid          string
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       texts
	NotAction    texts
	Resource     texts
	NotResource  texts
	Condition    map[string]map[string]texts
}

// texts are a list of strings, or one string without a list around it.
type texts []string

func (l *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// Parse reads a policy. The error wraps ErrMalformed or ErrUnknown and names
// the policy and the statement. The document is shared and must not be changed.
func Parse(name, text string) (Document, error) {
	return known.get(name, text, read)
}

func read(name, text string) (Document, error) {
	d := Document{Name: name}
	var raw rawDocument
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return d, fmt.Errorf("policy %q: %w: %w", name, ErrMalformed, err)
	}
	list, err := statementsOf(raw.Statement)
	if err != nil {
		return d, fmt.Errorf("policy %q: Statement: %w: %w", name, ErrMalformed, err)
	}
	if strings.Contains(string(raw.Statement), "${") {
		return d, fmt.Errorf("policy %q: policy variables: %w", name, ErrUnknown)
	}
	for i, r := range list {
		s, err := r.statement()
		if err != nil {
			return d, fmt.Errorf("policy %q: statement %d (%s): %w", name, i+1, r.Sid, err)
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

// statementsOf reads a list, or one statement without a list around it.
func statementsOf(raw json.RawMessage) ([]rawStatement, error) {
	var list []rawStatement
	if err := json.Unmarshal(raw, &list); err == nil {
		return list, nil
	}
	var one rawStatement
	if err := json.Unmarshal(raw, &one); err != nil {
		return nil, err
	}
	return []rawStatement{one}, nil
}

func (r rawStatement) statement() (Statement, error) {
	s := Statement{
		Sid: r.Sid, Allow: r.Effect == "Allow",
		Actions: r.Action, NotActions: r.NotAction, Resources: r.Resource, NotResources: r.NotResource,
	}
	switch {
	case r.Effect != "Allow" && r.Effect != "Deny":
		return s, fmt.Errorf("element Effect: found %q, want Allow or Deny: %w", r.Effect, ErrMalformed)
	case (len(r.Action) == 0) == (len(r.NotAction) == 0):
		return s, fmt.Errorf("want exactly one of Action and NotAction: %w", ErrMalformed)
	case len(r.Resource) > 0 && len(r.NotResource) > 0:
		return s, fmt.Errorf("want at most one of Resource and NotResource: %w", ErrMalformed)
	case len(r.NotPrincipal) > 0:
		return s, fmt.Errorf("element NotPrincipal: %w", ErrUnknown)
	}
	var err error
	if s.Principals, err = principalsOf(r.Principal); err != nil {
		return s, err
	}
	for operator, keys := range r.Condition {
		for key, values := range keys {
			c, err := newCondition(operator, key, values)
			if err != nil {
				return s, err
			}
			s.Conditions = append(s.Conditions, c)
		}
	}
	// Maps have no order; messages had better have one.
	slices.SortFunc(s.Conditions, func(a, b Condition) int { return strings.Compare(a.String(), b.String()) })
	return s, nil
}

// principalsOf reads principals by kind; "*" alone stands for everybody.
func principalsOf(raw json.RawMessage) (map[string][]string, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return map[string][]string{"AWS": {one}}, nil
	}
	kinds := map[string]texts{}
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return nil, fmt.Errorf("element Principal: %w: %w", ErrMalformed, err)
	}
	out := map[string][]string{}
	for kind, list := range kinds {
		if kind != "AWS" && kind != "Service" {
			return nil, fmt.Errorf("principal of kind %q: %w", kind, ErrUnknown)
		}
		out[kind] = list
	}
	return out, nil
}
