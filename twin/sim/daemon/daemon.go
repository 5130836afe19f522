// Package daemon runs a simulated account as a process of its own, one for each
// directory, that outlives the command that started it.
//
// In the directory are the account's snapshot, "lock" (held by the process as
// long as it lives), "control" (held by who starts or stops it), "pid",
// "server.log" and, if the path is short enough, the socket;
// [simapi.SocketPath] says where it is.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Errors of this package.
var (
	// ErrRunning means that another process serves the directory.
	ErrRunning = errors.New("a simulator serves this directory already")
	// ErrNoAnswer means that the process is there but doesn't answer.
	ErrNoAnswer = errors.New("the simulator does not answer")
)

// Bounds of every wait, in real time.
const (
	startWithin = 20 * time.Second
	stopWithin  = 5 * time.Second
	askWithin   = 5 * time.Second
	pollEvery   = 25 * time.Millisecond
)

// Place names the files of one directory.
type Place struct {
	// Dir is absolute.
	Dir string
}

// At returns the place of a directory.
func At(dir string) (Place, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Place{}, fmt.Errorf("find directory %s: %w", dir, err)
	}
	return Place{Dir: abs}, nil
}

// Socket is the path of the Unix socket.
func (p Place) Socket() string { return simapi.SocketPath(p.Dir) }

// Log is the path of what the detached process prints.
func (p Place) Log() string { return filepath.Join(p.Dir, "server.log") }

func (p Place) lock() string { return filepath.Join(p.Dir, "lock") }

func (p Place) controlFile() string { return filepath.Join(p.Dir, "control") }

func (p Place) pidFile() string { return filepath.Join(p.Dir, "pid") }

// pid returns the number in the pid file, 0 if there is none.
func (p Place) pid() int {
	raw, err := os.ReadFile(p.pidFile())
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0
	}
	return n
}

// errHeld means that another process has a file locked.
var errHeld = errors.New("the file is locked")

// lockFile locks a file; the kernel frees it when the process ends, however it
// ends.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- within the caller's directory
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errHeld
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// take makes the caller the one who serves the directory. The lock, and not
// the pid file, tells whether a process does: pids are used again.
func (p Place) take() (*os.File, error) {
	file, err := lockFile(p.lock())
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("%s (pid %d): %w", p.Dir, p.pid(), ErrRunning)
	}
	return file, err
}

// control waits until no other caller starts or stops the directory's process, and
// keeps others from it until the file is closed.
func (p Place) control(ctx context.Context) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin+2*stopWithin)
	defer cancel()
	for {
		file, err := lockFile(p.controlFile())
		if !errors.Is(err, errHeld) {
			return file, err
		}
		if err := wait(ctx); err != nil {
			return nil, fmt.Errorf("wait for another start or stop in %s: %w", p.Dir, err)
		}
	}
}

// served tells whether a process holds the directory.
func (p Place) served() (bool, error) {
	if _, err := os.Stat(p.lock()); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	file, err := p.take()
	if errors.Is(err, ErrRunning) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, file.Close()
}

// sweep removes what a process that crashed left behind. The caller holds the
// lock, or knows that no process does.
func (p Place) sweep() error {
	for _, path := range []string{p.Socket(), p.pidFile()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what an earlier simulator left: %w", err)
		}
	}
	return nil
}

// Status is what is known of a directory's simulator.
type Status struct {
	Running bool   `json:"running"`
	Dir     string `json:"dir"`
	PID     int    `json:"pid,omitempty"`
	Socket  string `json:"socket,omitempty"`
	// Summary of the account, if it is running.
	Summary *sim.Summary `json:"summary,omitempty"`
}
