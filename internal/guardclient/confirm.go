package guardclient

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrUnconfirmed says that an order was not confirmed, and so not sent.
var ErrUnconfirmed = errors.New("nothing was sent")

// Confirm asks a person to type the environment's name. What says what the
// order does. Anything else, the end of the input and the end of the context
// are [ErrUnconfirmed].
func Confirm(ctx context.Context, in io.Reader, out io.Writer, t Target, what string) error {
	_, _ = fmt.Fprintf(out, "%s (%s)\nType the environment's name, %s, to confirm: ", what, t, t.Environment)
	typed := make(chan string, 1)
	go func() { // A read from a terminal can't be interrupted.
		line, _ := bufio.NewReader(in).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("confirmation: interrupted; %w", ErrUnconfirmed)
	case line := <-typed:
		if line != t.Environment {
			return fmt.Errorf("confirmation: found %q, want %q; %w", line, t.Environment, ErrUnconfirmed)
		}
		return nil
	}
}
