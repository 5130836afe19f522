package graph

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// synthesized lays the golden stacks out as cdktf does.
func synthesized(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	stacks := object{}
	for name, stack := range map[string]object{"pgdr-primary-dev": goldenInput(t).primary, "pgdr-replica-dev": goldenInput(t).replica} {
		path := filepath.Join("stacks", name, "cdk.tf.json")
		stacks[name] = object{"synthesizedStackPath": path}
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o750))
		writeJSON(t, filepath.Join(dir, path), stack)
	}
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"stacks": stacks, "version": "0.21.0"})
	return dir
}

func writeJSON(t *testing.T, file string, value any) {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, raw, 0o600))
}

func TestReadDir_CdktfsOutputAndPlainFilesGiveTheSame(t *testing.T) {
	want, err := ReadDir(golden)
	require.NoError(t, err)
	got, err := ReadDir(synthesized(t))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestReadDir_FollowsStateInABucket(t *testing.T) {
	in := goldenInput(t)
	bucket := func(key string) object { return object{"bucket": "states", "key": key, "region": "eu-west-1"} }
	in.primary["terraform"].(object)["backend"] = object{"s3": bucket("dev/primary.tfstate")}
	in.replica["terraform"].(object)["backend"] = object{"s3": bucket("dev/replica.tfstate")}
	remote := in.replica["data"].(object)["terraform_remote_state"].(object)["primary"].(object)
	remote["config"] = bucket("dev/primary.tfstate")
	want, err := ReadDir(golden)
	require.NoError(t, err)
	require.Equal(t, want, in.read(t))
}

func TestReadDir_RefusesWhatIsNotSynthesized(t *testing.T) {
	empty, file, gone := t.TempDir(), filepath.Join(t.TempDir(), "file"), synthesized(t)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.NoError(t, os.Remove(filepath.Join(gone, "stacks", "pgdr-replica-dev", "cdk.tf.json")))
	for name, test := range map[string]struct{ dir, says string }{
		"no such folder":            {filepath.Join(empty, "none"), "does not exist: run `make synth`"},
		"a file":                    {file, "is a file, a folder is wanted"},
		"an empty folder":           {empty, "holds neither manifest.json nor a file *.tf.json: run `make synth`"},
		"a stack that is not there": {gone, "cdk.tf.json, which does not exist: run `make synth`"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadDir(test.dir)
			require.ErrorIs(t, err, ErrNotSynthesized)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestReadDir_RefusesForeignFiles(t *testing.T) {
	const stack = "stacks/pgdr-replica-dev/cdk.tf.json"
	for name, test := range map[string]struct{ file, content, says string }{
		"manifest is not JSON":       {"manifest.json", "<html>", "is not the JSON that cdktf writes"},
		"manifest of something else": {"manifest.json", `{"name": "app"}`, `names no stack under "stacks"`},
		"manifest that leads out of the folder": {
			"manifest.json", `{"stacks": {"x": {"synthesizedStackPath": "../../x.json"}}}`,
			`stacks.x.synthesizedStackPath is "../../x.json"`,
		},
		"stack is not JSON":                  {stack, "{", stack + ": not the stacks of this project: not JSON"},
		"Terraform that cdktf did not write": {stack, `{"resource": {}}`, "metadata.stackName is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := synthesized(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600))
			_, err := ReadDir(dir)
			require.ErrorIs(t, err, ErrForeign)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestReadDir_RefusesStacksThatAreNotThePair(t *testing.T) {
	for name, test := range map[string]struct {
		change func(in edit)
		says   string
	}{
		"no database": {func(in edit) {
			delete(in.primary["resource"].(object), "aws_db_instance")
			delete(in.replica["resource"].(object), "aws_db_instance")
		}, "found databases: none; wanted: a primary and its replica"},
		"two databases in one region": {func(in edit) {
			block(in.t, in.replica, "aws_db_instance", "database")["provider"] = "aws.primary"
		}, `primary primary-db-dev in "us-east-1", replica replica-db-dev in "us-east-1"`},
		"state of another environment": {func(in edit) {
			in.replica["data"].(object)["terraform_remote_state"].(object)["primary"].(object)["config"] = object{"path": "elsewhere"}
		}, `stack pgdr-replica-dev reads the state "primary", which no other stack in the folder writes`},
		"state that has no place": {func(in edit) {
			in.primary["terraform"].(object)["backend"] = object{"remote": object{}}
			in.replica["data"].(object)["terraform_remote_state"].(object)["primary"].(object)["config"] = object{}
		}, "which no other stack in the folder writes"},
		"a second function that promotes": {func(in edit) {
			functions := blocks(in.t, in.replica, "aws_lambda_function")
			functions["second"] = block(in.t, in.replica, "aws_lambda_function", "guard")
		}, "may all promote a replica"},
		"a policy that is not JSON": {func(in edit) {
			block(in.t, in.replica, "aws_iam_role_policy", "guard_policy-act")["policy"] = "${file(\"act.json\")}"
		}, "guard_policy-act_593DFDF3 is not an IAM policy in JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			in := goldenInput(t)
			test.change(edit{in, t})
			_, err := ReadDir(in.write(t))
			require.ErrorIs(t, err, ErrForeign)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestReadDir_EndsOnReferencesInACircle(t *testing.T) {
	in := goldenInput(t)
	in.replica["locals"] = object{"regional_secret_arn": "${local.other}", "other": "${local.regional_secret_arn}"}
	require.Empty(t, sentences(in.read(t), Reads))
}
