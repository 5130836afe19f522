package fastsynth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/pgdr/pgdr/internal/fastsynth"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/stacks"
)

// childVariable makes this test binary synthesize instead of testing: the
// runtime is one a process, and so is the way that it is started.
const childVariable = "FASTSYNTH_TEST_OUTDIR"

// environmentsVariable lists what a child synthesizes.
const environmentsVariable = "FASTSYNTH_TEST_ENVIRONMENTS"

// faultVariable names what a child does wrong on purpose.
const faultVariable = "FASTSYNTH_TEST_FAULT"

func TestMain(m *testing.M) {
	outdir := os.Getenv(childVariable)
	if outdir == "" {
		os.Exit(runTests(m))
	}
	if err := synthesize(outdir, os.Getenv(faultVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// raceOfJsii lets a child that jsii itself closes succeed under the race
// detector: its Close and the goroutine that waits for the process write the
// same fields.
const raceOfJsii = "GORACE=exitcode=0"

// sharedDir is a folder of all tests.
var sharedDir string

func runTests(m *testing.M) int {
	// The bindings make jsii unpack its runtime in this process too.
	if err := fastsynth.Enable(fastsynth.Options{})(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	dir, err := os.MkdirTemp("", "fastsynth-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sharedDir = dir
	return m.Run()
}

// synthesize writes environments as main does one.
func synthesize(outdir, fault string) (err error) {
	before := os.Environ()
	stop := fastsynth.Enable(fastsynth.Options{})
	defer func() { err = errors.Join(err, stop()) }()
	if after := os.Environ(); !sameLines(before, after) {
		return fmt.Errorf("the environment was changed: %q, then %q", before, after)
	}
	archive := filepath.Join(filepath.Dir(outdir), "failover.zip")
	for _, environment := range strings.Fields(os.Getenv(environmentsVariable)) {
		cfg, err := spec.Load(spec.LoadOptions{Dir: ".", Env: only(spec.SuffixVariable, environment)})
		if err != nil {
			return err
		}
		if fault == "archive" {
			archive = filepath.Join(outdir, "missing.zip")
		}
		o := stacks.Options{ProjectDir: ".", Outdir: filepath.Join(outdir, environment), FunctionArchive: archive}
		if err := stacks.Synth(cfg, o); err != nil {
			return err
		}
	}
	return nil
}

func only(name, value string) func(string) string {
	return func(asked string) string {
		if asked == name {
			return value
		}
		return ""
	}
}

func sameLines(a, b []string) bool {
	a, b = append([]string(nil), a...), append([]string(nil), b...)
	sort.Strings(a)
	sort.Strings(b)
	return strings.Join(a, "\n") == strings.Join(b, "\n")
}

// place is where one child or several run: folders with a space in their
// names, since paths go through a shell.
type place struct{ root string }

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{root: filepath.Join(t.TempDir(), "with a space")}
	for _, dir := range []string{p.temp(), p.cache()} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.root, "failover.zip"), []byte("any"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p place) temp() string  { return filepath.Join(p.root, "tmp $HOME") }
func (p place) cache() string { return filepath.Join(p.root, "cache") }

// result of a child: what it said and, if it succeeded, what it wrote, by
// path the hash.
type result struct {
	stderr string
	err    error
	files  map[string]string
}

// warm fills the cache with what a first run keeps.
func (p place) warm(t *testing.T) {
	t.Helper()
	if err := os.CopyFS(p.cache(), os.DirFS(warmCache(t))); err != nil {
		t.Fatal(err)
	}
}

// run starts a child. All write to a folder of the same name below their
// place, in turn.
func (p place) run(t *testing.T, env ...string) result {
	t.Helper()
	return p.runInto(t, "out", env...)
}

func (p place) runInto(t *testing.T, name string, env ...string) result {
	t.Helper()
	outdir := filepath.Join(p.root, name)
	if err := os.RemoveAll(outdir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(outdir, 0o750); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, executable)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), childVariable+"="+outdir, "TMPDIR="+p.temp(), "PGDR_CACHE_DIR="+p.cache(), "PGDR_FAST_SYNTH=", environmentsVariable+"=dev")
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	r := result{err: cmd.Run(), stderr: stderr.String()}
	if r.err == nil {
		r.files = hashes(t, outdir)
	}
	return r
}

// mustRun fails the test unless the child succeeds with exactly this on
// standard error and leaves the temporary folder empty.
func (p place) mustRun(t *testing.T, stderr string, env ...string) map[string]string {
	t.Helper()
	r := p.run(t, env...)
	if r.err != nil {
		t.Fatalf("synthesize: %v\n%s", r.err, r.stderr)
	}
	if r.stderr != stderr {
		t.Errorf("standard error:\n%q\nwant\n%q", r.stderr, stderr)
	}
	p.wantEmptyTemp(t)
	return r.files
}

func (p place) wantEmptyTemp(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(p.temp())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Errorf("left in the temporary folder: %s", entry.Name())
	}
}

// kept returns the one file of the cache whose name begins like this.
func (p place) kept(t *testing.T, prefix string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(p.cache(), "fastsynth", "*", prefix+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("files %s* in the cache: %q, %v; want 1", prefix, found, err)
	}
	return found[0]
}

func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		sum := sha256.Sum256(content)
		name, _ := filepath.Rel(dir, path)
		found[name] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
