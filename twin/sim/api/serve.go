package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
)

// maxBody bounds a request in bytes, also after it was unpacked.
const maxBody = 4 << 20

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{Server: s, ctx: r.Context(), http: r, requestID: NewRequestID()}
	w.Header().Set("X-Amzn-Requestid", c.requestID)
	// The whole body first: only then does the server notice that a client
	// hangs up.
	body, e := readBody(r)
	c.Body = body
	if e == nil {
		e = c.identify()
	}
	if e != nil {
		c.wording().refuse(c, w, e)
		return
	}
	f, struck := s.Options.Faults.strike(c)
	if s.Options.Clock.Sleep(r.Context(), f.delay) != nil {
		panic(http.ErrAbortHandler)
	}
	if struck && f.before(c, w) {
		return
	}
	c.ignored = struck && f.kind == ignored
	result, err := c.perform()
	if struck && f.kind == lost {
		hang(r.Context())
	}
	if err != nil {
		c.Service.Protocol.refuse(c, w, ErrorOf(err))
		return
	}
	c.Service.Protocol.answer(c, w, result)
}

// perform does what the call asks for, and records it.
func (c *Call) perform() (result any, err error) {
	run := c.Service.Operations[c.Operation]
	if run == nil {
		err = Refuse(CodeUnsupported, "the simulator does not know the operation %q of %s", c.Operation, c.Service.Name)
	} else {
		result, err = run(c)
	}
	code := ""
	if err != nil {
		code = ErrorOf(err).Code
	}
	c.record(code)
	return result, err
}

// hang never answers: it ends when the client or the server gives up.
func hang(ctx context.Context) {
	<-ctx.Done()
	panic(http.ErrAbortHandler)
}

func readBody(r *http.Request) ([]byte, *Error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var unpacked *gzip.Reader
		if unpacked, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(io.LimitReader(unpacked, maxBody+1))
		}
	}
	switch {
	case err != nil:
		return nil, Refuse("SerializationException", "the request's body cannot be read: %v", err)
	case len(body) > maxBody:
		return nil, Refuse("RequestEntityTooLargeException", "the request's body has more than %d bytes", maxBody)
	}
	return body, nil
}

// identify finds out who asks which service of which region for what.
func (c *Call) identify() *Error {
	scope, e := parseSignature(c.http.Header)
	if e != nil {
		return e
	}
	sv := c.services[scope.service]
	if sv == nil {
		return Refuse("SignatureDoesNotMatch", "Credential should be scoped to correct service: the simulator has no service %q", scope.service)
	}
	c.Service, c.Region = sv, scope.region
	if !sim.HasRegion(scope.region) || sv.Global && scope.region != GlobalRegion {
		return Refuse("SignatureDoesNotMatch", "Credential should be scoped to a valid region: found %q", scope.region)
	}
	if e := sv.Protocol.parse(c); e != nil {
		return e
	}
	who, known := c.principal(scope.accessKey)
	if !known {
		return sv.Stranger()
	}
	c.Caller = who
	return nil
}

// GlobalRegion is what requests to IAM and Route 53 are signed for.
const GlobalRegion = "us-east-1"

// wording is the protocol to refuse a request in: the service's, or, where no
// service was found, the one that the request seems to speak.
func (c *Call) wording() protocol {
	switch {
	case c.Service != nil:
		return c.Service.Protocol
	case c.http.Header.Get("X-Amz-Target") != "":
		return JSONProtocol{Version: "1.0"}
	case c.http.Header.Get("Smithy-Protocol") != "":
		return CBORProtocol{}
	}
	return QueryProtocol{}
}

// NewRequestID returns a random id for a request, in the form of a UUID.
func NewRequestID() string {
	var b [16]byte
	// crypto/rand does not fail on the systems that this runs on.
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
