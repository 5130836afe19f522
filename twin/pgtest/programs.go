package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/pgdr/pgdr/internal/child"
)

// ErrNoPostgreSQL means that this machine has no PostgreSQL server programs of
// a version that will do.
var ErrNoPostgreSQL = errors.New("no PostgreSQL server programs, version 15 or newer (apt-get install postgresql; make doctor tells more)")

// minVersion is the oldest major version that the project supports.
const minVersion = 15

// programs are the server programs of one PostgreSQL installation, and the
// user that they run as.
type programs struct {
	dir string
	// as is nil where they run as the user of this process.
	as *syscall.Credential
}

// findPrograms looks once a process.
var findPrograms = sync.OnceValues(func() (programs, error) {
	dir, err := findDir(context.Background(), candidateDirs(context.Background()))
	if err != nil {
		return programs{}, err
	}
	as, err := serverUser()
	return programs{dir: dir, as: as}, err
})

// Programs is the folder of the server programs; the error wraps ErrNoPostgreSQL
// where there are none.
func Programs() (string, error) {
	p, err := findPrograms()
	return p.dir, err
}

// candidateDirs are where PostgreSQL's programs may be: the installation that
// pg_config belongs to, the search path, then where packages put the servers.
func candidateDirs(ctx context.Context) []string {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // a fixed pattern: it is well formed
		}
		sort.Sort(sort.Reverse(sort.StringSlice(found)))
		dirs = append(dirs, found...)
	}
	return dirs
}

// findDir returns the first directory with programs that are new enough.
func findDir(ctx context.Context, dirs []string) (string, error) {
	var seen []string
	for _, dir := range dirs {
		major, err := majorVersion(ctx, dir)
		if err != nil {
			continue // not an installation with a server
		}
		if major >= minVersion {
			return dir, nil
		}
		seen = append(seen, fmt.Sprintf("version %d in %s", major, dir))
	}
	if len(seen) > 0 {
		return "", fmt.Errorf("%w; found %s", ErrNoPostgreSQL, strings.Join(seen, ", "))
	}
	return "", fmt.Errorf("%w; looked in %s", ErrNoPostgreSQL, strings.Join(dirs, ", "))
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func majorVersion(ctx context.Context, dir string) (int, error) {
	for _, name := range []string{"initdb", "pg_basebackup"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return 0, fmt.Errorf("look for %s: %w", name, err)
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() // #nosec G204 -- a program that was looked for by name
	if err != nil {
		return 0, fmt.Errorf("ask postgres in %s for its version: %w", dir, err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("postgres in %s tells no version: %q", dir, out)
	}
	return strconv.Atoi(string(m[1]))
}

// serverUser is who the programs run as: the system user postgres when this
// process is root's.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the user id of postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the group id of postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// command is a server program as its user, in a process that dies with ours.
func (p programs) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.dir, name), args...) // #nosec G204 -- a program that was looked for by name
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	child.Bind(cmd, syscall.SIGKILL)
	cmd.Dir = "/" // the user may not be able to enter ours
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + p.dir + ":/usr/bin:/bin"}
	return cmd
}

// run runs a program to its end; the error holds what it printed.
func (p programs) run(ctx context.Context, name string, args ...string) error {
	return finish(p.command(ctx, name, args...))
}

// finish runs a command to its end; the error holds what it printed.
func finish(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// give hands a path to the programs' user.
func (p programs) give(path string) error {
	if p.as == nil {
		return nil
	}
	if err := os.Chown(path, int(p.as.Uid), int(p.as.Gid)); err != nil {
		return fmt.Errorf("hand %s to the user of PostgreSQL: %w", path, err)
	}
	return nil
}
