package sim

import (
	"fmt"
	"strings"
	"time"
)

const kms = "KMS"

func kmsKinds() map[string]*kind {
	keyMissing := "Key '%s' does not exist"
	return map[string]*kind{
		"aws_kms_key": {
			service: kms, createOp: "CreateKey", updateOp: "PutKeyPolicy", deleteOp: "ScheduleKeyDeletion",
			missingCode: "NotFoundException", missingText: keyMissing,
			create: createKey, update: updateKey, remove: retireKey,
		},
		"aws_kms_replica_key": {
			service: kms, createOp: "ReplicateKey", updateOp: "PutKeyPolicy", deleteOp: "ScheduleKeyDeletion",
			missingCode: "NotFoundException", missingText: keyMissing,
			create: createReplicaKey, update: updateReplicaKey, remove: retireKey, show: showReplicaKey,
		},
		"aws_kms_alias": {
			service: kms, createOp: "CreateAlias", updateOp: "UpdateAlias", deleteOp: "DeleteAlias",
			missingCode: "NotFoundException", missingText: "Alias %s is not found.",
			create: createAlias, update: checkAliasTarget, show: showAlias,
		},
	}
}

// defaultKeyPolicy is what KMS gives a key that was made without a policy.
func defaultKeyPolicy(account string) string {
	return `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account +
		`:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`
}

func createKey(c *call) (string, error) {
	a := c.attrs
	a.Defaults(Attrs{
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
	a.Set(Attrs{"key_id": id, "arn": c.arn("kms", c.region, "key/%s", id)})
	return id, nil
}

func updateKey(c *call) error {
	if c.attrs.Bool("enable_key_rotation") && c.attrs.Int("rotation_period_in_days") == 0 {
		c.attrs["rotation_period_in_days"] = float64(365)
	}
	return checkKey(c)
}

func checkKey(c *call) error {
	a := c.attrs
	if days := a.Int("rotation_period_in_days"); days != 0 && (days < 90 || days > 2560) {
		return c.refuse("rotation_period_in_days", "ValidationException", "RotationPeriodInDays must be between 90 and 2560, found %d", days)
	}
	return checkKeySafety(c)
}

// checkKeySafety checks what a key and a replica key have in common.
func checkKeySafety(c *call) error {
	if w := c.attrs.Int("deletion_window_in_days"); c.attrs["deletion_window_in_days"] != nil && (w < 7 || w > 30) {
		return c.refuse("deletion_window_in_days", "ValidationException", "PendingWindowInDays must be between 7 and 30, found %d", w)
	}
	doc, problem := parsePolicy(c.attrs.Str("policy"))
	if problem != "" {
		return c.refuse("policy", "MalformedPolicyDocumentException", "%s", problem)
	}
	for i, s := range doc.Statement {
		if len(s.Principal) == 0 {
			return c.refuse("policy", "MalformedPolicyDocumentException", "Policy contains a statement with no principal: statement %d", i+1)
		}
	}
	if c.attrs.Bool("bypass_policy_lockout_safety_check") {
		return nil
	}
	me := []string{c.Account(), c.arn("iam", "", "root"), c.arn("iam", "", "user/pgdr")}
	if !doc.allows("kms:PutKeyPolicy", "AWS", me...) {
		return c.refuse("policy", "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

// retireKey schedules the deletion: the key cannot be used any more, and is
// gone when its window is over.
func retireKey(c *call) error {
	days := c.attrs.Int("deletion_window_in_days")
	if days == 0 {
		days = 30
	}
	c.Retain(c.res, c.At.Add(time.Duration(days)*24*time.Hour))
	return nil
}

func createReplicaKey(c *call) (string, error) {
	a := c.attrs
	arn, ok := ParseARN(a.Str("primary_key_arn"))
	id := strings.TrimPrefix(arn.Resource, "key/")
	primary := c.Get("aws_kms_key", arn.Region, id)
	switch {
	case !ok || arn.Service != "kms":
		return "", c.refuse("primary_key_arn", "InvalidArnException", "Invalid arn %s", a.Str("primary_key_arn"))
	case c.pendingKey(arn.Region, id) != nil:
		return "", c.refuse("primary_key_arn", "KMSInvalidStateException", "%s is pending deletion.", arn)
	case primary == nil:
		return "", c.refuse("primary_key_arn", "NotFoundException", "Key '%s' does not exist", arn)
	case !primary.Attrs.Bool("multi_region"):
		return "", c.refuse("primary_key_arn", "UnsupportedOperationException", "%s is not a multi-Region primary key.", arn)
	case arn.Region == c.region, c.Get("aws_kms_replica_key", c.region, id) != nil, c.pendingKey(c.region, id) != nil:
		return "", c.refuse("primary_key_arn", "AlreadyExistsException", "Unable to replicate key %s: a key with this id already exists in %s.", arn, c.region)
	}
	a.Defaults(Attrs{
		"bypass_policy_lockout_safety_check": false, "description": "", "enabled": true, "policy": defaultKeyPolicy(c.Account()),
	})
	if err := checkKeySafety(c); err != nil {
		return "", err
	}
	a.Set(Attrs{
		"key_id": id, "arn": c.arn("kms", c.region, "key/%s", id),
		"key_spec": primary.Attrs.Str("customer_master_key_spec"), "key_usage": primary.Attrs.Str("key_usage"),
	})
	return id, nil
}

func updateReplicaKey(c *call) error { return checkKeySafety(c) }

// showReplicaKey adds rotation, a property that replicas share with the
// primary key.
func showReplicaKey(tx *Tx, r *Resource) Attrs {
	a := r.Attrs.Clone()
	primary := tx.FindBy("aws_kms_key", "", "arn", a.Str("primary_key_arn"))
	a["key_rotation_enabled"] = primary != nil && primary.Attrs.Bool("enable_key_rotation")
	return a
}

func (tx *Tx) pendingKey(regionName, id string) *Retained {
	match := func(a Attrs) bool { return a.Str("key_id") == id }
	if r := tx.FindRetained("aws_kms_key", regionName, match); r != nil {
		return r
	}
	return tx.FindRetained("aws_kms_replica_key", regionName, match)
}

func createAlias(c *call) (string, error) {
	prefix := c.attrs.Str("name_prefix")
	if !c.attrs.Has("name") {
		if prefix == "" {
			prefix = "alias/"
		}
		c.attrs["name"] = c.uniqueName(prefix, 256)
	}
	c.attrs.Default("name_prefix", "")
	name := c.attrs.Str("name")
	if !strings.HasPrefix(name, "alias/") || len(name) == len("alias/") {
		return "", c.refuse("name", "ValidationException", "Alias must start with the prefix \"alias/\": found %q", name)
	}
	if strings.HasPrefix(name, "alias/aws/") {
		return "", c.refuse("name", "NotAuthorizedException", "Prefix alias/aws/ is reserved for AWS managed keys")
	}
	arn := c.arn("kms", c.region, "%s", name)
	if c.Get("aws_kms_alias", c.region, name) != nil {
		return "", c.refuse("name", "AlreadyExistsException", "An alias with the name %s already exists", arn)
	}
	if err := checkAliasTarget(c); err != nil {
		return "", err
	}
	c.attrs["arn"] = arn
	return name, nil
}

func checkAliasTarget(c *call) error {
	ref := c.attrs.Str("target_key_id")
	key, problem := c.findKey(c.region, ref)
	switch problem {
	case keyMissing, keyElsewhere:
		return c.refuse("target_key_id", "NotFoundException", "Key '%s' does not exist", ref)
	case keyPending:
		return c.refuse("target_key_id", "KMSInvalidStateException", "%s is pending deletion.", key.ARN())
	}
	return nil
}

func showAlias(tx *Tx, r *Resource) Attrs {
	a := r.Attrs.Clone()
	arn := a.Str("target_key_id")
	if !strings.HasPrefix(arn, "arn:") {
		arn = tx.arn("kms", r.Region, "key/%s", arn)
	}
	a["target_key_arn"] = arn
	return a
}

// keyProblem says why a key cannot be used.
type keyProblem int

const (
	keyUsable keyProblem = iota
	keyMissing
	keyElsewhere
	keyPending
	keyDisabled
)

func (p keyProblem) String() string {
	return [...]string{"usable", "not found", "in another region", "pending deletion", "disabled"}[p]
}

// findKey resolves a key by id, ARN, alias name or alias ARN as a service of a
// region would. A key managed by AWS (alias/aws/…) is usable and has no
// resource.
func (tx *Tx) findKey(regionName, ref string) (*Resource, keyProblem) {
	if arn, ok := ParseARN(ref); ok {
		if arn.Service != "kms" {
			return nil, keyMissing
		}
		if arn.Region != regionName {
			return nil, keyElsewhere
		}
		ref = strings.TrimPrefix(arn.Resource, "key/")
	}
	if strings.HasPrefix(ref, "alias/aws/") {
		return nil, keyUsable
	}
	if strings.HasPrefix(ref, "alias/") {
		alias := tx.Get("aws_kms_alias", regionName, ref)
		if alias == nil {
			return nil, keyMissing
		}
		ref = strings.TrimPrefix(arnResource(alias.Attrs.Str("target_key_id")), "key/")
	}
	if r := tx.pendingKey(regionName, ref); r != nil {
		return &r.Resource, keyPending
	}
	for _, typ := range []string{"aws_kms_key", "aws_kms_replica_key"} {
		r := tx.Get(typ, regionName, ref)
		if r == nil {
			continue
		}
		if isFalse(r.Attrs["is_enabled"]) || isFalse(r.Attrs["enabled"]) {
			return r, keyDisabled
		}
		return r, keyUsable
	}
	return nil, keyMissing
}

func isFalse(v any) bool {
	b, set := v.(bool)
	return set && !b
}

// arnResource returns the resource part of an ARN, and other text as it is.
func arnResource(text string) string {
	if arn, ok := ParseARN(text); ok {
		return arn.Resource
	}
	return text
}

// managedKeyARN is the ARN of the key that AWS keeps for a service in a region.
func (tx *Tx) managedKeyARN(regionName, service string) string {
	d := tx.st.fixedText(fmt.Sprintf("managed-key/%s/%s", regionName, service), "0123456789abcdef", 32)
	return tx.arn("kms", regionName, "key/%s-%s-4%s-a%s-%s", d[:8], d[8:12], d[13:16], d[17:20], d[20:])
}
