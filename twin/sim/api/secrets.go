package api

import (
	"net/http"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
)

const typeSecret, typeSecretVersion = "aws_secretsmanager_secret", "aws_secretsmanager_secret_version"

func secretsService() *service {
	return &service{
		name: SecretsManager, prefix: "secretsmanager", signing: "secretsmanager", denied: "AccessDeniedException",
		protocol:  jsonProtocol{version: "1.1", target: "secretsmanager"},
		throttled: Error{Code: "ThrottlingException", Message: "Rate exceeded"},
		broken:    Error{Code: "InternalServiceError", Message: "An error occurred on the server side.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){
			"GetSecretValue": getSecretValue, "DescribeSecret": describeSecret, "StopReplicationToReplica": stopReplication,
		},
	}
}

const noSecret = "Secrets Manager can't find the specified secret."

// secret finds the secret that a call names, and checks that the caller may act
// on it. A secret that waits for its deletion is found too: deleted tells when
// it was deleted.
func (c *call) secret(tx *sim.Tx, action, ref string) (r *sim.Resource, deleted time.Time, err error) {
	r = secretsmanager.FindSecret(tx, c.region, ref)
	if r == nil {
		kept := tx.FindRetained(typeSecret, c.region, func(a sim.Attrs) bool { return a.Str("arn") == ref || a.Str("name") == ref })
		if kept != nil {
			days := kept.Attrs.Int("recovery_window_in_days")
			r, deleted = &kept.Resource, kept.Until.AddDate(0, 0, -days)
		}
	}
	// A secret that is not there has no ARN: the policies are asked about what
	// the call said.
	arn := ref
	if r != nil {
		arn = c.secretARN(r)
	} else if _, ok := sim.ParseARN(ref); !ok {
		arn = c.arn("secretsmanager", "secret:"+ref)
	}
	if err := c.authorize(tx, action, arn, nil); err != nil {
		return nil, deleted, err
	}
	if r == nil {
		return nil, deleted, refuse("ResourceNotFoundException", noSecret)
	}
	return r, deleted, nil
}

// secretARN is a secret's ARN in the call's region: a replica has the same but
// for the region.
func (c *call) secretARN(r *sim.Resource) string {
	arn, _ := sim.ParseARN(r.ARN())
	arn.Region = c.region
	return arn.String()
}

const markedForDeletion = "You can't perform this operation on the secret because it was marked for deletion."

func getSecretValue(c *call) (any, error) {
	var in struct{ SecretID, VersionID, VersionStage string }
	if err := c.decode(&in); err != nil {
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
		CreatedDate   *epoch
	}
	err := c.view(func(tx *sim.Tx) error {
		r, deleted, err := c.secret(tx, "secretsmanager:GetSecretValue", in.SecretID)
		if err != nil {
			return err
		}
		if !deleted.IsZero() {
			return refuse("InvalidRequestException", markedForDeletion)
		}
		v := secretsmanager.SecretVersion(tx, r, in.VersionID, in.VersionStage)
		if v == nil {
			return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", in.VersionStage)
		}
		out.ARN, out.Name, out.VersionID, out.CreatedDate = c.secretARN(r), r.Attrs.Str("name"), v.Attrs.Str("version_id"), epochOf(v.Created)
		out.VersionStages = v.Attrs.Strings("version_stages")
		out.SecretString, out.SecretBinary = v.Hidden.Str("secret_string"), v.Hidden.Str("secret_binary")
		return c.decryptSecret(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// decryptSecret checks that Secrets Manager may use the secret's key of the
// region in the caller's name.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
func (c *call) decryptSecret(tx *sim.Tx, r *sim.Resource) error {
	refusal, err := c.useKey(tx, keyUse{
		ref: secretsmanager.SecretKey(r, c.region), via: "secretsmanager", actions: []string{"kms:Decrypt"},
		encryption: map[string]string{"SecretARN": c.secretARN(r)},
	})
	switch {
	case err != nil || refusal == nil:
		return err
	case refusal.state == kms.KeyUsable:
		return refuse("AccessDeniedException", "Access to KMS is not allowed")
	}
	return refuse("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key: %s", refusal.text)
}

type replicaStatus struct {
	Region        string
	KmsKeyID      string `json:"KmsKeyId"`
	Status        string
	StatusMessage string
}

func describeSecret(c *call) (any, error) {
	var in struct{ SecretID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	var out struct {
		ARN, Name, Description string
		KmsKeyID               string `json:"KmsKeyId,omitempty"`
		CreatedDate            *epoch
		DeletedDate            *epoch `json:",omitempty"`
		PrimaryRegion          string `json:",omitempty"`
		VersionIdsToStages     map[string][]string
		ReplicationStatus      []replicaStatus `json:",omitempty"`
	}
	err := c.view(func(tx *sim.Tx) error {
		r, deleted, err := c.secret(tx, "secretsmanager:DescribeSecret", in.SecretID)
		if err != nil {
			return err
		}
		out.ARN, out.Name, out.Description, out.KmsKeyID = c.secretARN(r), r.Attrs.Str("name"), r.Attrs.Str("description"), secretsmanager.SecretKey(r, c.region)
		out.CreatedDate, out.DeletedDate = epochOf(r.Created), epochOf(deleted)
		out.VersionIdsToStages = map[string][]string{}
		for _, v := range secretsmanager.SecretVersions(tx, r) {
			out.VersionIdsToStages[v.Attrs.Str("version_id")] = v.Attrs.Strings("version_stages")
		}
		replicas := r.Attrs.Blocks("replica")
		if len(replicas) > 0 {
			out.PrimaryRegion = r.Region
		}
		if r.Region == c.region {
			for _, to := range replicas {
				out.ReplicationStatus = append(out.ReplicationStatus, replicaStatus{to.Str("region"), to.Str("kms_key_id"), to.Str("status"), to.Str("status_message")})
			}
		}
		return nil
	})
	return out, err
}
