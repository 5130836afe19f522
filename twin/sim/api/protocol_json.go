package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// JSONProtocol is AWS's JSON protocol, 1.0 or 1.1.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type JSONProtocol struct {
	Version string
	// Target begins X-Amz-Target, for example "DynamoDB_20120810".
	Target string
}

func (p JSONProtocol) parse(c *Call) *Error {
	target, operation, _ := strings.Cut(c.http.Header.Get("X-Amz-Target"), ".")
	if target != p.Target {
		return Refuse("UnknownOperationException", "X-Amz-Target: found %q, want %s.Operation", c.http.Header.Get("X-Amz-Target"), p.Target)
	}
	c.Operation = operation
	return nil
}

// Decode reads the request; it refuses and names a member that it does not know.
func (c *Call) Decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return Refuse(CodeUnsupported, "the simulator cannot read the request of %s: %v", c.Operation, err)
	}
	return nil
}

func (p JSONProtocol) answer(_ *Call, w http.ResponseWriter, result any) {
	if result == nil {
		result = struct{}{}
	}
	p.write(w, http.StatusOK, result)
}

func (p JSONProtocol) refuse(c *Call, w http.ResponseWriter, err *Error) {
	kind := err.Code
	if c.Service != nil {
		kind = c.Service.ErrorPrefix + kind
	}
	body := map[string]any{"__type": kind, "message": err.Message}
	if err.Item != nil {
		body["Item"] = err.Item
	}
	p.write(w, err.status(), body)
}

func (p JSONProtocol) write(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	Must(err)
	w.Header().Set("Content-Type", "application/x-amz-json-"+p.Version)
	w.WriteHeader(status)
	// A caller that has hung up cannot be told.
	_, _ = fmt.Fprintf(w, "%s", raw)
}

// Epoch is a moment as the JSON protocols have it: seconds since 1970.
type Epoch float64

// EpochOf returns nil for the zero time.
func EpochOf(t time.Time) *Epoch {
	if t.IsZero() {
		return nil
	}
	e := Epoch(float64(t.UnixMilli()) / 1000)
	return &e
}
