package secretsmanager

import (
	"net/http"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

const typeSecret, typeSecretVersion = "aws_secretsmanager_secret", "aws_secretsmanager_secret_version"

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.SecretsManager, Prefix: "secretsmanager", Signing: "secretsmanager", Denied: "AccessDeniedException",
		Protocol:  api.JSONProtocol{Version: "1.1", Target: "secretsmanager"},
		Throttled: api.Error{Code: "ThrottlingException", Message: "Rate exceeded"},
		Broken:    api.Error{Code: "InternalServiceError", Message: "An error occurred on the server side.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){
			"GetSecretValue": getSecretValue, "DescribeSecret": describeSecret, "StopReplicationToReplica": stopReplication,
		},
	}
}

const noSecret = "Secrets Manager can't find the specified secret."

// secret finds the secret that a call names, and checks that the caller may act
// on it. A secret that waits for its deletion is found too: deleted tells when
// it was deleted.
func secret(c *api.Call, tx *sim.Tx, action, ref string) (r *sim.Resource, deleted time.Time, err error) {
	r = FindSecret(tx, c.Region, ref)
	if r == nil {
		kept := tx.FindRetained(typeSecret, c.Region, func(a sim.Attrs) bool { return a.Str("arn") == ref || a.Str("name") == ref })
		if kept != nil {
			days := kept.Attrs.Int("recovery_window_in_days")
			r, deleted = &kept.Resource, kept.Until.AddDate(0, 0, -days)
		}
	}
	// A secret that is not there has no ARN: the policies are asked about what
	// the call said.
	arn := ref
	if r != nil {
		arn = secretARN(c, r)
	} else if _, ok := sim.ParseARN(ref); !ok {
		arn = c.ARN("secretsmanager", "secret:"+ref)
	}
	if err := c.Authorize(tx, action, arn, nil); err != nil {
		return nil, deleted, err
	}
	if r == nil {
		return nil, deleted, api.Refuse("ResourceNotFoundException", noSecret)
	}
	return r, deleted, nil
}

// secretARN is a secret's ARN in the call's region: a replica has the same but
// for the region.
func secretARN(c *api.Call, r *sim.Resource) string {
	arn, _ := sim.ParseARN(r.ARN())
	arn.Region = c.Region
	return arn.String()
}

const markedForDeletion = "You can't perform this operation on the secret because it was marked for deletion."

func getSecretValue(c *api.Call) (any, error) {
	var in struct{ SecretID, VersionID, VersionStage string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.VersionStage == "" && in.VersionID == "" {
		in.VersionStage = "AWSCURRENT"
	}
	var out struct {
		ARN, Name     string
		VersionID     string `json:"VersionId"`
		VersionStages []string
		SecretString  string `json:",omitempty"`
		SecretBinary  string `json:",omitempty"`
		CreatedDate   *api.Epoch
	}
	err := c.View(func(tx *sim.Tx) error {
		r, deleted, err := secret(c, tx, "secretsmanager:GetSecretValue", in.SecretID)
		if err != nil {
			return err
		}
		if !deleted.IsZero() {
			return api.Refuse("InvalidRequestException", markedForDeletion)
		}
		v := SecretVersion(tx, r, in.VersionID, in.VersionStage)
		if v == nil {
			return api.Refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", in.VersionStage)
		}
		out.ARN, out.Name, out.VersionID, out.CreatedDate = secretARN(c, r), r.Attrs.Str("name"), v.Attrs.Str("version_id"), api.EpochOf(v.Created)
		out.VersionStages = v.Attrs.Strings("version_stages")
		out.SecretString, out.SecretBinary = v.Hidden.Str("secret_string"), v.Hidden.Str("secret_binary")
		return decryptSecret(c, tx, r)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// decryptSecret checks that Secrets Manager may use the secret's key of the
// region in the caller's name.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
func decryptSecret(c *api.Call, tx *sim.Tx, r *sim.Resource) error {
	refusal, err := kms.UseKey(c, tx, kms.KeyUse{
		Ref: SecretKey(r, c.Region), Via: "secretsmanager", Actions: []string{"kms:Decrypt"},
		Encryption: map[string]string{"SecretARN": secretARN(c, r)},
	})
	switch {
	case err != nil || refusal == nil:
		return err
	case refusal.State == kms.KeyUsable:
		return api.Refuse("AccessDeniedException", "Access to KMS is not allowed")
	}
	return api.Refuse("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key: %s", refusal.Text)
}

type replicaStatus struct {
	Region        string
	KmsKeyID      string `json:"KmsKeyId"`
	Status        string
	StatusMessage string
}

func describeSecret(c *api.Call) (any, error) {
	var in struct{ SecretID string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	var out struct {
		ARN, Name, Description string
		KmsKeyID               string `json:"KmsKeyId,omitempty"`
		CreatedDate            *api.Epoch
		DeletedDate            *api.Epoch `json:",omitempty"`
		PrimaryRegion          string     `json:",omitempty"`
		VersionIdsToStages     map[string][]string
		ReplicationStatus      []replicaStatus `json:",omitempty"`
	}
	err := c.View(func(tx *sim.Tx) error {
		r, deleted, err := secret(c, tx, "secretsmanager:DescribeSecret", in.SecretID)
		if err != nil {
			return err
		}
		out.ARN, out.Name, out.Description, out.KmsKeyID = secretARN(c, r), r.Attrs.Str("name"), r.Attrs.Str("description"), SecretKey(r, c.Region)
		out.CreatedDate, out.DeletedDate = api.EpochOf(r.Created), api.EpochOf(deleted)
		out.VersionIdsToStages = map[string][]string{}
		for _, v := range SecretVersions(tx, r) {
			out.VersionIdsToStages[v.Attrs.Str("version_id")] = v.Attrs.Strings("version_stages")
		}
		replicas := r.Attrs.Blocks("replica")
		if len(replicas) > 0 {
			out.PrimaryRegion = r.Region
		}
		if r.Region == c.Region {
			for _, to := range replicas {
				out.ReplicationStatus = append(out.ReplicationStatus, replicaStatus{to.Str("region"), to.Str("kms_key_id"), to.Str("status"), to.Str("status_message")})
			}
		}
		return nil
	})
	return out, err
}
