package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/pgdr/pgdr/twin/sim"
)

// Start makes sure that a detached process serves the directory and answers.
// arguments are those of the program's own "serve" command. A process that
// still runs an older build of the program is replaced. started tells whether
// a process was started.
func Start(ctx context.Context, place Place, arguments []string) (status Status, started bool, err error) {
	build, err := buildID()
	if err != nil {
		return Status{}, false, err
	}
	if err := os.MkdirAll(place.Dir, 0o750); err != nil {
		return Status{}, false, fmt.Errorf("make simulator directory: %w", err)
	}
	control, err := place.control(ctx)
	if err != nil {
		return Status{}, false, err
	}
	defer func() { err = errors.Join(err, control.Close()) }()
	var h health
	if ask(ctx, place, "/healthz", &h) == nil {
		if h.Build == build {
			status, err = Query(ctx, place)
			return status, false, err
		}
		if _, err := stop(ctx, place); err != nil {
			return Status{}, false, fmt.Errorf("replace the simulator of an older build: %w", err)
		}
	}
	exited, err := spawn(ctx, place, arguments)
	if err != nil {
		return Status{}, false, err
	}
	if err := awaitHealth(ctx, place, exited); err != nil {
		return Status{}, true, err
	}
	status, err = Query(ctx, place)
	return status, true, err
}

// spawn starts the program in a session of its own, so that it lives on when
// the caller, or its terminal, ends.
func spawn(ctx context.Context, place Place, arguments []string) (<-chan error, error) {
	log, err := os.OpenFile(place.Log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open simulator log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	// It must outlive the caller's context.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, arguments...) // #nosec G204 -- this very program
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, place.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := keepDescriptors(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return exited, nil
}

// keepDescriptors has no child get the descriptors that this process was given
// beside the standard ones: a lock of flock's would stay taken, and the reader of a
// pipe wait, for as long as the child lives. Go's own go to no child anyway.
func keepDescriptors() error {
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		return fmt.Errorf("list own descriptors: %w", err)
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd) // one that is gone by now is none
		}
	}
	return nil
}

// awaitHealth waits for an answer. If the child has ended, another process may have
// begun to serve the directory in the foreground: then that process answers.
func awaitHealth(ctx context.Context, place Place, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	var ended error
	for {
		var h health
		last := ask(ctx, place, "/healthz", &h)
		if last == nil {
			return nil
		}
		select {
		case ended = <-exited:
			if served, err := place.served(); err != nil || !served {
				return fmt.Errorf("start simulator in %s: %w: %w", place.Dir, errors.Join(ErrNoAnswer, ended, err), logTail(place))
			}
		default:
		}
		if wait(ctx) != nil {
			return fmt.Errorf("start simulator in %s: no answer within %s: %w: %w", place.Dir, startWithin, errors.Join(ErrNoAnswer, last, ended), logTail(place))
		}
	}
}

// logTail returns the last of what the process printed, as an error.
func logTail(place Place) error {
	raw, err := os.ReadFile(place.Log())
	if err != nil {
		return err
	}
	const enough = 2000
	return fmt.Errorf("%s: %s", place.Log(), bytes.TrimSpace(raw[max(0, len(raw)-enough):]))
}

// Stop ends the directory's process and waits until it is gone. stopped tells
// whether there was one.
func Stop(ctx context.Context, place Place) (stopped bool, err error) {
	if _, err := os.Stat(place.Dir); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	control, err := place.control(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, control.Close()) }()
	return stop(ctx, place)
}

func stop(ctx context.Context, place Place) (stopped bool, err error) {
	served, err := place.served()
	if err != nil {
		return false, err
	}
	if !served {
		return false, place.sweep()
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		gone, err := end(ctx, place, signal)
		if err != nil {
			return false, err
		}
		if gone {
			return true, place.sweep()
		}
	}
	return false, fmt.Errorf("stop simulator of %s (pid %d): it did not end: %w", place.Dir, place.pid(), ErrRunning)
}

// end sends a signal to the process that holds the directory and waits until
// it holds it no more.
func end(ctx context.Context, place Place, signal syscall.Signal) (gone bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	sent := false
	for {
		served, err := place.served()
		if err != nil || !served {
			return !served, err
		}
		// A process that is just starting has the lock and no pid file yet.
		if pid := place.pid(); pid > 0 && !sent {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return false, fmt.Errorf("signal simulator (pid %d): %w", pid, err)
			}
			sent = true
		}
		if wait(bounded) != nil {
			return false, ctx.Err()
		}
	}
}

// Query asks the directory's simulator how it is.
func Query(ctx context.Context, place Place) (Status, error) {
	status := Status{Dir: place.Dir}
	served, err := place.served()
	if err != nil || !served {
		return status, err
	}
	status.PID, status.Socket = place.pid(), place.Socket()
	var summary sim.Summary
	if err := ask(ctx, place, "/state/summary", &summary); err != nil {
		return status, fmt.Errorf("simulator of %s (pid %d): %w: %w", place.Dir, status.PID, ErrNoAnswer, err)
	}
	status.Running, status.Summary = true, &summary
	return status, nil
}
