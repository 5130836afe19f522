package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// Error is what a service answers instead of a result.
type Error struct {
	Code, Message string
	// Status of the answer; 0 means that of the code.
	Status int
	// Item goes with DynamoDB's ConditionalCheckFailedException where the call
	// asked for it.
	Item map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// server tells whether the service is at fault and not the caller.
func (e *Error) server() bool { return e.status() >= http.StatusInternalServerError }

// CodeUnsupported marks what AWS would do and the simulator does not.
const CodeUnsupported = "SimulatorUnsupported"

// Refuse makes a refusal with a code; the message is formatted as by fmt.Sprintf.
func Refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// statuses by code; all others are 400. From the API reference of each service.
var statuses = map[string]int{
	"AccessDenied": http.StatusForbidden, "AuthorizationError": http.StatusForbidden, "UnauthorizedOperation": http.StatusForbidden,
	"MissingAuthenticationToken": http.StatusForbidden, "InvalidClientTokenId": http.StatusForbidden,
	"SignatureDoesNotMatch": http.StatusForbidden, "AuthFailure": http.StatusUnauthorized,
	"DBInstanceNotFound": http.StatusNotFound, "DBParameterGroupNotFound": http.StatusNotFound,
	"NoSuchHostedZone": http.StatusNotFound, "NoSuchHealthCheck": http.StatusNotFound, "NoSuchChange": http.StatusNotFound,
	"NoSuchEntity": http.StatusNotFound, "NotFound": http.StatusNotFound,
	"RequestEntityTooLargeException": http.StatusRequestEntityTooLarge,
	CodeUnsupported:                  http.StatusNotImplemented,
	"InternalFailure":                http.StatusInternalServerError,
}

func (e *Error) status() int {
	switch status, known := statuses[e.Code]; {
	case e.Status != 0:
		return e.Status
	case known:
		return status
	}
	return http.StatusBadRequest
}

// ErrorOf turns what an operation returned into what its service answers.
func ErrorOf(err error) *Error {
	var own *Error
	var refusal *simapi.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refusal):
		code := refusal.Code
		if code == "Unsupported" {
			code = CodeUnsupported
		}
		return &Error{Code: code, Message: refusal.Message}
	case errors.Is(err, policy.ErrUnknown), errors.Is(err, policy.ErrMalformed):
		return &Error{Code: CodeUnsupported, Message: err.Error()}
	}
	return &Error{Code: "InternalFailure", Message: err.Error()}
}

// Stranger is what a service answers to an access key that does not exist.
func (s *Service) Stranger() *Error {
	text := "The security token included in the request is invalid."
	switch s.Protocol.(type) {
	case JSONProtocol:
		return Refuse("UnrecognizedClientException", "%s", text)
	case EC2Protocol:
		return Refuse("AuthFailure", "AWS was not able to validate the provided access credentials")
	}
	return Refuse("InvalidClientTokenId", "%s", text)
}
