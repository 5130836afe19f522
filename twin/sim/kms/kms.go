package kms

import (
	"fmt"
	"strings"
	"time"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "KMS"

func kinds() map[string]*sim.Kind {
	keyMissing := "Key '%s' does not exist"
	return map[string]*sim.Kind{
		"aws_kms_key": {
			Schema:  resource.AwsKmsKeySchema,
			Traits:  kmsKeyTraits(),
			Example: `{"deletion_window_in_days":7,"multi_region":true}`,
			Service: service, CreateOp: "CreateKey", UpdateOp: "PutKeyPolicy", DeleteOp: "ScheduleKeyDeletion",
			MissingCode: "NotFoundException", MissingText: keyMissing,
			Create: createKey, Update: updateKey, Remove: retireKey,
		},
		"aws_kms_replica_key": {
			Schema:  resource.AwsKmsReplicaKeySchema,
			Traits:  kmsReplicaKeyTraits(),
			Example: `{"primary_key_arn":"arn:aws:kms:us-east-1:123456789012:key/mrk-1","deletion_window_in_days":7}`,
			Service: service, CreateOp: "ReplicateKey", UpdateOp: "PutKeyPolicy", DeleteOp: "ScheduleKeyDeletion",
			MissingCode: "NotFoundException", MissingText: keyMissing,
			Create: createReplicaKey, Update: updateReplicaKey, Remove: retireKey, Show: showReplicaKey,
		},
		"aws_kms_alias": {
			Schema:  resource.AwsKmsAliasSchema,
			Traits:  kmsAliasTraits(),
			Example: `{"name":"alias/database","target_key_id":"k"}`,
			Service: service, CreateOp: "CreateAlias", UpdateOp: "UpdateAlias", DeleteOp: "DeleteAlias",
			MissingCode: "NotFoundException", MissingText: "Alias %s is not found.",
			Create: createAlias, Update: checkAliasTarget, Show: showAlias,
		},
	}
}

// defaultKeyPolicy is what KMS gives a key that was made without a policy.
func defaultKeyPolicy(account string) string {
	return `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account +
		`:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`
}

func createKey(c *sim.Call) (string, error) {
	a := c.Attrs
	a.Defaults(sim.Attrs{
		"key_usage": "ENCRYPT_DECRYPT", "customer_master_key_spec": "SYMMETRIC_DEFAULT", "multi_region": false, "is_enabled": true,
		"enable_key_rotation": false, "bypass_policy_lockout_safety_check": false, "description": "",
		"policy": defaultKeyPolicy(c.Account()),
	})
	if a.Bool("enable_key_rotation") {
		a.Default("rotation_period_in_days", 365)
	}
	a.Default("rotation_period_in_days", 0)
	if err := checkKey(c); err != nil {
		return "", err
	}
	id := c.NewUUID()
	if a.Bool("multi_region") {
		id = "mrk-" + c.NewHex(32)
	}
	a.Set(sim.Attrs{"key_id": id, "arn": c.ARN("kms", c.Region, "key/%s", id)})
	return id, nil
}

func updateKey(c *sim.Call) error {
	if c.Attrs.Bool("enable_key_rotation") && c.Attrs.Int("rotation_period_in_days") == 0 {
		c.Attrs["rotation_period_in_days"] = float64(365)
	}
	return checkKey(c)
}

func checkKey(c *sim.Call) error {
	a := c.Attrs
	if days := a.Int("rotation_period_in_days"); days != 0 && (days < 90 || days > 2560) {
		return c.Refuse("rotation_period_in_days", "ValidationException", "RotationPeriodInDays must be between 90 and 2560, found %d", days)
	}
	return checkKeySafety(c)
}

// checkKeySafety checks what a key and a replica key have in common.
func checkKeySafety(c *sim.Call) error {
	if w := c.Attrs.Int("deletion_window_in_days"); c.Attrs["deletion_window_in_days"] != nil && (w < 7 || w > 30) {
		return c.Refuse("deletion_window_in_days", "ValidationException", "PendingWindowInDays must be between 7 and 30, found %d", w)
	}
	doc, problem := sim.ParsePolicy(c.Attrs.Str("policy"))
	if problem != "" {
		return c.Refuse("policy", "MalformedPolicyDocumentException", "%s", problem)
	}
	for i, s := range doc.Statement {
		if len(s.Principal) == 0 {
			return c.Refuse("policy", "MalformedPolicyDocumentException", "Policy contains a statement with no principal: statement %d", i+1)
		}
	}
	if c.Attrs.Bool("bypass_policy_lockout_safety_check") {
		return nil
	}
	me := []string{c.Account(), c.ARN("iam", "", "root"), c.ARN("iam", "", "user/pgdr")}
	if !doc.Allows("kms:PutKeyPolicy", "AWS", me...) {
		return c.Refuse("policy", "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

// retireKey schedules the deletion: the key cannot be used any more, and is
// gone when its window is over.
func retireKey(c *sim.Call) error {
	days := c.Attrs.Int("deletion_window_in_days")
	if days == 0 {
		days = 30
	}
	c.Retain(c.Resource, c.At.Add(time.Duration(days)*24*time.Hour))
	return nil
}

func createReplicaKey(c *sim.Call) (string, error) {
	a := c.Attrs
	arn, ok := sim.ParseARN(a.Str("primary_key_arn"))
	id := strings.TrimPrefix(arn.Resource, "key/")
	primary := c.Get("aws_kms_key", arn.Region, id)
	switch {
	case !ok || arn.Service != "kms":
		return "", c.Refuse("primary_key_arn", "InvalidArnException", "Invalid arn %s", a.Str("primary_key_arn"))
	case pendingKey(c.Tx, arn.Region, id) != nil:
		return "", c.Refuse("primary_key_arn", "KMSInvalidStateException", "%s is pending deletion.", arn)
	case primary == nil:
		return "", c.Refuse("primary_key_arn", "NotFoundException", "Key '%s' does not exist", arn)
	case !primary.Attrs.Bool("multi_region"):
		return "", c.Refuse("primary_key_arn", "UnsupportedOperationException", "%s is not a multi-Region primary key.", arn)
	case arn.Region == c.Region, c.Get("aws_kms_replica_key", c.Region, id) != nil, pendingKey(c.Tx, c.Region, id) != nil:
		return "", c.Refuse("primary_key_arn", "AlreadyExistsException", "Unable to replicate key %s: a key with this id already exists in %s.", arn, c.Region)
	}
	a.Defaults(sim.Attrs{
		"bypass_policy_lockout_safety_check": false, "description": "", "enabled": true, "policy": defaultKeyPolicy(c.Account()),
	})
	if err := checkKeySafety(c); err != nil {
		return "", err
	}
	a.Set(sim.Attrs{
		"key_id": id, "arn": c.ARN("kms", c.Region, "key/%s", id),
		"key_spec": primary.Attrs.Str("customer_master_key_spec"), "key_usage": primary.Attrs.Str("key_usage"),
	})
	return id, nil
}

func updateReplicaKey(c *sim.Call) error { return checkKeySafety(c) }

// showReplicaKey adds rotation, a property that replicas share with the
// primary key.
func showReplicaKey(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	primary := tx.FindBy("aws_kms_key", "", "arn", a.Str("primary_key_arn"))
	a["key_rotation_enabled"] = primary != nil && primary.Attrs.Bool("enable_key_rotation")
	return a
}

func pendingKey(tx *sim.Tx, regionName, id string) *sim.Retained {
	match := func(a sim.Attrs) bool { return a.Str("key_id") == id }
	if r := tx.FindRetained("aws_kms_key", regionName, match); r != nil {
		return r
	}
	return tx.FindRetained("aws_kms_replica_key", regionName, match)
}

func createAlias(c *sim.Call) (string, error) {
	prefix := c.Attrs.Str("name_prefix")
	if !c.Attrs.Has("name") {
		if prefix == "" {
			prefix = "alias/"
		}
		c.Attrs["name"] = c.UniqueName(prefix, 256)
	}
	c.Attrs.Default("name_prefix", "")
	name := c.Attrs.Str("name")
	if !strings.HasPrefix(name, "alias/") || len(name) == len("alias/") {
		return "", c.Refuse("name", "ValidationException", "Alias must start with the prefix \"alias/\": found %q", name)
	}
	if strings.HasPrefix(name, "alias/aws/") {
		return "", c.Refuse("name", "NotAuthorizedException", "Prefix alias/aws/ is reserved for AWS managed keys")
	}
	arn := c.ARN("kms", c.Region, "%s", name)
	if c.Get("aws_kms_alias", c.Region, name) != nil {
		return "", c.Refuse("name", "AlreadyExistsException", "An alias with the name %s already exists", arn)
	}
	if err := checkAliasTarget(c); err != nil {
		return "", err
	}
	c.Attrs["arn"] = arn
	return name, nil
}

func checkAliasTarget(c *sim.Call) error {
	ref := c.Attrs.Str("target_key_id")
	key, problem := FindKey(c.Tx, c.Region, ref)
	switch problem {
	case KeyMissing, KeyElsewhere:
		return c.Refuse("target_key_id", "NotFoundException", "Key '%s' does not exist", ref)
	case KeyPending:
		return c.Refuse("target_key_id", "KMSInvalidStateException", "%s is pending deletion.", key.ARN())
	}
	return nil
}

func showAlias(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	arn := a.Str("target_key_id")
	if !strings.HasPrefix(arn, "arn:") {
		arn = tx.ARN("kms", r.Region, "key/%s", arn)
	}
	a["target_key_arn"] = arn
	return a
}

// KeyState says whether a key can be used.
type KeyState string

// The states of a key. KeyElsewhere is a key that is named by an ARN of
// another region.
const (
	KeyUsable    KeyState = "usable"
	KeyMissing   KeyState = "not found"
	KeyElsewhere KeyState = "in another region"
	KeyPending   KeyState = "pending deletion"
	KeyDisabled  KeyState = "disabled"
)

// FindKey resolves a key by id, ARN, alias name or alias ARN as a service of a
// region would. A key managed by AWS (alias/aws/…) is usable and has no
// resource.
func FindKey(tx *sim.Tx, regionName, ref string) (*sim.Resource, KeyState) {
	if arn, ok := sim.ParseARN(ref); ok {
		if arn.Service != "kms" {
			return nil, KeyMissing
		}
		if arn.Region != regionName {
			return nil, KeyElsewhere
		}
		ref = strings.TrimPrefix(arn.Resource, "key/")
	}
	if strings.HasPrefix(ref, "alias/aws/") {
		return nil, KeyUsable
	}
	if strings.HasPrefix(ref, "alias/") {
		alias := tx.Get("aws_kms_alias", regionName, ref)
		if alias == nil {
			return nil, KeyMissing
		}
		ref = strings.TrimPrefix(arnResource(alias.Attrs.Str("target_key_id")), "key/")
	}
	if r := pendingKey(tx, regionName, ref); r != nil {
		return &r.Resource, KeyPending
	}
	for _, typ := range []string{"aws_kms_key", "aws_kms_replica_key"} {
		r := tx.Get(typ, regionName, ref)
		if r == nil {
			continue
		}
		if sim.IsFalse(r.Attrs["is_enabled"]) || sim.IsFalse(r.Attrs["enabled"]) {
			return r, KeyDisabled
		}
		return r, KeyUsable
	}
	return nil, KeyMissing
}

// arnResource returns the resource part of an ARN, and other text as it is.
func arnResource(text string) string {
	if arn, ok := sim.ParseARN(text); ok {
		return arn.Resource
	}
	return text
}

// ManagedKeyARN is the ARN of the key that AWS keeps for a service in a region.
func ManagedKeyARN(tx *sim.Tx, regionName, service string) string {
	d := tx.FixedText(fmt.Sprintf("managed-key/%s/%s", regionName, service), "0123456789abcdef", 32)
	return tx.ARN("kms", regionName, "key/%s-%s-4%s-a%s-%s", d[:8], d[8:12], d[13:16], d[17:20], d[20:])
}

// Admits tells whether a key's own policy lets one of the services take an action.
func Admits(key *sim.Resource, action string, services ...string) bool {
	doc, problem := sim.ParsePolicy(key.Attrs.Str("policy"))
	return problem == "" && doc.Allows(action, "Service", services...)
}
