package awsapi

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// classOf tells what a look at an API found. An answer is a sign of life,
// whatever it says; only silence of the network counts against the other side.
func classOf(err error) decide.Class {
	switch {
	case err == nil:
		return decide.ClassOK
	case errors.As(err, new(*notSent)):
		return decide.ClassInternal
	case answered(err):
		return classOfAnswer(err)
	case errors.As(err, new(*net.DNSError)):
		return decide.ClassResolveFailed
	case untrusted(err), spokeTLS(err):
		return decide.ClassTLSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return decide.ClassRefused
	case timedOut(err):
		return decide.ClassTimeout
	case unreachable(err):
		return decide.ClassUnreachable
	default:
		// The caller gave up, or it is the guard's own fault.
		return decide.ClassInternal
	}
}

func classOfAnswer(err error) decide.Class {
	switch meaning := meaningOf(err); {
	case errors.Is(meaning, engine.ErrThrottled):
		return decide.ClassThrottled
	case errors.Is(meaning, engine.ErrDenied):
		return decide.ClassDenied
	default:
		return decide.ClassServerError
	}
}

// spokeTLS: the other side refused the handshake in TLS's own words.
func spokeTLS(err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "remote error"
}

func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	netErr := net.Error(nil)
	return errors.As(err, &netErr) && netErr.Timeout()
}

func unreachable(err error) bool {
	for _, no := range []error{
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
