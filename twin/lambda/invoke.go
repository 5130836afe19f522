package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// unhandled is how Lambda marks an answer that is an error.
const unhandled = "Unhandled"

// Answer is what Lambda answers a direct invocation with.
type Answer struct {
	RequestID string
	// Payload is the function's answer, or the document of its error.
	Payload []byte
	// FunctionError is "" or "Unhandled".
	FunctionError string
	// Fault is the error of which Payload tells; nil if there is none.
	Fault *lambdaruntime.Fault
}

// Invoke runs a function and waits for its answer, as Lambda does with
// RequestResponse. An error of the function is an answer; an error wraps
// ErrNoFunction, ErrUnavailable, ErrClosed or the context's.
func (m *Manager) Invoke(ctx context.Context, arn string, payload []byte) (Answer, error) {
	return m.try(ctx, arn, newID(), payload, 0)
}

// try runs a function once.
func (m *Manager) try(ctx context.Context, arn, id string, payload []byte, attempt int) (Answer, error) {
	f, err := m.find(arn)
	if err != nil {
		return Answer{}, fmt.Errorf("invoke: %w", err)
	}
	at := m.o.Clock.Now()
	result, err := f.run.InvokeAs(ctx, id, payload)
	took := m.o.Clock.Now().Sub(at)
	switch {
	case errors.Is(err, lambdaruntime.ErrClosed):
		return Answer{}, fmt.Errorf("invoke %s: %w", arn, ErrClosed)
	case ctx.Err() != nil:
		return Answer{}, fmt.Errorf("invoke %s: %w", arn, ctx.Err())
	case err != nil:
		result.Fault = faultOf(err, id, f.made.timeout)
	}
	a := Answer{RequestID: id, Payload: result.Payload, Fault: result.Fault}
	done := Invocation{At: at, Took: took, RequestID: id, Source: sourceOf(payload), Attempt: attempt}
	if a.Fault != nil {
		a.FunctionError = unhandled
		if a.Payload, err = json.Marshal(a.Fault); err != nil {
			return Answer{}, fmt.Errorf("invoke %s: encode its error: %w", arn, err)
		}
		done.ErrorType, done.Error = a.Fault.Type, a.Fault.Message
	}
	f.ran(done)
	m.measure(f, done)
	return a, nil
}

// sourceOf is what EventBridge says an event is from.
func sourceOf(payload []byte) string {
	var event struct{ Source string }
	if json.Unmarshal(payload, &event) != nil {
		return "" // it is none of EventBridge's
	}
	return event.Source
}

// faultOf words what befell a function's sandbox as Lambda does.
// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
func faultOf(err error, id string, timeout time.Duration) *lambdaruntime.Fault {
	fault := func(typ, format string, args ...any) *lambdaruntime.Fault {
		return &lambdaruntime.Fault{Type: typ, Message: "RequestId: " + id + " Error: " + fmt.Sprintf(format, args...)}
	}
	var exit *lambdaruntime.ExitError
	switch {
	case errors.Is(err, lambdaruntime.ErrTimedOut):
		return fault("Sandbox.Timedout", "Task timed out after %.2f seconds", timeout.Seconds())
	case errors.As(err, &exit):
		return fault("Runtime.ExitError", "Runtime exited with error: %s", exit.State)
	}
	return fault("Runtime.Unknown", "%v", err)
}

// measure publishes Lambda's own metrics of one try. Their time is that of the
// try's begin, so those of a long one come late.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (m *Manager) measure(f *function, i Invocation) {
	if m.o.Down(f.region) {
		return
	}
	failed := 0.0
	if i.ErrorType != "" {
		failed = 1
	}
	now := m.o.Clock.Now()
	for _, v := range []struct {
		name  string
		value float64
		unit  string
	}{
		{"Invocations", 1, "Count"},
		{"Errors", failed, "Count"},
		{"Throttles", 0, "Count"},
		{"Duration", float64(i.Took) / float64(time.Millisecond), "Milliseconds"},
	} {
		id := metrics.ID{Region: f.region, Namespace: contract.NamespaceLambda, Name: v.name, Dimensions: metrics.Dimensions(map[string]string{contract.DimensionFunction: f.name})}
		m.o.Metrics.Put(id, metrics.Point{At: i.At, Received: now, Value: v.value, Count: 1, Unit: v.unit})
	}
}
