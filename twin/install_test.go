package twin_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
)

const module = ".."

// terraform runs the real one in an environment of the twin.
func terraform(t *testing.T, d twin.Dir, dir string, args ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("terraform")
	require.NoError(t, err, "this test needs terraform 1.11.1 or later on the PATH; `make doctor` says how to get it")
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = d.Env(os.Environ())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// installed is a twin whose path has a space, as a user's home may.
func installed(t *testing.T) twin.Dir {
	t.Helper()
	d, err := twin.New(filepath.Join(t.TempDir(), "a twin"))
	require.NoError(t, err)
	require.NoError(t, d.Install(t.Context(), module))
	return d
}

func writeEnvironment(t *testing.T, d twin.Dir) string {
	t.Helper()
	dir := filepath.Join(d.Environment("dev"), "cdktf.out", "stacks", "primary")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	const main = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.99.1" }
  }
}
resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" }
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf"), []byte(main), 0o600))
	return dir
}

func TestInstall_LetsTerraformFindTheProviderAndNothingElse(t *testing.T) {
	d := installed(t)
	dir := writeEnvironment(t, d)
	out, err := terraform(t, d, dir, "init", "-no-color")
	require.NoError(t, err, out)
	out, err = terraform(t, d, dir, "validate", "-no-color")
	require.NoError(t, err, out)

	other := `terraform { required_providers { null = { source = "hashicorp/null" } } }`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other.tf"), []byte(other), 0o600))
	out, err = terraform(t, d, dir, "init", "-no-color")
	require.Error(t, err, "a provider that the mirror doesn't have must not be fetched")
	require.Contains(t, out, "hashicorp/null")
}

func TestInstall_OfAnotherPluginForgetsWhatTerraformNotedOfTheLast(t *testing.T) {
	d := installed(t)
	dir := writeEnvironment(t, d)
	// A plugin of the same version and other content, as an older source gives.
	plugin := findPlugin(t, d)
	require.NoError(t, os.WriteFile(plugin, append(read(t, plugin), "older"...), 0o700))
	out, err := terraform(t, d, dir, "init", "-no-color")
	require.NoError(t, err, out)

	require.NoError(t, d.Install(t.Context(), module))
	out, err = terraform(t, d, dir, "init", "-no-color")
	require.NoError(t, err, "the lock of the older plugin is in the way: %s", out)
}

func TestInstall_OfTheSamePluginLeavesEverythingAsItWas(t *testing.T) {
	d := installed(t)
	dir := writeEnvironment(t, d)
	out, err := terraform(t, d, dir, "init", "-no-color")
	require.NoError(t, err, out)
	before, err := os.Stat(findPlugin(t, d))
	require.NoError(t, err)

	require.NoError(t, d.Install(t.Context(), module))
	after, err := os.Stat(findPlugin(t, d))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "the plugin was replaced by an equal one")
	require.FileExists(t, filepath.Join(dir, ".terraform.lock.hcl"))
	out, err = terraform(t, d, dir, "validate", "-no-color")
	require.NoError(t, err, out)
}

func TestInstall_SaysWhatDoesNotBuild(t *testing.T) {
	d, err := twin.New(t.TempDir())
	require.NoError(t, err)
	err = d.Install(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "build ./twin/cmd/terraform-provider-aws")
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit))
}

func TestInstall_EndsWithItsContext(t *testing.T) {
	d, err := twin.New(t.TempDir())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.Install(ctx, module), context.Canceled)
}

func findPlugin(t *testing.T, d twin.Dir) string {
	t.Helper()
	var found string
	require.NoError(t, filepath.WalkDir(filepath.Join(string(d), "mirror"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			require.Empty(t, found, "the mirror holds one file")
			found = path
		}
		return err
	}))
	require.True(t, strings.HasSuffix(found, "terraform-provider-aws_v5.99.1_x5"), found)
	return found
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}

// A run under way has the provider that it began with: what is installed
// meanwhile neither changes it nor makes Terraform forget it.
func TestTake_KeepsARunApartFromWhatIsInstalledLater(t *testing.T) {
	d, err := twin.New(t.TempDir())
	require.NoError(t, err)
	plugin := func(d twin.Dir) string {
		found, err := filepath.Glob(filepath.Join(string(d), "mirror", "registry.terraform.io", "hashicorp", "aws", "*", "*", "*"))
		require.NoError(t, err)
		require.Len(t, found, 1)
		return found[0]
	}
	require.NoError(t, d.Install(t.Context(), module))
	run := twin.Dir(filepath.Join(string(d), twin.Ephemeral+"1-x"))
	require.NoError(t, run.Take(d))
	began, err := os.ReadFile(plugin(run))
	require.NoError(t, err)
	locks := []string{filepath.Join(string(run), "deployed", ".terraform.lock.hcl"), filepath.Join(d.Environment("dev"), ".terraform.lock.hcl")}
	for _, lock := range locks {
		require.NoError(t, os.MkdirAll(filepath.Dir(lock), 0o750))
		require.NoError(t, os.WriteFile(lock, nil, 0o600))
	}
	// Another source's provider is in the mirror, so that the next installation
	// changes it.
	require.NoError(t, os.Remove(plugin(d)))
	require.NoError(t, d.Install(t.Context(), module))

	now, err := os.ReadFile(plugin(run))
	require.NoError(t, err)
	require.Equal(t, began, now)
	require.FileExists(t, locks[0], "of the run under way")
	require.NoFileExists(t, locks[1], "of what lives in the twin itself")
}
