package sim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

func (w *world) open(typ, region string, a attrs) simapi.Response {
	return w.cloud.Do(context.Background(), simapi.OpEphemeral, simapi.Request{Type: typ, Region: region, Attrs: a})
}

func TestSecret_RefusesNamesKeysAndReplicasThatAWSRefuses(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	disabled := w.create("aws_kms_key", east, attrs{"is_enabled": false})
	pending := w.create("aws_kms_key", east, attrs{})
	w.gone(pending)
	good := attrs{"name": "db-credentials-dev", "kms_key_id": key.arn(), "replica": list{attrs{"region": west, "kms_key_id": replica.arn()}}}
	w.create("aws_secretsmanager_secret", west, attrs{"name": "taken-in-the-west"})
	w.refusesEach("aws_secretsmanager_secret", east, good, []refusal{
		{"name", attrs{"name": "db credentials"}, "ValidationException"},
		{"window", attrs{"recovery_window_in_days": 6}, "InvalidParameterException"},
		{"key of another region", attrs{"kms_key_id": replica.arn()}, "EncryptionFailure"},
		{"no such key", attrs{"kms_key_id": "alias/none"}, "EncryptionFailure"},
		{"key disabled", attrs{"kms_key_id": disabled.arn()}, "EncryptionFailure"},
		{"key pending deletion", attrs{"kms_key_id": pending.arn()}, "EncryptionFailure"},
		{"replica key of the secret's region", attrs{"replica": list{attrs{"region": west, "kms_key_id": key.arn()}}}, "EncryptionFailure"},
		{"replica in its own region", attrs{"replica": list{attrs{"region": east}}}, "InvalidParameterException"},
		{"replica in no region", attrs{"replica": list{attrs{"region": "eu-west-9"}}}, "InvalidParameterException"},
		{"name taken in the replica region", attrs{"name": "taken-in-the-west"}, "ResourceExistsException"},
		{"policy", attrs{"policy": "{"}, "MalformedPolicyDocumentException"},
	})
	w.refused("aws_secretsmanager_secret", east, good, "ResourceExistsException")
}

func TestSecret_KeepsItsNameForTheRecoveryWindow(t *testing.T) {
	w := newWorld(t)
	secret := w.create("aws_secretsmanager_secret", east, attrs{"name": "db", "recovery_window_in_days": 7})
	w.gone(secret)
	require.Zero(t, w.cloud.Summary().Total)
	require.Equal(t, 1, w.cloud.Summary().Retained["aws_secretsmanager_secret"][east])
	err := w.refused("aws_secretsmanager_secret", east, attrs{"name": "db"}, "InvalidRequestException")
	require.Contains(t, err.Message, "scheduled for deletion")
	w.clock.Advance(7 * 24 * time.Hour)
	again := w.create("aws_secretsmanager_secret", east, attrs{"name": "db", "recovery_window_in_days": 0})
	require.NotEqual(t, secret.arn(), again.arn())
	w.gone(again)
	w.create("aws_secretsmanager_secret", east, attrs{"name": "db"})
}

func (w *world) credentials() (secret, version made) {
	w.t.Helper()
	key, replica := w.keys()
	secret = w.create("aws_secretsmanager_secret", east, attrs{
		"name": "db-dev", "kms_key_id": key.arn(), "recovery_window_in_days": 0, "replica": list{attrs{"region": west, "kms_key_id": replica.arn()}},
	})
	version = w.createSecret("aws_secretsmanager_secret_version", east,
		attrs{"secret_id": secret.id, "secret_string_wo_version": 1}, attrs{"secret_string_wo": "first-value"})
	return secret, version
}

func TestSecretValue_IsReadableInBothRegions(t *testing.T) {
	w := newWorld(t)
	secret, version := w.credentials()
	for _, arn := range []string{secret.arn(), strings.Replace(secret.arn(), east, west, 1)} {
		value, ok := secretsmanager.SecretValue(w.cloud, arn)
		require.True(t, ok, arn)
		require.Equal(t, "first-value", value)
	}
	for _, arn := range []string{"", "db-dev", strings.Replace(secret.arn(), east, "us-west-2", 1), secret.arn() + "x"} {
		_, ok := secretsmanager.SecretValue(w.cloud, arn)
		require.False(t, ok, arn)
	}
	replica := secret.attrs["replica"].(list)[0].(attrs)
	require.Equal(t, "InSync", replica["status"])

	w.gone(version)
	_, ok := secretsmanager.SecretValue(w.cloud, secret.arn())
	require.False(t, ok)
}

func TestSecretVersion_HidesAWriteOnlyValue(t *testing.T) {
	w := newWorld(t)
	_, version := w.credentials()
	require.Equal(t, true, version.attrs["has_secret_string_wo"])
	for name, value := range w.read(version) {
		require.NotEqual(t, "first-value", value, name)
	}
}

func TestSecretVersion_MovesTheStagingLabels(t *testing.T) {
	w := newWorld(t)
	secret, first := w.credentials()
	second := w.create("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": "second-value"})
	require.Equal(t, list{"AWSCURRENT"}, second.attrs["version_stages"])
	require.Equal(t, list{"AWSPREVIOUS"}, w.read(first)["version_stages"])
	third := w.create("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": "third-value"})
	require.Empty(t, w.read(first)["version_stages"])
	require.Equal(t, list{"AWSPREVIOUS"}, w.read(second)["version_stages"])

	value, _ := secretsmanager.SecretValue(w.cloud, secret.arn())
	require.Equal(t, "third-value", value)
	w.update(third, attrs{"secret_string": "changed"})
	value, _ = secretsmanager.SecretValue(w.cloud, secret.arn())
	require.Equal(t, "changed", value)
}

func TestSecretVersion_RefusesWithoutSecretOrValue(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.credentials()
	typ := "aws_secretsmanager_secret_version"
	w.refusesEach(typ, east, attrs{"secret_id": secret.id, "secret_string": "x"}, []refusal{
		{"no such secret", attrs{"secret_id": "none"}, "ResourceNotFoundException"},
		{"no value", attrs{"secret_string": nil}, "InvalidRequestException"},
	})
	regional := strings.Replace(secret.arn(), east, west, 1)
	w.refused(typ, west, attrs{"secret_id": regional, "secret_string": "x"}, "InvalidRequestException")
	w.refused(typ, west, attrs{"secret_id": secret.id, "secret_string": "x"}, "ResourceNotFoundException")
}

func TestSecretVersion_RefusesWhenTheKeyIsGone(t *testing.T) {
	w := newWorld(t)
	key := w.create("aws_kms_key", east, attrs{})
	secret := w.create("aws_secretsmanager_secret", east, attrs{"name": "db", "kms_key_id": key.id})
	w.create("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": "x"})
	w.gone(key)
	w.refused("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": "y"}, "EncryptionFailure")
	require.Equal(t, "DecryptionFailure", w.open("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id}).Error.Code)
}

func TestEphemeralVersion_OpensByNameARNVersionAndStage(t *testing.T) {
	w := newWorld(t)
	secret, first := w.credentials()
	w.create("aws_secretsmanager_secret_version", east, attrs{"secret_id": secret.id, "secret_string": "second-value"})
	regional := strings.Replace(secret.arn(), east, west, 1)
	for _, c := range []struct {
		region string
		ask    attrs
		want   string
	}{
		{east, attrs{"secret_id": secret.id}, "second-value"},
		{east, attrs{"secret_id": "db-dev"}, "second-value"},
		{east, attrs{"secret_id": secret.arn()[:len(secret.arn())-7]}, "second-value"},
		{east, attrs{"secret_id": secret.id, "version_id": first.str("version_id")}, "first-value"},
		{east, attrs{"secret_id": secret.id, "version_stage": "AWSPREVIOUS"}, "first-value"},
		{west, attrs{"secret_id": regional}, "second-value"},
	} {
		resp := w.open("aws_secretsmanager_secret_version", c.region, c.ask)
		require.Nil(t, resp.Error, "%v", c.ask)
		require.Equal(t, c.want, resp.Attrs["secret_string"], "%v", c.ask)
		require.NotNil(t, resp.Attrs["version_id"])
		require.NotNil(t, resp.Attrs["created_date"])
	}
	for _, ask := range []attrs{{"secret_id": "none"}, {"secret_id": secret.id, "version_id": "none"}, {"secret_id": secret.id, "version_stage": "AWSPENDING"}} {
		require.Equal(t, "ResourceNotFoundException", w.open("aws_secretsmanager_secret_version", east, ask).Error.Code, "%v", ask)
	}
}

func TestRandomPassword_HoldsWhatWasAskedFor(t *testing.T) {
	w := newWorld(t)
	ask := attrs{"password_length": 20, "exclude_characters": "/@\" '\\"}
	resp := w.open("aws_secretsmanager_random_password", east, ask)
	require.Nil(t, resp.Error)
	password := resp.Attrs["random_password"].(string)
	require.Len(t, password, 20)
	require.NotRegexp(t, `[/@" '\\]`, password)
	for _, class := range []string{`[a-z]`, `[A-Z]`, `[0-9]`, `[^A-Za-z0-9]`} {
		require.Regexp(t, class, password)
	}
	require.NotEqual(t, password, w.open("aws_secretsmanager_random_password", east, ask).Attrs["random_password"])

	digits := w.open("aws_secretsmanager_random_password", east, attrs{
		"password_length": 8, "exclude_lowercase": true, "exclude_uppercase": true, "exclude_punctuation": true,
	})
	require.Regexp(t, `^[0-9]{8}$`, digits.Attrs["random_password"])
	require.Len(t, w.open("aws_secretsmanager_random_password", east, attrs{}).Attrs["random_password"], 32)
	spaced := w.open("aws_secretsmanager_random_password", east, attrs{"include_space": true})
	require.Contains(t, spaced.Attrs["random_password"], " ")
	require.Equal(t, "InvalidParameterException", w.open("aws_secretsmanager_random_password", east, attrs{"password_length": 3}).Error.Code)
	require.Equal(t, "InvalidParameterException", w.open("aws_secretsmanager_random_password", east, attrs{"password_length": 5000}).Error.Code)
	require.Equal(t, "Unsupported", w.open("aws_ssm_parameter", east, attrs{}).Error.Code)
}
