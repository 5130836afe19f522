package fastsynth

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// runPrefix begins the name of every run's folder.
	runPrefix = "pgdr-synth-"
	ownerFile = "owner"
	pidFile   = "pid"
)

// removeStale removes the folders of runs whose process was killed. One that
// has no owner yet is being made.
func removeStale(temp string) {
	folders, err := filepath.Glob(filepath.Join(temp, runPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range folders {
		if owner, err := readPID(filepath.Join(dir, ownerFile)); err == nil && !alive(owner) {
			_ = os.RemoveAll(dir)
		}
	}
}

func readPID(path string) (int, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return 0, fmt.Errorf("read process id: %w", err)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("read process id in %s: found %q, want a positive number", path, text)
	}
	return pid, nil
}

// alive says whether a process is there; one that has ended is until its
// parent has waited for it.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = process.Release() }()
	err = process.Signal(syscall.Signal(0))
	return err == nil || os.IsPermission(err)
}

// running says whether a process is there and has not ended.
func running(pid int) bool {
	return alive(pid) && !ended(pid)
}

// ended says whether a process waits for its parent to take note. Where the
// system does not tell (it has neither /proc nor ps), it is taken to run.
func ended(pid int) bool {
	// The state follows the name, which is in brackets and may hold anything.
	if text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat")); err == nil {
		state := text[bytes.LastIndexByte(text, ')')+1:]
		return bytes.HasPrefix(bytes.TrimSpace(state), []byte("Z"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	state, err := exec.CommandContext(ctx, "ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	return err == nil && bytes.HasPrefix(bytes.TrimSpace(state), []byte("Z"))
}

func kill(pid int) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill()
	}
}
