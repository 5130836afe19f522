package credentials

import (
	_jsii_ "github.com/aws/jsii-runtime-go/runtime"
	_init_ "github.com/pgdr/pgdr/generated/credentials/jsii"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
	"github.com/pgdr/pgdr/generated/credentials/internal"
)

// Defines an Credentials based on a Terraform module.
//
// Source at ./modules/credentials
type Credentials interface {
	cdktf.TerraformModule
	// Experimental.
	CdktfStack() cdktf.TerraformStack
	// Experimental.
	ConstructNodeMetadata() *map[string]interface{}
	// Experimental.
	DependsOn() *[]*string
	// Experimental.
	SetDependsOn(val *[]*string)
	Description() *string
	SetDescription(val *string)
	// Experimental.
	ForEach() cdktf.ITerraformIterator
	// Experimental.
	SetForEach(val cdktf.ITerraformIterator)
	// Experimental.
	Fqn() *string
	// Experimental.
	FriendlyUniqueId() *string
	KmsKeyId() *string
	SetKmsKeyId(val *string)
	Name() *string
	SetName(val *string)
	// The tree node.
	Node() constructs.Node
	OpenSecrets() *bool
	SetOpenSecrets(val *bool)
	PasswordLength() *float64
	SetPasswordLength(val *float64)
	PasswordOutput() *string
	PasswordVersion() *float64
	SetPasswordVersion(val *float64)
	PasswordVersionOutput() *string
	// Experimental.
	Providers() *[]interface{}
	// Experimental.
	RawOverrides() interface{}
	RecoveryWindowInDays() *float64
	SetRecoveryWindowInDays(val *float64)
	ReplicaKmsKeyId() *string
	SetReplicaKmsKeyId(val *string)
	ReplicaRegion() *string
	SetReplicaRegion(val *string)
	SecretArnOutput() *string
	SecretNameOutput() *string
	// Experimental.
	SkipAssetCreationFromLocalModules() *bool
	// Experimental.
	Source() *string
	Username() *string
	SetUsername(val *string)
	// Experimental.
	Version() *string
	// Experimental.
	AddOverride(path *string, value interface{})
	// Experimental.
	AddProvider(provider interface{})
	// Experimental.
	GetString(output *string) *string
	// Experimental.
	InterpolationForOutput(moduleOutput *string) cdktf.IResolvable
	// Overrides the auto-generated logical ID with a specific ID.
	// Experimental.
	OverrideLogicalId(newLogicalId *string)
	// Resets a previously passed logical Id to use the auto-generated logical id again.
	// Experimental.
	ResetOverrideLogicalId()
	SynthesizeAttributes() *map[string]interface{}
	SynthesizeHclAttributes() *map[string]interface{}
	// Experimental.
	ToHclTerraform() interface{}
	// Experimental.
	ToMetadata() interface{}
	// Returns a string representation of this construct.
	ToString() *string
	// Experimental.
	ToTerraform() interface{}
}

// The jsii proxy struct for Credentials
type jsiiProxy_Credentials struct {
	internal.Type__cdktfTerraformModule
}

func (j *jsiiProxy_Credentials) CdktfStack() cdktf.TerraformStack {
	var returns cdktf.TerraformStack
	_jsii_.Get(
		j,
		"cdktfStack",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) ConstructNodeMetadata() *map[string]interface{} {
	var returns *map[string]interface{}
	_jsii_.Get(
		j,
		"constructNodeMetadata",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) DependsOn() *[]*string {
	var returns *[]*string
	_jsii_.Get(
		j,
		"dependsOn",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Description() *string {
	var returns *string
	_jsii_.Get(
		j,
		"description",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) ForEach() cdktf.ITerraformIterator {
	var returns cdktf.ITerraformIterator
	_jsii_.Get(
		j,
		"forEach",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Fqn() *string {
	var returns *string
	_jsii_.Get(
		j,
		"fqn",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) FriendlyUniqueId() *string {
	var returns *string
	_jsii_.Get(
		j,
		"friendlyUniqueId",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) KmsKeyId() *string {
	var returns *string
	_jsii_.Get(
		j,
		"kmsKeyId",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Name() *string {
	var returns *string
	_jsii_.Get(
		j,
		"name",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Node() constructs.Node {
	var returns constructs.Node
	_jsii_.Get(
		j,
		"node",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) OpenSecrets() *bool {
	var returns *bool
	_jsii_.Get(
		j,
		"openSecrets",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) PasswordLength() *float64 {
	var returns *float64
	_jsii_.Get(
		j,
		"passwordLength",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) PasswordOutput() *string {
	var returns *string
	_jsii_.Get(
		j,
		"passwordOutput",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) PasswordVersion() *float64 {
	var returns *float64
	_jsii_.Get(
		j,
		"passwordVersion",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) PasswordVersionOutput() *string {
	var returns *string
	_jsii_.Get(
		j,
		"passwordVersionOutput",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Providers() *[]interface{} {
	var returns *[]interface{}
	_jsii_.Get(
		j,
		"providers",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) RawOverrides() interface{} {
	var returns interface{}
	_jsii_.Get(
		j,
		"rawOverrides",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) RecoveryWindowInDays() *float64 {
	var returns *float64
	_jsii_.Get(
		j,
		"recoveryWindowInDays",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) ReplicaKmsKeyId() *string {
	var returns *string
	_jsii_.Get(
		j,
		"replicaKmsKeyId",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) ReplicaRegion() *string {
	var returns *string
	_jsii_.Get(
		j,
		"replicaRegion",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) SecretArnOutput() *string {
	var returns *string
	_jsii_.Get(
		j,
		"secretArnOutput",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) SecretNameOutput() *string {
	var returns *string
	_jsii_.Get(
		j,
		"secretNameOutput",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) SkipAssetCreationFromLocalModules() *bool {
	var returns *bool
	_jsii_.Get(
		j,
		"skipAssetCreationFromLocalModules",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Source() *string {
	var returns *string
	_jsii_.Get(
		j,
		"source",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Username() *string {
	var returns *string
	_jsii_.Get(
		j,
		"username",
		&returns,
	)
	return returns
}

func (j *jsiiProxy_Credentials) Version() *string {
	var returns *string
	_jsii_.Get(
		j,
		"version",
		&returns,
	)
	return returns
}


func NewCredentials(scope constructs.Construct, id *string, config *CredentialsConfig) Credentials {
	_init_.Initialize()

	if err := validateNewCredentialsParameters(scope, id, config); err != nil {
		panic(err)
	}
	j := jsiiProxy_Credentials{}

	_jsii_.Create(
		"credentials.Credentials",
		[]interface{}{scope, id, config},
		&j,
	)

	return &j
}

func NewCredentials_Override(c Credentials, scope constructs.Construct, id *string, config *CredentialsConfig) {
	_init_.Initialize()

	_jsii_.Create(
		"credentials.Credentials",
		[]interface{}{scope, id, config},
		c,
	)
}

func (j *jsiiProxy_Credentials)SetDependsOn(val *[]*string) {
	_jsii_.Set(
		j,
		"dependsOn",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetDescription(val *string) {
	_jsii_.Set(
		j,
		"description",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetForEach(val cdktf.ITerraformIterator) {
	_jsii_.Set(
		j,
		"forEach",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetKmsKeyId(val *string) {
	if err := j.validateSetKmsKeyIdParameters(val); err != nil {
		panic(err)
	}
	_jsii_.Set(
		j,
		"kmsKeyId",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetName(val *string) {
	if err := j.validateSetNameParameters(val); err != nil {
		panic(err)
	}
	_jsii_.Set(
		j,
		"name",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetOpenSecrets(val *bool) {
	_jsii_.Set(
		j,
		"openSecrets",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetPasswordLength(val *float64) {
	_jsii_.Set(
		j,
		"passwordLength",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetPasswordVersion(val *float64) {
	_jsii_.Set(
		j,
		"passwordVersion",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetRecoveryWindowInDays(val *float64) {
	_jsii_.Set(
		j,
		"recoveryWindowInDays",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetReplicaKmsKeyId(val *string) {
	if err := j.validateSetReplicaKmsKeyIdParameters(val); err != nil {
		panic(err)
	}
	_jsii_.Set(
		j,
		"replicaKmsKeyId",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetReplicaRegion(val *string) {
	if err := j.validateSetReplicaRegionParameters(val); err != nil {
		panic(err)
	}
	_jsii_.Set(
		j,
		"replicaRegion",
		val,
	)
}

func (j *jsiiProxy_Credentials)SetUsername(val *string) {
	if err := j.validateSetUsernameParameters(val); err != nil {
		panic(err)
	}
	_jsii_.Set(
		j,
		"username",
		val,
	)
}

// Checks if `x` is a construct.
//
// Use this method instead of `instanceof` to properly detect `Construct`
// instances, even when the construct library is symlinked.
//
// Explanation: in JavaScript, multiple copies of the `constructs` library on
// disk are seen as independent, completely different libraries. As a
// consequence, the class `Construct` in each copy of the `constructs` library
// is seen as a different class, and an instance of one class will not test as
// `instanceof` the other class. `npm install` will not create installations
// like this, but users may manually symlink construct libraries together or
// use a monorepo tool: in those cases, multiple copies of the `constructs`
// library can be accidentally installed, and `instanceof` will behave
// unpredictably. It is safest to avoid using `instanceof`, and using
// this type-testing method instead.
//
// Returns: true if `x` is an object created from a class which extends `Construct`.
func Credentials_IsConstruct(x interface{}) *bool {
	_init_.Initialize()

	if err := validateCredentials_IsConstructParameters(x); err != nil {
		panic(err)
	}
	var returns *bool

	_jsii_.StaticInvoke(
		"credentials.Credentials",
		"isConstruct",
		[]interface{}{x},
		&returns,
	)

	return returns
}

// Experimental.
func Credentials_IsTerraformElement(x interface{}) *bool {
	_init_.Initialize()

	if err := validateCredentials_IsTerraformElementParameters(x); err != nil {
		panic(err)
	}
	var returns *bool

	_jsii_.StaticInvoke(
		"credentials.Credentials",
		"isTerraformElement",
		[]interface{}{x},
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) AddOverride(path *string, value interface{}) {
	if err := c.validateAddOverrideParameters(path, value); err != nil {
		panic(err)
	}
	_jsii_.InvokeVoid(
		c,
		"addOverride",
		[]interface{}{path, value},
	)
}

func (c *jsiiProxy_Credentials) AddProvider(provider interface{}) {
	if err := c.validateAddProviderParameters(provider); err != nil {
		panic(err)
	}
	_jsii_.InvokeVoid(
		c,
		"addProvider",
		[]interface{}{provider},
	)
}

func (c *jsiiProxy_Credentials) GetString(output *string) *string {
	if err := c.validateGetStringParameters(output); err != nil {
		panic(err)
	}
	var returns *string

	_jsii_.Invoke(
		c,
		"getString",
		[]interface{}{output},
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) InterpolationForOutput(moduleOutput *string) cdktf.IResolvable {
	if err := c.validateInterpolationForOutputParameters(moduleOutput); err != nil {
		panic(err)
	}
	var returns cdktf.IResolvable

	_jsii_.Invoke(
		c,
		"interpolationForOutput",
		[]interface{}{moduleOutput},
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) OverrideLogicalId(newLogicalId *string) {
	if err := c.validateOverrideLogicalIdParameters(newLogicalId); err != nil {
		panic(err)
	}
	_jsii_.InvokeVoid(
		c,
		"overrideLogicalId",
		[]interface{}{newLogicalId},
	)
}

func (c *jsiiProxy_Credentials) ResetOverrideLogicalId() {
	_jsii_.InvokeVoid(
		c,
		"resetOverrideLogicalId",
		nil, // no parameters
	)
}

func (c *jsiiProxy_Credentials) SynthesizeAttributes() *map[string]interface{} {
	var returns *map[string]interface{}

	_jsii_.Invoke(
		c,
		"synthesizeAttributes",
		nil, // no parameters
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) SynthesizeHclAttributes() *map[string]interface{} {
	var returns *map[string]interface{}

	_jsii_.Invoke(
		c,
		"synthesizeHclAttributes",
		nil, // no parameters
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) ToHclTerraform() interface{} {
	var returns interface{}

	_jsii_.Invoke(
		c,
		"toHclTerraform",
		nil, // no parameters
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) ToMetadata() interface{} {
	var returns interface{}

	_jsii_.Invoke(
		c,
		"toMetadata",
		nil, // no parameters
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) ToString() *string {
	var returns *string

	_jsii_.Invoke(
		c,
		"toString",
		nil, // no parameters
		&returns,
	)

	return returns
}

func (c *jsiiProxy_Credentials) ToTerraform() interface{} {
	var returns interface{}

	_jsii_.Invoke(
		c,
		"toTerraform",
		nil, // no parameters
		&returns,
	)

	return returns
}

