package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text returns a parameter of a query protocol, "" if it was not given.
func (c *call) text(name string) string { return c.form.Get(name) }

// need returns a parameter that must be given.
func (c *call) need(name string) (string, error) {
	if v := c.form.Get(name); v != "" {
		return v, nil
	}
	return "", refuse("MissingParameter", "The request must contain the parameter %s", name)
}

// number returns a parameter, nil if it was not given.
func (c *call) number(name string) (*int, error) {
	text := c.form.Get(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want a whole number", name, text)
	}
	return &n, nil
}

// truth returns a parameter, nil if it was not given.
func (c *call) truth(name string) (*bool, error) {
	text := c.form.Get(name)
	if text == "" {
		return nil, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return nil, refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want true or false", name, text)
	}
	return &b, nil
}

// moment returns a parameter, the zero time if it was not given.
func (c *call) moment(name string) (time.Time, error) {
	text := c.form.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, refuse("InvalidParameterValue", "Invalid value for parameter %s: found %q, want a time in ISO 8601", name, text)
	}
	return t, nil
}

// members returns a list: the values of prefix.1, prefix.2 and so on.
func (c *call) members(prefix string) []string {
	var out []string
	for i := 1; c.form.Has(fmt.Sprintf("%s.%d", prefix, i)); i++ {
		out = append(out, c.form.Get(fmt.Sprintf("%s.%d", prefix, i)))
	}
	return out
}

// has tells whether a list of structures has an element: whether a parameter
// begins with its prefix.
func (c *call) has(prefix string) bool {
	for name := range c.form {
		if strings.HasPrefix(name, prefix+".") {
			return true
		}
	}
	return false
}

// only refuses parameters that the simulator does not know, by name: to ignore
// them would be to answer another question. A name that ends with a dot stands
// for all that begin with it.
func (c *call) only(names ...string) error {
	names = append(names, "Action", "Version")
	for given := range c.form {
		known := slices.ContainsFunc(names, func(n string) bool {
			return n == given || strings.HasSuffix(n, ".") && strings.HasPrefix(given, n)
		})
		if !known {
			return refuse(codeUnsupported, "the simulator does not know the parameter %s of %s", given, c.operation)
		}
	}
	return nil
}
