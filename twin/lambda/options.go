package lambda

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
)

// Type is the Terraform type of a function.
const Type = "aws_lambda_function"

// Errors of an invocation, of what is not the function's own fault.
var (
	// ErrNoFunction: the account has no such function.
	ErrNoFunction = errors.New("no such function")
	// ErrNotPermitted: the function's policy does not let the caller invoke
	// it.
	ErrNotPermitted = errors.New("not permitted to invoke the function")
	// ErrUnavailable: the function's region is lost. To try again later may
	// help.
	ErrUnavailable = errors.New("lambda is not available")
	// ErrUnsupported: the function is configured in a way that is not
	// simulated.
	ErrUnsupported = errors.New("not simulated")
	// ErrClosed: the manager was closed.
	ErrClosed = errors.New("functions are closed")
)

// Options of a Manager.
type Options struct {
	Cloud   *sim.Cloud
	Metrics *metrics.Store
	// Clock that time-outs, retries and ages are kept on.
	Clock clock.Clock
	// Down tells that a region is lost: nothing in it is invoked. nil means
	// that none is.
	Down func(region string) bool
	// Program says how a function is run here: the program with its arguments,
	// and the variables that are added to those that were applied. Among them
	// is AWS_ACCESS_KEY_ID, by which AWS knows the function's role, as Lambda
	// gives it. It is asked before each invocation, and so had better be
	// quick; another answer is another deployment.
	Program func(fn sim.Resource) (command []string, extra map[string]string, err error)
	// AWS serves the account's API, for example a [api.Server]: failure
	// destinations are published to with it, in the name of the function's
	// role.
	AWS http.Handler
}

func (o Options) validate() error {
	var faults []error
	for _, f := range []struct {
		field   string
		missing bool
	}{
		{"cloud", o.Cloud == nil}, {"metrics", o.Metrics == nil}, {"clock", o.Clock == nil},
		{"program", o.Program == nil}, {"aws", o.AWS == nil},
	} {
		if f.missing {
			faults = append(faults, fmt.Errorf("%s: missing", f.field))
		}
	}
	return errors.Join(faults...)
}
