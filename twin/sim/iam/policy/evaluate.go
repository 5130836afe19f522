package policy

import (
	"slices"
	"strings"
)

// Request is one action on one resource by one principal.
type Request struct {
	// Principal is the ARN of a role.
	Principal string
	// Account of the principal, 12 digits.
	Account string
	// Action as policies name it, for example "rds:PromoteReadReplica".
	Action string
	// Resource is an ARN, or "*" for an action without resources.
	Resource string
	Context  Context
}

// Effect is what policies say to a request.
type Effect int

// Effects, the weakest first.
const (
	// ImplicitDeny: nothing allows it.
	ImplicitDeny Effect = iota
	// Allow: a statement allows it and none denies it.
	Allow
	// ExplicitDeny: a statement denies it, whatever else there is.
	ExplicitDeny
)

// String is the effect in the words of IAM's policy simulator.
func (e Effect) String() string { return [...]string{"implicitDeny", "allowed", "explicitDeny"}[e] }

// Verdict is an effect and the statement that brought it.
type Verdict struct {
	Effect Effect
	// Policy and Sid of the statement; empty for ImplicitDeny.
	Policy, Sid string
	// Delegated: the policy of a resource leaves the decision to the account's
	// identity policies. Set by [Resource] only.
	Delegated bool
}

// Identity evaluates the policies that the principal itself carries.
func Identity(docs []Document, r Request) Verdict {
	return evaluate(docs, func(s Statement) bool { return s.covers(r) })
}

// Resource evaluates the policy of a resource. An Allow to the whole account
// ("arn:aws:iam::…:root") does not let the principal in by itself: it only
// lets the account's own policies decide, which Delegated tells.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func Resource(doc Document, r Request) Verdict {
	docs := []Document{doc}
	v := evaluate(docs, func(s Statement) bool {
		return s.covers(r) && (s.names(r.Principal) || !s.Allow && s.namesAccount(r.Account))
	})
	v.Delegated = slices.ContainsFunc(doc.Statements, func(s Statement) bool {
		return s.Allow && s.covers(r) && s.namesAccount(r.Account)
	})
	return v
}

func evaluate(docs []Document, applies func(Statement) bool) Verdict {
	var v Verdict
	for _, d := range docs {
		for _, s := range d.Statements {
			if !applies(s) {
				continue
			}
			if !s.Allow {
				return Verdict{Effect: ExplicitDeny, Policy: d.Name, Sid: s.Sid}
			}
			if v.Effect == ImplicitDeny {
				v = Verdict{Effect: Allow, Policy: d.Name, Sid: s.Sid}
			}
		}
	}
	return v
}

// covers tells whether the statement speaks of the request, conditions
// included, without its principal.
func (s Statement) covers(r Request) bool {
	return s.speaksOf(r) && !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.holds(r.Context) })
}

// speaksOf tells whether the statement is about the action and the resource.
// Actions are compared without regard to case, resources with it.
func (s Statement) speaksOf(r Request) bool {
	action := func(p string) bool { return Matches(strings.ToLower(p), strings.ToLower(r.Action)) }
	resource := func(p string) bool { return Matches(p, r.Resource) }
	if len(s.Actions) > 0 && !slices.ContainsFunc(s.Actions, action) || slices.ContainsFunc(s.NotActions, action) {
		return false
	}
	// The policy of some resources names none: it is about that resource.
	return len(s.Resources) == 0 && !slices.ContainsFunc(s.NotResources, resource) || slices.ContainsFunc(s.Resources, resource)
}

func (s Statement) names(principal string) bool {
	return slices.Contains(s.Principals["AWS"], "*") || slices.Contains(s.Principals["AWS"], principal)
}

func (s Statement) namesAccount(account string) bool {
	return slices.Contains(s.Principals["AWS"], account) || slices.Contains(s.Principals["AWS"], "arn:aws:iam::"+account+":root")
}

// Missing returns the condition keys, in lower case and sorted, that
// statements about the request ask for and that it does not have.
func Missing(docs []Document, r Request) []string {
	var out []string
	for _, d := range docs {
		for _, s := range d.Statements {
			if !s.speaksOf(r) {
				continue
			}
			for _, c := range s.Conditions {
				if len(r.Context[c.key]) == 0 {
					out = append(out, c.key)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
