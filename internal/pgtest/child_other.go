//go:build !linux

package pgtest

import "syscall"

// childAttributes make a child in a process group of its own, so that a
// terminal's interrupt reaches it through Close alone.
func childAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Setpgid: true}
}
