// Command failover is the guard as a Lambda function. It only wires.
package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/pgdr/pgdr/functions/failover/handler"
	"github.com/pgdr/pgdr/internal/guard/assembly"
)

// heapGrowth is how much the heap may grow, in percent, before garbage is
// collected: from 12 MiB on rather than 4, so that it is not while the function
// starts. What that costs in memory is in docs/function-benchmark.md.
const heapGrowth = 300

func main() {
	debug.SetGCPercent(heapGrowth)
	go readAuthorities()
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	lambda.Start(assemble(log).Handle)
}

// readAuthorities has the system's authorities read while the guard is put
// together, rather than during the first handshake with AWS, which needs them.
// They are kept for the whole process, so what they are is of no interest here.
func readAuthorities() { _, _ = x509.SystemCertPool() }

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
