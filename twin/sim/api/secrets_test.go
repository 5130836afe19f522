package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

const secretText = `{"username":"dbadmin","password":"` + simstacks.Password + `"}`

func (w *world) secretOf(region, id string) (*secretsmanager.GetSecretValueOutput, error) {
	return w.secrets(region).GetSecretValue(w.ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
}

func (w *world) describeSecret(region, id string) *secretsmanager.DescribeSecretOutput {
	w.t.Helper()
	out, err := w.secrets(region).DescribeSecret(w.ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(id)})
	require.NoError(w.t, err)
	return out
}

func (w *world) detach(region, id string) error {
	return second(w.secrets(region).StopReplicationToReplica(w.ctx, &secretsmanager.StopReplicationToReplicaInput{SecretId: aws.String(id)}))
}

func TestSecrets_AreReadInTheReplicasRegion(t *testing.T) {
	w := newWorld(t)
	id := w.env["PGDR_SECRET_ARN"]
	out, err := w.secretOf(west, id)
	require.NoError(t, err)
	require.JSONEq(t, secretText, aws.ToString(out.SecretString))
	require.Equal(t, id, aws.ToString(out.ARN))
	require.Equal(t, []string{"AWSCURRENT"}, out.VersionStages)

	d := w.describeSecret(west, id)
	require.Equal(t, east, aws.ToString(d.PrimaryRegion))
	require.Empty(t, d.ReplicationStatus, "only the primary lists its replicas")
	key, err := w.stacks.PrimaryOutput(w.ctx, "replica_key_arn")
	require.NoError(t, err)
	require.Equal(t, key, aws.ToString(d.KmsKeyId))
	d = w.describeSecret(east, w.env["PGDR_PRIMARY_SECRET_ARN"])
	require.Equal(t, types.StatusTypeInSync, d.ReplicationStatus[0].Status)
	require.Equal(t, west, aws.ToString(d.ReplicationStatus[0].Region))
	require.Len(t, d.VersionIdsToStages, 1)
}

func TestSecrets_BecomeStandaloneInTheReplicasRegionOnly(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	id := w.env["PGDR_SECRET_ARN"]
	refused(t, w.detach(east, w.env["PGDR_PRIMARY_SECRET_ARN"]), "InvalidRequestException")
	require.NoError(t, w.detach(west, id))
	refused(t, w.detach(west, id), "InvalidRequestException")

	d := w.describeSecret(west, id)
	require.Empty(t, aws.ToString(d.PrimaryRegion))
	require.Equal(t, id, aws.ToString(d.ARN))
	require.Empty(t, w.describeSecret(east, w.env["PGDR_PRIMARY_SECRET_ARN"]).ReplicationStatus)
	out, err := w.secretOf(west, id)
	require.NoError(t, err)
	require.JSONEq(t, secretText, aws.ToString(out.SecretString))

	// They live apart from here on.
	resp := w.cloud.Do(w.ctx, simapi.OpCreate, simapi.Request{Type: "aws_secretsmanager_secret_version", Region: east, Attrs: sim.Attrs{
		"secret_id": w.env["PGDR_PRIMARY_SECRET_ARN"], "secret_string": "another",
	}})
	require.Nil(t, resp.Error)
	out, err = w.secretOf(west, id)
	require.NoError(t, err)
	require.JSONEq(t, secretText, aws.ToString(out.SecretString))
	out, err = w.secretOf(east, w.env["PGDR_PRIMARY_SECRET_ARN"])
	require.NoError(t, err)
	require.Equal(t, "another", aws.ToString(out.SecretString))
}

func TestSecrets_RefuseWhatSecretsManagerRefuses(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	_, err := w.secretOf(west, "none")
	refused(t, err, "ResourceNotFoundException")
	_, err = w.secrets(west).GetSecretValue(w.ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(w.env["PGDR_SECRET_ARN"]), VersionStage: aws.String("AWSPENDING")})
	refused(t, err, "ResourceNotFoundException")
	w.edit("aws_kms_replica_key", func(sim.Attrs) bool { return true }, func(a, _ sim.Attrs) { a["enabled"] = false })
	_, err = w.secretOf(west, w.env["PGDR_SECRET_ARN"])
	refused(t, err, "DecryptionFailure")

	id := w.env["PGDR_PRIMARY_SECRET_ARN"]
	require.NoError(t, w.cloud.SetAttribute("aws_secretsmanager_secret", east, id, "recovery_window_in_days", float64(7)))
	require.Nil(t, w.cloud.Do(w.ctx, simapi.OpDelete, simapi.Request{Type: "aws_secretsmanager_secret", Region: east, ID: id}).Error)
	_, err = w.secretOf(east, id)
	refused(t, err, "InvalidRequestException")
	require.Equal(t, w.clock.Now(), aws.ToTime(w.describeSecret(east, id).DeletedDate))
	refused(t, w.detach(east, id), "InvalidRequestException")
	w.clock.Advance(7 * 24 * time.Hour)
	_, err = w.secretOf(east, id)
	refused(t, err, "ResourceNotFoundException")
}

func TestKMS_DescribesKeysAndTheirRelatives(t *testing.T) {
	w := newWorld(t)
	describe := func(region, output string) *kmstypes.KeyMetadata {
		arn, err := w.stacks.PrimaryOutput(w.ctx, output)
		require.NoError(t, err)
		out, err := w.kms(region).DescribeKey(w.ctx, &kms.DescribeKeyInput{KeyId: aws.String(arn)})
		require.NoError(t, err)
		require.Equal(t, arn, aws.ToString(out.KeyMetadata.Arn))
		return out.KeyMetadata
	}
	p, r := describe(east, "database_key_arn"), describe(west, "replica_key_arn")
	require.True(t, p.Enabled)
	require.Equal(t, kmstypes.KeyStateEnabled, p.KeyState)
	require.Equal(t, kmstypes.MultiRegionKeyTypePrimary, p.MultiRegionConfiguration.MultiRegionKeyType)
	require.Equal(t, kmstypes.MultiRegionKeyTypeReplica, r.MultiRegionConfiguration.MultiRegionKeyType)
	require.Equal(t, aws.ToString(p.Arn), aws.ToString(r.MultiRegionConfiguration.PrimaryKey.Arn))
	require.Equal(t, aws.ToString(r.Arn), aws.ToString(p.MultiRegionConfiguration.ReplicaKeys[0].Arn))
	require.Equal(t, kmstypes.KeySpecSymmetricDefault, r.KeySpec)

	w.edit("aws_kms_replica_key", func(sim.Attrs) bool { return true }, func(a, _ sim.Attrs) { a["enabled"] = false })
	r = describe(west, "replica_key_arn")
	require.False(t, r.Enabled)
	require.Equal(t, kmstypes.KeyStateDisabled, r.KeyState)
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		key := tx.List("aws_kms_replica_key", west)[0]
		tx.Remove(key)
		tx.Retain(key, tx.At.Add(7*24*time.Hour))
		return nil
	}))
	r = describe(west, "replica_key_arn")
	require.Equal(t, kmstypes.KeyStatePendingDeletion, r.KeyState)
	require.Equal(t, w.clock.Now().Add(7*24*time.Hour), aws.ToTime(r.DeletionDate))
	w.clock.Advance(7 * 24 * time.Hour)
	require.Equal(t, "NotFoundException", code(t, w.describeKeyAs("replica_key_arn")))
}

// describeKeyAs asks with every permission there is.
func (w *world) describeKeyAs(output string) error {
	w.allowAll()
	return w.describeKey(output, west)
}

func TestKMS_KeyPoliciesDecideWithTheRoles(t *testing.T) {
	w := newWorld(t)
	w.allowAll()
	policy := func(text string) {
		w.edit("aws_kms_replica_key", func(sim.Attrs) bool { return true }, func(a, _ sim.Attrs) { a["policy"] = text })
	}
	const role = "arn:aws:iam::123456789012:role/failover-function-role-dev"
	policy(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/other"},"Action":"kms:*","Resource":"*"}]}`)
	refused(t, w.describeKey("replica_key_arn", west), "AccessDeniedException")
	require.Equal(t, "Access to KMS is not allowed", refused(t, second(w.secretOf(west, w.env["PGDR_SECRET_ARN"])), "AccessDeniedException"))
	policy(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"kms:*","Resource":"*"}]}`)
	require.NoError(t, w.describeKey("replica_key_arn", west))
	policy(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"},{"Sid":"No","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}`)
	require.NoError(t, w.describeKey("replica_key_arn", west))
	refused(t, second(w.secretOf(west, w.env["PGDR_SECRET_ARN"])), "AccessDeniedException")
}
