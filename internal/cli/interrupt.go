// Package cli is what the command-line programs of this project share.
package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible gives a context that ends with the first signal that asks to:
// Ctrl-C, a polite kill, a terminal that is closed. What runs then puts its
// things away. The signal after that has its usual effect: it ends the process
// at once, and its children with it.
func Interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	asked := make(chan os.Signal, 1)
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks for that
		signals = append(signals, syscall.SIGHUP)
	}
	signal.Notify(asked, signals...)
	go func() {
		select {
		case s := <-asked:
			signal.Stop(asked)
			fmt.Fprintf(os.Stderr, "%s: putting away what was begun; a second signal ends it at once\n", s)
			cancel()
		case <-ctx.Done():
			signal.Stop(asked)
		}
	}()
	return ctx, cancel
}
