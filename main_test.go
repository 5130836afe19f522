package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// synthesizer builds the program once and runs it in this folder.
func synthesizer(t *testing.T) func(outdir string, env ...string) (output string, code int) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "pgdr")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	kept := t.TempDir() // nothing of another version's is used
	return func(outdir string, env ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = append(os.Environ(), append(env, "CDKTF_OUTDIR="+outdir, "PGDR_CACHE_DIR="+kept)...)
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			require.NoError(t, err)
		}
		return output.String(), cmd.ProcessState.ExitCode()
	}
}

func TestMain_LeavesTheLastGoodOutputAloneWhereTheConfigurationIsAtFault(t *testing.T) {
	synth := synthesizer(t)
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	output, code := synth(outdir, "ENVIRONMENT_SUFFIX=dev")
	require.Zero(t, code, output)
	require.Empty(t, output, "a synthesis that went well has nothing to say")
	good := treeOf(t, outdir)
	require.NotEmpty(t, good)

	for name, tt := range map[string]struct{ env, told string }{
		"a suffix that no name can carry": {"ENVIRONMENT_SUFFIX=Not_A_Name", "environment: found \"Not_A_Name\""},
		"the same region twice":           {"REPLICA_REGION=us-east-1", "sites.replica.region"},
		"an environment without a file":   {"ENVIRONMENT_SUFFIX=nowhere", "environments/nowhere.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			output, code := synth(outdir, "ENVIRONMENT_SUFFIX=dev", tt.env)
			require.Equal(t, 1, code)
			require.Contains(t, output, tt.told)
			require.NotContains(t, output, "goroutine", "a fault is no crash")
			require.Equal(t, good, treeOf(t, outdir))
		})
	}
}

func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		tree[path] = string(content)
		return err
	}))
	return tree
}
