package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmsalias"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmskey"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmsreplicakey"
)

// databaseKeys are one multi-Region key and its replica: the same key
// material under one id, so that what was encrypted in one region can be read
// in the other after the first is lost. It encrypts the databases, their
// logs, the credentials and the guard's ledger.
type databaseKeys struct {
	primaryARN string
	replicaARN string
}

func newDatabaseKeys(primary, replica place) databaseKeys {
	p, r := primary.in("database-key"), replica.in("database-key-replica")
	key := kmskey.NewKmsKey(p.scope, new("key"), &kmskey.KmsKeyConfig{
		Provider:             p.provider,
		Description:          new("PostgreSQL storage, credentials and logs of " + p.env),
		MultiRegion:          true,
		EnableKeyRotation:    true,
		DeletionWindowInDays: new(float64(p.deletionWindow())),
		Policy:               new(databaseKeyPolicy(p)),
		Tags:                 p.nameTag("db-key"),
	})
	kmsalias.NewKmsAlias(p.scope, new("alias"), &kmsalias.KmsAliasConfig{
		Provider:    p.provider,
		Name:        new("alias/" + p.siteName("db-key")),
		TargetKeyId: key.KeyId(),
	})
	copied := kmsreplicakey.NewKmsReplicaKey(r.scope, new("key"), &kmsreplicakey.KmsReplicaKeyConfig{
		Provider:             r.provider,
		Description:          new("PostgreSQL storage, credentials, logs and ledger of " + r.env),
		PrimaryKeyArn:        key.Arn(),
		DeletionWindowInDays: new(float64(r.deletionWindow())),
		Policy:               new(databaseKeyPolicy(r)),
		Tags:                 r.nameTag("db-key"),
	})
	kmsalias.NewKmsAlias(r.scope, new("alias"), &kmsalias.KmsAliasConfig{
		Provider:    r.provider,
		Name:        new("alias/" + r.siteName("db-key")),
		TargetKeyId: copied.KeyId(),
	})
	return databaseKeys{primaryARN: *key.Arn(), replicaARN: *copied.Arn()}
}

// databaseKeyPolicy admits CloudWatch Logs for the database's own log groups
// only; RDS and Secrets Manager act in the name of their caller.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func databaseKeyPolicy(p place) string {
	logs := statement{
		Sid:    "DatabaseLogs",
		Effect: "Allow",
		Action: []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
		// In a key policy the resource is this key.
		Resource: []string{"*"},
	}.by("logs."+p.region+".amazonaws.com").
		when("ArnLike", "kms:EncryptionContext:aws:logs:arn", p.arn("logs", "log-group:"+databaseLogPrefix(p)+"*"))
	return policyDocument(accountAdministers(p.account), logs)
}
