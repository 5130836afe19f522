package local

import (
	"os"
	"os/exec"
	"time"
)

// grace is how long a command may take to stop by itself: Terraform saves its
// state when it is interrupted, and loses it when it is killed.
const grace = 2 * time.Minute

// interruptGently makes a cancelled command stop as Ctrl-C would.
func interruptGently(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
}
