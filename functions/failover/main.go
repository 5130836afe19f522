// Command failover is the guard as a Lambda function. It only wires.
package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/pgdr/pgdr/functions/failover/handler"
	"github.com/pgdr/pgdr/internal/guard/assembly"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	lambda.Start(assemble(log).Handle)
}

// assemble makes the function. Where that fails it still says so to everybody
// who invokes it, rather than being started again and again.
func assemble(log *slog.Logger) handler.Function {
	options := assembly.Options{
		Lookup:     os.LookupEnv,
		Owner:      os.Getenv("AWS_LAMBDA_LOG_STREAM_NAME") + "/" + rand.Text(),
		Invocation: handler.Invocation,
		Log:        log,
	}
	err := adapt(&options)
	if err != nil {
		log.Error("the guard cannot be assembled", "error", err)
		return handler.Function{Fault: err}
	}
	guard, err := assembly.New(context.Background(), options)
	if err != nil {
		log.Error("the guard cannot be assembled", "error", err)
		return handler.Function{Fault: err}
	}
	return handler.Function{Guard: guard}
}
