package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// Authorize checks whether the caller's own policies, as they stand in the
// account, allow an action of the call's service on a resource ("*" for an
// action that has none).
func (c *Call) Authorize(tx *sim.Tx, action, resource string, more policy.Context) error {
	docs, err := RolePolicies(tx, c.Caller.Role)
	if err != nil {
		return err
	}
	r := c.Request(action, resource, more)
	return c.Judge(policy.Identity(docs, r), r)
}

// Request is what policies are asked: the caller's action on a resource, with the
// call's context keys and more, whose values win.
func (c *Call) Request(action, resource string, more policy.Context) policy.Request {
	ctx := policy.Context{
		"aws:requestedregion":  {c.Region},
		"aws:securetransport":  {strconv.FormatBool(c.Options.TLS || c.http.TLS != nil)},
		"aws:principalarn":     {c.Caller.Role},
		"aws:principalaccount": {c.Cloud.Account()},
	}
	if c.Caller.Function != "" {
		ctx["lambda:sourcefunctionarn"] = []string{c.Caller.Function}
	}
	for key, values := range more {
		ctx[key] = values
	}
	return policy.Request{Principal: c.Caller.Role, Account: c.Cloud.Account(), Action: action, Resource: resource, Context: ctx}
}

// Judge turns a verdict into nil or the service's refusal.
func (c *Call) Judge(v policy.Verdict, r policy.Request) error {
	if v.Effect == policy.Allow {
		return nil
	}
	return &Error{Code: c.Service.Denied, Message: c.Service.Denial + DeniedText(c.Session(), v, r)}
}

// DeniedText is how AWS words a denial.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func DeniedText(caller string, v policy.Verdict, r policy.Request) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", caller, r.Action)
	if r.Resource != "*" {
		text += " on resource: " + r.Resource
	}
	if v.Effect == policy.ExplicitDeny {
		return text + " with an explicit deny in policy " + strconv.Quote(v.Policy) + ", statement " + strconv.Quote(v.Sid)
	}
	return text + " because no identity-based policy allows the " + r.Action + " action"
}

// Session is the ARN of the caller's session of its role.
func (c *Call) Session() string {
	role, _ := sim.ParseARN(c.Caller.Role)
	name := role.Resource[strings.LastIndex(role.Resource, "/")+1:]
	session := c.Caller.Session
	if session == "" {
		session = "session"
	}
	return sim.ARN{Partition: role.Partition, Service: "sts", Account: role.Account, Resource: "assumed-role/" + name + "/" + session}.String()
}

// RolePolicies reads all policies that a role carries.
func RolePolicies(tx *sim.Tx, roleARN string) ([]policy.Document, error) {
	role := tx.FindBy("aws_iam_role", sim.Global, "arn", roleARN)
	switch {
	case role == nil:
		return nil, Refuse("InvalidClientTokenId", "The security token included in the request is invalid: the account has no role %s", roleARN)
	case role.Attrs.Has("permissions_boundary"):
		return nil, Refuse(CodeUnsupported, "the simulator does not know permissions boundaries: role %s has one", roleARN)
	}
	texts := map[string]string{}
	var order []string
	add := func(name, text string) {
		texts[name] = text
		order = append(order, name)
	}
	for _, inline := range role.Attrs.Blocks("inline_policy") {
		add(inline.Str("name"), inline.Str("policy"))
	}
	for _, r := range tx.List("aws_iam_role_policy", sim.Global) {
		if r.Attrs.Str("role") == role.ID {
			add(r.Attrs.Str("name"), r.Attrs.Str("policy"))
		}
	}
	for _, r := range tx.List("aws_iam_role_policy_attachment", sim.Global) {
		if r.Attrs.Str("role") == role.ID {
			add(r.Attrs.Str("policy_arn"), managedText(tx, r.Attrs.Str("policy_arn")))
		}
	}
	docs := make([]policy.Document, 0, len(order))
	for _, name := range order {
		d, err := policy.Parse(name, texts[name])
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", roleARN, err)
		}
		docs = append(docs, d)
	}
	return docs, nil
}

func managedText(tx *sim.Tx, arn string) string {
	if p := tx.Get("aws_iam_policy", sim.Global, arn); p != nil {
		return p.Attrs.Str("policy")
	}
	return policy.Managed(arn)
}
