// Package principal evaluates the policies of resources for callers that are
// services of AWS, such as cloudwatch.amazonaws.com: they have no identity
// policies, so the resource's policy alone decides.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
package principal

import (
	"slices"

	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// Evaluate says what a resource's policy has for a service that asks for an
// action. Statements speak to it where they name it as a service, or everybody
// ("*"); one that names an account or a role does not.
func Evaluate(doc policy.Document, service, action, resource string, ctx policy.Context) policy.Verdict {
	asked := policy.Document{Name: doc.Name, Statements: slices.Clone(doc.Statements)}
	for i, s := range asked.Statements {
		var speaksTo []string
		if slices.Contains(s.Principals["AWS"], "*") {
			speaksTo = append(speaksTo, "*")
		}
		if slices.Contains(s.Principals["Service"], service) {
			speaksTo = append(speaksTo, service)
		}
		asked.Statements[i].Principals = map[string][]string{"AWS": speaksTo}
	}
	return policy.Resource(asked, policy.Request{Principal: service, Action: action, Resource: resource, Context: ctx})
}
