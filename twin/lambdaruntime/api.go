package lambdaruntime

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxAnswer is the largest response that Lambda takes, 6 MB.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxAnswer = 6 << 20

// api is the Runtime API of one sandbox.
func (s *sandbox) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.serveResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.serveError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", s.serveInitError)
	return mux
}

func (s *sandbox) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case s.asked <- time.Now():
	default: // it has asked already
	}
	select {
	case inv := <-s.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", s.cfg.ARN)
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(inv.event) // a program that does not read it will not answer
	case <-r.Context().Done():
	case <-s.gone:
	}
}

func (s *sandbox) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	result := Result{Payload: body}
	if err != nil {
		result = Result{Fault: &Fault{Type: "Function.ResponseSizeTooLarge", Message: err.Error()}}
	}
	s.accept(w, r, result)
}

func (s *sandbox) serveError(w http.ResponseWriter, r *http.Request) {
	fault := readFault(w, r)
	s.accept(w, r, Result{Fault: &fault})
}

func (s *sandbox) serveInitError(w http.ResponseWriter, r *http.Request) {
	select {
	case s.failed <- readFault(w, r):
	default: // the first one counts
	}
	w.WriteHeader(http.StatusAccepted)
}

func (s *sandbox) accept(w http.ResponseWriter, r *http.Request, result Result) {
	if err := s.finish(r.PathValue("id"), result); err != nil {
		http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"`+err.Error()+`"}`, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// readFault takes what the program says of an error; what cannot be read is
// told as it came.
func readFault(w http.ResponseWriter, r *http.Request) Fault {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	var f Fault
	if err == nil {
		err = json.Unmarshal(body, &f)
	}
	if err != nil || f == (Fault{}) {
		f = Fault{Type: r.Header.Get("Lambda-Runtime-Function-Error-Type"), Message: string(body)}
	}
	return f
}

func newID() string { return rand.Text() }
