package pgtest

import "syscall"

// childAttributes make a child that is killed with this process, whatever
// killed it.
func childAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
