package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// jsonProtocol is AWS's JSON protocol, 1.0 or 1.1.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type jsonProtocol struct {
	version string
	// target begins X-Amz-Target, for example "DynamoDB_20120810".
	target string
}

func (p jsonProtocol) parse(c *call) *Error {
	target, operation, _ := strings.Cut(c.http.Header.Get("X-Amz-Target"), ".")
	if target != p.target {
		return refuse("UnknownOperationException", "X-Amz-Target: found %q, want %s.Operation", c.http.Header.Get("X-Amz-Target"), p.target)
	}
	c.operation = operation
	return nil
}

// decode reads the request; a member that it does not know is refused by name.
func (c *call) decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refuse(codeUnsupported, "the simulator cannot read the request of %s: %v", c.operation, err)
	}
	return nil
}

func (p jsonProtocol) answer(_ *call, w http.ResponseWriter, result any) {
	if result == nil {
		result = struct{}{}
	}
	p.write(w, http.StatusOK, result)
}

func (p jsonProtocol) refuse(c *call, w http.ResponseWriter, err *Error) {
	kind := err.Code
	if c.service != nil && c.service.name == DynamoDB {
		kind = "com.amazonaws.dynamodb.v20120810#" + kind
	}
	body := map[string]any{"__type": kind, "message": err.Message}
	if err.Item != nil {
		body["Item"] = err.Item
	}
	p.write(w, err.status(), body)
}

func (p jsonProtocol) write(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	must(err)
	w.Header().Set("Content-Type", "application/x-amz-json-"+p.version)
	w.WriteHeader(status)
	// A caller that has hung up cannot be told.
	_, _ = fmt.Fprintf(w, "%s", raw)
}
