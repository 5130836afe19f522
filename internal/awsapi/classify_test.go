package awsapi

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"

	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// withStatus is an answer of that HTTP status, with or without a code.
func withStatus(status int, err error) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
}

// sendError is what the SDK returns when the transport failed.
func sendError(err error) error { return &smithyhttp.RequestSendError{Err: err} }

func dialError(err error) error {
	return sendError(&net.OpError{Op: "dial", Net: "tcp", Err: err})
}

var classifications = []struct {
	name  string
	err   error
	word  error
	class decide.Class
}{
	{"RDS is in another state", &rdstypes.InvalidDBInstanceStateFault{}, engine.ErrBusy, decide.ClassServerError},
	{"RDS knows no such instance", &rdstypes.DBInstanceNotFoundFault{}, engine.ErrNotFound, decide.ClassServerError},
	{"RDS throttles", apiError("Throttling"), engine.ErrThrottled, decide.ClassThrottled},
	{"RDS denies", apiError("AccessDenied"), engine.ErrDenied, decide.ClassDenied},
	{"EC2 throttles", apiError("RequestLimitExceeded"), engine.ErrThrottled, decide.ClassThrottled},
	{"EC2 denies", apiError("UnauthorizedOperation"), engine.ErrDenied, decide.ClassDenied},
	{"SNS throttles", &snstypes.ThrottledException{}, engine.ErrThrottled, decide.ClassThrottled},
	{"SNS denies", &snstypes.AuthorizationErrorException{}, engine.ErrDenied, decide.ClassDenied},
	{"SNS may not use the key", &snstypes.KMSAccessDeniedException{}, engine.ErrDenied, decide.ClassDenied},
	{"Route 53 is still at the last change", &route53types.PriorRequestNotComplete{}, engine.ErrThrottled, decide.ClassThrottled},
	{"DynamoDB's condition fails", &dynamodbtypes.ConditionalCheckFailedException{}, engine.ErrConflict, decide.ClassServerError},
	{"DynamoDB throttles", &dynamodbtypes.ProvisionedThroughputExceededException{}, engine.ErrThrottled, decide.ClassThrottled},
	{"DynamoDB knows no such table", &dynamodbtypes.ResourceNotFoundException{}, engine.ErrRejected, decide.ClassServerError},
	{"the session has expired", apiError("ExpiredToken"), engine.ErrDenied, decide.ClassDenied},
	{"a code that nobody knows", &smithy.GenericAPIError{Code: "NeverHeardOf"}, nil, decide.ClassServerError},
	{"a request that is wrong", withStatus(400, apiError("InvalidParameterValue")), engine.ErrRejected, decide.ClassServerError},
	{"a state of another kind", &rdstypes.InsufficientDBInstanceCapacityFault{}, engine.ErrRejected, decide.ClassServerError},
	{"a balancer without a code refuses", withStatus(400, io.EOF), engine.ErrRejected, decide.ClassServerError},
	{"a code that only looks like one", apiError("throttling"), engine.ErrRejected, decide.ClassServerError},
	{"the service broke", withStatus(500, &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}), engine.ErrServerFault, decide.ClassServerError},
	{"a balancer without a code is overloaded", withStatus(429, errors.New("no XML")), engine.ErrThrottled, decide.ClassThrottled},
	{"a balancer without a code denies", withStatus(403, io.EOF), engine.ErrDenied, decide.ClassDenied},
	{"a balancer without a code broke", withStatus(503, io.EOF), engine.ErrServerFault, decide.ClassServerError},
	{"a status that a code contradicts", withStatus(403, apiError("Throttling")), engine.ErrThrottled, decide.ClassThrottled},
	{"a success was cut off", withStatus(200, &smithy.DeserializationError{Err: io.ErrUnexpectedEOF}), engine.ErrSilent, decide.ClassUnreachable},

	{"time ran out", context.DeadlineExceeded, engine.ErrSilent, decide.ClassTimeout},
	{"the caller gave up", &smithy.CanceledError{Err: context.Canceled}, engine.ErrSilent, decide.ClassInternal},
	{"a try timed out", &unanswered{cause: context.DeadlineExceeded}, engine.ErrSilent, decide.ClassTimeout},
	{"the connection timed out", dialError(os.ErrDeadlineExceeded), engine.ErrSilent, decide.ClassTimeout},
	{"the connection was refused", dialError(os.NewSyscallError("connect", syscall.ECONNREFUSED)), engine.ErrSilent, decide.ClassRefused},
	{"there is no route", dialError(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), engine.ErrSilent, decide.ClassUnreachable},
	{"the connection was reset", sendError(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}), engine.ErrSilent, decide.ClassUnreachable},
	{"the connection was closed", sendError(io.EOF), engine.ErrSilent, decide.ClassUnreachable},
	{"the name was not resolved", dialError(&net.DNSError{Err: "no such host", IsNotFound: true}), engine.ErrSilent, decide.ClassResolveFailed},
	{"resolving timed out", dialError(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), engine.ErrSilent, decide.ClassResolveFailed},
	{"a stranger answered the handshake", sendError(x509.UnknownAuthorityError{}), engine.ErrSilent, decide.ClassTLSFailed},
	{"the handshake was refused", sendError(&net.OpError{Op: "remote error", Err: errors.New("handshake failure")}), engine.ErrSilent, decide.ClassTLSFailed},
	{"a call was never sent", &notSent{cause: context.DeadlineExceeded}, engine.ErrThrottled, decide.ClassInternal},
	{"AWS refused after a try that it did not answer", &unanswered{cause: apiError("Throttling")}, engine.ErrSilent, decide.ClassThrottled},
	{"the guard's own fault", errors.New("no credentials"), nil, decide.ClassInternal},
}

func TestClassify_GoesByCodesAndTypes(t *testing.T) {
	for _, c := range classifications {
		t.Run(c.name, func(t *testing.T) {
			for _, err := range []error{c.err, fmt.Errorf("outer: %w", &smithy.OperationError{Err: c.err})} {
				if got := Classify(err); !errors.Is(got, c.word) {
					t.Errorf("%v: got %v, want %v", err, got, c.word)
				}
				if got := classOf(err); got != c.class {
					t.Errorf("%v: sample of class %q, want %q", err, got, c.class)
				}
			}
		})
	}
}

func TestClassify_NothingIsNoError(t *testing.T) {
	if got := Classify(nil); got != nil {
		t.Errorf("got %v, want nil", got)
	}
	if got := classOf(nil); got != decide.ClassOK {
		t.Errorf("sample of class %q, want ok", got)
	}
}

func TestExplain_KeepsTheEnginesWordAndAWSsOwn(t *testing.T) {
	err := explain(&rdstypes.InvalidDBInstanceStateFault{}, "promote %q", "x")
	var own *rdstypes.InvalidDBInstanceStateFault
	if !errors.Is(err, engine.ErrBusy) || !errors.As(err, &own) {
		t.Errorf("got %v, want both ErrBusy and RDS's fault", err)
	}
	words := 0
	for _, w := range []error{engine.ErrSilent, engine.ErrThrottled, engine.ErrBusy, engine.ErrDenied, engine.ErrNotReplica,
		engine.ErrNotFound, engine.ErrHasReplicas, engine.ErrConflict} {
		if errors.Is(err, w) {
			words++
		}
	}
	if words != 1 {
		t.Errorf("%v is %d of the engine's errors, want 1", err, words)
	}
}
