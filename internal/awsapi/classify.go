package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// meanings are the error codes that the engine has a word for. The services
// word the same thing differently. What is not here is told apart by whose fault
// it is: a client's had no effect, a server's may have had.
//
// Codes that all services share:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
// and the "Common Errors" page of each service's API reference.
var meanings = map[string]error{
	// Throttled: refused for now, and nothing was done.
	"Throttling":                             engine.ErrThrottled,
	"ThrottlingException":                    engine.ErrThrottled,
	"ThrottledException":                     engine.ErrThrottled,
	"Throttled":                              engine.ErrThrottled,
	"RequestThrottled":                       engine.ErrThrottled,
	"RequestThrottledException":              engine.ErrThrottled,
	"RequestLimitExceeded":                   engine.ErrThrottled,
	"TooManyRequestsException":               engine.ErrThrottled,
	"ProvisionedThroughputExceededException": engine.ErrThrottled,
	"BandwidthLimitExceeded":                 engine.ErrThrottled,
	"SlowDown":                               engine.ErrThrottled,
	"EC2ThrottledException":                  engine.ErrThrottled,
	"KMSThrottling":                          engine.ErrThrottled,
	// Route 53 while an earlier change of the zone is still being made.
	"PriorRequestNotComplete": engine.ErrThrottled,

	// Denied: not permitted, or not known who asks.
	"AccessDenied":                engine.ErrDenied,
	"AccessDeniedException":       engine.ErrDenied,
	"UnauthorizedOperation":       engine.ErrDenied,
	"AuthFailure":                 engine.ErrDenied,
	"AuthorizationError":          engine.ErrDenied,
	"NotAuthorized":               engine.ErrDenied,
	"NotAuthorizedException":      engine.ErrDenied,
	"KMSAccessDenied":             engine.ErrDenied,
	"OptInRequired":               engine.ErrDenied,
	"KMSOptInRequired":            engine.ErrDenied,
	"Blocked":                     engine.ErrDenied,
	"ExpiredToken":                engine.ErrDenied,
	"ExpiredTokenException":       engine.ErrDenied,
	"InvalidClientTokenId":        engine.ErrDenied,
	"UnrecognizedClientException": engine.ErrDenied,
	"MissingAuthenticationToken":  engine.ErrDenied,
	"IncompleteSignature":         engine.ErrDenied,
	"SignatureDoesNotMatch":       engine.ErrDenied,
	"InvalidSignatureException":   engine.ErrDenied,
	"RequestExpired":              engine.ErrDenied,

	codeInvalidState: engine.ErrBusy,
	codeNoInstance:   engine.ErrNotFound,

	// The ledger's condition did not hold.
	"ConditionalCheckFailedException": engine.ErrConflict,
}

// Codes that adapters compare with.
const (
	// codeInvalidState is RDS's only code for every state in which it does not
	// do what was asked, "DB Instance is not a read replica" among them. Who
	// needs to know which it was looks at the instance.
	codeInvalidState     = "InvalidDBInstanceState"
	codeInvalidCombo     = "InvalidParameterCombination"
	codeNoInstance       = "DBInstanceNotFound"
	codeEntryExists      = "NetworkAclEntryAlreadyExists"
	codeNoEntry          = "InvalidNetworkAclEntry.NotFound"
	codeSecretState      = "InvalidRequestException"
	codeNoHealthCheck    = "NoSuchHealthCheck"
	codeNoSecret         = "ResourceNotFoundException"
	codeNoKey            = "NotFoundException"
	codeNoParameterGroup = "DBParameterGroupNotFound"
	codeNoChange         = "NoSuchChange"
)

// Classify tells what an error means to the engine: one of its errors, or nil
// where it has no word for it. It looks at codes and types, never at texts.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if un := (*unanswered)(nil); errors.As(err, &un) {
		return engine.ErrSilent
	}
	if no := (*notSent)(nil); errors.As(err, &no) {
		// The request was not sent: no answer is no sign of silence, and nothing
		// has changed.
		return engine.ErrThrottled
	}
	if answered(err) {
		return meaningOf(err)
	}
	if interrupted(err) || fromTransport(err) {
		return engine.ErrSilent
	}
	return nil
}

func meaningOf(err error) error {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		if word, known := meanings[api.ErrorCode()]; known {
			return word
		}
	}
	// An answer without a code that is known, of a balancer in front of the
	// service for example: the status is all there is.
	switch httpStatus(err) {
	case http.StatusTooManyRequests:
		return engine.ErrThrottled
	case http.StatusUnauthorized, http.StatusForbidden:
		return engine.ErrDenied
	}
	switch {
	case serverFault(err):
		return engine.ErrServerFault
	case clientFault(err):
		return engine.ErrRejected
	default:
		return nil
	}
}

// explain says what was being done when AWS answered with an error, or did not
// answer, and adds the engine's word for it.
func explain(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if word := Classify(err); word != nil {
		return fmt.Errorf("%s: %w: %w", what, word, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// hasCode tells whether AWS answered with one of the codes.
func hasCode(err error, codes ...string) bool {
	api := smithy.APIError(nil)
	if !errors.As(err, &api) {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode() == c {
			return true
		}
	}
	return false
}

func httpStatus(err error) int {
	if r := (*smithyhttp.ResponseError)(nil); errors.As(err, &r) {
		return r.HTTPStatusCode()
	}
	return 0
}

// serverFault: the service failed, by its own word or by the status.
func serverFault(err error) bool {
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer {
		return true
	}
	return httpStatus(err) >= http.StatusInternalServerError
}

// clientFault: the request was refused as it stands, by the service's own word or
// by the status.
func clientFault(err error) bool {
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorFault() != smithy.FaultUnknown {
		return api.ErrorFault() == smithy.FaultClient
	}
	status := httpStatus(err)
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}

// answered: AWS, or something in front of it, said no. An answer may have no
// code that can be read; one that was cut off in a success is none.
func answered(err error) bool {
	api := smithy.APIError(nil)
	return errors.As(err, &api) || httpStatus(err) >= http.StatusMultipleChoices
}

// interrupted: the call ended because its context did.
func interrupted(err error) bool {
	var c interface{ CanceledError() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.As(err, &c) && c.CanceledError()
}

// fromTransport: nothing was answered, or not to its end.
func fromTransport(err error) bool {
	if send := (*smithyhttp.RequestSendError)(nil); errors.As(err, &send) {
		return true
	}
	netErr := net.Error(nil)
	return errors.As(err, &netErr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
