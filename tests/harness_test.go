package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/local"
)

// account is a simulated account in a folder of the test's own, in which
// environments of this project are deployed.
type account struct {
	t       *testing.T
	project string
	dir     twin.Dir
	http    *http.Client
}

func newAccount(t *testing.T) *account {
	t.Helper()
	project, err := filepath.Abs("..")
	require.NoError(t, err)
	dir, err := twin.New(t.TempDir())
	require.NoError(t, err)
	a := &account{t: t, project: project, dir: dir}
	a.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", dir.Socket())
		},
	}}
	t.Cleanup(a.stop)
	return a
}

// stop ends the account's process, if the test started one.
func (a *account) stop() {
	if _, err := os.Stat(filepath.Join(a.dir.Cloud(), "pid")); errors.Is(err, os.ErrNotExist) {
		return
	}
	runner, err := local.New(a.project, string(a.dir), "dev", io.Discard, true)
	if err == nil {
		err = runner.StopCloud(context.Background())
	}
	if err != nil {
		a.t.Logf("stop the simulated account: %v", err)
	}
}

// environment runs the local commands for one suffix; what they print is kept
// and also written into the account's folder, where secrets are searched for.
func (a *account) environment(suffix string) *environment {
	a.t.Helper()
	e := &environment{account: a, suffix: suffix, output: &bytes.Buffer{}}
	log, err := os.OpenFile(filepath.Join(string(a.dir), suffix+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = log.Close() })
	e.runner, err = local.New(a.project, string(a.dir), suffix, io.MultiWriter(e.output, log), true)
	require.NoError(a.t, err)
	return e
}

type environment struct {
	*account
	suffix string
	runner *local.Runner
	output *bytes.Buffer
}

// run calls one of the runner's commands and returns what it printed.
func (e *environment) run(t *testing.T, do func(context.Context) error) string {
	t.Helper()
	e.output.Reset()
	err := do(t.Context())
	require.NoError(t, err, e.output.String())
	return e.output.String()
}

func (e *environment) stackDir(role string) string {
	return filepath.Join(e.dir.Environment(e.suffix), "cdktf.out", "stacks", "pgdr-"+role+"-"+e.suffix)
}

// terraform runs in a stack's folder. It returns standard output, everything
// that was printed, and the exit code.
func (e *environment) terraform(t *testing.T, role string, args ...string) (stdout, all string, code int) {
	t.Helper()
	return e.terraformIn(t, e.stackDir(role), args...)
}

func (e *environment) terraformIn(t *testing.T, dir string, args ...string) (stdout, all string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", args...)
	cmd.Dir = dir
	cmd.Env = e.dir.Env(os.Environ())
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), out.String() + problems.String(), cmd.ProcessState.ExitCode()
}

// unwrapped is a text without Terraform's frame and line breaks.
func unwrapped(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "│", " ")), " ")
}

// applied reads the states of both stacks.
func (e *environment) applied(t *testing.T) Applied {
	t.Helper()
	var all Applied
	for _, role := range []string{"primary", "replica"} {
		stdout, output, code := e.terraform(t, role, "show", "-json")
		require.Zero(t, code, output)
		var err error
		all, err = all.ReadState(role, []byte(stdout))
		require.NoError(t, err)
	}
	return all
}

// ask puts a question to the simulated account.
func (a *account) ask(t *testing.T, path string, query url.Values, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://account"+path+"?"+query.Encode(), nil)
	require.NoError(t, err)
	a.do(t, request, into)
}

// tamper changes an attribute as a person would in the console.
func (a *account) tamper(t *testing.T, kind, id, attribute string, value any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"type": kind, "id": id, "attribute": attribute, "value": value})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://account/state/attribute", bytes.NewReader(body))
	require.NoError(t, err)
	a.do(t, request, nil)
}

func (a *account) do(t *testing.T, request *http.Request, into any) {
	t.Helper()
	response, err := a.http.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s: %s", request.URL, raw)
	if into != nil {
		require.NoError(t, json.Unmarshal(raw, into), string(raw))
	}
}

// held is all that the account holds of one environment, by id: whatever has
// the suffix among its tags.
func (a *account) held(t *testing.T, suffix string) map[string]any {
	t.Helper()
	var resources []struct {
		Type, ID string
		Attrs    map[string]any
	}
	a.ask(t, "/state/resources", nil, &resources)
	found := map[string]any{}
	for _, r := range resources {
		tags, _ := r.Attrs["tags_all"].(map[string]any)
		if tags["Environment"] == suffix {
			found[r.Type+" "+r.ID] = r.Attrs
		}
	}
	return found
}

// lines counts those that contain a text.
func lines(output, text string) int {
	count := 0
	for line := range strings.Lines(output) {
		if strings.Contains(line, text) {
			count++
		}
	}
	return count
}
