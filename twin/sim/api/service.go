package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is one AWS service as the face serves it.
type service struct {
	// name as [Scope] and [Record] have it.
	name string
	// prefix of the service's actions in policies.
	prefix string
	// signing is the service's name in the credential scope.
	signing string
	// global services are signed for us-east-1 only.
	global   bool
	protocol protocol
	// denied is the code with which the service answers who lacks permission.
	denied string
	// throttled and broken are what the service answers when it is busy or has
	// failed.
	throttled, broken Error
	operations        map[string]func(*call) (any, error)
}

// protocol is how a service's requests and answers look.
type protocol interface {
	// parse finds the operation, and reads what the protocol itself defines.
	parse(c *call) *Error
	answer(c *call, w http.ResponseWriter, result any)
	refuse(c *call, w http.ResponseWriter, e *Error)
}

// call is one request under way.
type call struct {
	*Server
	ctx       context.Context
	http      *http.Request
	body      []byte
	service   *service
	region    string
	operation string
	caller    Principal
	requestID string
	// form holds the parameters of the query protocols, path the variables of
	// a REST path.
	form url.Values
	path map[string]string
}

func (c *call) view(fn func(*sim.Tx) error) error   { return c.cloud.View(fn) }
func (c *call) update(fn func(*sim.Tx) error) error { return c.cloud.Update(fn) }

// arn names a resource of the account in the call's region.
func (c *call) arn(service, resource string) string {
	return sim.ARN{Partition: "aws", Service: service, Region: c.region, Account: c.cloud.Account(), Resource: resource}.String()
}
