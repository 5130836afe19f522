package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// authorize checks whether the caller's own policies, as they stand in the
// account, allow an action of the call's service on a resource ("*" for an
// action that has none).
func (c *call) authorize(tx *sim.Tx, action, resource string, more policy.Context) error {
	docs, err := rolePolicies(tx, c.caller.Role)
	if err != nil {
		return err
	}
	r := c.request(action, resource, more)
	return c.judge(policy.Identity(docs, r), r)
}

func (c *call) request(action, resource string, more policy.Context) policy.Request {
	ctx := policy.Context{
		"aws:requestedregion":  {c.region},
		"aws:securetransport":  {strconv.FormatBool(c.options.TLS || c.http.TLS != nil)},
		"aws:principalarn":     {c.caller.Role},
		"aws:principalaccount": {c.cloud.Account()},
	}
	if c.caller.Function != "" {
		ctx["lambda:sourcefunctionarn"] = []string{c.caller.Function}
	}
	for key, values := range more {
		ctx[key] = values
	}
	return policy.Request{Principal: c.caller.Role, Account: c.cloud.Account(), Action: action, Resource: resource, Context: ctx}
}

// judge turns a verdict into nil or the service's refusal.
func (c *call) judge(v policy.Verdict, r policy.Request) error {
	if v.Effect == policy.Allow {
		return nil
	}
	text := deniedText(c.session(), v, r)
	if c.service.name == EC2 {
		text = "You are not authorized to perform this operation. " + text
	}
	return &Error{Code: c.service.denied, Message: text}
}

// deniedText is how AWS words a denial.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func deniedText(caller string, v policy.Verdict, r policy.Request) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", caller, r.Action)
	if r.Resource != "*" {
		text += " on resource: " + r.Resource
	}
	if v.Effect == policy.ExplicitDeny {
		return text + " with an explicit deny in policy " + strconv.Quote(v.Policy) + ", statement " + strconv.Quote(v.Sid)
	}
	return text + " because no identity-based policy allows the " + r.Action + " action"
}

// session is the ARN of the caller's session of its role.
func (c *call) session() string {
	role, _ := sim.ParseARN(c.caller.Role)
	name := role.Resource[strings.LastIndex(role.Resource, "/")+1:]
	session := c.caller.Session
	if session == "" {
		session = "session"
	}
	return sim.ARN{Partition: role.Partition, Service: "sts", Account: role.Account, Resource: "assumed-role/" + name + "/" + session}.String()
}

// rolePolicies reads all policies that a role carries.
func rolePolicies(tx *sim.Tx, roleARN string) ([]policy.Document, error) {
	role := tx.FindBy("aws_iam_role", sim.Global, "arn", roleARN)
	switch {
	case role == nil:
		return nil, refuse("InvalidClientTokenId", "The security token included in the request is invalid: the account has no role %s", roleARN)
	case role.Attrs.Has("permissions_boundary"):
		return nil, refuse(codeUnsupported, "the simulator does not know permissions boundaries: role %s has one", roleARN)
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
	return iam.ManagedPolicy(arn)
}
