package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/pgdr/pgdr/twin/sim"
)

// Service is one AWS service as the face serves it.
type Service struct {
	// Name as [Scope] and [Record] have it.
	Name string
	// Prefix of the service's actions in policies.
	Prefix string
	// Signing is the service's name in the credential scope.
	Signing string
	// Global services are signed for us-east-1 only.
	Global   bool
	Protocol protocol
	// Denied is the code with which the service answers who lacks permission.
	Denied string
	// Throttled and broken are what the service answers when it is busy or has
	// failed.
	Throttled, Broken Error
	Operations        map[string]func(*Call) (any, error)
	// State is what the service keeps besides the account, nil if nothing.
	State any
	// Denial begins its words for who lacks permission; errorPrefix its codes in
	// the JSON protocol.
	Denial, ErrorPrefix string
}

// Protocol is how a service's requests and answers look.
type protocol interface {
	// parse finds the operation, and reads what the protocol itself defines.
	parse(c *Call) *Error
	answer(c *Call, w http.ResponseWriter, result any)
	refuse(c *Call, w http.ResponseWriter, e *Error)
}

// Call is one request under way.
type Call struct {
	*Server
	ctx       context.Context
	http      *http.Request
	Body      []byte
	Service   *Service
	Region    string
	Operation string
	Caller    Principal
	requestID string
	// ignored: the call has no effect on the account; see [Ignored].
	ignored bool
	// Form holds the parameters of the query protocols, path the variables of
	// a REST path.
	Form url.Values
	Path map[string]string
}

// View calls fn with the account at rest; what fn changes is taken back.
func (c *Call) View(fn func(*sim.Tx) error) error { return c.Cloud.View(fn) }

// Update calls fn with the account and keeps what it changed, unless it fails
// or the call is ignored.
func (c *Call) Update(fn func(*sim.Tx) error) error {
	if c.ignored {
		return c.Cloud.View(fn)
	}
	return c.Cloud.Update(fn)
}

// ARN names a resource of the account in the call's region.
func (c *Call) ARN(service, resource string) string {
	return sim.ARN{Partition: "aws", Service: service, Region: c.Region, Account: c.Cloud.Account(), Resource: resource}.String()
}
