package items

import (
	"regexp"
	"slices"
	"strings"
)

// tokens of DynamoDB's expressions: names, placeholders, comparators and
// punctuation.
var tokens = regexp.MustCompile(`^\s*(#[A-Za-z0-9_]+|:[A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|<>|<=|>=|[=<>(),.\[\]])`)

// parser reads one expression.
type parser struct {
	kind   string // for messages: "ConditionExpression"
	text   string
	rest   []string
	names  map[string]string
	values map[string]Value
	// used placeholders: DynamoDB refuses those that no expression uses.
	used map[string]bool
}

func newParser(kind, text string, e *Expressions) (*parser, error) {
	p := &parser{kind: kind, text: text, names: e.Names, values: e.Values, used: e.used}
	for left := text; strings.TrimSpace(left) != ""; {
		m := tokens.FindStringSubmatch(left)
		if m == nil {
			return nil, p.syntax(left)
		}
		p.rest = append(p.rest, m[1])
		left = left[len(m[0]):]
	}
	if len(p.rest) == 0 {
		return nil, invalid("Invalid %s: The expression can not be empty;", kind)
	}
	return p, nil
}

func (p *parser) syntax(near string) error {
	return invalid("Invalid %s: Syntax error; near: %q in %q", p.kind, near, p.text)
}

func (p *parser) peek() string {
	if len(p.rest) == 0 {
		return ""
	}
	return p.rest[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.rest = p.rest[1:]
	}
	return t
}

// word takes a keyword, in any case, if it comes next.
func (p *parser) word(keyword string) bool {
	if !strings.EqualFold(p.peek(), keyword) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) error {
	if got := p.next(); got != token {
		return p.syntax(got)
	}
	return nil
}

// reserved are words that cannot stand for an attribute without a placeholder:
// the keywords, and of DynamoDB's long list those that a ledger might use.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
var reserved = []string{"AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE", "STATE", "FORMAT", "KEY", "KEYS", "NAME", "OWNER", "STATUS", "TIME", "TIMESTAMP", "TTL", "VALUE", "VALUES", "DATA", "DATE", "COUNT", "ENTRY", "MODE", "REASON"}

// path reads the name of a top-level attribute.
func (p *parser) path() (string, error) {
	t := p.next()
	name := t
	switch {
	case strings.HasPrefix(t, "#"):
		var known bool
		if name, known = p.names[t]; !known {
			return "", invalid("Invalid %s: An expression attribute name used in the document path is not defined; attribute name: %s", p.kind, t)
		}
		p.used[t] = true
	case t == "" || !isName(t):
		return "", p.syntax(t)
	case slices.Contains(reserved, strings.ToUpper(t)):
		return "", invalid("Invalid %s: Attribute name is a reserved keyword; reserved keyword: %s", p.kind, t)
	}
	if next := p.peek(); next == "." || next == "[" {
		return "", refuse(codeUnknown, "the simulator does not know paths into documents: %q", p.text)
	}
	return name, nil
}

func isName(t string) bool {
	c := t[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// value reads the placeholder of a value.
func (p *parser) value() (Value, error) {
	t := p.next()
	if !strings.HasPrefix(t, ":") {
		return nil, p.syntax(t)
	}
	v, known := p.values[t]
	if !known {
		return nil, invalid("Invalid %s: An expression attribute value used in expression is not defined; attribute value: %s", p.kind, t)
	}
	p.used[t] = true
	return v, nil
}
