package secretsmanager

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/ephemeral"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// service is its name in the SDK's errors.
const service = "Secrets Manager"

func kinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_secretsmanager_secret": {
			Schema:  resource.AwsSecretsmanagerSecretSchema,
			Traits:  secretsmanagerSecretTraits(),
			Example: `{"name":"credentials","recovery_window_in_days":0}`,
			Service: service, CreateOp: "CreateSecret", UpdateOp: "UpdateSecret", DeleteOp: "DeleteSecret",
			MissingCode: "ResourceNotFoundException", MissingText: "Secrets Manager can't find the specified secret: %s",
			Create: createSecret, Update: updateSecret, Remove: removeSecret,
		},
		"aws_secretsmanager_secret_version": {
			Schema:  resource.AwsSecretsmanagerSecretVersionSchema,
			Traits:  secretsmanagerSecretVersionTraits(),
			Example: `{"secret_id":"s","secret_string_wo":"x","secret_string_wo_version":1}`,
			Service: service, CreateOp: "PutSecretValue", UpdateOp: "UpdateSecretVersionStage", DeleteOp: "UpdateSecretVersionStage",
			MissingCode: "ResourceNotFoundException", MissingText: "Secrets Manager can't find the specified secret version: %s",
			Create: createSecretVersion, Update: updateSecretVersion,
		},
	}
}

// secretName is what CreateSecret accepts.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

func createSecret(c *sim.Call) (string, error) {
	name := c.Name(512)
	if !secretName.MatchString(name) {
		return "", c.Refuse("name", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if c.FindBy("aws_secretsmanager_secret", c.Region, "name", name) != nil {
		return "", c.Refuse("name", "ResourceExistsException", "The operation failed because the secret %s already exists.", name)
	}
	if c.FindRetained("aws_secretsmanager_secret", c.Region, func(a sim.Attrs) bool { return a.Str("name") == name }) != nil {
		return "", c.Refuse("name", "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	c.Attrs.Defaults(sim.Attrs{"policy": "", "force_overwrite_replica_secret": false, "recovery_window_in_days": 30})
	if err := checkSecret(c); err != nil {
		return "", err
	}
	arn := c.ARN("secretsmanager", c.Region, "secret:%s-%s", name, c.NewText(sim.MixedAlnum, 6))
	c.Attrs["arn"] = arn
	fillSecretReplicas(c)
	return arn, nil
}

func updateSecret(c *sim.Call) error {
	if err := checkSecret(c); err != nil {
		return err
	}
	fillSecretReplicas(c)
	return nil
}

func checkSecret(c *sim.Call) error {
	a := c.Attrs
	if w := a.Int("recovery_window_in_days"); w != 0 && (w < 7 || w > 30) {
		return c.Refuse("recovery_window_in_days", "InvalidParameterException", "RecoveryWindowInDays must be 0 or between 7 and 30, found %d", w)
	}
	if key := a.Str("kms_key_id"); key != "" {
		if err := checkSecretKey(c, "kms_key_id", c.Region, key); err != nil {
			return err
		}
	}
	if a.Has("policy") {
		if err := sim.CheckPolicyJSON(c.During("PutResourcePolicy"), "policy", "MalformedPolicyDocumentException", a.Str("policy")); err != nil {
			return err
		}
	}
	for _, replica := range a.Blocks("replica") {
		if err := checkSecretReplica(c, replica); err != nil {
			return err
		}
	}
	return nil
}

// checkSecretKey refuses a key that could encrypt nothing. AWS looks only when
// a value is written, and then fails in this way.
func checkSecretKey(c *sim.Call, attribute, regionName, ref string) error {
	if _, problem := kms.FindKey(c.Tx, regionName, ref); problem != kms.KeyUsable {
		return c.Refuse(attribute, "EncryptionFailure",
			"Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state: %s is %s in %s",
			ref, problem, regionName)
	}
	return nil
}

func checkSecretReplica(c *sim.Call, replica sim.Attrs) error {
	to := replica.Str("region")
	if !sim.HasRegion(to) || to == c.Region {
		return c.Refuse("replica", "InvalidParameterException", "Invalid replica region: %s", to)
	}
	if key := replica.Str("kms_key_id"); key != "" {
		if err := checkSecretKey(c, "replica", to, key); err != nil {
			return err
		}
	}
	name := c.Attrs.Str("name")
	if c.FindBy("aws_secretsmanager_secret", to, "name", name) != nil && !c.Attrs.Bool("force_overwrite_replica_secret") {
		return c.Refuse("replica", "ResourceExistsException", "Replication failed: Secret name simple %s already exists in region %s.", name, to)
	}
	return nil
}

func fillSecretReplicas(c *sim.Call) {
	out := []any{}
	for _, replica := range c.Attrs.Blocks("replica") {
		replica = replica.Clone()
		replica.Defaults(sim.Attrs{"kms_key_id": "alias/aws/secretsmanager", "last_accessed_date": "", "status": "InSync", "status_message": "Replication succeeded"})
		out = append(out, map[string]any(replica))
	}
	c.Attrs["replica"] = out
}

// removeSecret keeps the secret for its recovery window, in which its name
// stays taken; a window of 0 days deletes at once.
func removeSecret(c *sim.Call) error {
	for _, v := range SecretVersions(c.Tx, c.Resource) {
		c.Remove(v)
	}
	if days := c.Attrs.Int("recovery_window_in_days"); days > 0 {
		c.Retain(c.Resource, c.At.Add(time.Duration(days)*24*time.Hour))
	}
	return nil
}

// FindSecret resolves a secret by ARN, partial ARN or name, as a call in a
// region would: its own secrets and those replicated to it.
func FindSecret(tx *sim.Tx, regionName, ref string) *sim.Resource {
	arn, isARN := sim.ParseARN(ref)
	for _, r := range tx.List("aws_secretsmanager_secret", "") {
		if r.Region != regionName && !replicatedTo(r, regionName) {
			continue
		}
		if !isARN && r.Attrs.Str("name") == ref {
			return r
		}
		own, _ := sim.ParseARN(r.ARN())
		complete := arn.Resource == own.Resource
		partial := len(own.Resource) > 7 && arn.Resource == own.Resource[:len(own.Resource)-7]
		if isARN && arn.Region == regionName && (complete || partial) {
			return r
		}
	}
	return nil
}

func replicatedTo(secret *sim.Resource, regionName string) bool {
	return slices.ContainsFunc(secret.Attrs.Blocks("replica"), func(b sim.Attrs) bool { return b.Str("region") == regionName })
}

// SecretVersions returns all versions of a secret.
func SecretVersions(tx *sim.Tx, secret *sim.Resource) []*sim.Resource {
	return slices.DeleteFunc(tx.List("aws_secretsmanager_secret_version", secret.Region), func(r *sim.Resource) bool {
		return r.Attrs.Str("arn") != secret.ARN()
	})
}

const stageCurrent, stagePrevious = "AWSCURRENT", "AWSPREVIOUS"

func createSecretVersion(c *sim.Call) (string, error) {
	ref := c.Attrs.Str("secret_id")
	secret := FindSecret(c.Tx, c.Region, ref)
	if secret == nil {
		return "", c.Refuse("secret_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	if secret.Region != c.Region {
		return "", c.Refuse("secret_id", "InvalidRequestException", "You can't change a replica secret: %s is replicated from %s.", ref, secret.Region)
	}
	if err := takeSecretValue(c); err != nil {
		return "", err
	}
	if key := secret.Attrs.Str("kms_key_id"); key != "" {
		if err := checkSecretKey(c, "secret_id", c.Region, key); err != nil {
			return "", err
		}
	}
	c.Attrs.Default("version_stages", []string{stageCurrent})
	for _, stage := range c.Attrs.Strings("version_stages") {
		moveStage(c.Tx, secret, stage)
	}
	// The provider's own client request token (create.UniqueId).
	version := c.UniqueName("terraform-", 64)
	c.Attrs.Set(sim.Attrs{"arn": secret.ARN(), "version_id": version})
	return secret.ARN() + "|" + version, nil
}

// takeSecretValue keeps the value where Terraform cannot read it, if it was
// given through the write-only argument.
func takeSecretValue(c *sim.Call) error {
	text, writeOnly := c.WriteOnly["secret_string_wo"].(string)
	if !writeOnly {
		text = c.Attrs.Str("secret_string")
	}
	binary := c.Attrs.Str("secret_binary")
	if text == "" && binary == "" {
		return c.Refuse("secret_string", "InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	}
	c.Attrs["secret_string_wo"] = nil
	c.Attrs["has_secret_string_wo"] = writeOnly
	c.Attrs.Default("secret_string", "")
	c.Attrs.Default("secret_binary", "")
	c.Hidden.Set(sim.Attrs{"secret_string": text, "secret_binary": binary})
	return nil
}

// moveStage takes a staging label off the version that has it; what was
// current becomes previous.
func moveStage(tx *sim.Tx, secret *sim.Resource, stage string) {
	for _, v := range SecretVersions(tx, secret) {
		stages := v.Attrs.Strings("version_stages")
		if !slices.Contains(stages, stage) {
			continue
		}
		left := sim.Without(sim.AnyList(stages), []any{stage})
		if stage == stageCurrent {
			moveStage(tx, secret, stagePrevious)
			left = append(left, stagePrevious)
		}
		tx.Edit(v).Attrs.Set(sim.Attrs{"version_stages": left})
		return
	}
}

func updateSecretVersion(c *sim.Call) error {
	if _, ok := c.WriteOnly["secret_string_wo"].(string); ok || c.Changed("secret_string") {
		return takeSecretValue(c)
	}
	return nil
}

// SecretVersion returns a version of a secret, by id or by staging label; nil
// if there is none.
func SecretVersion(tx *sim.Tx, secret *sim.Resource, id, stage string) *sim.Resource {
	for _, v := range SecretVersions(tx, secret) {
		if id != "" && v.Attrs.Str("version_id") != id {
			continue
		}
		if stage != "" && !slices.Contains(v.Attrs.Strings("version_stages"), stage) {
			continue
		}
		return v
	}
	return nil
}

// SecretValue returns the current value of a secret by its ARN, in its own
// region or in one that it is replicated to.
func SecretValue(c *sim.Cloud, arn string) (value string, ok bool) {
	_ = c.View(func(tx *sim.Tx) error {
		parts, _ := sim.ParseARN(arn)
		secret := FindSecret(tx, parts.Region, arn)
		if secret == nil {
			return nil
		}
		if v := SecretVersion(tx, secret, "", stageCurrent); v != nil {
			value, ok = v.Hidden.Str("secret_string"), true
		}
		return nil
	})
	return value, ok
}

func ephemerals() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_secretsmanager_secret_version":  {Schema: ephemeral.AwsSecretsmanagerSecretVersionSchema, Service: service, CreateOp: "GetSecretValue", Create: openSecretVersion},
		"aws_secretsmanager_random_password": {Schema: ephemeral.AwsSecretsmanagerRandomPasswordSchema, Service: service, CreateOp: "GetRandomPassword", Create: openRandomPassword},
	}
}

// CallRead is the reading of a secret's value, as [sim.Tx.Count] has it.
const CallRead = "secretsmanager:GetSecretValue"

func openSecretVersion(c *sim.Call) (string, error) {
	a := c.Attrs
	secret := FindSecret(c.Tx, c.Region, a.Str("secret_id"))
	if secret == nil {
		return "", c.Refuse("secret_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	stage := a.Str("version_stage")
	if stage == "" && !a.Has("version_id") {
		stage = stageCurrent
	}
	v := SecretVersion(c.Tx, secret, a.Str("version_id"), stage)
	if v == nil {
		return "", c.Refuse("version_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for %s", describeVersion(a.Str("version_id"), stage))
	}
	if key := SecretKey(secret, c.Region); key != "" {
		if _, problem := kms.FindKey(c.Tx, c.Region, key); problem != kms.KeyUsable {
			return "", c.Refuse("secret_id", "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key: %s is %s", key, problem)
		}
	}
	own, _ := sim.ParseARN(secret.ARN())
	own.Region = c.Region
	a.Set(sim.Attrs{
		"arn": own.String(), "created_date": v.Created.UTC().Format(time.RFC3339),
		"secret_string": v.Hidden.Str("secret_string"), "secret_binary": v.Hidden.Str("secret_binary"),
		"version_stages": v.Attrs.Strings("version_stages"),
	})
	a.Default("version_id", v.Attrs.Str("version_id"))
	a.Default("version_stage", stage)
	c.Count(CallRead)
	return "", nil
}

func describeVersion(id, stage string) string {
	if id != "" {
		return "VersionId: " + id
	}
	return "staging label: " + stage
}

// SecretKey returns the key that encrypts a secret in a region; "" is the one
// that AWS manages.
func SecretKey(secret *sim.Resource, regionName string) string {
	if secret.Region == regionName {
		return secret.Attrs.Str("kms_key_id")
	}
	for _, replica := range secret.Attrs.Blocks("replica") {
		if replica.Str("region") == regionName {
			return replica.Str("kms_key_id")
		}
	}
	return ""
}

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

func openRandomPassword(c *sim.Call) (string, error) {
	a := c.Attrs
	length := a.Int("password_length")
	if a["password_length"] == nil {
		length = 32
	}
	var sets []string
	for _, set := range []struct{ exclude, chars string }{
		{"exclude_lowercase", "abcdefghijklmnopqrstuvwxyz"}, {"exclude_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"exclude_numbers", "0123456789"}, {"exclude_punctuation", punctuation},
	} {
		if chars := remove(set.chars, a.Str("exclude_characters")); !a.Bool(set.exclude) && chars != "" {
			sets = append(sets, chars)
		}
	}
	if a.Bool("include_space") {
		sets = append(sets, " ")
	}
	if len(sets) == 0 || length < len(sets) || length > 4096 {
		return "", c.Refuse("password_length", "InvalidParameterException",
			"Invalid password length %d: it must be at most 4096 and hold one of each of the %d character types asked for.", length, len(sets))
	}
	a["random_password"] = randomText(c, sets, length)
	return "", nil
}

// randomText holds at least one character of each set, in a random order.
func randomText(c *sim.Call, sets []string, length int) string {
	every := strings.Join(sets, "")
	out := make([]byte, 0, length)
	for i := range length {
		from := every
		if i < len(sets) {
			from = sets[i]
		}
		out = append(out, from[below(c, len(from))])
	}
	for i := length - 1; i > 0; i-- {
		j := below(c, i+1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

// below returns a number from 0 to n-1, n at most 65536.
func below(c *sim.Call, n int) int {
	d := c.NextBytes()
	return (int(d[0])<<16 | int(d[1])<<8 | int(d[2])) % n
}

func remove(chars, unwanted string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(unwanted, r) {
			return -1
		}
		return r
	}, chars)
}
