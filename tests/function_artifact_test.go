package tests

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/version"
	"github.com/pgdr/pgdr/twin/gobuild"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
)

// TestArtifact is about what is shipped: the archive's own arm64 program.
func TestArtifact(t *testing.T) {
	archive, err := bundle.Build(t.Context(), "..", t.TempDir())
	require.NoError(t, err)
	program := unpack(t, archive)

	t.Run("it is a static program for arm64", func(t *testing.T) {
		file, err := elf.Open(program)
		require.NoError(t, err)
		defer func() { _ = file.Close() }()
		require.Equal(t, elf.EM_AARCH64, file.Machine)
		libraries, err := file.ImportedLibraries()
		require.NoError(t, err)
		require.Empty(t, libraries)
	})
	t.Run("it holds nothing of the simulation", func(t *testing.T) {
		requireNoTwin(t, program)
		require.NotEmpty(t, twinMarks(t, buildFunction(t, gobuild.Guard)), "the search finds what it is there to find")
	})
	t.Run("it says its version", func(t *testing.T) {
		r := runArtifact(t, program, `{"action":"version"}`)
		require.Nil(t, r.Fault)
		var a command.Answer
		require.NoError(t, json.Unmarshal(r.Payload, &a))
		require.Equal(t, version.Version, a.Build.Version)
		require.Equal(t, "arm64", a.Build.Architecture)
	})
	t.Run("it fails aloud, by name, where variables are missing", func(t *testing.T) {
		r := runArtifact(t, program, `{"source":"aws.events","detail-type":"Scheduled Event"}`)
		require.NotNil(t, r.Fault)
		for _, name := range []string{"PGDR_ENVIRONMENT", "PGDR_LEDGER_TABLE", "PGDR_PRIMARY_DB_ENDPOINT", "PGDR_SECRET_ARN"} {
			require.Contains(t, r.Fault.Message, name)
		}
	})
}

// unpack writes the archive's one program to a file.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	reader, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = reader.Close() }()
	require.Len(t, reader.File, 1)
	entry, err := reader.File[0].Open()
	require.NoError(t, err)
	content, err := io.ReadAll(entry)
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), reader.File[0].Name)
	require.NoError(t, os.WriteFile(program, content, 0o700)) //nolint:gosec // it is run
	return program
}

// twinMarks are texts of the simulation that a program holds: its variables and
// its packages.
func twinMarks(t *testing.T, program string) []string {
	t.Helper()
	content, err := os.ReadFile(program) //nolint:gosec // our own program
	require.NoError(t, err)
	var found []string
	for _, mark := range []string{"PGDR_TWIN", "twin/simclock", "twin/sim", "twin/pgtest", "twin/lambdaruntime"} {
		if bytes.Contains(content, []byte(mark)) {
			found = append(found, mark)
		}
	}
	return found
}

func requireNoTwin(t *testing.T, program string) {
	t.Helper()
	require.Empty(t, twinMarks(t, program))
}

// runArtifact invokes the program once: as it is on an arm64 machine, and under
// emulation elsewhere.
func runArtifact(t *testing.T, program, event string) lambdaruntime.Result {
	t.Helper()
	run := []string{program}
	if runtime.GOARCH != "arm64" {
		emulator, err := exec.LookPath("qemu-aarch64-static")
		require.NoError(t, err, "install qemu-user-static: make doctor says how")
		run = []string{emulator, program}
	}
	f, err := lambdaruntime.New(lambdaruntime.Config{
		Command: run, Name: "failover-function-dev", ARN: "arn:aws:lambda:eu-west-1:123456789012:function:failover-function-dev",
		Timeout: time.Minute,
	})
	require.NoError(t, err)
	t.Cleanup(f.Close)
	r, err := f.Invoke(t.Context(), []byte(event))
	require.NoError(t, err)
	return r
}
