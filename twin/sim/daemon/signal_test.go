package daemon_test

import (
	"context"
	"os/signal"
	"syscall"
)

// untilTerminated ends with SIGTERM, as the program's context does.
func untilTerminated(ctx context.Context) context.Context {
	ctx, _ = signal.NotifyContext(ctx, syscall.SIGTERM)
	return ctx
}
