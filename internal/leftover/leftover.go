// Package leftover removes what killed processes left behind: directories whose
// names tell which process made them, a Go command's temporary files among
// them, and sockets without a listener.
package leftover

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MkdirTemp makes a directory in a folder, named for this process, for Sweep to
// find should it be killed. An empty folder is the system's temporary one.
func MkdirTemp(in, prefix string) (string, error) {
	return os.MkdirTemp(in, prefix+strconv.Itoa(os.Getpid())+"-")
}

// Sweep removes from a folder the directories that MkdirTemp made with a prefix
// and whose process is gone. It is a courtesy: what can't be removed stays, for
// the next process to try again.
func Sweep(in, prefix string) {
	entries, err := os.ReadDir(in)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), prefix)
		owner, _, _ := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(owner)
		if !ours || err != nil || alive(pid) {
			continue
		}
		_ = os.RemoveAll(filepath.Join(in, e.Name()))
	}
}

// SweepSockets removes the Unix sockets that match a pattern and have no
// listener: those of processes that were killed.
func SweepSockets(pattern string) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return
	}
	dialer := net.Dialer{Timeout: time.Second}
	for _, path := range paths {
		conn, err := dialer.DialContext(context.Background(), "unix", path)
		switch {
		case err == nil:
			_ = conn.Close() // it is listened on
		case errors.Is(err, syscall.ECONNREFUSED):
			_ = os.Remove(path)
		}
	}
}

// alive tells whether there is a process of that id. EPERM: there is one of
// another user.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
