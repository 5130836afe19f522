package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text returns a parameter of a query protocol, "" if it was not given.
func (c *Call) Text(name string) string { return c.Form.Get(name) }

// Need returns a parameter that must be given.
func (c *Call) Need(name string) (string, error) {
	if v := c.Form.Get(name); v != "" {
		return v, nil
	}
	return "", Refuse("MissingParameter", "The request must contain the parameter %s", name)
}

// Number returns a parameter, nil if it was not given.
func (c *Call) Number(name string) (*int, error) {
	text := c.Form.Get(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, Refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want a whole number", name, text)
	}
	return &n, nil
}

// Truth returns a parameter, nil if it was not given.
func (c *Call) Truth(name string) (*bool, error) {
	text := c.Form.Get(name)
	if text == "" {
		return nil, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return nil, Refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want true or false", name, text)
	}
	return &b, nil
}

// Moment returns a parameter, the zero time if it was not given.
func (c *Call) Moment(name string) (time.Time, error) {
	text := c.Form.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, Refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want a time in ISO 8601", name, text)
	}
	return t, nil
}

// Members returns a list: the values of prefix.1, prefix.2 and so on.
func (c *Call) Members(prefix string) []string {
	var out []string
	for i := 1; c.Form.Has(fmt.Sprintf("%s.%d", prefix, i)); i++ {
		out = append(out, c.Form.Get(fmt.Sprintf("%s.%d", prefix, i)))
	}
	return out
}

// Has tells whether a list of structures has an element: whether a parameter
// begins with its prefix.
func (c *Call) Has(prefix string) bool {
	for name := range c.Form {
		if strings.HasPrefix(name, prefix+".") {
			return true
		}
	}
	return false
}

// Only refuses parameters that the simulator does not know and names one: to
// ignore them would be to answer another question. A name that ends with a dot stands
// for all that begin with it.
func (c *Call) Only(names ...string) error {
	names = append(names, "Action", "Version")
	for given := range c.Form {
		known := slices.ContainsFunc(names, func(n string) bool {
			return n == given || strings.HasSuffix(n, ".") && strings.HasPrefix(given, n)
		})
		if !known {
			return Refuse(CodeUnsupported, "the simulator does not know the parameter %s of %s", given, c.Operation)
		}
	}
	return nil
}
