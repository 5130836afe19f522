package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/daemon"
)

// TestMain makes this binary the program itself when a start calls it as such.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // a lost child ends by itself
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
		err := newCommand().ExecuteContext(ctx)
		stop()
		cancel()
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run carries out a command line and returns what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCommand_StartsTellsAndStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "account")
	t.Cleanup(func() {
		place, err := daemon.At(dir)
		require.NoError(t, err)
		_, err = daemon.Stop(context.Background(), place)
		require.NoError(t, err)
	})
	out, err := run(t, "status", "--dir", dir)
	require.NoError(t, err)
	require.Contains(t, out, "not running")

	out, err = run(t, "start", "--dir", dir, "--account", "210987654321", "--seed", "7")
	require.NoError(t, err)
	require.Contains(t, out, "simulated account 210987654321 started")
	out, err = run(t, "start", "--dir", dir)
	require.NoError(t, err)
	require.Contains(t, out, "runs already")

	out, err = run(t, "status", "--dir", dir, "--json")
	require.NoError(t, err)
	var status daemon.Status
	require.NoError(t, json.Unmarshal([]byte(out), &status))
	require.True(t, status.Running)
	require.Equal(t, "210987654321", status.Summary.Account)
	out, err = run(t, "status", "--dir", dir)
	require.NoError(t, err)
	require.Contains(t, out, "0 resources")

	out, err = run(t, "stop", "--dir", dir)
	require.NoError(t, err)
	require.Contains(t, out, "stopped")
	out, err = run(t, "stop", "--dir", dir)
	require.NoError(t, err)
	require.Contains(t, out, "was not running")
}

func TestCommand_NeedsADirectory(t *testing.T) {
	for _, command := range []string{"serve", "start", "stop", "status"} {
		_, err := run(t, command)
		require.ErrorContains(t, err, `required flag(s) "dir" not set`, command)
	}
}

func TestCommand_RefusesAnAccountOfAnotherDirectory(t *testing.T) {
	_, err := run(t, "serve", "--dir", t.TempDir(), "--account", "12")
	require.ErrorContains(t, err, "account id must be 12 digits")
}

func TestPrintStatus_CountsWhatThereIsAndWhatIsLeft(t *testing.T) {
	var out bytes.Buffer
	var status daemon.Status
	require.NoError(t, json.Unmarshal([]byte(`{"running": true, "pid": 7, "socket": "/s", "summary": {
		"account": "123456789012", "total": 3, "resources": {"aws_vpc": {"us-east-1": 1, "eu-west-1": 2}}, "retained": {"aws_kms_key": {"us-east-1": 1}}}}`), &status))
	require.NoError(t, printStatus(&out, status))
	require.Equal(t, []string{
		"simulated account 123456789012: running, pid 7, /s",
		"3 resources",
		"2 eu-west-1 aws_vpc",
		"1 us-east-1 aws_vpc",
		"left of deleted things:",
		"1 us-east-1 aws_kms_key",
	}, lines(out.String()))
}

// lines returns a text's lines with each run of spaces as one.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		out = append(out, strings.Join(strings.Fields(line), " "))
	}
	return out
}
