package iam

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.IAM, Prefix: "iam", Signing: "iam", Global: true, Denied: "AccessDenied",
		Protocol:   api.QueryProtocol{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"},
		Throttled:  api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:     api.Error{Code: "ServiceFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){"SimulatePrincipalPolicy": simulatePolicy},
	}
}

type simulationXML struct {
	EvalActionName       string
	EvalResourceName     string
	EvalDecision         string
	MatchedStatements    []matchedXML `xml:"MatchedStatements>member"`
	MissingContextValues []string     `xml:"MissingContextValues>member"`
}

type matchedXML struct {
	SourcePolicyID   string `xml:"SourcePolicyId"`
	SourcePolicyType string
}

type simulationResult struct {
	EvaluationResults []simulationXML `xml:"EvaluationResults>member"`
	IsTruncated       bool
}

// simulatePolicy evaluates the policies of a role alone, as IAM does: not those
// of the resources, and with no more context than the call gives.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func simulatePolicy(c *api.Call) (any, error) {
	if err := c.Only("PolicySourceArn", "ActionNames.", "ResourceArns.", "ContextEntries.", "MaxItems"); err != nil {
		return nil, err
	}
	source, err := c.Need("PolicySourceArn")
	if err != nil {
		return nil, err
	}
	actions, resources := c.Members("ActionNames.member"), c.Members("ResourceArns.member")
	if len(actions) == 0 {
		return nil, api.Refuse("ValidationError", "1 validation error detected: Value at 'actionNames' failed to satisfy constraint: Member must not be null")
	}
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var out simulationResult
	err = c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "iam:SimulatePrincipalPolicy", source, nil); err != nil {
			return err
		}
		if tx.FindBy("aws_iam_role", sim.Global, "arn", source) == nil {
			return api.Refuse("NoSuchEntity", "The principal %s cannot be found.", source)
		}
		docs, err := api.RolePolicies(tx, source)
		if err != nil {
			return err
		}
		ctx := contextEntries(c)
		for _, action := range actions {
			for _, resource := range resources {
				out.EvaluationResults = append(out.EvaluationResults,
					simulated(docs, policy.Request{Principal: source, Account: c.Cloud.Account(), Action: action, Resource: resource, Context: ctx}))
			}
		}
		return nil
	})
	return out, err
}

// contextEntries reads the condition keys that the call gives.
func contextEntries(c *api.Call) policy.Context {
	ctx := policy.Context{}
	for i := 1; c.Has(fmt.Sprintf("ContextEntries.member.%d", i)); i++ {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i)
		ctx[strings.ToLower(c.Text(entry+"ContextKeyName"))] = c.Members(entry + "ContextKeyValues.member")
	}
	return ctx
}

func simulated(docs []policy.Document, r policy.Request) simulationXML {
	v := policy.Identity(docs, r)
	out := simulationXML{EvalActionName: r.Action, EvalResourceName: r.Resource, EvalDecision: v.Effect.String(), MissingContextValues: policy.Missing(docs, r)}
	if v.Policy != "" {
		out.MatchedStatements = []matchedXML{{v.Policy, "IAM Policy"}}
	}
	return out
}
