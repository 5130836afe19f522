package api

import (
	"encoding/xml"
	"net/http"
	"regexp"
)

// RESTProtocol is AWS's REST protocol with XML: the operation follows from
// method and path.
// https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
type RESTProtocol struct {
	Namespace string
	Routes    []Route
}

// Route leads from a method and a path to an operation.
type Route struct {
	Method, Operation string
	// Path has named groups for the path's variables.
	Path *regexp.Regexp
}

var _ protocol = RESTProtocol{}

func (p RESTProtocol) parse(c *Call) *Error {
	c.Form = c.http.URL.Query()
	for _, r := range p.Routes {
		found := r.Path.FindStringSubmatch(c.http.URL.Path)
		if found == nil || r.Method != c.http.Method {
			continue
		}
		c.Operation, c.Path = r.Operation, map[string]string{}
		for i, name := range r.Path.SubexpNames() {
			c.Path[name] = found[i]
		}
		return nil
	}
	// Recorded and refused like any other operation that is not known.
	c.Operation = c.http.Method + " " + c.http.URL.Path
	return nil
}

// DecodeXML reads the request's body.
func (c *Call) DecodeXML(into any) error {
	if err := xml.Unmarshal(c.Body, into); err != nil {
		return Refuse("MalformedInput", "the request's body is not the XML of %s: %v", c.Operation, err)
	}
	return nil
}

func (p RESTProtocol) answer(c *Call, w http.ResponseWriter, result any) {
	writeXML(w, http.StatusOK, func(e *xml.Encoder) { encode(e, result, start(c.Operation+"Response", p.Namespace)) })
}

func (p RESTProtocol) refuse(c *Call, w http.ResponseWriter, err *Error) {
	writeErrorXML(c, w, err, p.Namespace)
}
