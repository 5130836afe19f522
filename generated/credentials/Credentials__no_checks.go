//go:build no_runtime_type_checking

package credentials

// Building without runtime type checking enabled, so all the below just return nil

func (c *jsiiProxy_Credentials) validateAddOverrideParameters(path *string, value interface{}) error {
	return nil
}

func (c *jsiiProxy_Credentials) validateAddProviderParameters(provider interface{}) error {
	return nil
}

func (c *jsiiProxy_Credentials) validateGetStringParameters(output *string) error {
	return nil
}

func (c *jsiiProxy_Credentials) validateInterpolationForOutputParameters(moduleOutput *string) error {
	return nil
}

func (c *jsiiProxy_Credentials) validateOverrideLogicalIdParameters(newLogicalId *string) error {
	return nil
}

func validateCredentials_IsConstructParameters(x interface{}) error {
	return nil
}

func validateCredentials_IsTerraformElementParameters(x interface{}) error {
	return nil
}

func (j *jsiiProxy_Credentials) validateSetKmsKeyIdParameters(val *string) error {
	return nil
}

func (j *jsiiProxy_Credentials) validateSetNameParameters(val *string) error {
	return nil
}

func (j *jsiiProxy_Credentials) validateSetReplicaKmsKeyIdParameters(val *string) error {
	return nil
}

func (j *jsiiProxy_Credentials) validateSetReplicaRegionParameters(val *string) error {
	return nil
}

func (j *jsiiProxy_Credentials) validateSetUsernameParameters(val *string) error {
	return nil
}

func validateNewCredentialsParameters(scope constructs.Construct, id *string, config *CredentialsConfig) error {
	return nil
}

