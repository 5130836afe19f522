// Package child starts programs that end with this process, whatever ends it,
// and that a terminal's interrupt reaches through this process alone: two
// interrupts at once make Terraform drop its state.
package child

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Bind makes a command a child in a process group of its own, which the system
// sends the signal last when this process is gone (Linux).
func Bind(cmd *exec.Cmd, last syscall.Signal) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	die(cmd.SysProcAttr, last)
}

// Gently binds a command, and makes its context's end interrupt it and all that
// it started, as Ctrl-C would; grace is how long it may then take.
func Gently(cmd *exec.Cmd, grace time.Duration) {
	Bind(cmd, syscall.SIGINT)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = grace
}

// parentEvery is the pause between two looks for the parent.
const parentEvery = 200 * time.Millisecond

// EndWithParent ends this process, with exit code 1, soon after the one that
// started it. Terraform that is killed leaves its providers behind, and they keep
// the files that it was started with, such as a lock that a CI job waits for.
func EndWithParent() {
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentEvery)
		}
		os.Exit(1)
	}()
}
