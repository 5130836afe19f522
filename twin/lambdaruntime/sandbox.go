package lambdaruntime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pgdr/pgdr/internal/child"
)

// killedWithin bounds how long a killed program's output is waited for.
const killedWithin = time.Second

// sandbox is one process of the function, with a Runtime API of its own.
type sandbox struct {
	cfg    Config
	cmd    *exec.Cmd
	server *http.Server
	begun  time.Time
	// deployment that it was made from.
	deployment int

	// asked has one element while the program waits for an event.
	asked chan time.Time
	// events go to the program.
	events chan *invocation
	// failed has the fault of the initialization, if that was reported.
	failed chan Fault
	// exited is closed when the program has ended, gone when end was called.
	exited, gone chan struct{}
	over         sync.Once
	// cause of the end; set before gone is closed.
	cause error
	init  time.Duration

	mu      sync.Mutex
	current *invocation
}

// invocation is one event on its way.
type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	answer   chan Result
}

func startSandbox(ctx context.Context, cfg Config) (*sandbox, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime: %w", err)
	}
	s := &sandbox{
		cfg: cfg, asked: make(chan time.Time, 1), events: make(chan *invocation), failed: make(chan Fault, 1),
		exited: make(chan struct{}), gone: make(chan struct{}),
	}
	s.server = &http.Server{Handler: s.api(), ReadHeaderTimeout: initTimeout}
	go func() { _ = s.server.Serve(listener) }() // ends with end
	// Not of this context: the sandbox outlives the invocation.
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), cfg.Command[0], cfg.Command[1:]...) //nolint:gosec // the caller's program
	s.cmd.Env = cfg.environment(listener.Addr().String(), newID())
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.WaitDelay = cfg.Log, cfg.Log, killedWithin
	child.Bind(s.cmd, syscall.SIGKILL)
	s.begun = time.Now()
	if err := s.cmd.Start(); err != nil {
		_ = s.server.Close()
		return nil, fmt.Errorf("%w: %w", ErrInit, err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its state
		close(s.exited)
	}()
	if cfg.Memory > 0 {
		go s.watchMemory()
	}
	return s, nil
}

// regionOfARN is the part of an ARN that names its region.
const regionOfARN = 3

// environment is what Lambda gives a program, beside the function's own.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func (c Config) environment(api, stream string) []string {
	all := maps.Clone(c.Variables)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, map[string]string{
		"AWS_LAMBDA_RUNTIME_API": api, "AWS_LAMBDA_FUNCTION_NAME": c.Name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME":  "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME": "local/[$LATEST]" + stream,
		"AWS_EXECUTION_ENV":          "AWS_Lambda_provided.al2023", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "TZ": ":UTC",
	})
	if parts := strings.Split(c.ARN, ":"); len(parts) > regionOfARN {
		all["AWS_REGION"], all["AWS_DEFAULT_REGION"] = parts[regionOfARN], parts[regionOfARN]
	}
	if c.Memory > 0 {
		all["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = strconv.FormatInt(c.Memory>>20, 10)
	}
	env := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return env
}

// memoryEvery is how often the memory of a sandbox is looked at. The system
// keeps the peak, so none is missed.
const memoryEvery = 20 * time.Millisecond

// watchMemory kills the program once it has used more than it may.
func (s *sandbox) watchMemory() {
	ticker := time.NewTicker(memoryEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.exited:
			return
		case <-ticker.C:
			if peakMemory(s.cmd.Process.Pid) > s.cfg.Memory {
				s.end(ErrMemory)
				return
			}
		}
	}
}

// end kills the program and waits until it has ended. The first cause counts.
func (s *sandbox) end(cause error) {
	s.over.Do(func() {
		s.cause = cause
		close(s.gone)
		_ = s.cmd.Process.Kill() // it may have ended already
		_ = s.server.Close()
	})
	<-s.exited
}

// invoke sends one event, as soon as the program asks for it.
func (s *sandbox) invoke(ctx context.Context, id string, event []byte) (Result, error) {
	if err := s.awaitIdle(ctx); err != nil {
		return Result{}, err
	}
	inv := &invocation{id: id, event: event, deadline: s.cfg.Clock.Now().Add(s.cfg.Timeout), answer: make(chan Result, 1)}
	s.mu.Lock()
	s.current = inv
	s.mu.Unlock()
	sent := time.Now()
	expired, stop := s.deadline(ctx)
	defer stop()
	select {
	case s.events <- inv:
	case <-expired:
		return Result{}, ErrTimedOut
	case <-s.exited:
		return Result{}, s.ended()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	select {
	case r := <-inv.answer:
		r.Begun, r.Init, r.Took, r.PeakMemory = s.begun, s.init, time.Since(sent), peakMemory(s.cmd.Process.Pid)
		return r, nil
	case <-expired:
		return Result{}, fmt.Errorf("%w after %s", ErrTimedOut, s.cfg.Timeout)
	case <-s.exited:
		return Result{}, s.ended()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// deadline closes the channel when the time of an invocation is up.
func (s *sandbox) deadline(ctx context.Context) (expired <-chan struct{}, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(ctx)
	up := make(chan struct{})
	go func() {
		if s.cfg.Clock.Sleep(ctx, s.cfg.Timeout) == nil {
			close(up)
		}
	}()
	return up, stop
}

// awaitIdle waits until the program asks for an event: at its start for its
// initialization, later for what it does after an answer.
func (s *sandbox) awaitIdle(ctx context.Context) error {
	limit := time.NewTimer(initTimeout)
	defer limit.Stop()
	select {
	case at := <-s.asked:
		if s.init == 0 {
			s.init = at.Sub(s.begun)
		}
		return nil
	case fault := <-s.failed:
		return fmt.Errorf("%w: %s: %s", ErrInit, fault.Type, fault.Message)
	case <-s.exited:
		if s.init == 0 {
			return fmt.Errorf("%w: %w", ErrInit, s.ended())
		}
		return s.ended()
	case <-limit.C:
		return fmt.Errorf("%w: no event was asked for within %s", ErrInit, initTimeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ended says why the program is not there any more; it is not.
func (s *sandbox) ended() error {
	exit := &ExitError{State: s.cmd.ProcessState.String()}
	select {
	case <-s.gone:
		if errors.Is(s.cause, ErrClosed) {
			return ErrClosed
		}
		exit.Cause = s.cause
	default:
	}
	return exit
}

var errNoInvocation = errors.New("no such invocation is under way")

// finish hands an answer to who waits for it.
func (s *sandbox) finish(id string, r Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.id != id {
		return errNoInvocation
	}
	s.current.answer <- r
	s.current = nil
	return nil
}
