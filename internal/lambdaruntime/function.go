package lambdaruntime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Errors of an invocation that the function did not answer.
var (
	// ErrInit: the program ended, or reported a fault, before it asked for its
	// first event.
	ErrInit = errors.New("the function could not be initialized")
	// ErrTimedOut: the sandbox was killed at the deadline.
	ErrTimedOut = errors.New("the function timed out")
	// ErrExited: the program ended during the invocation.
	ErrExited = errors.New("the function's program ended")
	// ErrClosed: the function was closed.
	ErrClosed = errors.New("the function is closed")
)

// initTimeout is Lambda's, in the machine's time.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
const initTimeout = 10 * time.Second

// Clock is what deadlines are told and kept on.
type Clock interface {
	Now() time.Time
	// Real is what passes on the machine's clock while d passes on this one.
	Real(d time.Duration) time.Duration
}

type systemClock struct{}

func (systemClock) Now() time.Time                     { return time.Now() }
func (systemClock) Real(d time.Duration) time.Duration { return d }

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
	// Clock defaults to the machine's.
	Clock Clock
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
	cfg Config

	mu     sync.Mutex
	closed bool
	free   []*sandbox
	all    map[*sandbox]struct{}
	// deployment counts the changes of the variables.
	deployment int
}

// New makes a function. Nothing runs before the first invocation. Close ends
// what runs.
func New(cfg Config) (*Function, error) {
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	cfg.Log = &sharedWriter{to: cfg.Log}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("function %s: %w", cfg.Name, err)
	}
	return &Function{cfg: cfg, all: map[*sandbox]struct{}{}}, nil
}

// Invoke sends an event and waits for the answer. The context's end kills the
// sandbox. An error wraps one of this package's or the context's.
func (f *Function) Invoke(ctx context.Context, event []byte) (Result, error) {
	s, cold, err := f.take(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("invoke %s: %w", f.cfg.Name, err)
	}
	result, err := s.invoke(ctx, event)
	if err != nil {
		f.drop(s)
		return Result{}, fmt.Errorf("invoke %s: %w", f.cfg.Name, err)
	}
	result.Cold = cold
	f.put(s)
	return result, nil
}

// SetVariables gives the function other variables, as a new deployment does:
// the next invocation is a cold start, those under way end as they began.
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
		f.drop(s)
	}
}

// Close kills all sandboxes; invocations under way end with ErrClosed or
// ErrExited.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed, f.free = true, nil
	running := make([]*sandbox, 0, len(f.all))
	for s := range f.all {
		running = append(running, s)
	}
	f.mu.Unlock()
	for _, s := range running {
		f.drop(s)
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
		f.drop(s)
	}
}

func (f *Function) drop(s *sandbox) {
	f.mu.Lock()
	delete(f.all, s)
	f.mu.Unlock()
	s.end()
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
