package leftover

import (
	"fmt"
	"os"
	"os/exec"
)

// goPrefix begins the names of the folders that GoTemp makes.
const goPrefix = "go-"

// GoTemp gives a Go command a temporary folder in a folder of the caller's, and
// returns what removes it when the command has ended. The Go command leaves its
// own behind when a signal ends a build: cmd/go listens to signals only while
// it runs a program or tests (Go 1.26, base.StartSigHandlers). What a killed
// caller leaves, the next one to call removes.
func GoTemp(cmd *exec.Cmd, in string) (remove func(), err error) {
	if err := os.MkdirAll(in, 0o750); err != nil {
		return nil, fmt.Errorf("make a folder for the Go command: %w", err)
	}
	Sweep(in, goPrefix)
	dir, err := MkdirTemp(in, goPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the Go command: %w", err)
	}
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+dir)
	return func() { _ = os.RemoveAll(dir) }, nil // what stays is swept
}
