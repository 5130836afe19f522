package child

import "syscall"

func die(attributes *syscall.SysProcAttr, last syscall.Signal) { attributes.Pdeathsig = last }
