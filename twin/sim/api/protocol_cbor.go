package api

import (
	"net/http"
	"regexp"

	"github.com/aws/smithy-go/encoding/cbor"
)

// CBORProtocol is Smithy's RPC v2 with CBOR, in which CloudWatch's SDK speaks.
// Errors keep the codes that they had in the query protocol in a header of
// their own.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
type CBORProtocol struct {
	// Target is the service's name in the path.
	Target string
}

var rpcPath = regexp.MustCompile(`^/service/([A-Za-z0-9_]+)/operation/([A-Za-z0-9_]+)$`)

func (p CBORProtocol) parse(c *Call) *Error {
	path := rpcPath.FindStringSubmatch(c.http.URL.Path)
	switch {
	case c.http.Header.Get("Smithy-Protocol") != "rpc-v2-cbor":
		return Refuse("UnknownOperationException", "Smithy-Protocol: found %q, want rpc-v2-cbor", c.http.Header.Get("Smithy-Protocol"))
	case path == nil || path[1] != p.Target:
		return Refuse("UnknownOperationException", "path: found %q, want /service/%s/operation/…", c.http.URL.Path, p.Target)
	}
	c.Operation = path[2]
	return nil
}

// DecodeCBOR reads the request's members.
func (c *Call) DecodeCBOR() (cbor.Map, error) {
	if len(c.Body) == 0 {
		return cbor.Map{}, nil
	}
	v, err := cbor.Decode(c.Body)
	if err != nil {
		return nil, Refuse("SerializationException", "the request is not CBOR: %v", err)
	}
	m, ok := v.(cbor.Map)
	if !ok {
		return nil, Refuse("SerializationException", "the request is not a CBOR map")
	}
	return m, nil
}

func (CBORProtocol) answer(_ *Call, w http.ResponseWriter, result any) {
	m, ok := result.(cbor.Map)
	if !ok {
		m = cbor.Map{}
	}
	writeCBOR(w, http.StatusOK, m)
}

func (CBORProtocol) refuse(_ *Call, w http.ResponseWriter, err *Error) {
	fault := "Sender"
	if err.server() {
		fault = "Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", err.Code+";"+fault)
	writeCBOR(w, err.status(), cbor.Map{"__type": cbor.String(err.Code), "message": cbor.String(err.Message)})
}

func writeCBOR(w http.ResponseWriter, status int, m cbor.Map) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	// A caller that has hung up cannot be told.
	_, _ = w.Write(cbor.Encode(m))
}
