package guardclient

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Repaint sequences of ECMA-48.
const (
	// ClearScreen comes before the first picture.
	ClearScreen = "\x1b[2J"
	cursorHome  = "\x1b[H"
	// clearLine and clearBelow erase what the picture before left there.
	clearLine  = "\x1b[K"
	clearBelow = "\x1b[J"
)

// Watch prints the status every few seconds until the context ends, which is
// [ErrStopped]. On a terminal each picture replaces the one before; elsewhere
// there is a block a time. A guard that stops answering is told of and asked
// again; the first question must be answered.
func (o *Operator) Watch(ctx context.Context, terminal bool) error {
	for first := true; ; first = false {
		block, err := o.picture(ctx)
		switch {
		case ctx.Err() != nil:
			return ErrStopped
		case err != nil && first:
			return err
		case terminal && first:
			o.say("%s", ClearScreen+Repaint(block))
		case terminal:
			o.say("%s", Repaint(block))
		case first:
			o.say("%s", block)
		default:
			o.say("\n%s", block)
		}
		select {
		case <-ctx.Done():
			return ErrStopped
		case <-time.After(pollEvery):
		}
	}
}

// picture is the status now, or why there is none.
func (o *Operator) picture(ctx context.Context) (string, error) {
	v, err := o.look(ctx)
	if err != nil {
		return fmt.Sprintf("%s at %s: %v\n", o.Paint.Red("NO ANSWER"), stamp(time.Now()), err), err
	}
	return Status(o.Target, v, o.Paint), nil
}

// Repaint puts a block over the one before, line by line so that nothing
// flickers.
func Repaint(block string) string {
	return cursorHome + strings.ReplaceAll(block, "\n", clearLine+"\n") + clearBelow
}
