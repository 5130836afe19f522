package bundle_test

import (
	"archive/zip"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/bundle"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

func hashOf(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func TestBuild_IsAStaticARM64BootstrapAndNothingElse(t *testing.T) {
	archive, err := bundle.Build(t.Context(), root(t), t.TempDir())
	require.NoError(t, err)
	z, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = z.Close() }()
	require.Len(t, z.File, 1)
	require.Equal(t, "bootstrap", z.File[0].Name)
	require.Equal(t, os.FileMode(0o755), z.File[0].Mode())

	in, err := z.File[0].Open()
	require.NoError(t, err)
	extracted := filepath.Join(t.TempDir(), "bootstrap")
	out, err := os.Create(extracted)
	require.NoError(t, err)
	_, err = io.Copy(out, in) //nolint:gosec // our own archive
	require.NoError(t, err)
	require.NoError(t, out.Close())
	binary, err := elf.Open(extracted)
	require.NoError(t, err)
	defer func() { _ = binary.Close() }()
	require.Equal(t, elf.EM_AARCH64, binary.Machine)
	libraries, err := binary.ImportedLibraries()
	require.NoError(t, err)
	require.Empty(t, libraries, "provided.al2023 promises no libraries")
}

// The archive is the same to the byte everywhere, so its size needs no
// benchmark. What makes it heavier is most often one more client of the SDK.
func TestBuild_WeighsNoMoreThanItMay(t *testing.T) {
	archive, err := bundle.Build(t.Context(), root(t), t.TempDir())
	require.NoError(t, err)
	info, err := os.Stat(archive)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(bundle.MaxArchive), "bytes of the archive")
}

// The same source in another folder, under other flags, with and without a
// repository and new commits around it, gives the same archive.
func TestBuild_IsTheSameFromAnyDirectoryAndCommit(t *testing.T) {
	first, err := bundle.Build(t.Context(), root(t), t.TempDir())
	require.NoError(t, err)

	copied := filepath.Join(t.TempDir(), "a folder with spaces")
	for _, part := range []string{"go.mod", "go.sum", "functions", "internal"} {
		require.NoError(t, os.MkdirAll(copied, 0o750))
		run(t, "", "cp", "-r", filepath.Join(root(t), part), copied)
	}
	// What `go env -w` wrote counts where the variable is empty.
	written := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(written, []byte("GOARM64=v9.0\nGOFLAGS=-ldflags=-X=main.extra=1\n"), 0o600))
	t.Setenv("GOENV", written)
	t.Setenv("GOFLAGS", "")
	set, err := bundle.Build(t.Context(), root(t), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, hashOf(t, first), hashOf(t, set), "settings of go env -w changed the archive")
	t.Setenv("GOFLAGS", "-ldflags=-X=main.extra=1")
	elsewhere, err := bundle.Build(t.Context(), copied, t.TempDir())
	require.NoError(t, err)
	require.Equal(t, hashOf(t, first), hashOf(t, elsewhere), "another folder changed the archive")

	run(t, copied, "git", "init", "-q")
	for _, message := range []string{"one", "two"} {
		run(t, copied, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "--allow-empty", "-m", message)
		committed, err := bundle.Build(t.Context(), copied, t.TempDir())
		require.NoError(t, err)
		require.Equal(t, hashOf(t, first), hashOf(t, committed), "commit %q changed the archive", message)
	}

	source := filepath.Join(copied, "internal", "version", "version.go")
	require.NoError(t, os.WriteFile(source, []byte("package version\n\nconst Version = \"9.9.9\"\n"), 0o600))
	changed, err := bundle.Build(t.Context(), copied, t.TempDir())
	require.NoError(t, err)
	require.NotEqual(t, hashOf(t, first), hashOf(t, changed), "another source must change the archive, or this test sees nothing")
}

func TestBuild_PassesTheCompilersWordsOn(t *testing.T) {
	_, err := bundle.Build(t.Context(), t.TempDir(), t.TempDir())
	require.ErrorContains(t, err, "go.mod")
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, output)
}

func TestBuildLocal_IsForThisMachine(t *testing.T) {
	archive, err := bundle.BuildLocal(t.Context(), root(t), t.TempDir())
	require.NoError(t, err)
	reader, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = reader.Close() }()
	require.Len(t, reader.File, 1)
	program, err := reader.File[0].Open()
	require.NoError(t, err)
	header := make([]byte, 20)
	_, err = io.ReadFull(program, header)
	require.NoError(t, err)
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	require.Equal(t, machine, elf.Machine(binary.LittleEndian.Uint16(header[18:])))
}
