package items

import "slices"

// KeyCondition is a KeyConditionExpression: the partition key equals a value,
// and the sort key, if it is named, compares with others.
type KeyCondition struct {
	parts []keyPart
}

type keyPart struct {
	name  string
	equal bool
	test  test
}

// KeyCondition reads a KeyConditionExpression.
func (e *Expressions) KeyCondition(text string) (*KeyCondition, error) {
	p, err := newParser("KeyConditionExpression", text, e)
	if err != nil {
		return nil, err
	}
	var c KeyCondition
	for {
		part, err := p.keyPart()
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, part)
		if !p.word("AND") {
			break
		}
	}
	if len(p.rest) > 0 {
		return nil, p.syntax(p.peek())
	}
	return &c, nil
}

// keyPart reads one comparison and notes which attribute it is about.
func (p *parser) keyPart() (keyPart, error) {
	ahead := *p
	if len(p.rest) > 1 && p.rest[1] == "(" {
		ahead.rest = ahead.rest[2:]
	}
	name, err := ahead.path()
	if err != nil {
		return keyPart{}, err
	}
	part := keyPart{name: name, equal: ahead.peek() == "="}
	part.test, err = p.term()
	return part, err
}

// fits checks the condition against a table's key.
func (c *KeyCondition) fits(keys []string) error {
	equalsPartition := slices.ContainsFunc(c.parts, func(p keyPart) bool { return p.name == keys[0] && p.equal })
	switch {
	case !equalsPartition:
		return invalid("Query condition missed key schema element: %s", keys[0])
	case len(c.parts) > len(keys):
		return invalid("Conditions can be of length 1 or 2 only")
	case len(c.parts) == 2 && !slices.ContainsFunc(c.parts, func(p keyPart) bool { return p.name == keys[1] }):
		return invalid("Query condition missed key schema element: %s", keys[1])
	}
	return nil
}

func (c *KeyCondition) holds(item Item) (bool, error) {
	for _, p := range c.parts {
		if ok, err := p.test(item); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
