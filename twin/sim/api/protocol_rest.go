package api

import (
	"encoding/xml"
	"net/http"
	"regexp"
)

// restProtocol is AWS's REST protocol with XML: the operation follows from
// method and path.
// https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
type restProtocol struct {
	namespace string
	routes    []route
}

// route leads from a method and a path to an operation.
type route struct {
	method, operation string
	// path has named groups for the path's variables.
	path *regexp.Regexp
}

func (p restProtocol) parse(c *call) *Error {
	c.form = c.http.URL.Query()
	for _, r := range p.routes {
		found := r.path.FindStringSubmatch(c.http.URL.Path)
		if found == nil || r.method != c.http.Method {
			continue
		}
		c.operation, c.path = r.operation, map[string]string{}
		for i, name := range r.path.SubexpNames() {
			c.path[name] = found[i]
		}
		return nil
	}
	// Recorded and refused like any other operation that is not known.
	c.operation = c.http.Method + " " + c.http.URL.Path
	return nil
}

// decodeXML reads the request's body.
func (c *call) decodeXML(into any) error {
	if err := xml.Unmarshal(c.body, into); err != nil {
		return refuse("MalformedInput", "the request's body is not the XML of %s: %v", c.operation, err)
	}
	return nil
}

func (p restProtocol) answer(c *call, w http.ResponseWriter, result any) {
	writeXML(w, http.StatusOK, func(e *xml.Encoder) { encode(e, result, start(c.operation+"Response", p.namespace)) })
}

func (p restProtocol) refuse(c *call, w http.ResponseWriter, err *Error) {
	writeErrorXML(c, w, err, p.namespace)
}
