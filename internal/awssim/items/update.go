package items

import (
	"math/big"
	"slices"
	"strings"
)

// Update is an UpdateExpression of SET and REMOVE clauses.
type Update struct {
	// set gives the value of an attribute from the item as it was.
	set    map[string]func(Item) (any, error)
	remove []string
}

// Update reads an UpdateExpression; "" changes nothing.
func (e *Expressions) Update(text string) (*Update, error) {
	u := &Update{set: map[string]func(Item) (any, error){}}
	if text == "" {
		return u, nil
	}
	p, err := newParser("UpdateExpression", text, e)
	if err != nil {
		return nil, err
	}
	for len(p.rest) > 0 {
		clause := p.next()
		one := p.assignment
		switch strings.ToUpper(clause) {
		case "SET":
		case "REMOVE":
			one = p.removal
		case "ADD", "DELETE":
			return nil, refuse(codeUnknown, "the simulator does not know the clause %s of an UpdateExpression", clause)
		default:
			return nil, p.syntax(clause)
		}
		for more := true; more; more = p.peek() == "," && p.next() == "," {
			if err := one(u); err != nil {
				return nil, err
			}
		}
	}
	return u, nil
}

func (p *parser) removal(u *Update) error {
	path, err := p.path()
	if err == nil {
		err = u.once(path)
	}
	u.remove = append(u.remove, path)
	return err
}

// once refuses a second change of an attribute.
func (u *Update) once(path string) error {
	if u.set[path] != nil || slices.Contains(u.remove, path) {
		return invalid("Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [%s], path two: [%s]", path, path)
	}
	return nil
}

// assignment reads path = value, path = value + value or path = value - value.
func (p *parser) assignment(u *Update) error {
	path, err := p.path()
	if err != nil {
		return err
	}
	if err := u.once(path); err != nil {
		return err
	}
	if err := p.expect("="); err != nil {
		return err
	}
	left, err := p.source()
	if err != nil {
		return err
	}
	operator := p.peek()
	if operator != "+" && operator != "-" {
		u.set[path] = left
		return nil
	}
	p.next()
	right, err := p.source()
	if err != nil {
		return err
	}
	u.set[path] = func(i Item) (any, error) { return calculate(i, left, operator, right) }
	return nil
}

// source reads a value, an attribute, or if_not_exists(attribute, value).
func (p *parser) source() (func(Item) (any, error), error) {
	if strings.EqualFold(p.peek(), "if_not_exists") {
		p.next()
		return p.orElse()
	}
	from, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(i Item) (any, error) {
		v := from(i)
		if v == nil {
			return nil, invalid("The provided expression refers to an attribute that does not exist in the item")
		}
		return v, nil
	}, nil
}

func (p *parser) orElse() (func(Item) (any, error), error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	other, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(i Item) (any, error) {
		if v := i[path]; v != nil {
			return v, nil
		}
		return other(i), nil
	}, p.expect(")")
}

func calculate(i Item, left func(Item) (any, error), operator string, right func(Item) (any, error)) (any, error) {
	a, err := left(i)
	if err != nil {
		return nil, err
	}
	b, err := right(i)
	if err != nil {
		return nil, err
	}
	x, okX := numberOf(a)
	y, okY := numberOf(b)
	if !okX || !okY {
		return nil, invalid("An operand in the update expression has an incorrect data type")
	}
	if operator == "-" {
		y.Neg(y)
	}
	if x.Add(x, y); !inBounds(x) {
		return nil, invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	}
	return Value{"N": decimal(x)}, nil
}

func numberOf(v any) (*big.Rat, bool) {
	m, _ := v.(Value)
	text, ok := m["N"].(string)
	if !ok {
		return nil, false
	}
	return parseNumber(text)
}

// apply changes an item. Key attributes cannot be changed.
func (u *Update) apply(old, item Item, keys []string) error {
	for path, value := range u.set {
		if slices.Contains(keys, path) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", path)
		}
		v, err := value(old)
		if err != nil {
			return err
		}
		item[path] = v
	}
	for _, path := range u.remove {
		if slices.Contains(keys, path) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", path)
		}
		delete(item, path)
	}
	return nil
}
