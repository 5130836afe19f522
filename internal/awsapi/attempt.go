package awsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// How calls are bounded and tried again. A call as a whole is bounded by the
// context that the engine gives it.
const (
	// maxAttempts bounds the tries of one call.
	maxAttempts = 3
	// attemptTimeout bounds one try of a call that may be tried again.
	attemptTimeout = 3 * time.Second
	// onceTimeout bounds a call that may not, where the context does not.
	onceTimeout = 10 * time.Second
)

// effect says what it means to send a call a second time.
type effect int

const (
	// once: a second try would hide what became of the first. After a try
	// whose effect is not known the engine must hear of it.
	once effect = iota
	// reading changes nothing.
	reading
	// repeatable: doing it twice is as doing it once.
	repeatable
)

// effects by operation. What is not listed is sent once.
var effects = map[string]effect{
	"DescribeDBInstances": reading, "DescribeEvents": reading, "DescribeDBParameters": reading,
	"DescribeNetworkAcls":    reading,
	"ListResourceRecordSets": reading, "GetChange": reading, "GetHealthCheck": reading,
	"DescribeAlarms": reading, "GetMetricData": reading, "GetItem": reading, "Query": reading,
	"GetSecretValue": reading, "DescribeSecret": reading, "DescribeKey": reading, "GetTopicAttributes": reading,
	"SimulatePrincipalPolicy": reading, "GetCallerIdentity": reading,

	// A second try meets the first one's entry and compares it.
	"CreateNetworkAclEntry": repeatable, "DeleteNetworkAclEntry": repeatable,
	"ChangeResourceRecordSets": repeatable,
	"PutMetricData":            repeatable,
	// A notice that comes twice carries the same id.
	"Publish": repeatable,
}

// unanswered is a call, or one try of it, that AWS did not answer, so that it
// may have had its effect.
type unanswered struct {
	cause error
	// again: it may be tried again.
	again bool
}

func (u *unanswered) Error() string { return "no answer: " + u.cause.Error() }
func (u *unanswered) Unwrap() error { return u.cause }

// RetryableError is what the SDK's retryer asks.
func (u *unanswered) RetryableError() bool { return u.again }

// final is an answer after which the call is not tried again, whatever the
// SDK's own rules say.
type final struct{ error }

func (f *final) Unwrap() error        { return f.error }
func (f *final) RetryableError() bool { return false }

// notSent is a call whose time ran out before its first try: it was held back,
// since AWS throttles, or it came too late.
type notSent struct{ cause error }

func (n *notSent) Error() string { return "not sent: " + n.cause.Error() }
func (n *notSent) Unwrap() error { return n.cause }

// trace is what the tries of one call came to. It belongs to one goroutine.
type trace struct {
	tries int
	// refusal is AWS's last answer, if that was an error.
	refusal error
	// unknown: a try that changes something may have done so.
	unknown bool
}

type (
	traceKey  struct{}
	singleKey struct{}
)

// withSingleTry marks calls that are to be tried once, and may take all the
// time there is.
func withSingleTry(ctx context.Context) context.Context {
	return context.WithValue(ctx, singleKey{}, true)
}

// bounding adds the two middlewares of this file to a client's stack.
func bounding(clock engine.Clock) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(callTrace{}, middleware.Before); err != nil {
			return fmt.Errorf("add call trace: %w", err)
		}
		if err := stack.Finalize.Insert(attemptBound{clock}, (&retry.Attempt{}).ID(), middleware.After); err != nil {
			return fmt.Errorf("add attempt bound: %w", err)
		}
		return nil
	}
}

// callTrace sees a call as a whole.
type callTrace struct{}

func (callTrace) ID() string { return "pgdr:CallTrace" }

func (callTrace) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	t := &trace{}
	out, meta, err := next.HandleInitialize(context.WithValue(ctx, traceKey{}, t), in)
	return out, meta, t.conclude(err)
}

// conclude tells what the last try's error means after those before it.
func (t *trace) conclude(err error) error {
	if err == nil {
		return nil
	}
	if un := (*unanswered)(nil); errors.As(err, &un) {
		return err
	}
	switch {
	case t.unknown:
		// A refusal says nothing of an earlier try that was not answered.
		return &unanswered{cause: err}
	case answered(err):
		return err
	case t.refusal != nil && interrupted(err):
		// Time ran out while waiting to try again: AWS did answer.
		return fmt.Errorf("%w (gave up: %w)", t.refusal, err)
	case t.tries == 0 && interrupted(err):
		return &notSent{cause: err}
	case interrupted(err):
		return &unanswered{cause: err}
	default:
		return err
	}
}

// attemptBound sees one try.
type attemptBound struct{ clock engine.Clock }

func (attemptBound) ID() string { return "pgdr:AttemptBound" }

func (b attemptBound) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	what := effects[awsmiddleware.GetOperationName(ctx)]
	limit := b.limit(ctx, what)
	one, cancel := b.clock.WithDeadline(ctx, b.clock.Now().Add(limit))
	defer cancel()
	t, _ := ctx.Value(traceKey{}).(*trace)
	if t == nil {
		t = &trace{}
	}
	t.tries++
	out, meta, err := next.HandleFinalize(one, in)
	if err == nil {
		return out, meta, nil
	}
	if one.Err() != nil && ctx.Err() == nil && interrupted(err) {
		// Not the SDK's own error: that one means that the caller gave up.
		err = fmt.Errorf("waited %s: %w", limit.Round(time.Millisecond), context.DeadlineExceeded)
	}
	return out, meta, t.attempt(ctx, what, err)
}

// limit is less than what the context leaves, so that there is time to hear
// how a try ended and, where that is allowed, to try once more.
func (b attemptBound) limit(ctx context.Context, what effect) time.Duration {
	end, bounded := ctx.Deadline()
	left := end.Sub(b.clock.Now())
	whole := what == once || ctx.Value(singleKey{}) != nil
	switch {
	case whole && bounded:
		return left - left/8
	case whole:
		return onceTimeout
	case bounded:
		return min(attemptTimeout, left/2)
	default:
		return attemptTimeout
	}
}

// attempt sorts how one try failed.
func (t *trace) attempt(ctx context.Context, what effect, err error) error {
	if answered(err) {
		t.refusal = err
		if what == once && serverFault(err) && !errors.Is(meaningOf(err), engine.ErrThrottled) {
			// It broke while it was at it.
			return &final{err}
		}
		return err
	}
	if !interrupted(err) && !fromTransport(err) {
		return err
	}
	sent := !neverSent(err)
	if sent && what != reading {
		t.unknown = true
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &unanswered{cause: err, again: ctx.Err() == nil && (what != once || !sent)}
}

// neverSent: there was no connection to send anything on.
func neverSent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	return errors.As(err, new(*net.DNSError)) || untrusted(err)
}

// untrusted: the other side spoke TLS, but not as AWS does.
func untrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) ||
		errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) ||
		errors.As(err, new(x509.CertificateInvalidError)) ||
		errors.As(err, new(tls.RecordHeaderError))
}
