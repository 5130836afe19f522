package s3test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Account is the 12-digit id of the account that every access key belongs to.
const Account = "123456789012"

// Server serves one account's buckets in every region.
type Server struct {
	url     string
	objects http.Handler
	buckets *settings

	mu    sync.Mutex
	seen  []Request
	holds []*Hold
}

// Request is what a client sent and what it was answered.
type Request struct {
	Method string
	// Bucket and Key are "" where the request names none.
	Bucket, Key string
	Query       url.Values
	Header      http.Header
	Body        string
	// Status is the HTTP status of the answer.
	Status int
}

// New serves until the test ends.
func New(tb testing.TB) *Server {
	tb.Helper()
	memory := s3mem.New()
	s := &Server{
		objects: gofakes3.New(memory).Server(),
		buckets: &settings{byName: map[string]*Bucket{}, denied: map[string]bool{}},
	}
	server := httptest.NewServer(s)
	tb.Cleanup(func() {
		s.releaseAll()
		server.Close()
	})
	s.url = server.URL
	return s
}

// The endpoints that clients are told. They resolve nowhere: clients reach the
// server as their HTTP proxy, because S3's clients put the bucket in front of
// the endpoint's name, and names below localhost do not resolve everywhere.
const (
	s3Host  = "s3.test"
	stsHost = "sts.test"
)

// Env are the variables by which Terraform's S3 backend and the SDK find the
// server, with credentials that are worth nothing.
func (s *Server) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=" + s.Endpoint(),
		"AWS_ENDPOINT_URL_STS=http://" + stsHost,
		"HTTP_PROXY=" + s.url,
		"NO_PROXY=",
		"AWS_ACCESS_KEY_ID=AKIATEST000000000001",
		"AWS_SECRET_ACCESS_KEY=not-a-secret",
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Endpoint is the URL of S3 for a client that [Server.Client] is given to.
func (s *Server) Endpoint() string { return "http://" + s3Host }

// Client reaches the server from the test's own process, where Go would read
// HTTP_PROXY once for all.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(s.url) }}}
}

// ServeHTTP answers one request and keeps it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bucket, found := strings.CutSuffix(r.Host, "."+s3Host); found {
		r.URL.Path = "/" + bucket + r.URL.Path
	}
	r.URL.Path = strings.TrimSuffix(r.URL.Path, "/")
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	request := Request{Method: r.Method, Bucket: bucket, Key: key, Query: r.URL.Query(), Header: r.Header.Clone(), Body: string(body)}
	s.waitWhereHeld(request)

	recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
	switch {
	case r.Host == stsHost:
		callerIdentity(recorder, string(body))
	case s.buckets.answers(recorder, request):
	default:
		s.objects.ServeHTTP(recorder, r)
	}
	request.Status = recorder.status
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, request)
}

// Requests are those that were answered, in that order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.seen...)
}

// Forget empties Requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = nil
}

// Mutations are the requests that would have changed something.
func (s *Server) Mutations() []Request {
	var found []Request
	for _, r := range s.Requests() {
		if r.Bucket != "" && r.Method != http.MethodGet && r.Method != http.MethodHead {
			found = append(found, r)
		}
	}
	return found
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
