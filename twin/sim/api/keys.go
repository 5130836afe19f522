package api

import (
	"fmt"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// keyUse is the use of a key that a service makes in the caller's name.
type keyUse struct {
	// ref is an id, ARN or alias; "" is the key that AWS keeps for a service.
	ref string
	// via is the service, as in kms:ViaService: "sns" for example.
	via string
	// actions, for example "kms:Decrypt".
	actions []string
	// encryption is the encryption context.
	encryption map[string]string
}

// keyRefusal says why a key cannot be used.
type keyRefusal struct {
	state kms.KeyState
	// text words it as KMS does.
	text string
}

// useKey checks whether a service may use a key in the caller's name: the
// key's state, the key's policy, and the caller's policies. nil means yes. The
// error is one of the policies themselves.
func (c *call) useKey(tx *sim.Tx, u keyUse) (*keyRefusal, error) {
	if u.ref == "" {
		// The policy of a key that AWS keeps for a service lets in everybody
		// of the account who comes through that service.
		return nil, nil
	}
	key, state := kms.FindKey(tx, c.region, u.ref)
	if state != kms.KeyUsable {
		return &keyRefusal{state, fmt.Sprintf("key %s is %s in %s", u.ref, state, c.region)}, nil
	}
	if key == nil {
		return nil, nil
	}
	ctx := policy.Context{"kms:viaservice": {u.via + "." + c.region + ".amazonaws.com"}, "kms:calleraccount": {c.cloud.Account()}}
	for name, value := range u.encryption {
		ctx = ctx.With("kms:EncryptionContext:"+name, value)
	}
	for _, action := range u.actions {
		v, r, err := c.keyVerdict(tx, key, action, ctx)
		if err != nil {
			return nil, err
		}
		if v.Effect != policy.Allow {
			return &keyRefusal{kms.KeyUsable, deniedText(c.session(), v, r)}, nil
		}
	}
	return nil, nil
}

// keyVerdict evaluates a key's policy together with the caller's. A key's
// policy must let the caller in, by name or by leaving it to the account.
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
func (c *call) keyVerdict(tx *sim.Tx, key *sim.Resource, action string, ctx policy.Context) (policy.Verdict, policy.Request, error) {
	r := c.request(action, key.ARN(), ctx)
	doc, err := policy.Parse("key policy", key.Attrs.Str("policy"))
	if err != nil {
		return policy.Verdict{}, r, fmt.Errorf("key %s: %w", key.ARN(), err)
	}
	docs, err := rolePolicies(tx, c.caller.Role)
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
