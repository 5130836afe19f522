// Package bundle packs the failover function for Lambda: built for Linux on
// arm64, in a zip. The same source gives the same bytes on every machine, at any
// time.
package bundle

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/leftover"
)

const (
	// Package that is built, relative to the project's root.
	Package = "./functions/failover"
	// Archive is the file's name.
	Archive = "failover.zip"
	// MaxArchive is what the archive may weigh, in bytes: what Lambda fetches at
	// each cold start.
	MaxArchive = 6_000_000
	// entry is the name that the provided.al2023 runtime starts.
	// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
	entry = "bootstrap"
)

// epoch is the modification time of the entry: the first that zip can say.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Build compiles the function of the project at root and writes the archive
// into dir, which is made if need be. It returns the archive's path. A file
// that is already the same is left alone.
func Build(ctx context.Context, root, dir string) (string, error) {
	return build(ctx, root, dir, "arm64")
}

// BuildLocal does the same for this machine's processor, with the flags of all
// builds here: a simulation is deployed without compiling AWS's clients once
// more. Lambda would refuse to run such an archive.
func BuildLocal(ctx context.Context, root, dir string) (string, error) {
	return build(ctx, root, dir, runtime.GOARCH)
}

func build(ctx context.Context, root, dir, processor string) (string, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("make folder for the function: %w", err)
	}
	binary, err := compile(ctx, root, dir, processor)
	if err != nil {
		return "", err
	}
	target := filepath.Join(dir, Archive)
	note := filepath.Join(dir, Archive+".from")
	if made := pairOf(binary, target); made != "" && made == noted(note) {
		return target, nil
	}
	archive, err := pack(binary)
	if err != nil {
		return "", err
	}
	if err := replace(target, archive); err != nil {
		return "", err
	}
	return target, replace(note, []byte(pairOf(binary, target)))
}

// pairOf names a binary and the archive at target by their content; "" where
// there is no archive.
func pairOf(binary []byte, target string) string {
	archive, err := os.ReadFile(filepath.Clean(target))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x %x\n", sha256.Sum256(binary), sha256.Sum256(archive))
}

func noted(path string) string {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return ""
	}
	return string(text)
}

// compile returns the binary. What would make two builds of the same source
// differ is taken away: paths, commit, symbol table, the caller's flags. The
// output stays in dir, with its build id, by which the Go command sees that
// it is up to date and does not link it again. Its temporary files there
// too make the Go command put it in place in one step.
func compile(ctx context.Context, root, dir, processor string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder for the build: %w", err)
	}
	out := filepath.Join(dir, entry)
	cmd, err := Command(ctx, root, "build", "-o", out, Package)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+processor)
	remove, err := leftover.GoTemp(cmd, dir)
	if err != nil {
		return nil, err
	}
	defer remove()
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", Package, err, output)
	}
	binary, err := os.ReadFile(filepath.Clean(out))
	if err != nil {
		return nil, fmt.Errorf("read the built function: %w", err)
	}
	return binary, nil
}

// Flags of every build of this project's programs. The Makefile has the same, so
// that a package is compiled once for all of them.
var Flags = []string{"-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w"}

// Command is a Go command that builds for this machine, such as "build", with
// its arguments after Flags, in the folder root of the module. Add GOOS and
// GOARCH to its environment for another machine.
func Command(ctx context.Context, root, verb string, arguments ...string) (*exec.Cmd, error) {
	env, err := buildEnvironment(ctx, root)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{verb}, Flags, arguments)...) //nolint:gosec // the arguments are ours
	cmd.Dir, cmd.Env = root, env
	return cmd, nil
}

// pinned are the settings that enter the binary, and with GOENV=off no others
// do: neither the caller's variables nor what `go env -w` wrote. An empty value
// would not do, the Go command falls back to its file then. v8.0 is what every
// arm64 processor of Lambda runs.
var pinned = []string{
	"GOENV=off", "GOFLAGS=", "GOWORK=off", "GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH, "GOARM64=v8.0", "CGO_ENABLED=0",
}

// dropped change the binary and are at their best unset.
var dropped = []string{"GOEXPERIMENT", "GODEBUG", "GOFIPS140"}

// fetching are the settings by which the Go command finds modules and itself.
// They are kept as the caller has them, since GOENV=off hides the file that
// may hold them.
var fetching = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY",
	"GOSUMDB", "GOTOOLCHAIN", "GOVCS",
}

// buildEnvironment is the environment of a build in root whose result does not
// depend on the caller's.
func buildEnvironment(ctx context.Context, root string) ([]string, error) {
	ask := exec.CommandContext(ctx, "go", append([]string{"env"}, fetching...)...) //nolint:gosec // the arguments are ours
	ask.Dir = root
	answer, err := ask.Output()
	if err != nil {
		return nil, fmt.Errorf("ask go env for %s: %w", strings.Join(fetching, ", "), err)
	}
	var kept []string
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !slices.Contains(dropped, name) {
			kept = append(kept, v)
		}
	}
	for i, value := range strings.SplitN(strings.TrimSuffix(string(answer), "\n"), "\n", len(fetching)) {
		kept = append(kept, fetching[i]+"="+value)
	}
	return append(kept, pinned...), nil
}

func pack(binary []byte) ([]byte, error) {
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: entry, Method: zip.Deflate, Modified: epoch}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", entry, err)
	}
	if _, err := file.Write(binary); err != nil {
		return nil, fmt.Errorf("pack %s: %w", entry, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack %s: %w", entry, err)
	}
	return buffer.Bytes(), nil
}

// replace writes the file in one step, so that a reader sees the old archive
// or the new one.
func replace(target string, content []byte) error {
	if old, err := os.ReadFile(filepath.Clean(target)); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(target), Archive+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(content)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), target)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	return nil
}
