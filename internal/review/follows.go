package review

import "slices"

// folding are the policies whose findings about a resource that is not itself
// replaced may do no more than repeat that another one is: its address, its
// endpoint and its ids are known after the apply only.
var folding = []string{"dns-switch", "guard-permission", "guard-policy", "iam-broadened", "path-lost", "unjudged"}

// follow notes, on each finding for a human that only tells what a replacement
// brings with it, what is replaced. The finding stays, and so does its severity.
func follow(findings []Finding, doc *Document) {
	index := byPlace(doc)
	for i := range findings {
		f := &findings[i]
		f.Follows = ""
		r := index[place(f.Stack, f.Address)]
		if f.Severity != Human || r == nil || !slices.Contains(folding, f.Policy) || !onlyAwaits(r) {
			continue
		}
		if cause := replacedBehind(r, index, map[string]bool{}); cause != nil {
			f.Follows = cause.Name
		}
	}
}

func place(stack, address string) string { return stack + " " + withoutKeys(address) }

// onlyAwaits says that nothing is known to change on a resource: each of its
// changed attributes is as before, but for what is known after the apply only.
func onlyAwaits(r *Resource) bool {
	if r.Action != ActionUpdate {
		return false
	}
	for _, name := range r.Changed {
		if !awaits(r.Before[name], r.After[name], r.Unknown[name]) {
			return false
		}
	}
	return len(r.Changed) > 0
}

func awaits(before, after, unknown any) bool {
	switch unknown := unknown.(type) {
	case bool:
		return unknown || equal(before, after)
	case map[string]any:
		b, a := object(before), object(after)
		if b == nil || a == nil {
			return false
		}
		for key := range keysOf(b, a, unknown) {
			if !awaits(b[key], a[key], unknown[key]) {
				return false
			}
		}
		return true
	case []any:
		b, _ := before.([]any)
		a, _ := after.([]any)
		if len(b) != len(a) || len(unknown) > len(a) {
			return false
		}
		for i := range a {
			var inner any
			if i < len(unknown) {
				inner = unknown[i]
			}
			if !awaits(b[i], a[i], inner) {
				return false
			}
		}
		return true
	default:
		return equal(before, after)
	}
}

// replacedBehind is a resource that is replaced and that the configuration
// refers to, itself or through others of the same stack; nil if there is none.
func replacedBehind(r *Resource, index map[string]*Resource, seen map[string]bool) *Resource {
	here := place(r.Stack, r.Address)
	if seen[here] {
		return nil
	}
	seen[here] = true
	for _, references := range r.References {
		for _, reference := range references {
			other := index[place(r.Stack, reference)]
			switch {
			case other == nil:
			case other.Action == ActionReplace:
				return other
			default:
				if cause := replacedBehind(other, index, seen); cause != nil {
					return cause
				}
			}
		}
	}
	return nil
}
