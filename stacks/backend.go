package stacks

import (
	"path"
	"path/filepath"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/pgdr/pgdr/spec"
)

// state is where the stacks of an environment keep their state, and how the
// replica stack reads the primary's.
type state struct {
	backend spec.Backend
	env     string
	// project and outdir are absolute, and so is module, the folder of the HCL
	// module of the credentials.
	project, outdir, module string
}

// localPath is relative to the folder that Terraform runs in, which is
// <outdir>/stacks/<stack>: the synthesized JSON is then the same on every
// machine, and the state the same from every output folder.
func (s state) localPath(stack string) string {
	file := s.backend.Path
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.project, s.backend.Path, s.env)
	}
	file = filepath.Join(file, stack+".tfstate")
	relative, err := filepath.Rel(filepath.Join(s.outdir, "stacks", stack), file)
	if err != nil {
		return file // no relative path between two volumes
	}
	return filepath.ToSlash(relative)
}

func (s state) s3Key(stack string) string {
	return path.Join(s.backend.KeyPrefix, s.env, stack+".tfstate")
}

// store sets the backend of a stack.
func (s state) store(stack cdktf.TerraformStack, name string) {
	if s.backend.Type != "s3" {
		cdktf.NewLocalBackend(stack, &cdktf.LocalBackendConfig{Path: new(s.localPath(name))})
		return
	}
	cdktf.NewS3Backend(stack, &cdktf.S3BackendConfig{
		Bucket:   new(s.backend.Bucket),
		Key:      new(s.s3Key(name)),
		Region:   new(s.backend.Region),
		Encrypt:  new(true),
		KmsKeyId: optional(s.backend.KMSKeyID),
	})
	// The bindings are older than the argument; locks in DynamoDB are
	// deprecated since Terraform 1.11.
	stack.AddOverride(new("terraform.backend.s3.use_lockfile"), true)
}

// read gives access to another stack's outputs, through the same backend.
func (s state) read(scope constructs.Construct, id, name string) cdktf.TerraformRemoteState {
	if s.backend.Type != "s3" {
		return cdktf.NewDataTerraformRemoteStateLocal(scope, new(id), &cdktf.DataTerraformRemoteStateLocalConfig{
			Path: new(s.localPath(name)),
		})
	}
	return cdktf.NewDataTerraformRemoteStateS3(scope, new(id), &cdktf.DataTerraformRemoteStateS3Config{
		Bucket:   new(s.backend.Bucket),
		Key:      new(s.s3Key(name)),
		Region:   new(s.backend.Region),
		Encrypt:  new(true),
		KmsKeyId: optional(s.backend.KMSKeyID),
	})
}

func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
