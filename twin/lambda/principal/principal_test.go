package principal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/principal"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

func TestEvaluate_LetsInTheServiceThatIsNamed(t *testing.T) {
	const topic = "arn:aws:sns:eu-west-1:123456789012:alarms"
	ctx := policy.Context{"aws:sourceaccount": {"123456789012"}}
	for name, c := range map[string]struct {
		statements string
		want       policy.Effect
	}{
		"named":            {`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topic + `"}`, policy.Allow},
		"one of several":   {`{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com","cloudwatch.amazonaws.com"]},"Action":"sns:*","Resource":"*"}`, policy.Allow},
		"everybody":        {`{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}`, policy.Allow},
		"another service":  {`{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}`, policy.ImplicitDeny},
		"the account":      {`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sns:Publish","Resource":"*"}`, policy.ImplicitDeny},
		"a role":           {`{"Effect":"Allow","Principal":{"AWS":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}`, policy.ImplicitDeny},
		"another action":   {`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Subscribe","Resource":"*"}`, policy.ImplicitDeny},
		"another resource": {`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topic + `2"}`, policy.ImplicitDeny},
		"condition holds":  {`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}`, policy.Allow},
		"condition fails":  {`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"210987654321"}}}`, policy.ImplicitDeny},
		"denied to all": {
			`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*"}`,
			policy.ExplicitDeny,
		},
	} {
		doc, err := policy.Parse(name, `{"Statement":[`+c.statements+`]}`)
		require.NoError(t, err)
		require.Equal(t, c.want, principal.Evaluate(doc, "cloudwatch.amazonaws.com", "sns:Publish", topic, ctx).Effect, name)
	}
}
