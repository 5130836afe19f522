package credentials

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

type CredentialsConfig struct {
	// Experimental.
	DependsOn *[]cdktf.ITerraformDependable `field:"optional" json:"dependsOn" yaml:"dependsOn"`
	// Experimental.
	ForEach cdktf.ITerraformIterator `field:"optional" json:"forEach" yaml:"forEach"`
	// Experimental.
	Providers *[]interface{} `field:"optional" json:"providers" yaml:"providers"`
	// Experimental.
	SkipAssetCreationFromLocalModules *bool `field:"optional" json:"skipAssetCreationFromLocalModules" yaml:"skipAssetCreationFromLocalModules"`
	// ARN of the key in the secret's own region.
	KmsKeyId *string `field:"required" json:"kmsKeyId" yaml:"kmsKeyId"`
	// Name of the secret in Secrets Manager, for example db-credentials-dev.
	Name *string `field:"required" json:"name" yaml:"name"`
	// ARN of the key in the replica region.
	ReplicaKmsKeyId *string `field:"required" json:"replicaKmsKeyId" yaml:"replicaKmsKeyId"`
	// Region that the secret is replicated to, for example eu-west-1.
	ReplicaRegion *string `field:"required" json:"replicaRegion" yaml:"replicaRegion"`
	// Name of the database administrator, stored beside the password.
	Username *string `field:"required" json:"username" yaml:"username"`
	// What the secret holds, shown in the console.
	//
	// PostgreSQL administrator credentials.
	Description *string `field:"optional" json:"description" yaml:"description"`
	// False for a plan that is only read, such as a pull request's: the stored password is not opened, and a random one stands for it.
	//
	// It differs in nothing else, since a write-only argument is in no plan. Such a plan can't be applied.
	// true.
	OpenSecrets *bool `field:"optional" json:"openSecrets" yaml:"openSecrets"`
	// Length of the generated password in characters.
	//
	// RDS for PostgreSQL takes 8 to 128.
	// 32.
	PasswordLength *float64 `field:"optional" json:"passwordLength" yaml:"passwordLength"`
	// Raise it by one to have a new password generated and set on the instance.
	//
	// Never raise it after a failover: it would set a password on the instance that was given up.
	// 1.
	PasswordVersion *float64 `field:"optional" json:"passwordVersion" yaml:"passwordVersion"`
	// Days in which a deleted secret can be restored: 0 (gone at once, so that the name is free again) or 7 to 30.
	//
	// 30.
	RecoveryWindowInDays *float64 `field:"optional" json:"recoveryWindowInDays" yaml:"recoveryWindowInDays"`
}

