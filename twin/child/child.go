// Package child starts programs that end with this process, whatever ends it,
// and that a terminal's interrupt reaches through this process alone: two
// interrupts at once make Terraform drop its state.
package child

import (
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
