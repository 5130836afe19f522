package lambdaruntime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
)

// Errors of an invocation that the function did not answer.
var (
	// ErrInit: the program ended, or reported a fault, before it asked for its
	// first event.
	ErrInit = errors.New("the function could not be initialized")
	// ErrTimedOut: the sandbox was killed at the deadline.
	ErrTimedOut = errors.New("the function timed out")
	// ErrExited: the program ended during the invocation. The error is an
	// [*ExitError] too.
	ErrExited = errors.New("the function's program ended")
	// ErrMemory: it was killed because it had used more memory than it has.
	// Comes with ErrExited.
	ErrMemory = errors.New("the function ran out of memory")
	// ErrKilled: it was killed by Kill. Comes with ErrExited.
	ErrKilled = errors.New("the function was killed")
	// ErrClosed: the function was closed.
	ErrClosed = errors.New("the function is closed")
)

// ExitError says how a program ended that was to go on.
type ExitError struct {
	// State is as [os.ProcessState] words it: "signal: killed" for example.
	State string
	// Cause is ErrMemory, ErrKilled or, where it ended by itself, nil.
	Cause error
}

func (e *ExitError) Error() string {
	text := ErrExited.Error() + ": " + e.State
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap makes it an ErrExited and its cause.
func (e *ExitError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrExited}
	}
	return []error{ErrExited, e.Cause}
}

// initTimeout is Lambda's, in the machine's time.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
const initTimeout = 10 * time.Second

// Config of a function.
type Config struct {
	// Command is the program and its arguments.
	Command []string
	// Variables of the function, without those that Lambda adds. The program
	// sees nothing of this process's environment.
	Variables map[string]string
	// Name and ARN of the function.
	Name, ARN string
	// Timeout of an invocation, on Clock.
	Timeout time.Duration
	// Memory that the program may use, in bytes; 0 is no limit. It is held
	// against the resident set of the one process, where the system tells it.
	Memory int64
	// Clock that deadlines are told and kept on; nil is the machine's.
	Clock clock.Clock
	// Log gets what the program prints; nil drops it.
	Log io.Writer
}

func (c Config) validate() error {
	var faults []error
	for _, f := range []struct {
		field   string
		missing bool
	}{{"command", len(c.Command) == 0}, {"name", c.Name == ""}, {"arn", c.ARN == ""}, {"timeout", c.Timeout <= 0}} {
		if f.missing {
			faults = append(faults, fmt.Errorf("%s: missing", f.field))
		}
	}
	return errors.Join(faults...)
}

// Fault is an error that the function answered with.
type Fault struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Result is how an invocation was answered.
type Result struct {
	// Payload is the answer; empty with a Fault.
	Payload []byte
	Fault   *Fault
	// Cold: the sandbox was made for this invocation. Begun is when its
	// program was started, and Init how long that took to ask for an event;
	// both in the machine's time.
	Cold  bool
	Begun time.Time
	Init  time.Duration
	// Took is the time from the event to the answer, the machine's.
	Took time.Duration
	// PeakMemory is the most that the sandbox's program has held in memory so
	// far, in bytes; 0 where the system does not tell.
	PeakMemory int64
}

// Function invokes one function. It is safe for concurrent use: invocations
// that overlap get sandboxes of their own.
type Function struct {
	name string

	mu     sync.Mutex
	cfg    Config
	closed bool
	free   []*sandbox
	all    map[*sandbox]struct{}
	// deployment counts the changes of the configuration.
	deployment int
}

// New makes a function. Nothing runs before the first invocation. Close ends
// what runs.
func New(cfg Config) (*Function, error) {
	f := &Function{name: cfg.Name, all: map[*sandbox]struct{}{}}
	if err := f.Redeploy(cfg); err != nil {
		return nil, err
	}
	return f, nil
}

// Redeploy gives the function another program or configuration: the next
// invocation is a cold start, those under way end as they began. The name may
// not change.
func (f *Function) Redeploy(cfg Config) error {
	err := cfg.validate()
	if err == nil && cfg.Name != f.name {
		err = fmt.Errorf("name: found %q, want the same as before", cfg.Name)
	}
	if err != nil {
		return fmt.Errorf("function %s: %w", f.name, err)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	cfg.Log = &sharedWriter{to: cfg.Log}
	f.mu.Lock()
	f.cfg = cfg
	f.deployment++
	f.mu.Unlock()
	f.Recycle()
	return nil
}

// Invoke sends an event and waits for the answer. The context's end kills the
// sandbox. An error wraps one of this package's or the context's.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	return f.InvokeAs(ctx, newID(), event)
}

// InvokeAs is Invoke with the id that the request is to have; Lambda gives
// each attempt at an event the same.
func (f *Function) InvokeAs(ctx context.Context, id string, event []byte) (Result, error) {
	s, cold, err := f.take(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("invoke %s: %w", f.name, err)
	}
	result, err := s.invoke(ctx, id, event)
	if err != nil {
		f.drop(s, ErrClosed)
		return Result{}, fmt.Errorf("invoke %s: %w", f.name, err)
	}
	result.Cold = cold
	f.put(s)
	return result, nil
}

// SetVariables gives the function other variables, as a new deployment does.
func (f *Function) SetVariables(variables map[string]string) {
	f.mu.Lock()
	f.cfg.Variables = variables
	f.deployment++
	f.mu.Unlock()
	f.Recycle()
}

// Recycle ends the sandboxes that are idle, as Lambda does when it pleases:
// the next invocation is a cold start.
func (f *Function) Recycle() {
	f.mu.Lock()
	idle := f.free
	f.free = nil
	f.mu.Unlock()
	for _, s := range idle {
		f.drop(s, ErrClosed)
	}
}

// Kill kills all sandboxes, as a crash of what they run on does: invocations
// under way end with ErrKilled, the next one is a cold start.
func (f *Function) Kill() { f.endAll(ErrKilled) }

// Close kills all sandboxes and refuses more; invocations under way end with
// ErrClosed.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.endAll(ErrClosed)
}

func (f *Function) endAll(cause error) {
	f.mu.Lock()
	f.free = nil
	running := slices.Collect(maps.Keys(f.all))
	f.mu.Unlock()
	for _, s := range running {
		f.drop(s, cause)
	}
}

func (f *Function) take(ctx context.Context) (s *sandbox, cold bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false, ErrClosed
	}
	if n := len(f.free); n > 0 {
		s, f.free = f.free[n-1], f.free[:n-1]
		return s, false, nil
	}
	s, err = startSandbox(ctx, f.cfg)
	if err != nil {
		return nil, false, err
	}
	s.deployment = f.deployment
	f.all[s] = struct{}{}
	return s, true, nil
}

func (f *Function) put(s *sandbox) {
	f.mu.Lock()
	keep := !f.closed && s.deployment == f.deployment
	if keep {
		f.free = append(f.free, s)
	}
	f.mu.Unlock()
	if !keep {
		f.drop(s, ErrClosed)
	}
}

func (f *Function) drop(s *sandbox, cause error) {
	f.mu.Lock()
	delete(f.all, s)
	f.mu.Unlock()
	s.end(cause)
}

// sharedWriter is written to by several sandboxes.
type sharedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *sharedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(b) //nolint:wrapcheck // an io.Writer's own error
}
