package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pgdr/pgdr/twin/lambda/principal"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

const (
	typePermission = "aws_lambda_permission"
	actionInvoke   = "lambda:InvokeFunction"
)

// Caller is a service that invokes a function.
type Caller struct {
	// Service is its principal, for example "sns.amazonaws.com".
	Service string
	// SourceARN is what it does so for: a topic, a rule.
	SourceARN string
}

// Send is Queue for a service: the function's own policy, made of its
// permissions, must let it. Otherwise the error wraps ErrNotPermitted.
func (m *Manager) Send(from Caller, arn string, payload []byte) error {
	if _, err := m.find(arn); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	err := m.o.Cloud.View(func(tx *sim.Tx) error {
		doc, err := policyOf(tx, arn)
		if err != nil {
			return err
		}
		verdict := principal.Evaluate(doc, from.Service, actionInvoke, arn, policy.Context{
			"aws:sourcearn": {from.SourceARN}, "aws:sourceaccount": {tx.Account()}, "aws:securetransport": {"true"},
		})
		if verdict.Effect != policy.Allow {
			return fmt.Errorf("%s for %s: the function's policy has no statement that allows it: %w", from.Service, from.SourceARN, ErrNotPermitted)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("send an event to %s: %w", arn, err)
	}
	return m.Queue(arn, payload)
}

// statement is one permission in the function's policy, in the form of
// Lambda's GetPolicy.
type statement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// policyOf is a function's policy: all its permissions. A permission for one
// version or alias does not speak of the function as such.
func policyOf(tx *sim.Tx, arn string) (policy.Document, error) {
	at, _ := sim.ParseARN(arn)
	statements := []statement{}
	for _, r := range tx.List(typePermission, at.Region) {
		a := r.Attrs
		if nameOf(a.Str("function_name")) != nameOf(arn) || a.Has("qualifier") {
			continue
		}
		if a.Has("principal_org_id") || a.Has("event_source_token") || a.Has("function_url_auth_type") {
			return policy.Document{}, fmt.Errorf("permission %s: conditions on an organization, a token or a function's URL: %w", r.ID, errors.Join(ErrNotPermitted, ErrUnsupported))
		}
		s := statement{Sid: r.ID, Effect: "Allow", Principal: principalOf(a.Str("principal")), Action: a.Str("action"), Resource: arn, Condition: map[string]map[string]string{}}
		if source := a.Str("source_arn"); source != "" {
			s.Condition["ArnLike"] = map[string]string{"AWS:SourceArn": source}
		}
		if account := a.Str("source_account"); account != "" {
			s.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": account}
		}
		statements = append(statements, s)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return policy.Document{}, fmt.Errorf("write the policy of %s: %w", arn, err)
	}
	doc, err := policy.Parse("function policy", string(text))
	if err != nil {
		return doc, fmt.Errorf("policy of %s: %w: %w", arn, ErrNotPermitted, err)
	}
	return doc, nil
}

// principalOf is a permission's principal as policies write it.
func principalOf(text string) map[string]string {
	if isService(text) {
		return map[string]string{"Service": text}
	}
	return map[string]string{"AWS": text}
}

// isService tells a service from an account, a role and everybody.
func isService(text string) bool { return strings.HasSuffix(text, ".amazonaws.com") }
