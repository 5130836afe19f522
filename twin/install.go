package twin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/pgdr/pgdr/twin/gobuild"
)

// Install builds the stand-in provider from the module's source and puts it
// into the mirror, with the CLI configuration that names it. Where nothing has
// changed, nothing is written.
//
// A provider that differs from the last one makes every lock file below the
// twin stale: its version is the same, its checksum isn't, and Terraform would
// refuse it. Those are removed, so that the next `terraform init` writes them
// anew.
func (d Dir) Install(ctx context.Context, module string) error {
	release, err := d.Lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	built := filepath.Join(string(d), "build", "terraform-provider-aws")
	if err := gobuild.Program(ctx, module, gobuild.Provider, built); err != nil {
		return err
	}
	changed, err := copyChanged(built, d.plugin())
	if err != nil {
		return fmt.Errorf("put the provider into the mirror: %w", err)
	}
	if changed {
		if err := d.forgetLocks(); err != nil {
			return err
		}
	}
	if err := os.WriteFile(d.CLIConfig(), []byte(d.cliConfig()), 0o600); err != nil {
		return fmt.Errorf("write the Terraform CLI configuration: %w", err)
	}
	return nil
}

// lockRetry is the pause between two tries for a lock.
const lockRetry = 50 * time.Millisecond

// Lock waits until no other process builds in the twin, or until the context
// ends. The system releases the lock of a process that ends.
func (d Dir) Lock(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(filepath.Join(string(d), "build"), 0o750); err != nil {
		return nil, fmt.Errorf("make the twin's directory: %w", err)
	}
	lock := flock.New(filepath.Join(string(d), "build", "lock"), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("wait for the process that has locked %s: %w", lock.Path(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// Ephemeral begins the names of the folders in a twin that live for one run and
// have a provider of their own: see Take.
const Ephemeral = "drill-"

// copyChanged copies a program to where it is run from, unless it is there
// already, and tells whether it did. The old one is replaced, not written
// over: a Terraform that still runs it keeps it.
func copyChanged(from, to string) (bool, error) {
	updated, err := os.ReadFile(from) //nolint:gosec // the twin's own build
	if err != nil {
		return false, fmt.Errorf("read what was built: %w", err)
	}
	old, err := os.ReadFile(to) //nolint:gosec // the twin's own mirror
	if err == nil && bytes.Equal(old, updated) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read what is there: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return false, fmt.Errorf("make its directory: %w", err)
	}
	// A name of its own for each process, outside the directory whose every
	// file belongs to the provider's checksum.
	fresh, err := os.CreateTemp(filepath.Dir(from), "plugin-*")
	if err != nil {
		return false, fmt.Errorf("make a file beside it: %w", err)
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	_, err = fresh.Write(updated)
	if err := errors.Join(err, fresh.Chmod(0o700), fresh.Close()); err != nil {
		return false, fmt.Errorf("write it: %w", err)
	}
	if err := os.Rename(fresh.Name(), to); err != nil {
		return false, fmt.Errorf("move it into place: %w", err)
	}
	return true, nil
}

// cliConfig lets Terraform find the AWS provider in the mirror and nothing
// anywhere else: with no "direct" block the registry is never asked.
func (d Dir) cliConfig() string {
	return fmt.Sprintf(`# Written by pgdr: local runs use the stand-in AWS provider and no registry.
disable_checkpoint = true

provider_installation {
  filesystem_mirror {
    path    = %s
    include = ["registry.terraform.io/hashicorp/aws"]
  }
}
`, strconv.Quote(d.mirror()))
}

// forgetLocks removes what `terraform init` noted of the provider before, but
// not of runs under way, which have the provider that they began with.
func (d Dir) forgetLocks() error {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return fmt.Errorf("remove stale provider locks: %w", err)
	}
	defer func() { _ = root.Close() }()
	walk := func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && !strings.Contains(name, "/") && strings.HasPrefix(name, Ephemeral):
			return fs.SkipDir
		case path.Base(name) == ".terraform.lock.hcl":
			return root.Remove(name)
		case entry.IsDir() && strings.HasSuffix("/"+name, "/.terraform/providers"):
			if err := root.RemoveAll(name); err != nil {
				return err
			}
			return fs.SkipDir
		}
		return nil
	}
	if err := fs.WalkDir(root.FS(), ".", walk); err != nil {
		return fmt.Errorf("remove stale provider locks: %w", err)
	}
	return nil
}

// Take gives d the provider that another twin has now, for its own: what is
// installed there later replaces a file, and changes none.
func (d Dir) Take(from Dir) error {
	if err := os.MkdirAll(filepath.Dir(d.plugin()), 0o750); err != nil {
		return fmt.Errorf("make the mirror's directory: %w", err)
	}
	if err := os.Link(from.plugin(), d.plugin()); err != nil {
		return fmt.Errorf("take the provider: %w", err)
	}
	return nil
}

// Borrow makes d a twin that uses the provider of another, which Install has
// put there: for twins that live for one run.
func (d Dir) Borrow(from Dir) error {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return fmt.Errorf("make the twin's directory: %w", err)
	}
	if err := os.Symlink(from.mirror(), d.mirror()); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("borrow the provider: %w", err)
	}
	if err := os.WriteFile(d.CLIConfig(), []byte(d.cliConfig()), 0o600); err != nil {
		return fmt.Errorf("write the Terraform CLI configuration: %w", err)
	}
	return nil
}
