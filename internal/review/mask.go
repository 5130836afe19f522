package review

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Masked stands for a value that Terraform marks as sensitive.
const Masked = "(sensitive)"

// shortestSecret in bytes: what is shorter is masked where it is marked, and
// not searched for elsewhere, since "app" or "5432" would be found everywhere.
const shortestSecret = 8

// masker masks marked values, and remembers them, so that they are found where
// they are not marked: in a constant of the configuration, or in a tag.
type masker struct{ secrets []string }

// mask returns the value with everything masked that marks has as true. marks
// has the shape that Terraform gives it: true, or an object or list of marks.
func (m *masker) mask(value, marks any) any {
	switch marks := marks.(type) {
	case bool:
		if marks && value != nil {
			m.remember(value)
			return Masked
		}
	case map[string]any:
		object, ok := value.(map[string]any)
		if !ok {
			return m.unlike(value, marks)
		}
		masked := make(map[string]any, len(object))
		for key, v := range object {
			masked[key] = m.mask(v, marks[key])
		}
		return masked
	case []any:
		list, ok := value.([]any)
		if !ok {
			return m.unlike(value, marks)
		}
		masked := make([]any, len(list))
		for i, v := range list {
			if i < len(marks) {
				masked[i] = m.mask(v, marks[i])
				continue
			}
			masked[i] = m.unlike(v, marks)
		}
		return masked
	}
	return value
}

// unlike is for a value whose marks have another shape: then what is meant is
// not known, and one mark hides it all.
func (m *masker) unlike(value, marks any) any {
	if value != nil && marked(marks) {
		m.remember(value)
		return Masked
	}
	return value
}

// marked tells whether there is any true in the marks.
func marked(marks any) bool {
	switch marks := marks.(type) {
	case bool:
		return marks
	case map[string]any:
		for _, v := range marks {
			if marked(v) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(marks, marked)
	}
	return false
}

func (m *masker) remember(value any) {
	switch value := value.(type) {
	case string:
		if len(value) >= shortestSecret && !slices.Contains(m.secrets, value) {
			m.secrets = append(m.secrets, value)
		}
	case json.Number:
		m.remember(value.String())
	case map[string]any:
		for _, v := range value {
			m.remember(v)
		}
	case []any:
		for _, v := range value {
			m.remember(v)
		}
	}
}

// sweep masks remembered secrets in every text of a value, wherever they are:
// also as JSON within a string, where quotes are escaped.
func (m *masker) sweep(value any) any {
	switch value := value.(type) {
	case string:
		for _, secret := range m.secrets {
			value = strings.ReplaceAll(value, secret, Masked)
			if quoted, err := json.Marshal(secret); err == nil {
				value = strings.ReplaceAll(value, string(quoted[1:len(quoted)-1]), Masked)
			}
		}
		return value
	case json.Number:
		if slices.Contains(m.secrets, value.String()) {
			return Masked
		}
	case map[string]any:
		swept := make(map[string]any, len(value))
		for key, v := range value {
			swept[m.sweep(key).(string)] = m.sweep(v)
		}
		return swept
	case []any:
		swept := make([]any, len(value))
		for i, v := range value {
			swept[i] = m.sweep(v)
		}
		return swept
	}
	return value
}

// sweepObject leaves nil as it is.
func (m *masker) sweepObject(object map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	return m.sweep(object).(map[string]any)
}

// equal compares two decoded JSON values.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
