package provider

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

// check looks at a configuration that may hold unknown values, which it lets
// pass: Terraform checks again when they are known.
type check func(config cty.Value, f *faults)

// place is a value and where it stands.
type place struct {
	value cty.Value
	path  cty.Path
}

// find lists what stands at a dotted path, through lists, sets and blocks.
// What isn't set or isn't known is left out.
func find(v cty.Value, path string) []place {
	return findAt(place{value: v}, strings.Split(path, "."))
}

func findAt(p place, names []string) []place {
	if p.value.IsNull() || !p.value.IsKnown() {
		return nil
	}
	t := p.value.Type()
	if t.IsListType() || t.IsSetType() {
		var out []place
		for it := p.value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			step := append(slices.Clone(p.path), cty.IndexStep{Key: key})
			out = append(out, findAt(place{element, step}, names)...)
		}
		return out
	}
	if len(names) == 0 {
		return []place{p}
	}
	step := append(slices.Clone(p.path), cty.GetAttrStep{Name: names[0]})
	return findAt(place{p.value.GetAttr(names[0]), step}, names[1:])
}

// isSet tells whether an argument is given, known or not. A block is given
// when there is at least one.
func isSet(config cty.Value, name string) bool {
	v := config.GetAttr(name)
	if v.IsNull() {
		return false
	}
	t := v.Type()
	isBlocks := (t.IsListType() || t.IsSetType()) && t.ElementType().IsObjectType()
	return !isBlocks || !v.IsKnown() || v.LengthInt() > 0
}

// each runs a test on every value at a path; the test gives the sentence that
// says what is wrong, or "".
func each(path string, test func(v cty.Value) string) check {
	return func(config cty.Value, f *faults) {
		for _, p := range find(config, path) {
			if fault := test(p.value); fault != "" {
				f.addf(p.path, "%s", fault)
			}
		}
	}
}

func last(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// oneOf is validation.StringInSlice.
func oneOf(path string, allowed ...string) check {
	return each(path, func(v cty.Value) string {
		if slices.Contains(allowed, v.AsString()) {
			return ""
		}
		return fmt.Sprintf("expected %s to be one of %q, got %s", last(path), allowed, v.AsString())
	})
}

// numberOf is validation.IntInSlice.
func numberOf(path string, allowed ...int) check {
	return each(path, func(v cty.Value) string {
		for _, n := range allowed {
			if v.RawEquals(cty.NumberIntVal(int64(n))) {
				return ""
			}
		}
		return fmt.Sprintf("expected %s to be one of %v, got %s", last(path), allowed, v.AsBigFloat().Text('f', -1))
	})
}

// between is validation.IntBetween; both ends belong to it.
func between(path string, low, high int) check {
	return each(path, func(v cty.Value) string {
		if inRange(v, low, high) {
			return ""
		}
		return fmt.Sprintf("expected %s to be in the range (%d - %d), got %s", last(path), low, high, v.AsBigFloat().Text('f', -1))
	})
}

// zeroOrBetween is validation.Any(IntBetween, IntInSlice{0}).
func zeroOrBetween(path string, low, high int) check {
	return each(path, func(v cty.Value) string {
		if inRange(v, low, high) || inRange(v, 0, 0) {
			return ""
		}
		return fmt.Sprintf("expected %s to be 0 or in the range (%d - %d), got %s", last(path), low, high, v.AsBigFloat().Text('f', -1))
	})
}

func inRange(v cty.Value, low, high int) bool {
	n, accuracy := v.AsBigFloat().Int64()
	return accuracy == 0 && n >= int64(low) && n <= int64(high)
}

// length is validation.StringLenBetween, in characters.
func length(path string, low, high int) check {
	return each(path, func(v cty.Value) string {
		if n := utf8.RuneCountInString(v.AsString()); n < low || n > high {
			return fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s", last(path), low, high, v.AsString())
		}
		return ""
	})
}

// matches is validation.StringMatch; what says in words what the pattern says.
func matches(path string, pattern *regexp.Regexp, what string) check {
	return each(path, func(v cty.Value) string {
		if pattern.MatchString(v.AsString()) {
			return ""
		}
		return fmt.Sprintf("invalid value for %s (%s): got %q", last(path), what, v.AsString())
	})
}

// without is validation.StringDoesNotMatch.
func without(path string, pattern *regexp.Regexp, what string) check {
	return each(path, func(v cty.Value) string {
		if !pattern.MatchString(v.AsString()) {
			return ""
		}
		return fmt.Sprintf("invalid value for %s (%s): got %q", last(path), what, v.AsString())
	})
}

var (
	arnPattern      = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:([a-z]{2}(-[a-z]+)+-\d{1})?:(aws|aws-managed|\d{12})?:.+`)
	accountIDNumber = regexp.MustCompile(`^\d{12}$`)
)

// isARN is verify.ValidARN; "" passes.
func isARN(path string) check {
	return each(path, func(v cty.Value) string {
		if s := v.AsString(); s == "" || arnPattern.MatchString(s) {
			return ""
		}
		return fmt.Sprintf("%q (%s) is an invalid ARN: arn:<partition>:<service>:<region>:<account>:<resource> is expected", last(path), v.AsString())
	})
}

// isCIDR is verify.ValidIPv4CIDRNetworkAddress: a network, without host bits.
func isCIDR(path string) check {
	return each(path, func(v cty.Value) string {
		prefix, err := netip.ParsePrefix(v.AsString())
		switch {
		case err != nil || !prefix.Addr().Is4():
			return fmt.Sprintf("%q is not a valid IPv4 CIDR block: %s", v.AsString(), last(path))
		case prefix.Masked() != prefix:
			return fmt.Sprintf("%q is not a valid IPv4 CIDR block; did you mean %q?", v.AsString(), prefix.Masked())
		default:
			return ""
		}
	})
}

// cidrSize bounds the length of a CIDR block's mask, in bits.
func cidrSize(path string, low, high int) check {
	return each(path, func(v cty.Value) string {
		prefix, err := netip.ParsePrefix(v.AsString())
		if err != nil || prefix.Bits() >= low && prefix.Bits() <= high {
			return ""
		}
		return fmt.Sprintf("expected %q to contain a network Value with between %d and %d significant bits, got: %d", last(path), low, high, prefix.Bits())
	})
}

// isJSON is validation.StringIsJSON; "" passes.
func isJSON(path string) check {
	return each(path, func(v cty.Value) string {
		if s := v.AsString(); s == "" || json.Valid([]byte(s)) {
			return ""
		}
		return fmt.Sprintf("%q contains an invalid JSON", last(path))
	})
}

// atMost is MaxItems, which the published schema can't say of a set of strings.
func atMost(name string, most int) check {
	return func(config cty.Value, f *faults) {
		if v := config.GetAttr(name); v.IsKnown() && !v.IsNull() && v.LengthInt() > most {
			f.add(cty.GetAttrPath(name), "Too many list items", fmt.Sprintf("Attribute %s supports %d item maximum, but config has %d declared.", name, most, v.LengthInt()))
		}
	}
}

// conflicts is ConflictsWith.
func conflicts(name string, others ...string) check {
	return func(config cty.Value, f *faults) {
		if !isSet(config, name) {
			return
		}
		for _, other := range others {
			if isSet(config, other) && config.GetAttr(other).IsKnown() {
				f.add(cty.GetAttrPath(name), "Conflicting configuration arguments", fmt.Sprintf("%q: conflicts with %s", name, other))
			}
		}
	}
}

// exactlyOne is ExactlyOneOf. What isn't known yet may turn out to be set.
func exactlyOne(names ...string) check {
	return func(config cty.Value, f *faults) {
		var given []string
		unknown := 0
		for _, name := range names {
			switch {
			case !isSet(config, name):
			case !config.GetAttr(name).IsKnown():
				unknown++
			default:
				given = append(given, name)
			}
		}
		if len(given) == 0 && unknown == 0 {
			f.add(nil, "Invalid combination of arguments", fmt.Sprintf("one of `%s` must be specified", strings.Join(names, ",")))
		}
		if len(given) > 1 {
			f.add(cty.GetAttrPath(given[0]), "Invalid combination of arguments", fmt.Sprintf("only one of `%s` can be specified, but `%s` were specified.", strings.Join(names, ","), strings.Join(given, ",")))
		}
	}
}

// together is RequiredWith: if name is given, so must be the others.
func together(name string, others ...string) check {
	return func(config cty.Value, f *faults) {
		if !isSet(config, name) {
			return
		}
		for _, other := range others {
			if !isSet(config, other) {
				all := append([]string{name}, others...)
				f.add(cty.GetAttrPath(name), "Missing required argument", fmt.Sprintf("%q: all of `%s` must be specified", name, strings.Join(all, ",")))
				return
			}
		}
	}
}
