package api

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"time"
)

// QueryProtocol is AWS's query protocol: a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type QueryProtocol struct {
	// Namespace of the XML, for example "http://rds.amazonaws.com/doc/2014-10-31/".
	Namespace string
	// Version that requests must be of, for example "2014-10-31".
	Version string
}

func (p QueryProtocol) parse(c *Call) *Error {
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return Refuse("MalformedQueryString", "The query string contains a syntax error")
	}
	c.Form, c.Operation = form, form.Get("Action")
	if v := form.Get("Version"); v != p.Version {
		return Refuse("NoSuchVersion", "Could not find version %q, want %s", v, p.Version)
	}
	return nil
}

func (p QueryProtocol) answer(c *Call, w http.ResponseWriter, result any) {
	writeXML(w, http.StatusOK, func(e *xml.Encoder) {
		root := start(c.Operation+"Response", p.Namespace)
		element(e, root, func() {
			if result != nil {
				encode(e, result, start(c.Operation+"Result", ""))
			}
			element(e, start("ResponseMetadata", ""), func() { encode(e, c.requestID, start("RequestId", "")) })
		})
	})
}

func (p QueryProtocol) refuse(c *Call, w http.ResponseWriter, err *Error) {
	writeErrorXML(c, w, err, p.Namespace)
}

// errorXML is the body of a refusal.
type errorXML struct {
	Type     string
	Code     string
	Message  string
	Messages []string `xml:"Messages>Message,omitempty"`
}

func writeErrorXML(c *Call, w http.ResponseWriter, err *Error, namespace string) {
	body := errorXML{Type: "Sender", Code: err.Code, Message: err.Message}
	if err.server() {
		body.Type = "Receiver"
	}
	if err.Code == "InvalidChangeBatch" {
		body.Messages = []string{err.Message}
	}
	writeXML(w, err.status(), func(e *xml.Encoder) {
		element(e, start("ErrorResponse", namespace), func() {
			encode(e, body, start("Error", ""))
			encode(e, c.requestID, start("RequestId", ""))
		})
	})
}

// EC2Protocol is EC2's variant of the query protocol.
// https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
type EC2Protocol struct{ QueryProtocol }

func (p EC2Protocol) answer(c *Call, w http.ResponseWriter, result any) {
	writeXML(w, http.StatusOK, func(e *xml.Encoder) {
		element(e, start(c.Operation+"Response", p.Namespace), func() {
			encode(e, c.requestID, start("requestId", ""))
			if result != nil {
				// Members stand beside the request id, without an element of
				// their own.
				encode(e, result, xml.StartElement{})
			}
		})
	})
}

func (p EC2Protocol) refuse(c *Call, w http.ResponseWriter, err *Error) {
	writeXML(w, err.status(), func(e *xml.Encoder) {
		element(e, start("Response", ""), func() {
			element(e, start("Errors", ""), func() {
				encode(e, struct{ Code, Message string }{err.Code, err.Message}, start("Error", ""))
			})
			encode(e, c.requestID, start("RequestID", ""))
		})
	})
}

func writeXML(w http.ResponseWriter, status int, fill func(*xml.Encoder)) {
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	e := xml.NewEncoder(&buf)
	fill(e)
	Must(e.Close())
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	// A caller that has hung up cannot be told.
	_, _ = w.Write(buf.Bytes())
}

func start(name, namespace string) xml.StartElement {
	s := xml.StartElement{Name: xml.Name{Local: name}}
	if namespace != "" {
		s.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}
	}
	return s
}

func element(e *xml.Encoder, s xml.StartElement, inner func()) {
	Must(e.EncodeToken(s))
	inner()
	Must(e.EncodeToken(s.End()))
}

func encode(e *xml.Encoder, v any, s xml.StartElement) {
	if s.Name.Local == "" {
		Must(e.Encode(v))
		return
	}
	Must(e.EncodeElement(v, s))
}

// Must is for encoding into memory what this package built itself.
func Must(err error) {
	if err != nil {
		panic("wire: encode an answer: " + err.Error())
	}
}

// ISOTime is a moment as XML has it, nothing if it is zero.
type ISOTime time.Time

// MarshalText writes ISO 8601 in UTC with milliseconds.
func (t ISOTime) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// ISOPtr is a moment for an element that may be absent: nil if it is zero.
func ISOPtr(t time.Time) *ISOTime {
	if t.IsZero() {
		return nil
	}
	out := ISOTime(t)
	return &out
}
