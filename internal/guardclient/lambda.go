package guardclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Invoker sends an event to the function and returns its answer. Again says
// that the event may be sent a second time where the first was not answered.
// An error is an [*AskError].
type Invoker interface {
	Invoke(ctx context.Context, event []byte, again bool) ([]byte, error)
}

// Lambda is [Invoker] on AWS's SDK.
type Lambda struct {
	client *lambda.Client
	target Target
}

// credentialsWithin bounds the search for credentials: the SDK asks a machine's
// metadata service too, where nothing else has any.
const credentialsWithin = 20 * time.Second

// Dial finds credentials, as every program on the SDK does. The variable
// AWS_ENDPOINT_URL leads it elsewhere. An error is an [*AskError].
func Dial(ctx context.Context, target Target) (Invoker, error) {
	without := func(err error) error {
		return &AskError{Target: target, Problem: "found no AWS credentials", Err: err,
			Next: "Sign in (`aws sso login`) or set AWS_PROFILE; see whose credentials they are with `aws sts get-caller-identity`."}
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(target.Region))
	if err != nil {
		return nil, without(err)
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsWithin)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, without(err)
	}
	return &Lambda{client: lambda.NewFromConfig(cfg), target: target}, nil
}

// Invoke implements [Invoker].
func (l *Lambda) Invoke(ctx context.Context, event []byte, again bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	once := func(o *lambda.Options) {
		if !again {
			o.RetryMaxAttempts = 1
		}
	}
	out, err := l.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(l.target.reference()), Payload: event}, once)
	if err != nil {
		return nil, l.unasked(err)
	}
	if aws.ToString(out.FunctionError) != "" {
		return nil, l.failed(out.Payload)
	}
	return out.Payload, nil
}

// failed is an error of the function itself.
func (l *Lambda) failed(payload []byte) error {
	var fault struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(payload, &fault); err != nil || fault.Message == "" {
		fault.Message = string(payload)
	}
	return &AskError{
		Target: l.target, Maybe: true, Problem: fmt.Sprintf("the function failed (%s): %s", fault.Type, fault.Message),
		Next: fmt.Sprintf("Read its log group /aws/lambda/%s. Automatic failover is not running while it fails. If the primary is lost too, fail over by hand (docs/guard.md).", l.target.Function()),
	}
}

// unasked words an error of Lambda or of the way to it.
func (l *Lambda) unasked(err error) error {
	e := &AskError{Target: l.target, Err: err}
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	switch {
	case !errors.As(err, &api):
		e.Problem, e.Maybe = "no answer", true
		e.Next = "See whether this machine reaches AWS, and whether " + l.target.Region + " has trouble (health.aws.amazon.com). Another way out: CloudShell in that region."
		return e
	case api.ErrorCode() == "ResourceNotFoundException":
		e.Problem = "there is no such function"
		e.Next = "Check --environment and --region, and that the credentials are of the account that the environment is deployed to."
	case api.ErrorCode() == "TooManyRequestsException":
		e.Problem = "Lambda is throttling"
		e.Next = "Try again in a few seconds. If it lasts, the account's concurrency in " + l.target.Region + " is used up by other functions."
	case errors.As(err, &response) && (response.HTTPStatusCode() == http.StatusForbidden || response.HTTPStatusCode() == http.StatusUnauthorized):
		e.Problem = "the credentials are not accepted"
		e.Next = "They must be valid, of the right account (`aws sts get-caller-identity`), and allowed lambda:InvokeFunction on the function."
	default:
		e.Problem = "Lambda answered with an error"
		e.Maybe = api.ErrorFault() != smithy.FaultClient
		e.Next = "Try again. If it lasts, see the health of Lambda in " + l.target.Region + " (health.aws.amazon.com)."
	}
	return e
}
