package kms

import (
	"fmt"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
)

// KeyUse is the use of a key that a service makes in the caller's name.
type KeyUse struct {
	// Ref is an id, ARN or alias; "" is the key that AWS keeps for a service.
	Ref string
	// Via is the service, as in kms:ViaService: "sns" for example.
	Via string
	// Actions, for example "kms:Decrypt".
	Actions []string
	// ForAWS: the service asks for the grant, not the caller itself.
	ForAWS bool
	// Encryption is the encryption context.
	Encryption map[string]string
}

// KeyRefusal says why a key cannot be used.
type KeyRefusal struct {
	State KeyState
	// Text words it as KMS does.
	Text string
}

// UseKey checks whether a service may use a key in the caller's name: the
// key's state, the key's policy, and the caller's policies. nil means yes. The
// error is one of the policies themselves.
func UseKey(c *api.Call, tx *sim.Tx, u KeyUse) (*KeyRefusal, error) {
	if u.Ref == "" {
		// The policy of a key that AWS keeps for a service lets in everybody
		// of the account who comes through that service.
		return nil, nil
	}
	key, state := FindKey(tx, c.Region, u.Ref)
	if state != KeyUsable {
		return &KeyRefusal{state, fmt.Sprintf("key %s is %s in %s", u.Ref, state, c.Region)}, nil
	}
	if key == nil {
		return nil, nil
	}
	ctx := policy.Context{"kms:viaservice": {u.Via + "." + c.Region + ".amazonaws.com"}, "kms:calleraccount": {c.Cloud.Account()}}
	if u.ForAWS {
		ctx = ctx.With("kms:GrantIsForAWSResource", "true")
	}
	for name, value := range u.Encryption {
		ctx = ctx.With("kms:EncryptionContext:"+name, value)
	}
	for _, action := range u.Actions {
		v, r, err := keyVerdict(c, tx, key, action, ctx)
		if err != nil {
			return nil, err
		}
		if v.Effect != policy.Allow {
			return &KeyRefusal{KeyUsable, api.DeniedText(c.Session(), v, r)}, nil
		}
	}
	return nil, nil
}

// keyVerdict evaluates a key's policy together with the caller's. A key's
// policy must name the caller, or leave it to the account.
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
func keyVerdict(c *api.Call, tx *sim.Tx, key *sim.Resource, action string, ctx policy.Context) (policy.Verdict, policy.Request, error) {
	r := c.Request(action, key.ARN(), ctx)
	doc, err := policy.Parse("key policy", key.Attrs.Str("policy"))
	if err != nil {
		return policy.Verdict{}, r, fmt.Errorf("key %s: %w", key.ARN(), err)
	}
	docs, err := api.RolePolicies(tx, c.Caller.Role)
	if err != nil {
		return policy.Verdict{}, r, err
	}
	own, identity := policy.Resource(doc, r), policy.Identity(docs, r)
	switch {
	case own.Effect == policy.ExplicitDeny, own.Effect == policy.Allow && identity.Effect != policy.ExplicitDeny:
		return own, r, nil
	case own.Delegated, identity.Effect == policy.ExplicitDeny:
		return identity, r, nil
	}
	return policy.Verdict{}, r, nil
}
