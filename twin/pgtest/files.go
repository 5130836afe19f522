package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/pgdr/pgdr/internal/leftover"
)

// dirPrefix begins the name of every directory that this package makes; the id
// of the process that made it follows.
const dirPrefix = "pgdr-pg-"

// shared is what the servers of this process have in common.
var shared struct {
	sync.Mutex
	// template is a data directory as initdb makes it; initdb takes over a
	// second, a copy of its result a tenth.
	template string
	swept    bool
}

// newDir makes a directory that belongs to the programs' user. Its path is
// short, because a socket's path may have 107 bytes only.
func newDir(p programs) (string, error) {
	dir, err := leftover.MkdirTemp("", dirPrefix)
	if err != nil {
		return "", fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	if err := p.give(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// template returns the data directory that new servers begin as a copy of.
func template(ctx context.Context, p programs) (string, error) {
	shared.Lock()
	defer shared.Unlock()
	if !shared.swept {
		shared.swept = true
		leftover.Sweep(os.TempDir(), dirPrefix)
	}
	if shared.template != "" {
		return shared.template, nil
	}
	dir, err := newDir(p)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	// Small segments make small copies. No one may sign in before the
	// server's own pg_hba.conf is written.
	err = p.run(ctx, "initdb", "--pgdata", data, "--username", adminUser, "--auth", "reject", "--encoding", "UTF8",
		"--locale", "C", "--wal-segsize", "1", "--no-sync", "--no-instructions")
	if err != nil {
		return "", errors.Join(fmt.Errorf("initialise PostgreSQL in %s (can user postgres enter it?): %w", dir, err), os.RemoveAll(dir))
	}
	shared.template = data
	return data, nil
}

// Cleanup removes what the servers of this process shared. It belongs at the
// end of TestMain; a later server makes it anew.
func Cleanup() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.template == "" {
		return nil
	}
	dir := filepath.Dir(shared.template)
	shared.template = ""
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove PostgreSQL's template: %w", err)
	}
	return nil
}
