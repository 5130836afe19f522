package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

func iamService() *service {
	return &service{
		name: IAM, prefix: "iam", signing: "iam", global: true, denied: "AccessDenied",
		protocol:   queryProtocol{namespace: "https://iam.amazonaws.com/doc/2010-05-08/", version: "2010-05-08"},
		throttled:  Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:     Error{Code: "ServiceFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){"SimulatePrincipalPolicy": simulatePolicy},
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
func simulatePolicy(c *call) (any, error) {
	if err := c.only("PolicySourceArn", "ActionNames.", "ResourceArns.", "ContextEntries.", "MaxItems"); err != nil {
		return nil, err
	}
	source, err := c.need("PolicySourceArn")
	if err != nil {
		return nil, err
	}
	actions, resources := c.members("ActionNames.member"), c.members("ResourceArns.member")
	if len(actions) == 0 {
		return nil, refuse("ValidationError", "1 validation error detected: Value at 'actionNames' failed to satisfy constraint: Member must not be null")
	}
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var out simulationResult
	err = c.view(func(tx *sim.Tx) error {
		if err := c.authorize(tx, "iam:SimulatePrincipalPolicy", source, nil); err != nil {
			return err
		}
		if tx.FindBy("aws_iam_role", sim.Global, "arn", source) == nil {
			return refuse("NoSuchEntity", "The principal %s cannot be found.", source)
		}
		docs, err := rolePolicies(tx, source)
		if err != nil {
			return err
		}
		ctx := c.contextEntries()
		for _, action := range actions {
			for _, resource := range resources {
				out.EvaluationResults = append(out.EvaluationResults,
					simulated(docs, policy.Request{Principal: source, Account: c.cloud.Account(), Action: action, Resource: resource, Context: ctx}))
			}
		}
		return nil
	})
	return out, err
}

// contextEntries reads the condition keys that the call gives.
func (c *call) contextEntries() policy.Context {
	ctx := policy.Context{}
	for i := 1; c.has(fmt.Sprintf("ContextEntries.member.%d", i)); i++ {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i)
		ctx[strings.ToLower(c.text(entry+"ContextKeyName"))] = c.members(entry + "ContextKeyValues.member")
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
