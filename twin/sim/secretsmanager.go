package sim

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/ephemeral"
	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"
)

const secretsManager = "Secrets Manager"

func secretKinds() map[string]*Kind {
	return map[string]*Kind{
		"aws_secretsmanager_secret": {
			Schema:  resource.AwsSecretsmanagerSecretSchema,
			Service: secretsManager, CreateOp: "CreateSecret", UpdateOp: "UpdateSecret", DeleteOp: "DeleteSecret",
			MissingCode: "ResourceNotFoundException", MissingText: "Secrets Manager can't find the specified secret: %s",
			Create: createSecret, Update: updateSecret, Remove: removeSecret,
		},
		"aws_secretsmanager_secret_version": {
			Schema:  resource.AwsSecretsmanagerSecretVersionSchema,
			Service: secretsManager, CreateOp: "PutSecretValue", UpdateOp: "UpdateSecretVersionStage", DeleteOp: "UpdateSecretVersionStage",
			MissingCode: "ResourceNotFoundException", MissingText: "Secrets Manager can't find the specified secret version: %s",
			Create: createSecretVersion, Update: updateSecretVersion,
		},
	}
}

// secretName is what CreateSecret accepts.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

func createSecret(c *Call) (string, error) {
	name := c.Name(512)
	if !secretName.MatchString(name) {
		return "", c.Refuse("name", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if c.FindBy("aws_secretsmanager_secret", c.Region, "name", name) != nil {
		return "", c.Refuse("name", "ResourceExistsException", "The operation failed because the secret %s already exists.", name)
	}
	if c.FindRetained("aws_secretsmanager_secret", c.Region, func(a Attrs) bool { return a.Str("name") == name }) != nil {
		return "", c.Refuse("name", "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	c.Attrs.Defaults(Attrs{"policy": "", "force_overwrite_replica_secret": false, "recovery_window_in_days": 30})
	if err := checkSecret(c); err != nil {
		return "", err
	}
	arn := c.ARN("secretsmanager", c.Region, "secret:%s-%s", name, c.NewText(MixedAlnum, 6))
	c.Attrs["arn"] = arn
	fillSecretReplicas(c)
	return arn, nil
}

func updateSecret(c *Call) error {
	if err := checkSecret(c); err != nil {
		return err
	}
	fillSecretReplicas(c)
	return nil
}

func checkSecret(c *Call) error {
	a := c.Attrs
	if w := a.Int("recovery_window_in_days"); w != 0 && (w < 7 || w > 30) {
		return c.Refuse("recovery_window_in_days", "InvalidParameterException", "RecoveryWindowInDays must be 0 or between 7 and 30, found %d", w)
	}
	if key := a.Str("kms_key_id"); key != "" {
		if err := c.checkSecretKey("kms_key_id", c.Region, key); err != nil {
			return err
		}
	}
	if a.Has("policy") {
		if err := CheckPolicyJSON(c.During("PutResourcePolicy"), "policy", "MalformedPolicyDocumentException", a.Str("policy")); err != nil {
			return err
		}
	}
	for _, replica := range a.Blocks("replica") {
		if err := c.checkSecretReplica(replica); err != nil {
			return err
		}
	}
	return nil
}

// checkSecretKey refuses a key that could encrypt nothing. AWS looks only when
// a value is written, and then fails in this way.
func (c *Call) checkSecretKey(attribute, regionName, ref string) error {
	if _, problem := c.FindKey(regionName, ref); problem != KeyUsable {
		return c.Refuse(attribute, "EncryptionFailure",
			"Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state: %s is %s in %s",
			ref, problem, regionName)
	}
	return nil
}

func (c *Call) checkSecretReplica(replica Attrs) error {
	to := replica.Str("region")
	if !HasRegion(to) || to == c.Region {
		return c.Refuse("replica", "InvalidParameterException", "Invalid replica region: %s", to)
	}
	if key := replica.Str("kms_key_id"); key != "" {
		if err := c.checkSecretKey("replica", to, key); err != nil {
			return err
		}
	}
	name := c.Attrs.Str("name")
	if c.FindBy("aws_secretsmanager_secret", to, "name", name) != nil && !c.Attrs.Bool("force_overwrite_replica_secret") {
		return c.Refuse("replica", "ResourceExistsException", "Replication failed: Secret name simple %s already exists in region %s.", name, to)
	}
	return nil
}

func fillSecretReplicas(c *Call) {
	out := []any{}
	for _, replica := range c.Attrs.Blocks("replica") {
		replica = replica.Clone()
		replica.Defaults(Attrs{"kms_key_id": "alias/aws/secretsmanager", "last_accessed_date": "", "status": "InSync", "status_message": "Replication succeeded"})
		out = append(out, map[string]any(replica))
	}
	c.Attrs["replica"] = out
}

// removeSecret keeps the secret for its recovery window, in which its name
// stays taken; a window of 0 days deletes at once.
func removeSecret(c *Call) error {
	for _, v := range c.SecretVersions(c.Resource) {
		c.Remove(v)
	}
	if days := c.Attrs.Int("recovery_window_in_days"); days > 0 {
		c.Retain(c.Resource, c.At.Add(time.Duration(days)*24*time.Hour))
	}
	return nil
}

// FindSecret resolves a secret by ARN, partial ARN or name, as a call in a
// region would: its own secrets and those replicated to it.
func (tx *Tx) FindSecret(regionName, ref string) *Resource {
	arn, isARN := ParseARN(ref)
	for _, r := range tx.List("aws_secretsmanager_secret", "") {
		if r.Region != regionName && !replicatedTo(r, regionName) {
			continue
		}
		if !isARN && r.Attrs.Str("name") == ref {
			return r
		}
		own, _ := ParseARN(r.ARN())
		complete := arn.Resource == own.Resource
		partial := len(own.Resource) > 7 && arn.Resource == own.Resource[:len(own.Resource)-7]
		if isARN && arn.Region == regionName && (complete || partial) {
			return r
		}
	}
	return nil
}

func replicatedTo(secret *Resource, regionName string) bool {
	return slices.ContainsFunc(secret.Attrs.Blocks("replica"), func(b Attrs) bool { return b.Str("region") == regionName })
}

// SecretVersions returns all versions of a secret.
func (tx *Tx) SecretVersions(secret *Resource) []*Resource {
	return slices.DeleteFunc(tx.List("aws_secretsmanager_secret_version", secret.Region), func(r *Resource) bool {
		return r.Attrs.Str("arn") != secret.ARN()
	})
}

const stageCurrent, stagePrevious = "AWSCURRENT", "AWSPREVIOUS"

func createSecretVersion(c *Call) (string, error) {
	ref := c.Attrs.Str("secret_id")
	secret := c.FindSecret(c.Region, ref)
	if secret == nil {
		return "", c.Refuse("secret_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	if secret.Region != c.Region {
		return "", c.Refuse("secret_id", "InvalidRequestException", "You can't change a replica secret: %s is replicated from %s.", ref, secret.Region)
	}
	if err := c.takeSecretValue(); err != nil {
		return "", err
	}
	if key := secret.Attrs.Str("kms_key_id"); key != "" {
		if err := c.checkSecretKey("secret_id", c.Region, key); err != nil {
			return "", err
		}
	}
	c.Attrs.Default("version_stages", []string{stageCurrent})
	for _, stage := range c.Attrs.Strings("version_stages") {
		moveStage(c.Tx, secret, stage)
	}
	version := c.NewUUID()
	c.Attrs.Set(Attrs{"arn": secret.ARN(), "version_id": version})
	return secret.ARN() + "|" + version, nil
}

// takeSecretValue keeps the value where Terraform cannot read it, if it was
// given through the write-only argument.
func (c *Call) takeSecretValue() error {
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
	c.Hidden.Set(Attrs{"secret_string": text, "secret_binary": binary})
	return nil
}

// moveStage takes a staging label off the version that has it; what was
// current becomes previous.
func moveStage(tx *Tx, secret *Resource, stage string) {
	for _, v := range tx.SecretVersions(secret) {
		stages := v.Attrs.Strings("version_stages")
		if !slices.Contains(stages, stage) {
			continue
		}
		left := Without(AnyList(stages), []any{stage})
		if stage == stageCurrent {
			moveStage(tx, secret, stagePrevious)
			left = append(left, stagePrevious)
		}
		tx.Edit(v).Attrs.Set(Attrs{"version_stages": left})
		return
	}
}

func updateSecretVersion(c *Call) error {
	if _, ok := c.WriteOnly["secret_string_wo"].(string); ok || c.Changed("secret_string") {
		return c.takeSecretValue()
	}
	return nil
}

// SecretVersion returns a version of a secret, by id or by staging label; nil
// if there is none.
func (tx *Tx) SecretVersion(secret *Resource, id, stage string) *Resource {
	for _, v := range tx.SecretVersions(secret) {
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
func (c *Cloud) SecretValue(arn string) (value string, ok bool) {
	_ = c.View(func(tx *Tx) error {
		parts, _ := ParseARN(arn)
		secret := tx.FindSecret(parts.Region, arn)
		if secret == nil {
			return nil
		}
		if v := tx.SecretVersion(secret, "", stageCurrent); v != nil {
			value, ok = v.Hidden.Str("secret_string"), true
		}
		return nil
	})
	return value, ok
}

func secretEphemerals() map[string]*Kind {
	return map[string]*Kind{
		"aws_secretsmanager_secret_version":  {Schema: ephemeral.AwsSecretsmanagerSecretVersionSchema, Service: secretsManager, CreateOp: "GetSecretValue", Create: openSecretVersion},
		"aws_secretsmanager_random_password": {Schema: ephemeral.AwsSecretsmanagerRandomPasswordSchema, Service: secretsManager, CreateOp: "GetRandomPassword", Create: openRandomPassword},
	}
}

func openSecretVersion(c *Call) (string, error) {
	a := c.Attrs
	secret := c.FindSecret(c.Region, a.Str("secret_id"))
	if secret == nil {
		return "", c.Refuse("secret_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	stage := a.Str("version_stage")
	if stage == "" && !a.Has("version_id") {
		stage = stageCurrent
	}
	v := c.SecretVersion(secret, a.Str("version_id"), stage)
	if v == nil {
		return "", c.Refuse("version_id", "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for %s", describeVersion(a.Str("version_id"), stage))
	}
	if key := SecretKey(secret, c.Region); key != "" {
		if _, problem := c.FindKey(c.Region, key); problem != KeyUsable {
			return "", c.Refuse("secret_id", "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key: %s is %s", key, problem)
		}
	}
	own, _ := ParseARN(secret.ARN())
	own.Region = c.Region
	a.Set(Attrs{
		"arn": own.String(), "created_date": v.Created.UTC().Format(time.RFC3339),
		"secret_string": v.Hidden.Str("secret_string"), "secret_binary": v.Hidden.Str("secret_binary"),
		"version_stages": v.Attrs.Strings("version_stages"),
	})
	a.Default("version_id", v.Attrs.Str("version_id"))
	a.Default("version_stage", stage)
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
func SecretKey(secret *Resource, regionName string) string {
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

func openRandomPassword(c *Call) (string, error) {
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
	a["random_password"] = c.randomText(sets, length)
	return "", nil
}

// randomText holds at least one character of each set, in a random order.
func (c *Call) randomText(sets []string, length int) string {
	every := strings.Join(sets, "")
	out := make([]byte, 0, length)
	for i := range length {
		from := every
		if i < len(sets) {
			from = sets[i]
		}
		out = append(out, from[c.below(len(from))])
	}
	for i := length - 1; i > 0; i-- {
		j := c.below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

// below returns a number from 0 to n-1, n at most 65536.
func (c *Call) below(n int) int {
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
