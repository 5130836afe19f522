//go:build !linux

package child

import "syscall"

// die: other systems do not tell a child that its parent has ended.
func die(*syscall.SysProcAttr, syscall.Signal) {}
