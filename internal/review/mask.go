package review

import (
	"bytes"
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
		return m.sweepText(value)
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

// sweepText finds all secrets before it masks any: one may begin another, or
// overlap it, and what is masked first would leave the rest of the other.
func (m *masker) sweepText(text string) string {
	hidden := make([]bool, len(text))
	found := false
	for _, secret := range m.secrets {
		for _, form := range forms(secret) {
			for from := 0; ; {
				at := strings.Index(text[from:], form)
				if at < 0 {
					break
				}
				found = true
				for i := range len(form) {
					hidden[from+at+i] = true
				}
				from += at + 1
			}
		}
	}
	if !found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(Masked)
		}
	}
	return b.String()
}

// forms of a secret: as it is, and as JSON writes it within a text, with and
// without the escapes for HTML.
func forms(secret string) []string {
	all := []string{secret}
	for _, html := range []bool{true, false} {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(html)
		if err := enc.Encode(secret); err != nil {
			continue
		}
		if form := strings.Trim(b.String(), "\n"); len(form) > 2 && !slices.Contains(all, form[1:len(form)-1]) {
			all = append(all, form[1:len(form)-1])
		}
	}
	return all
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
