package review

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
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
		if marks {
			return m.hide(value)
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
	if marked(marks) {
		return m.hide(value)
	}
	return value
}

// hide masks a value that is marked as a whole. What says nothing is no secret:
// the provider stores "" for an argument that is not given. Of an object the
// names stay, which policies need to tell the guard from any other function, and
// so do the truths and numbers in it.
func (m *masker) hide(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if !slices.ContainsFunc(slices.Collect(maps.Keys(value)), unlikeName) {
			return m.hideIn(value)
		}
	case []any:
		hidden := make([]any, len(value))
		for i, v := range value {
			hidden[i] = m.hide(v)
		}
		return hidden
	}
	if nothing(value) || value == Masked {
		return value
	}
	m.remember(value)
	return Masked
}

func (m *masker) hideIn(object map[string]any) map[string]any {
	hidden := make(map[string]any, len(object))
	for name, v := range object {
		switch v := v.(type) {
		case bool, json.Number, float64:
			hidden[name] = v
			continue
		case string:
			if public.MatchString(v) {
				hidden[name] = v
				continue
			}
		}
		hidden[name] = m.hide(v)
	}
	return hidden
}

// public matches regions, ARNs, and networks: none is a secret, even if it is in
// an object that is one.
var public = regexp.MustCompile(`^([a-z]{2}(-[a-z]+)+-[0-9]|arn:aws[a-z-]*:[^ ]+|[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2})$`)

func nothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	default:
		return false
	}
}

// names of arguments and of variables. A name of any other form may be the
// secret itself.
var names = regexp.MustCompile(`^([a-z]+(_[a-z0-9]+)*|[A-Z]+(_[A-Z0-9]+)*)$`)

func unlikeName(name string) bool { return !names.MatchString(name) }

// hides tells whether anything in a value is masked.
func hides(value any) bool {
	switch value := value.(type) {
	case string:
		return value == Masked
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), hides)
	case []any:
		return slices.ContainsFunc(value, hides)
	default:
		return false
	}
}

// concealed tells whether two values differ where either is masked, so that no
// policy can judge the difference.
func concealed(before, after, shownBefore, shownAfter any) bool {
	if equal(before, after) {
		return false
	}
	if shownBefore == Masked || shownAfter == Masked {
		return true
	}
	switch b := before.(type) {
	case map[string]any:
		a, sb, sa := object(after), object(shownBefore), object(shownAfter)
		for name := range keysOf(b, a) {
			if concealed(b[name], a[name], sb[name], sa[name]) {
				return true
			}
		}
	case []any:
		a, _ := after.([]any)
		sb, _ := shownBefore.([]any)
		sa, _ := shownAfter.([]any)
		for i := range min(len(a), len(b), len(sa), len(sb)) {
			if concealed(b[i], a[i], sb[i], sa[i]) {
				return true
			}
		}
	}
	return false
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
