package review

import "strings"

// withoutKeys removes the instance keys from an address or a reference: the
// configuration has one entry for all instances. A key in quotes may hold
// brackets, dots, and quotes, which Terraform escapes with a backslash.
func withoutKeys(address string) string {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(address, "[")
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		address = rest[keyEnd(rest):]
	}
}

// keyEnd is the place after the bracket that closes a key; the text's end where
// none does.
func keyEnd(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++ // what is escaped ends nothing
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted:
			return i + 1
		}
	}
	return len(text)
}
