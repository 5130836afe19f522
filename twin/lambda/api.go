package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/pgdr/pgdr/twin/sim/api"
)

// Largest events in bytes, by how a function is invoked.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const (
	largestSynchronous  = 6 << 20
	largestAsynchronous = 1 << 20
)

// signingName is what requests to Lambda are signed for.
const signingName = "lambda"

// API serves Lambda's Invoke operation, so that any program with AWS's SDK
// reaches the functions that run here:
//
//	POST /2015-03-31/functions/<name>/invocations
//
// The name is one of the forms that Lambda takes: the function's own, with the
// account before it, or its ARN. The region is that of the signature. Answers
// and errors have Lambda's shapes. An invocation goes on when its caller hangs
// up, as on AWS.
//
// Where it differs: the signature is read and not verified, and any sender of
// one counts as a person whom IAM permits; there are no versions and aliases;
// a client context and a tail of the log are refused. A region that is lost
// does not answer at all.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (m *Manager) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", m.serveInvoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuseCall(w, &callError{http.StatusNotFound, "UnknownOperationException", fmt.Sprintf("only Invoke is served here, not %s %s", r.Method, r.URL.Path)})
	})
	return mux
}

// callError is an error of Lambda's and not of the function.
type callError struct {
	status     int
	kind, text string
}

func (e *callError) Error() string { return e.kind + ": " + e.text }

// invocation is what a caller asks for.
type invocation struct {
	arn, kind string
	payload   []byte
}

func (m *Manager) serveInvoke(w http.ResponseWriter, r *http.Request) {
	in, err := m.readInvocation(r)
	if err == nil {
		err = m.answerInvocation(w, in)
	}
	var refused *callError
	switch {
	case err == nil:
	case errors.As(err, &refused):
		refuseCall(w, refused)
	case errors.Is(err, ErrNoFunction):
		refuseCall(w, &callError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + in.arn})
	case errors.Is(err, ErrUnavailable):
		<-r.Context().Done() // a lost region says nothing
		panic(http.ErrAbortHandler)
	default:
		refuseCall(w, &callError{http.StatusInternalServerError, "ServiceException", err.Error()})
	}
}

func (m *Manager) readInvocation(r *http.Request) (in invocation, err error) {
	region, service, signed := api.Addressed(r.Header)
	switch {
	case !signed:
		return in, &callError{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	case service != signingName:
		return in, &callError{http.StatusForbidden, "InvalidSignatureException", fmt.Sprintf("Credential should be scoped to correct service: 'lambda', found %q", service)}
	}
	if in.arn, err = m.arnOf(region, r.PathValue("name"), r.URL.Query().Get("Qualifier")); err != nil {
		return in, err
	}
	in.kind = r.Header.Get("X-Amz-Invocation-Type")
	most := largestSynchronous
	switch in.kind {
	case "":
		in.kind = "RequestResponse"
	case "Event":
		most = largestAsynchronous
	case "RequestResponse", "DryRun":
	default:
		return in, invalidParameter("InvocationType: found %q, want RequestResponse, Event or DryRun", in.kind)
	}
	if log := r.Header.Get("X-Amz-Log-Type"); log != "" && log != "None" {
		return in, invalidParameter("LogType: found %q, which is not simulated", log)
	}
	if r.Header.Get("X-Amz-Client-Context") != "" {
		return in, invalidParameter("ClientContext is not simulated")
	}
	in.payload, err = readEvent(r.Body, most)
	return in, err
}

// readEvent reads an event; none is an empty one.
func readEvent(body io.Reader, most int) ([]byte, error) {
	event, err := io.ReadAll(io.LimitReader(body, int64(most)+1))
	switch {
	case err != nil:
		return nil, &callError{http.StatusBadRequest, "InvalidRequestContentException", "Could not read the request body: " + err.Error()}
	case len(event) > most:
		return nil, &callError{http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("%d bytes at most are taken", most)}
	case len(event) == 0:
		return []byte("{}"), nil
	case !json.Valid(event):
		return nil, &callError{http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json"}
	}
	return event, nil
}

func invalidParameter(format string, args ...any) *callError {
	return &callError{http.StatusBadRequest, "InvalidParameterValueException", fmt.Sprintf(format, args...)}
}

// functionName is the form of Lambda's names of functions: an ARN, its last
// parts, or the name alone, each with or without a version.
var functionName = regexp.MustCompile(`^(?:arn:aws:lambda:([a-z]{2}-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9_-]{1,64})(?::(\$LATEST|[a-zA-Z0-9_-]+))?$`)

// arnOf is the ARN of the function that a caller names.
func (m *Manager) arnOf(region, name, qualifier string) (string, error) {
	parts := functionName.FindStringSubmatch(name)
	if parts == nil {
		return "", &callError{http.StatusBadRequest, "ValidationException", fmt.Sprintf("FunctionName: found %q, want a name or an ARN", name)}
	}
	at, account, version := parts[1], parts[2], parts[4]
	if at == "" {
		at = region
	}
	if account == "" {
		account = m.o.Cloud.Account()
	}
	arn := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", at, account, parts[3])
	if qualifier != "" {
		version = qualifier
	}
	switch {
	case account != m.o.Cloud.Account():
		return "", &callError{http.StatusForbidden, "AccessDeniedException", "the caller is not authorized to perform: " + actionInvoke + " on resource: " + arn}
	case at != region, version != "" && version != "$LATEST":
		return "", &callError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn}
	}
	return arn, nil
}

// answerInvocation does what is asked for.
func (m *Manager) answerInvocation(w http.ResponseWriter, in invocation) error {
	switch in.kind {
	case "DryRun":
		if _, err := m.find(in.arn); err != nil {
			return err
		}
		head(w, newID())
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "Event":
		if err := m.Queue(in.arn, in.payload); err != nil {
			return err
		}
		head(w, newID())
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	// Not the request's context: who hangs up does not end the function.
	answer, err := m.Invoke(m.ctx, in.arn, in.payload)
	if err != nil {
		return err
	}
	head(w, answer.RequestID)
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if answer.FunctionError != "" {
		w.Header().Set("X-Amz-Function-Error", answer.FunctionError)
	}
	_, _ = w.Write(answer.Payload) // who hung up reads nothing
	return nil
}

func head(w http.ResponseWriter, requestID string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", requestID)
}

// refuseCall answers with an error in the form of Lambda's REST protocol.
func refuseCall(w http.ResponseWriter, e *callError) {
	head(w, newID())
	w.Header().Set("X-Amzn-Errortype", e.kind)
	side := "User"
	if e.status >= http.StatusInternalServerError {
		side = "Service"
	}
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": side, "Message": e.text})
}
