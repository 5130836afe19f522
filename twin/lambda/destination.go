package lambda

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/pgdr/pgdr/twin/sim"
)

// Reason says why a destination was not told of an event.
type Reason string

// Reasons.
const (
	// DestinationUnsupported: it is no topic.
	DestinationUnsupported Reason = "destination-not-simulated"
	// DestinationUnavailable: the function's or the destination's region is
	// lost, or there was no answer.
	DestinationUnavailable Reason = "destination-unavailable"
	// DestinationRefused: AWS refused; the detail has its code.
	DestinationRefused Reason = "destination-refused"
)

// destinationPatience bounds the wait for an answer of a destination.
const destinationPatience = 10 * time.Second

// record is what a destination is told.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError"`
}

// recordTime is the form of moments in records.
const recordTime = "2006-01-02T15:04:05.000Z"

// latest is the version that runs.
const latest = "$LATEST"

func (m *Manager) recordOf(e *event, condition string) ([]byte, error) {
	r := record{
		Version: "1.0", Timestamp: m.o.Clock.Now().UTC().Format(recordTime),
		RequestContext: requestContext{RequestID: e.id, FunctionARN: e.arn + ":" + latest, Condition: condition, ApproximateInvokeCount: e.tries},
		RequestPayload: e.payload,
	}
	if e.tries > 0 {
		r.ResponseContext = &responseContext{StatusCode: http.StatusOK, ExecutedVersion: latest, FunctionError: e.last.FunctionError}
		r.ResponsePayload = e.last.Payload
	}
	return json.Marshal(r) //nolint:wrapcheck // the caller says what it was for
}

// giveUp tells the failure destination and writes it down.
func (m *Manager) giveUp(e *event, cfg invokeConfig, condition string) {
	d := Drop{At: m.o.Clock.Now(), RequestID: e.id, Condition: condition, Destination: cfg.destination}
	if cfg.destination != "" {
		d.Reason, d.Detail = m.tell(e, cfg.destination, condition)
	}
	m.journalOf(e.arn).dropped(d)
}

// tell publishes to a topic in the name of the function's role.
func (m *Manager) tell(e *event, destination, condition string) (why Reason, detail string) {
	topic, _ := sim.ParseARN(destination)
	if topic.Service != "sns" {
		return DestinationUnsupported, "found " + destination + ", want a topic"
	}
	f, err := m.find(e.arn)
	if err != nil {
		return DestinationUnavailable, err.Error()
	}
	if m.o.Down(topic.Region) {
		return DestinationUnavailable, "region " + topic.Region + " is lost"
	}
	body, err := m.recordOf(e, condition)
	if err != nil {
		return DestinationRefused, fmt.Sprintf("encode the record: %v", err)
	}
	client := sns.New(sns.Options{
		Region: topic.Region, BaseEndpoint: aws.String("https://sns." + topic.Region + ".amazonaws.com"), HTTPClient: inProcess{m.o.AWS},
		Credentials: credentials.NewStaticCredentialsProvider(f.made.variables[accessKeyVariable], "simulated", ""), Retryer: aws.NopRetryer{},
	})
	ctx, cancel := m.within(m.ctx, destinationPatience)
	defer cancel()
	_, err = client.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(destination), Message: aws.String(string(body))})
	var refusal smithy.APIError
	switch {
	case errors.As(err, &refusal):
		return DestinationRefused, refusal.ErrorCode() + ": " + refusal.ErrorMessage()
	case err != nil:
		return DestinationUnavailable, err.Error()
	}
	return "", ""
}

// inProcess sends requests to a handler of this process: what Lambda itself
// sends takes no network of the function's.
type inProcess struct{ to http.Handler }

// Do implements the SDK's HTTP client.
func (p inProcess) Do(r *http.Request) (resp *http.Response, err error) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	defer func() {
		// A handler that gives up on a connection says so with this panic.
		if v := recover(); v != nil {
			if e, ok := v.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
				panic(v)
			}
			resp, err = nil, errors.Join(io.ErrUnexpectedEOF, context.Cause(r.Context()))
		}
	}()
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.TLS = &tls.ConnectionState{} // services call each other over TLS
	p.to.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
	}, nil
}

// answer takes a handler's answer.
type answer struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
