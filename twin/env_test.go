package twin_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
)

func TestEnv_HasNothingThatReachesAWSOrRealState(t *testing.T) {
	d, err := twin.New(t.TempDir())
	require.NoError(t, err)
	env := d.Env([]string{
		"PATH=/bin", "HOME=/home/x",
		"AWS_ACCESS_KEY_ID=AKIAX", "AWS_SECRET_ACCESS_KEY=y", "AWS_SESSION_TOKEN=z", "AWS_PROFILE=prod", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL=https://x", "AWS_WEB_IDENTITY_TOKEN_FILE=/x", "AWS_CONFIG_FILE=/real",
		"TF_CLI_ARGS=-lock=false", "TF_CLI_ARGS_apply=-auto-approve", "TF_DATA_DIR=/x", "TF_WORKSPACE=prod", "TF_CLI_CONFIG_FILE=/x",
		"TF_REATTACH_PROVIDERS={}", "TF_TOKEN_app_terraform_io=x", "TF_LOG_SDK_PROTO_DATA_DIR=/x", "PGDR_SIM_SOCKET=/other",
	})
	got := map[string]string{}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		require.NotContains(t, got, name, "set twice")
		got[name] = value
	}
	require.Equal(t, map[string]string{
		"PATH": "/bin", "HOME": "/home/x",
		"TF_CLI_CONFIG_FILE": filepath.Join(string(d), "terraform.rc"),
		"PGDR_SIM_SOCKET":    d.Socket(),
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	}, got)
}

func TestSocket_FitsWhereTheDirectoryIsDeep(t *testing.T) {
	shallow, err := twin.New("/tmp/x/.twin")
	require.NoError(t, err)
	require.Equal(t, "/tmp/x/.twin/cloud/socket", shallow.Socket())

	deep, err := twin.New("/" + strings.Repeat("a-rather-long-directory-name/", 8))
	require.NoError(t, err)
	require.Less(t, len(deep.Socket()), 104)
	other, err := twin.New(string(deep) + "/other")
	require.NoError(t, err)
	require.NotEqual(t, deep.Socket(), other.Socket(), "two twins share a socket")
}
