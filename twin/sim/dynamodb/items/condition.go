package items

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Expressions are what a request gives its expressions.
type Expressions struct {
	Names  map[string]string
	Values map[string]Value
	used   map[string]bool
}

// NewExpressions takes the placeholders of a request.
func NewExpressions(names map[string]string, values map[string]Value) *Expressions {
	return &Expressions{Names: names, Values: values, used: map[string]bool{}}
}

// Finish refuses placeholders that no expression used.
func (e *Expressions) Finish() error {
	for _, name := range slices.Sorted(maps.Keys(e.Names)) {
		if !e.used[name] {
			return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Values)) {
		if !e.used[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

// Condition is a ConditionExpression. The nil Condition always holds.
type Condition struct{ test func(Item) (bool, error) }

// Condition reads a ConditionExpression; "" gives nil.
func (e *Expressions) Condition(text string) (*Condition, error) {
	if text == "" {
		return nil, nil
	}
	p, err := newParser("ConditionExpression", text, e)
	if err != nil {
		return nil, err
	}
	test, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if len(p.rest) > 0 {
		return nil, p.syntax(p.peek())
	}
	return &Condition{test}, nil
}

// Check returns DynamoDB's refusal if the condition does not hold for an item;
// nil stands for one that is not there.
func (c *Condition) Check(item Item) error {
	if c == nil {
		return nil
	}
	ok, err := c.test(item)
	if err == nil && !ok {
		err = refuse(CodeCondition, "The conditional request failed")
	}
	return err
}

type test = func(Item) (bool, error)

func (p *parser) disjunction() (test, error) {
	left, err := p.conjunction()
	for err == nil && p.word("OR") {
		var right test
		if right, err = p.conjunction(); err == nil {
			left = either(left, right)
		}
	}
	return left, err
}

func (p *parser) conjunction() (test, error) {
	left, err := p.term()
	for err == nil && p.word("AND") {
		var right test
		if right, err = p.term(); err == nil {
			left = both(left, right)
		}
	}
	return left, err
}

func either(a, b test) test {
	return func(i Item) (bool, error) {
		if ok, err := a(i); ok || err != nil {
			return ok, err
		}
		return b(i)
	}
}

func both(a, b test) test {
	return func(i Item) (bool, error) {
		if ok, err := a(i); !ok || err != nil {
			return ok, err
		}
		return b(i)
	}
}

func (p *parser) term() (test, error) {
	if p.word("NOT") {
		inner, err := p.term()
		if err != nil {
			return nil, err
		}
		return func(i Item) (bool, error) {
			ok, err := inner(i)
			return !ok, err
		}, nil
	}
	if p.peek() == "(" {
		p.next()
		inner, err := p.disjunction()
		if err == nil {
			err = p.expect(")")
		}
		return inner, err
	}
	if len(p.rest) > 1 && p.rest[1] == "(" {
		return p.function()
	}
	return p.comparison()
}

// function reads attribute_exists, attribute_not_exists and begins_with.
func (p *parser) function() (test, error) {
	name := p.next()
	p.next()
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	var out test
	switch strings.ToLower(name) {
	case "attribute_exists":
		out = func(i Item) (bool, error) { return i[path] != nil, nil }
	case "attribute_not_exists":
		out = func(i Item) (bool, error) { return i[path] == nil, nil }
	case "begins_with":
		if err := p.expect(","); err != nil {
			return nil, err
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		out = func(i Item) (bool, error) { return beginsWith(i[path], value), nil }
	default:
		return nil, refuse(codeUnknown, "the simulator does not know the function %s of a %s", name, p.kind)
	}
	return out, p.expect(")")
}

func beginsWith(v any, prefix Value) bool {
	have, _ := v.(Value)
	text, isText := have["S"].(string)
	want, ok := prefix["S"].(string)
	return isText && ok && strings.HasPrefix(text, want)
}

// operand reads a path or a value.
func (p *parser) operand() (func(Item) any, error) {
	if strings.HasPrefix(p.peek(), ":") {
		v, err := p.value()
		return func(Item) any { return v }, err
	}
	path, err := p.path()
	return func(i Item) any { return i[path] }, err
}

// comparisons by comparator, over the order of two values.
var comparisons = map[string]func(order int) bool{
	"<": func(o int) bool { return o < 0 }, "<=": func(o int) bool { return o <= 0 },
	">": func(o int) bool { return o > 0 }, ">=": func(o int) bool { return o >= 0 },
}

func (p *parser) comparison() (test, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.word("BETWEEN") {
		return p.between(left)
	}
	operator := p.next()
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch operator {
	case "=":
		return func(i Item) (bool, error) { return same(left(i), right(i)), nil }, nil
	case "<>":
		return func(i Item) (bool, error) { return !same(left(i), right(i)), nil }, nil
	}
	compare := comparisons[operator]
	if compare == nil {
		return nil, p.syntax(operator)
	}
	return func(i Item) (bool, error) {
		order, ok := compareValues(left(i), right(i))
		return ok && compare(order), nil
	}, nil
}

func (p *parser) between(v func(Item) any) (test, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.word("AND") {
		return nil, p.syntax(p.peek())
	}
	high, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(i Item) (bool, error) {
		a, okLow := compareValues(v(i), low(i))
		b, okHigh := compareValues(v(i), high(i))
		return okLow && okHigh && a >= 0 && b <= 0, nil
	}, nil
}

// same: numbers are equal by value. An attribute that is not there equals
// nothing.
func same(a, b any) bool {
	if a == nil || b == nil {
		return false
	}
	if order, ok := compareValues(a, b); ok {
		return order == 0
	}
	return reflect.DeepEqual(a, b)
}
