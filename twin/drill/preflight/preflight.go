// Package preflight says what a machine lacks for a drill, before anything is
// built: a drill that fails for it a minute later says it in the words of
// whatever stumbled.
package preflight

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// Errors that say what is lacking; each is wrapped with what was found.
var (
	// ErrSystem: off Linux all of a twin's listeners would share 127.0.0.1, and
	// the network that the drill is about would be one host.
	ErrSystem  = errors.New("drills run on Linux: of 127.0.0.0/8 other systems have 127.0.0.1 alone, and a twin has an address for each interface; use a Linux machine, virtual machine or container")
	ErrProgram = errors.New("drills need another program")
)

// program that a drill calls, and the oldest version that will do.
type program struct {
	name, oldest, how string
	arguments         []string
}

var programs = []program{
	{"terraform", "1.11.1", "https://developer.hashicorp.com/terraform/install", []string{"version"}},
	{"node", "20", "https://nodejs.org/, or apt-get install nodejs: synthesis runs on it", []string{"--version"}},
	{"go", "1.26", "https://go.dev/dl/", []string{"version"}},
}

// machine is what is looked at, for tests to give another.
type machine struct {
	system string
	// version prints what a program says of its version.
	version func(ctx context.Context, p program) (string, error)
	// servers finds the folder of PostgreSQL's server programs, library whether
	// one of the server's libraries is there.
	servers func() (string, error)
	library func(ctx context.Context, servers, name string) bool
}

// Check looks at this machine for a drill of a project's environment. The error
// names everything that is lacking; it wraps ErrSystem, ErrProgram or
// [pgtest.ErrNoPostgreSQL]. A drill can be held without pgaudit: unaudited tells
// that the configuration asks for it and the server does not have it.
func Check(ctx context.Context, project, environment string) (unaudited bool, err error) {
	audit, err := audits(project, environment)
	if err != nil {
		return false, err
	}
	return machine{runtime.GOOS, version, pgtest.Programs, library}.check(ctx, audit)
}

// audits tells whether the configuration preloads pgaudit.
func audits(project, environment string) (bool, error) {
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: func(name string) string {
		if name == spec.SuffixVariable && environment != "" {
			return environment
		}
		return os.Getenv(name)
	}})
	if err != nil {
		return false, err
	}
	return cfg.Database.Audit == "pgaudit", nil
}

func (m machine) check(ctx context.Context, audit bool) (unaudited bool, err error) {
	if m.system != "linux" {
		return false, fmt.Errorf("found %s: %w", m.system, ErrSystem)
	}
	faults := make([]error, len(programs)+1)
	var all sync.WaitGroup
	for i, p := range programs {
		all.Go(func() { faults[i] = m.program(ctx, p) })
	}
	all.Go(func() {
		dir, err := m.servers()
		faults[len(programs)] = err
		unaudited = err == nil && audit && !m.library(ctx, dir, "pgaudit")
	})
	all.Wait()
	return unaudited, errors.Join(faults...)
}

var versionText = regexp.MustCompile(`\d+(\.\d+)+`)

func (m machine) program(ctx context.Context, p program) error {
	text, err := m.version(ctx, p)
	if err != nil {
		return fmt.Errorf("%w: %s %s or newer, found none (%w): %s", ErrProgram, p.name, p.oldest, err, p.how)
	}
	found := versionText.FindString(text)
	if !atLeast(found, p.oldest) {
		return fmt.Errorf("%w: %s %s or newer, found %q: %s", ErrProgram, p.name, p.oldest, found, p.how)
	}
	return nil
}

// atLeast compares versions by their numbers.
func atLeast(found, oldest string) bool {
	have := strings.Split(found, ".")
	for i, part := range strings.Split(oldest, ".") {
		if i == len(have) {
			return false
		}
		a, errA := strconv.Atoi(have[i])
		b, errB := strconv.Atoi(part)
		if errA != nil || errB != nil || a < b {
			return false
		}
		if a > b {
			return true
		}
	}
	return true
}

// version asks a program, which is not to look for newer ones of itself.
func version(ctx context.Context, p program) (string, error) {
	cmd := exec.CommandContext(ctx, p.name, p.arguments...) // #nosec G204 -- one of ours
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", p.name, err)
	}
	return string(out), nil
}

// library looks where the server looks for its libraries: pg_config says, and
// where it is not installed they are beside the programs.
func library(ctx context.Context, servers, name string) bool {
	folders := []string{filepath.Join(servers, "..", "lib"), filepath.Join(servers, "..", "lib", "postgresql")}
	if out, err := exec.CommandContext(ctx, filepath.Join(servers, "pg_config"), "--pkglibdir").Output(); err == nil { // #nosec G204 -- the server's own
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, name+".so")); err == nil {
			return true
		}
	}
	return false
}
