package twin

import (
	"os"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// neutral are prefixes of variables that could lead a local run to real AWS or
// to real state: credentials, profiles, endpoints and regions of AWS,
// arguments and directories given to Terraform behind its back, and the
// credentials of a remote Terraform. The last but one would have plugins write
// every value to files, passwords too.
var neutral = []string{
	"AWS_", "TF_CLI_ARGS", "TF_CLI_CONFIG_FILE", "TF_DATA_DIR", "TF_WORKSPACE", "TF_PLUGIN_CACHE", "TF_REATTACH_PROVIDERS",
	"TF_TOKEN_", "TF_CLOUD_", "TERRAFORM_CONFIG", "TF_LOG_SDK_PROTO_DATA_DIR", simapi.SocketEnv,
}

// Env is the environment in which terraform and cdktf run against the twin:
// the given one (os.Environ(), say) without what could reach AWS, and with
// what leads to the simulator.
func (d Dir) Env(base []string) []string {
	env := slices.DeleteFunc(slices.Clone(base), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(neutral, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
	return append(env,
		"TF_CLI_CONFIG_FILE="+d.CLIConfig(),
		simapi.SocketEnv+"="+d.Socket(),
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		// Even a program that looks for itself finds no AWS account.
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
	)
}
