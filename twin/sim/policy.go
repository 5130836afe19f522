package sim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// PolicyDocument is what the simulator reads of an IAM, key or topic policy.
type PolicyDocument struct {
	Version   string
	Statement statements
}

type statement struct {
	Sid         string
	Effect      string
	Principal   principals
	Action      textList
	NotAction   textList
	Resource    textList
	NotResource textList
	Condition   map[string]map[string]textList
}

// statements are a list, or one statement without a list around it.
type statements []statement

func (s *statements) UnmarshalJSON(raw []byte) error {
	var list []statement
	if err := json.Unmarshal(raw, &list); err == nil {
		*s = list
		return nil
	}
	var one statement
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*s = statements{one}
	return nil
}

// textList is a list of strings, or one string without a list around it.
type textList []string

func (l *textList) UnmarshalJSON(raw []byte) error {
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = textList{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// principals are by kind ("AWS", "Service"); "*" alone stands for everybody.
type principals map[string]textList

func (p *principals) UnmarshalJSON(raw []byte) error {
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*p = principals{"AWS": {one}}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]textList)(p))
}

// ParsePolicy reads a policy document; problem says what is wrong with it, ""
// if nothing is.
func ParsePolicy(text string) (doc PolicyDocument, problem string) {
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return doc, "This policy contains invalid Json"
	}
	if doc.Version != "" && doc.Version != "2012-10-17" && doc.Version != "2008-10-17" {
		return doc, "Policy document must be version 2012-10-17 or greater."
	}
	if len(doc.Statement) == 0 {
		return doc, "Syntax errors in policy: no statement"
	}
	for _, s := range doc.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return doc, "Syntax errors in policy: Effect is " + strconv.Quote(s.Effect)
		}
		if len(s.Action)+len(s.NotAction) == 0 {
			return doc, "Policy statement must contain actions."
		}
		for _, action := range append(slices.Clone(s.Action), s.NotAction...) {
			if action != "*" && !strings.Contains(action, ":") {
				return doc, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
			}
		}
	}
	return doc, ""
}

// CheckPolicyJSON refuses a policy document that cannot be read.
func CheckPolicyJSON(c *Call, attribute, code, text string) error {
	if _, problem := ParsePolicy(text); problem != "" {
		return c.Refuse(attribute, code, "%s", problem)
	}
	return nil
}

// Allows tells whether a statement of the policy lets one of the principals,
// each as kind and value, take an action. Conditions are not evaluated: a
// statement with conditions counts.
func (d PolicyDocument) Allows(action, principalKind string, anyOf ...string) bool {
	for _, s := range d.Statement {
		if s.Effect != "Allow" || !matchesAny(s.Action, action) {
			continue
		}
		if slices.Contains(s.Principal["AWS"], "*") {
			return true
		}
		for _, p := range anyOf {
			if slices.Contains(s.Principal[principalKind], p) {
				return true
			}
		}
	}
	return false
}

// matchesAny tells whether one of the patterns, with * and ?, stands for the
// text, without regard to case.
func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(strings.ToLower(p), strings.ToLower(text)) })
}

// matches compares a pattern in which * stands for any characters and ? for
// one.
func matches(pattern, text string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := len(text); i >= 0; i-- {
				if matches(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "" || pattern[0] != '?' && pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}
