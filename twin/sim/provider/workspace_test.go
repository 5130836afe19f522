package provider_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// module is the root of this repository.
const module = "../../.."

// home holds the plugin for all tests of this package.
var home twin.Dir

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pgdr-provider-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a directory for the tests:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if home, err = twin.New(dir); err == nil {
		err = home.Install(context.Background(), module)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "install the provider for the tests:", err)
		return 1
	}
	return m.Run()
}

// workspace is a directory with a configuration, beside a simulated account.
type workspace struct {
	t     *testing.T
	dir   string
	env   []string
	cloud *sim.Cloud
}

// newWorkspace copies a fixture and starts an empty account for it.
func newWorkspace(t *testing.T, fixture string) *workspace {
	t.Helper()
	cloud, err := simaws.New(sim.Options{})
	require.NoError(t, err)
	w := &workspace{t: t, dir: t.TempDir(), cloud: cloud}
	require.NoError(t, os.CopyFS(w.dir, os.DirFS(filepath.Join("testdata", fixture))))
	w.env = append(home.Env(os.Environ()), "TF_VAR_account="+cloud.Account(), simapi.SocketEnv+"="+serve(t, cloud))
	return w
}

// serve answers for an account on a socket of its own.
func serve(t *testing.T, cloud *sim.Cloud) string {
	t.Helper()
	// t.TempDir can be too deep for the path of a socket.
	dir, err := os.MkdirTemp("", "sim-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	require.NoError(t, err)
	server := &http.Server{Handler: simaws.Handler(cloud), ReadHeaderTimeout: time.Minute}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve the simulator: %v", err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	return socket
}

// terraform runs the real one and gives its output and exit code.
func (w *workspace) terraform(args ...string) (string, int) {
	w.t.Helper()
	program, err := exec.LookPath("terraform")
	require.NoError(w.t, err, "this test needs terraform 1.11.1 or later on the PATH; `make doctor` says how to get it")
	cmd := exec.CommandContext(w.t.Context(), program, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(w.t, err)
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(out), "│", " ")), " ")
	return text, cmd.ProcessState.ExitCode()
}

// must runs terraform and wants it to succeed.
func (w *workspace) must(args ...string) string {
	w.t.Helper()
	out, code := w.terraform(args...)
	require.Zero(w.t, code, "terraform %s: %s", args[0], out[max(0, strings.Index(out, "Error: ")):])
	return out
}

// refused runs terraform and wants it to fail with these words.
func (w *workspace) refused(says string, args ...string) {
	w.t.Helper()
	out, code := w.terraform(args...)
	require.Equal(w.t, 1, code, "terraform %s: %s", args[0], out)
	require.Contains(w.t, out, says)
	require.NotContains(w.t, out, "unexpected EOF")
}

func (w *workspace) apply(args ...string) {
	w.t.Helper()
	w.must(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
}

// requireNoChanges wants a plan to be empty.
func (w *workspace) requireNoChanges(args ...string) {
	w.t.Helper()
	out, code := w.terraform(append([]string{"plan", "-no-color", "-detailed-exitcode"}, args...)...)
	require.Zero(w.t, code, "the plan isn't empty: %s", out)
}

// change is what a plan does to one resource.
type change struct {
	actions string
	replace string
}

// changes plans and gives what isn't left alone, by address.
func (w *workspace) changes(args ...string) map[string]change {
	w.t.Helper()
	w.must(append([]string{"plan", "-no-color", "-out=plan.bin"}, args...)...)
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Change  struct {
				Actions      []string `json:"actions"`
				ReplacePaths [][]any  `json:"replace_paths"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	w.showJSON(&plan, "plan.bin")
	out := map[string]change{}
	for _, c := range plan.ResourceChanges {
		actions := strings.Join(c.Change.Actions, "+")
		if actions == "no-op" || actions == "read" {
			continue
		}
		var paths []string
		for _, path := range c.Change.ReplacePaths {
			paths = append(paths, strings.Trim(fmt.Sprint(path), "[]"))
		}
		slices.Sort(paths)
		out[c.Address] = change{actions: actions, replace: strings.Join(paths, " ")}
	}
	return out
}

// showJSON reads what `terraform show -json` prints, of a plan or the state.
func (w *workspace) showJSON(into any, args ...string) {
	w.t.Helper()
	w.readJSON(into, append([]string{"show", "-json"}, args...)...)
}

// readJSON runs terraform and reads what it prints to its standard output.
func (w *workspace) readJSON(into any, args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "terraform", args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(w.t, err, stderr.String())
	require.NoError(w.t, json.Unmarshal(out, into))
}

// attributes gives a resource's attributes in the state, by address.
func (w *workspace) attributes(address string) map[string]any {
	w.t.Helper()
	type resource struct {
		Address string         `json:"address"`
		Values  map[string]any `json:"values"`
	}
	type moduleState struct {
		Resources []resource    `json:"resources"`
		Children  []moduleState `json:"child_modules"`
	}
	var state struct {
		Values struct {
			Root moduleState `json:"root_module"`
		} `json:"values"`
	}
	w.showJSON(&state)
	for pending := []moduleState{state.Values.Root}; len(pending) > 0; pending = pending[1:] {
		for _, r := range pending[0].Resources {
			if r.Address == address {
				return r.Values
			}
		}
		pending = append(pending, pending[0].Children...)
	}
	require.Fail(w.t, "not in the state", address)
	return nil
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600))
}

// archive writes a function's archive.
func (w *workspace) archive(name string) {
	w.t.Helper()
	var raw bytes.Buffer
	archive := zip.NewWriter(&raw)
	file, err := archive.Create("bootstrap")
	require.NoError(w.t, err)
	_, err = file.Write([]byte("#!/bin/sh\n"))
	require.NoError(w.t, err)
	require.NoError(w.t, archive.Close())
	w.write(name, raw.String())
}
