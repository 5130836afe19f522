package guardclient

import (
	"errors"
	"fmt"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Exit codes of the commands: what those of [cli] mean here.
const (
	// ExitDone: it was done, or answered.
	ExitDone = cli.ExitDone
	// ExitUnasked: the guard could not be asked.
	ExitUnasked = cli.ExitFailed
	// ExitRefused: the guard refused; its answer names the refusal.
	ExitRefused = cli.ExitDecide
	// ExitBad: a readiness check found something bad.
	ExitBad = cli.ExitNoVerdict
	// ExitAct: the status says that an operator has to act.
	ExitAct = cli.ExitAct
	// ExitStopped: the operator stopped following the failover.
	ExitStopped = cli.ExitInterrupted
)

// AskError says that the guard could not be asked: what was tried, why it
// failed, and what to do.
type AskError struct {
	Target Target
	// Problem in words, Next what a person does about it.
	Problem, Next string
	// Maybe: the event may have reached the function all the same.
	Maybe bool
	// Err is the cause. The message has what an operator can use of it; all of
	// it is in [Cause].
	Err error
}

func (e *AskError) Error() string {
	s := fmt.Sprintf("could not ask %s: %s", e.Target, e.Problem)
	if cause := plainly(e.Err); cause != "" {
		s += ": " + cause
	}
	return s + "\n  Next: " + e.Next
}

func (e *AskError) Unwrap() error { return e.Err }

// RefusedError says that the guard refused; it has been told.
type RefusedError struct{ Refusal refusal.Refusal }

func (e *RefusedError) Error() string { return "the guard refused: " + e.Refusal.Error() }

func (e *RefusedError) Unwrap() error { return e.Refusal }

// Errors that have been told already.
var (
	// ErrNotReady: a readiness check found something bad.
	ErrNotReady = errors.New("a failover might not succeed as things are")
	// ErrAct: an operator has to act.
	ErrAct = errors.New("an operator has to act")
	// ErrStopped: following was stopped. What is followed goes on.
	ErrStopped = errors.New("stopped following")
)

// ExitCode is that of a command that ended so.
func ExitCode(err error) int {
	var refused *RefusedError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &refused):
		return ExitRefused
	case errors.Is(err, ErrNotReady):
		return ExitBad
	case errors.Is(err, ErrAct):
		return ExitAct
	case errors.Is(err, ErrStopped):
		return ExitStopped
	default:
		return ExitUnasked
	}
}

// Told tells whether a person has read all of the error already.
func Told(err error) bool {
	code := ExitCode(err)
	return code != ExitUnasked
}
