// Package twin prepares the place where the stacks are applied locally: the
// stand-in AWS provider in a filesystem mirror, a Terraform CLI configuration
// that knows nothing but that mirror, and an environment from which the real
// AWS can't be reached.
//
// A twin is one directory:
//
//	cloud/            the simulated account: its socket and its snapshot
//	mirror/           the provider, laid out as `terraform init` wants it
//	build/            where the provider is built
//	terraform.rc      names the mirror, and nothing else
//	<environment>/    an environment's cdktf.out and Terraform state
package twin

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// ProviderVersion is the version of hashicorp/aws that the stand-in stands
// for: the one that the CDKTF bindings are made from.
const ProviderVersion = "5.99.1"

// Dir is a twin's directory, absolute.
type Dir string

// New gives the twin in a directory, which need not exist yet.
func New(dir string) (Dir, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the twin's directory %q: %w", dir, err)
	}
	return Dir(abs), nil
}

// Cloud is the directory of the simulated account, one for all environments.
func (d Dir) Cloud() string { return filepath.Join(string(d), "cloud") }

// Environment is the directory of one environment's output and state.
func (d Dir) Environment(name string) string { return filepath.Join(string(d), name) }

// CLIConfig is the file for TF_CLI_CONFIG_FILE.
func (d Dir) CLIConfig() string { return filepath.Join(string(d), "terraform.rc") }

// mirror is the root of the filesystem mirror.
func (d Dir) mirror() string { return filepath.Join(string(d), "mirror") }

// plugin is where Terraform looks for the provider in the mirror.
func (d Dir) plugin() string {
	return filepath.Join(d.mirror(), "registry.terraform.io", "hashicorp", "aws", ProviderVersion,
		runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_v"+ProviderVersion+"_x5")
}

// Control is the socket on which a twin that is up takes orders.
func (d Dir) Control() string {
	path := filepath.Join(string(d), "up.sock")
	if simapi.Fits(path) {
		return path
	}
	return simapi.SocketPath(path)
}

// Socket is where the simulator of this twin listens.
func (d Dir) Socket() string { return simapi.SocketPath(d.Cloud()) }
