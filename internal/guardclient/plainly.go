package guardclient

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/aws/smithy-go"
)

// plainly is what an operator can use of a cause, in one line: AWS's code and
// message, or what failed on the network. The SDK's own frames ("operation
// error …, https response error …") are dropped; "" is a cause of which nothing
// is left.
func plainly(err error) string {
	var operation *smithy.OperationError
	sdk := errors.As(err, &operation)
	var api smithy.APIError
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case err == nil:
		return ""
	case sdk && operation.ServiceID == metadataService:
		return "" // The SDK asks a machine's metadata last; a laptop has none.
	case errors.As(err, &api):
		return strings.TrimSuffix(api.ErrorCode()+": "+api.ErrorMessage(), ": ")
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dns):
		return "the name " + dns.Name + " can't be resolved"
	case errors.As(err, &network) && network.Addr != nil:
		return network.Addr.String() + ": " + network.Err.Error()
	case sdk:
		return ""
	default:
		return err.Error()
	}
}

// metadataService is the SDK's ServiceID of EC2's instance metadata.
const metadataService = "ec2imds"

// Cause is the whole cause of an error, for a person who debugs the way to the
// guard; "" if there is none.
func Cause(err error) string {
	var unasked *AskError
	if !errors.As(err, &unasked) || unasked.Err == nil {
		return ""
	}
	return unasked.Err.Error()
}
