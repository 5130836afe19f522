package tf

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

// Check looks at a configuration that may hold unknown values, which it lets
// pass: Terraform checks again when they are known.
type Check func(config cty.Value, f *Faults)

// Place is a value and where it stands.
type Place struct {
	Value cty.Value
	Path  cty.Path
}

// Find lists what stands at a dotted path, through lists, sets and blocks.
// What isn't set or isn't known is left out.
func Find(v cty.Value, path string) []Place {
	return findAt(Place{Value: v}, strings.Split(path, "."))
}

func findAt(p Place, names []string) []Place {
	if p.Value.IsNull() || !p.Value.IsKnown() {
		return nil
	}
	t := p.Value.Type()
	if t.IsListType() || t.IsSetType() {
		var out []Place
		for it := p.Value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			step := append(slices.Clone(p.Path), cty.IndexStep{Key: key})
			out = append(out, findAt(Place{element, step}, names)...)
		}
		return out
	}
	if len(names) == 0 {
		return []Place{p}
	}
	step := append(slices.Clone(p.Path), cty.GetAttrStep{Name: names[0]})
	return findAt(Place{p.Value.GetAttr(names[0]), step}, names[1:])
}

// IsSet tells whether an argument is given, known or not. A block is given
// when there is at least one.
func IsSet(config cty.Value, name string) bool {
	v := config.GetAttr(name)
	if v.IsNull() {
		return false
	}
	t := v.Type()
	isBlocks := (t.IsListType() || t.IsSetType()) && t.ElementType().IsObjectType()
	return !isBlocks || !v.IsKnown() || v.LengthInt() > 0
}

// Each runs a test on every value at a path; the test gives the sentence that
// says what is wrong, or "".
func Each(path string, test func(v cty.Value) string) Check {
	return func(config cty.Value, f *Faults) {
		for _, p := range Find(config, path) {
			if fault := test(p.Value); fault != "" {
				f.Addf(p.Path, "%s", fault)
			}
		}
	}
}

func last(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// OneOf is validation.StringInSlice.
func OneOf(path string, allowed ...string) Check {
	return Each(path, func(v cty.Value) string {
		if slices.Contains(allowed, v.AsString()) {
			return ""
		}
		return fmt.Sprintf("expected %s to be one of %q, got %s", last(path), allowed, v.AsString())
	})
}

// NumberOf is validation.IntInSlice.
func NumberOf(path string, allowed ...int) Check {
	return Each(path, func(v cty.Value) string {
		for _, n := range allowed {
			if v.RawEquals(cty.NumberIntVal(int64(n))) {
				return ""
			}
		}
		return fmt.Sprintf("expected %s to be one of %v, got %s", last(path), allowed, v.AsBigFloat().Text('f', -1))
	})
}

// Between is validation.IntBetween; both ends belong to it.
func Between(path string, low, high int) Check {
	return Each(path, func(v cty.Value) string {
		if inRange(v, low, high) {
			return ""
		}
		return fmt.Sprintf("expected %s to be in the range (%d - %d), got %s", last(path), low, high, v.AsBigFloat().Text('f', -1))
	})
}

// ZeroOrBetween is validation.Any(IntBetween, IntInSlice{0}).
func ZeroOrBetween(path string, low, high int) Check {
	return Each(path, func(v cty.Value) string {
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

// Length is validation.StringLenBetween, in characters.
func Length(path string, low, high int) Check {
	return Each(path, func(v cty.Value) string {
		if n := utf8.RuneCountInString(v.AsString()); n < low || n > high {
			return fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %s", last(path), low, high, v.AsString())
		}
		return ""
	})
}

// Matches is validation.StringMatch; what says in words what the pattern says.
func Matches(path string, pattern *regexp.Regexp, what string) Check {
	return Each(path, func(v cty.Value) string {
		if pattern.MatchString(v.AsString()) {
			return ""
		}
		return fmt.Sprintf("invalid value for %s (%s): got %q", last(path), what, v.AsString())
	})
}

// Without is validation.StringDoesNotMatch.
func Without(path string, pattern *regexp.Regexp, what string) Check {
	return Each(path, func(v cty.Value) string {
		if !pattern.MatchString(v.AsString()) {
			return ""
		}
		return fmt.Sprintf("invalid value for %s (%s): got %q", last(path), what, v.AsString())
	})
}

var (
	arnPattern = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:([a-z]{2}(-[a-z]+)+-\d{1})?:(aws|aws-managed|\d{12})?:.+`)
	// AccountIDNumber matches an account id: 12 digits.
	AccountIDNumber = regexp.MustCompile(`^\d{12}$`)
)

// IsARN is verify.ValidARN; "" passes.
func IsARN(path string) Check {
	return Each(path, func(v cty.Value) string {
		if s := v.AsString(); s == "" || arnPattern.MatchString(s) {
			return ""
		}
		return fmt.Sprintf("%q (%s) is an invalid ARN: arn:<partition>:<service>:<region>:<account>:<resource> is expected", last(path), v.AsString())
	})
}

// IsCIDR is verify.ValidIPv4CIDRNetworkAddress: a network, without host bits.
func IsCIDR(path string) Check {
	return Each(path, func(v cty.Value) string {
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

// CIDRSize bounds the length of a CIDR block's mask, in bits.
func CIDRSize(path string, low, high int) Check {
	return Each(path, func(v cty.Value) string {
		prefix, err := netip.ParsePrefix(v.AsString())
		if err != nil || prefix.Bits() >= low && prefix.Bits() <= high {
			return ""
		}
		return fmt.Sprintf("expected %q to contain a network Value with between %d and %d significant bits, got: %d", last(path), low, high, prefix.Bits())
	})
}

// IsJSON is validation.StringIsJSON; "" passes.
func IsJSON(path string) Check {
	return Each(path, func(v cty.Value) string {
		if s := v.AsString(); s == "" || json.Valid([]byte(s)) {
			return ""
		}
		return fmt.Sprintf("%q contains an invalid JSON", last(path))
	})
}

// AtMost is MaxItems, which the published schema can't say of a set of strings.
func AtMost(name string, most int) Check {
	return func(config cty.Value, f *Faults) {
		if v := config.GetAttr(name); v.IsKnown() && !v.IsNull() && v.LengthInt() > most {
			f.Add(cty.GetAttrPath(name), "Too many list items", fmt.Sprintf("Attribute %s supports %d item maximum, but config has %d declared.", name, most, v.LengthInt()))
		}
	}
}

// Conflicts is ConflictsWith.
func Conflicts(name string, others ...string) Check {
	return func(config cty.Value, f *Faults) {
		if !IsSet(config, name) {
			return
		}
		for _, other := range others {
			if IsSet(config, other) && config.GetAttr(other).IsKnown() {
				f.Add(cty.GetAttrPath(name), "Conflicting configuration arguments", fmt.Sprintf("%q: conflicts with %s", name, other))
			}
		}
	}
}

// ExactlyOne is ExactlyOneOf. What isn't known yet may turn out to be set.
func ExactlyOne(names ...string) Check {
	return func(config cty.Value, f *Faults) {
		var given []string
		unknown := 0
		for _, name := range names {
			switch {
			case !IsSet(config, name):
			case !config.GetAttr(name).IsKnown():
				unknown++
			default:
				given = append(given, name)
			}
		}
		if len(given) == 0 && unknown == 0 {
			f.Add(nil, "Invalid combination of arguments", fmt.Sprintf("one of `%s` must be specified", strings.Join(names, ",")))
		}
		if len(given) > 1 {
			f.Add(cty.GetAttrPath(given[0]), "Invalid combination of arguments", fmt.Sprintf("only one of `%s` can be specified, but `%s` were specified.", strings.Join(names, ","), strings.Join(given, ",")))
		}
	}
}

// Together is RequiredWith: if name is given, so must be the others.
func Together(name string, others ...string) Check {
	return func(config cty.Value, f *Faults) {
		if !IsSet(config, name) {
			return
		}
		for _, other := range others {
			if !IsSet(config, other) {
				all := append([]string{name}, others...)
				f.Add(cty.GetAttrPath(name), "Missing required argument", fmt.Sprintf("%q: all of `%s` must be specified", name, strings.Join(all, ",")))
				return
			}
		}
	}
}

var messagingName = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// NameWithSuffix checks the name of a topic or queue: letters, digits, - and _;
// a FIFO one's name ends in .fifo.
func NameWithSuffix(config cty.Value, f *Faults, fifo string, most int) {
	flag := config.GetAttr(fifo)
	if !flag.IsKnown() {
		return
	}
	for _, p := range Find(config, "name") {
		name := p.Value.AsString()
		base := name
		if !flag.IsNull() && flag.True() {
			cut, ok := cutFIFO(name)
			if !ok {
				f.Addf(p.Path, "invalid name: %s: must end in .fifo when %s is true", name, fifo)
				continue
			}
			base = cut
		}
		if !messagingName.MatchString(base) || len(name) > most {
			f.Addf(p.Path, "invalid name: %s: only letters, digits, hyphens and underscores, up to %d characters", name, most)
		}
	}
}

func cutFIFO(name string) (string, bool) {
	const suffix = ".fifo"
	if len(name) <= len(suffix) || name[len(name)-len(suffix):] != suffix {
		return "", false
	}
	return name[:len(name)-len(suffix)], true
}
