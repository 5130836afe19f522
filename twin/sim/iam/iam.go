package iam

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// service is its name in the SDK's errors.
const service = "IAM"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_iam_role": {
			Schema:  resource.AwsIamRoleSchema,
			Traits:  iamRoleTraits(),
			Example: `{"name":"guard","assume_role_policy":"{}"}`,
			Service: service, Global: true, CreateOp: "CreateRole", UpdateOp: "UpdateAssumeRolePolicy", DeleteOp: "DeleteRole",
			MissingCode: "NoSuchEntity", MissingText: "The role with name %s cannot be found.",
			Create: createRole, Update: checkRole, Remove: removeRole, Show: showRole,
		},
		"aws_iam_role_policy": {
			Schema:  resource.AwsIamRolePolicySchema,
			Traits:  iamRolePolicyTraits(),
			Example: `{"name":"run","role":"guard","policy":"{}"}`,
			Service: service, Global: true, CreateOp: "PutRolePolicy", UpdateOp: "PutRolePolicy", DeleteOp: "DeleteRolePolicy",
			MissingCode: "NoSuchEntity", MissingText: "The role policy with name %s cannot be found.",
			Create: createRolePolicy, Update: checkRolePolicy,
		},
		"aws_iam_policy": {
			Schema:  resource.AwsIamPolicySchema,
			Traits:  iamPolicyTraits(),
			Example: `{"name":"guard","policy":"{}"}`,
			Service: service, Global: true, CreateOp: "CreatePolicy", UpdateOp: "CreatePolicyVersion", DeleteOp: "DeletePolicy",
			MissingCode: "NoSuchEntity", MissingText: "Policy %s was not found.",
			Create: createPolicy, Update: checkPolicy, Remove: removePolicy, Show: showPolicy,
		},
		"aws_iam_role_policy_attachment": {
			Schema:  resource.AwsIamRolePolicyAttachmentSchema,
			Traits:  iamRolePolicyAttachmentTraits(),
			Example: `{"role":"guard","policy_arn":"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}`,
			Service: service, Global: true, CreateOp: "AttachRolePolicy", UpdateOp: "AttachRolePolicy", DeleteOp: "DetachRolePolicy",
			MissingCode: "NoSuchEntity", MissingText: "Policy attachment %s was not found.",
			Create: createAttachment, ImportID: importAttachment,
		},
	}
}

var entityName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

// Limits of policies, in characters without white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	maxInlinePolicies = 10240
	maxManagedPolicy  = 6144
	maxRoleName       = 64
)

func createRole(c *sim.Call) (string, error) {
	a := c.Attrs
	name := c.Name(maxRoleName)
	if !entityName.MatchString(name) || len(name) > maxRoleName {
		return "", c.Refuse("name", "ValidationError", "1 validation error detected: Value '%s' at 'roleName' failed to satisfy constraint: at most %d characters of [\\w+=,.@-]", name, maxRoleName)
	}
	if c.Find("aws_iam_role", sim.Global, func(o sim.Attrs) bool { return strings.EqualFold(o.Str("name"), name) }) != nil {
		return "", c.Refuse("name", "EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	a.Defaults(sim.Attrs{"path": "/", "max_session_duration": 3600, "force_detach_policies": false, "description": "", "permissions_boundary": ""})
	if err := checkRole(c); err != nil {
		return "", err
	}
	a.Set(sim.Attrs{
		"arn": c.ARN("iam", "", "role%s%s", a.Str("path"), name), "unique_id": "AROA" + c.NewText(sim.UpperBase32, 17), "create_date": c.At.UTC().Format(time.RFC3339),
	})
	return name, nil
}

func checkRole(c *sim.Call) error {
	a := c.Attrs
	if d := a.Int("max_session_duration"); d < 3600 || d > 43200 {
		return c.Refuse("max_session_duration", "ValidationError", "MaxSessionDuration must be between 3600 and 43200, found %d", d)
	}
	doc, problem := sim.ParsePolicy(a.Str("assume_role_policy"))
	if problem != "" {
		return c.Refuse("assume_role_policy", "MalformedPolicyDocument", "%s", problem)
	}
	for _, s := range doc.Statement {
		switch {
		case len(s.Principal) == 0:
			return c.Refuse("assume_role_policy", "MalformedPolicyDocument", "AssumeRole policy must contain a principal")
		case len(s.Resource) > 0:
			return c.Refuse("assume_role_policy", "MalformedPolicyDocument", "Has prohibited field Resource")
		}
		for _, action := range s.Action {
			if !strings.HasPrefix(action, "sts:") {
				return c.Refuse("assume_role_policy", "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
	}
	for _, inline := range a.Blocks("inline_policy") {
		if err := checkPermissions(c, "inline_policy", inline.Str("policy"), maxInlinePolicies); err != nil {
			return err
		}
	}
	return nil
}

// checkPermissions checks a document that gives permissions to who carries it.
func checkPermissions(c *sim.Call, attribute, text string, limit int) error {
	doc, problem := sim.ParsePolicy(text)
	if problem != "" {
		return c.Refuse(attribute, "MalformedPolicyDocument", "%s", problem)
	}
	for _, s := range doc.Statement {
		switch {
		case len(s.Principal) > 0:
			return c.Refuse(attribute, "MalformedPolicyDocument", "Policy document should not specify a principal.")
		case len(s.Resource)+len(s.NotResource) == 0:
			return c.Refuse(attribute, "MalformedPolicyDocument", "Policy statement must contain resources.")
		}
		for _, r := range append(slices.Clone(s.Resource), s.NotResource...) {
			if _, ok := sim.ParseARN(r); !ok && r != "*" {
				return c.Refuse(attribute, "MalformedPolicyDocument", "Resource %s must be in ARN format or \"*\".", r)
			}
		}
	}
	if size := policySize(text); size > limit {
		return c.Refuse(attribute, "LimitExceeded", "Maximum policy size of %d bytes exceeded: %d", limit, size)
	}
	return nil
}

// policySize counts as IAM does: white space is free.
func policySize(text string) int { return len(strings.Join(strings.Fields(text), "")) }

func showRole(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	arns := []string{}
	for _, attached := range attachmentsOf(tx, r.ID) {
		arns = append(arns, attached.Attrs.Str("policy_arn"))
	}
	a.Set(sim.Attrs{"managed_policy_arns": arns})
	return a
}

func attachmentsOf(tx *sim.Tx, role string) []*sim.Resource {
	return slices.DeleteFunc(tx.List("aws_iam_role_policy_attachment", sim.Global), func(r *sim.Resource) bool { return r.Attrs.Str("role") != role })
}

func removeRole(c *sim.Call) error {
	name := c.Resource.ID
	attached := attachmentsOf(c.Tx, name)
	var inline []*sim.Resource
	for _, r := range c.List("aws_iam_role_policy", sim.Global) {
		if r.Attrs.Str("role") == name {
			inline = append(inline, r)
		}
	}
	if c.Attrs.Bool("force_detach_policies") {
		for _, r := range append(attached, inline...) {
			c.Remove(r)
		}
		return nil
	}
	if len(attached) > 0 {
		return c.Refuse("", "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	if len(inline) > 0 {
		return c.Refuse("", "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	return nil
}

func createRolePolicy(c *sim.Call) (string, error) {
	role := c.Attrs.Str("role")
	if _, err := c.Need("role", "aws_iam_role", sim.Global, role); err != nil {
		return "", err
	}
	name := c.Name(128)
	id := role + ":" + name
	if c.Get("aws_iam_role_policy", sim.Global, id) != nil {
		return "", c.Refuse("name", "EntityAlreadyExists", "the simulator refuses a second policy %s of role %s: AWS would silently replace the first", name, role)
	}
	return id, checkRolePolicy(c)
}

func checkRolePolicy(c *sim.Call) error {
	return checkPermissions(c, "policy", c.Attrs.Str("policy"), maxInlinePolicies)
}

func createPolicy(c *sim.Call) (string, error) {
	a := c.Attrs
	name := c.Name(128)
	if !entityName.MatchString(name) {
		return "", c.Refuse("name", "ValidationError", "The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-: %s", name)
	}
	if c.Find("aws_iam_policy", sim.Global, func(o sim.Attrs) bool { return strings.EqualFold(o.Str("name"), name) }) != nil {
		return "", c.Refuse("name", "EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", name)
	}
	if err := checkPolicy(c); err != nil {
		return "", err
	}
	a.Defaults(sim.Attrs{"path": "/", "description": ""})
	arn := c.ARN("iam", "", "policy%s%s", a.Str("path"), name)
	a.Set(sim.Attrs{"arn": arn, "policy_id": "ANPA" + c.NewText(sim.UpperBase32, 17)})
	return arn, nil
}

func checkPolicy(c *sim.Call) error {
	return checkPermissions(c, "policy", c.Attrs.Str("policy"), maxManagedPolicy)
}

func showPolicy(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	n := 0
	for _, attached := range tx.List("aws_iam_role_policy_attachment", sim.Global) {
		if attached.Attrs.Str("policy_arn") == r.ID {
			n++
		}
	}
	a.Set(sim.Attrs{"attachment_count": n})
	return a
}

func removePolicy(c *sim.Call) error {
	if c.FindBy("aws_iam_role_policy_attachment", sim.Global, "policy_arn", c.Resource.ID) != nil {
		return c.Refuse("", "DeleteConflict", "Cannot delete a policy attached to entities.")
	}
	return nil
}

func createAttachment(c *sim.Call) (string, error) {
	role, arn := c.Attrs.Str("role"), c.Attrs.Str("policy_arn")
	if _, err := c.Need("role", "aws_iam_role", sim.Global, role); err != nil {
		return "", err
	}
	if policy.Managed(arn) == "" && c.Get("aws_iam_policy", sim.Global, arn) == nil {
		return "", c.Refuse("policy_arn", "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
	}
	return c.UniqueName(role+"-", 256), nil
}

func importAttachment(tx *sim.Tx, _, text string) string {
	role, arn, _ := strings.Cut(text, "/")
	for _, r := range attachmentsOf(tx, role) {
		if r.Attrs.Str("policy_arn") == arn {
			return r.Key
		}
	}
	return text
}

// RoleMay tells whether a role's policies allow an action on a resource that a
// service takes in its name. A policy that cannot be judged allows nothing.
func RoleMay(tx *sim.Tx, roleARN, action, resource string) bool {
	role := tx.FindBy("aws_iam_role", sim.Global, "arn", roleARN)
	if role == nil {
		return false
	}
	var docs []policy.Document
	for _, text := range policiesOf(tx, role) {
		d, err := policy.Parse(role.ID, text)
		if err != nil {
			return false
		}
		docs = append(docs, d)
	}
	arn, _ := sim.ParseARN(resource)
	asked := policy.Request{Principal: roleARN, Account: arn.Account, Action: action, Resource: resource,
		Context: policy.Context{}.With("aws:RequestedRegion", arn.Region).With("aws:SecureTransport", "true")}
	return policy.Identity(docs, asked).Effect == policy.Allow
}

// policiesOf are the texts of a role's policies: inline, in resources of their
// own, and attached.
func policiesOf(tx *sim.Tx, role *sim.Resource) []string {
	var texts []string
	for _, inline := range role.Attrs.Blocks("inline_policy") {
		texts = append(texts, inline.Str("policy"))
	}
	for _, r := range tx.List("aws_iam_role_policy", sim.Global) {
		if r.Attrs.Str("role") == role.ID {
			texts = append(texts, r.Attrs.Str("policy"))
		}
	}
	for _, attached := range attachmentsOf(tx, role.ID) {
		arn := attached.Attrs.Str("policy_arn")
		text := policy.Managed(arn)
		if p := tx.Get("aws_iam_policy", sim.Global, arn); p != nil {
			text = p.Attrs.Str("policy")
		}
		texts = append(texts, text)
	}
	return texts
}
