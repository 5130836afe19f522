package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/remotestate/s3test"
)

const (
	stateBucket = "acme-state"
	stateKey    = "arn:aws:kms:eu-west-1:" + s3test.Account + ":key/1234abcd-12ab-34cd-96ef-1234567890ab"
)

// remote is an environment as a team has it: state in S3 and drctl's
// commands for a CI. Only the two ends are other than AWS: the simulated
// account behind the stand-in provider, and an S3 server on this machine.
type remote struct {
	*account
	s3     *s3test.Server
	drctl  string
	suffix string
	// variables are those of every command.
	variables []string
	// outdir is where the stacks are synthesized, plans where plans are kept.
	outdir, plans string
}

// newRemote is the environment dev, with the backend as the context of cdktf
// says it.
func newRemote(t *testing.T, backend map[string]any) *remote {
	t.Helper()
	return newRemoteOf(t, "dev", contextWith(t, backend))
}

// newRemoteOf starts both ends.
func newRemoteOf(t *testing.T, suffix string, variables ...string) *remote {
	t.Helper()
	r := &remote{account: newAccount(t), s3: s3test.New(t), suffix: suffix}
	require.NoError(t, r.dir.Install(t.Context(), r.project))
	r.drctl = r.build(t, "./cmd/drctl")
	start := exec.CommandContext(t.Context(), r.build(t, "./twin/cmd/awssim"), "start", "--dir", r.dir.Cloud())
	out, err := start.CombinedOutput()
	require.NoError(t, err, string(out))

	r.outdir = filepath.Join(r.dir.Environment(suffix), "cdktf.out")
	require.NoError(t, os.MkdirAll(r.outdir, 0o750))
	r.plans = filepath.Join(r.dir.Environment(suffix), "plans")
	r.variables = append(r.dir.Env(os.Environ()), r.s3.Env()...)
	r.variables = append(r.variables, "ENVIRONMENT_SUFFIX="+suffix, "CDKTF_OUTDIR="+r.outdir)
	r.variables = append(r.variables, variables...)
	return r
}

// onS3 is a backend in the bucket.
func onS3() map[string]any { return map[string]any{"type": "s3", "bucket": stateBucket} }

// contextWith is the variable in which cdktf passes its context.
func contextWith(t *testing.T, backend map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"pgdr": map[string]any{"backend": backend}})
	require.NoError(t, err)
	return "CDKTF_CONTEXT_JSON=" + string(raw)
}

// build compiles one of the project's programs; the simulator where the local
// targets keep it, so that stop finds it.
func (r *remote) build(t *testing.T, program string) string {
	t.Helper()
	output := filepath.Join(string(r.dir), "build", filepath.Base(program))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", output, program)
	cmd.Dir = r.project
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return output
}

// command is one of the project's commands, with more variables if needed.
func (r *remote) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = r.project
	cmd.Env = slices.Clone(r.variables)
	return cmd
}

// run returns what a command wrote, and its exit code.
func run(t *testing.T, cmd *exec.Cmd) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// control runs drctl and wants an exit code.
func (r *remote) control(t *testing.T, code int, args ...string) string {
	t.Helper()
	out, got := run(t, r.command(t, r.drctl, args...))
	require.Equal(t, code, got, out)
	return out
}

// plan runs drctl plan, with 2 for changes; apply applies what it kept.
func (r *remote) plan(t *testing.T, code int) string {
	t.Helper()
	return r.control(t, code, "plan", "--plans", r.plans, "--detailed-exitcode")
}

func (r *remote) apply(t *testing.T, code int) string {
	t.Helper()
	return r.control(t, code, "apply", "--plans", r.plans)
}

// terraform runs in a stack's folder.
func (r *remote) terraform(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	return r.command(t, "terraform", append([]string{"-chdir=" + filepath.Join(r.outdir, "stacks", "pgdr-"+role+"-"+r.suffix)}, args...)...)
}

// tfstate is what a state file tells of itself.
type tfstate struct {
	Lineage string
	Serial  int
	// Resources are the names of all, sorted.
	Resources []string
	// Content is all of the resources and outputs, as JSON.
	Content string
}

// pull is a stack's state as its backend has it.
func (r *remote) pull(t *testing.T, role string) tfstate {
	t.Helper()
	raw, code := run(t, r.terraform(t, role, "state", "pull"))
	require.Zero(t, code, raw)
	return readState(t, raw)
}

func readState(t *testing.T, raw string) tfstate {
	t.Helper()
	var file struct {
		Lineage            string
		Serial             int
		Outputs, Resources json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &file), raw)
	var resources []struct{ Module, Mode, Type, Name string }
	require.NoError(t, json.Unmarshal(file.Resources, &resources))
	s := tfstate{Lineage: file.Lineage, Serial: file.Serial, Content: string(file.Outputs) + string(file.Resources)}
	for _, resource := range resources {
		s.Resources = append(s.Resources, strings.Join([]string{resource.Module, resource.Mode, resource.Type, resource.Name}, "/"))
	}
	slices.Sort(s.Resources)
	return s
}

// puts are the writes of objects whose key ends so.
func (r *remote) puts(suffix string) []s3test.Request {
	var found []s3test.Request
	for _, request := range r.s3.Requests() {
		if request.Method == "PUT" && request.Key != "" && strings.HasSuffix(request.Key, suffix) {
			found = append(found, request)
		}
	}
	return found
}
