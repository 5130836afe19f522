package handler

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/pgdr/pgdr/internal/guard/assembly"
)

// heapGrowth is how much the heap may grow, in percent, before garbage is
// collected: from 12 MiB on rather than 4, so that it is not while the function
// starts. What that costs in memory is in docs/function-benchmark.md.
const heapGrowth = 300

// Serve takes events from Lambda's runtime for as long as the process lives.
// adapt, if not nil, changes how the guard is assembled.
func Serve(adapt func(*assembly.Options) error) {
	debug.SetGCPercent(heapGrowth)
	go readAuthorities()
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	lambda.Start(assemble(log, adapt).Handle)
}

// readAuthorities has the system's authorities read while the guard is put
// together, rather than during the first handshake with AWS, which needs them.
// They are kept for the whole process, so what they are is of no interest here.
func readAuthorities() { _, _ = x509.SystemCertPool() }

// assemble makes the function. Where that fails the function still answers each
// invocation with the fault; Lambda would otherwise start it again and again.
func assemble(log *slog.Logger, adapt func(*assembly.Options) error) Function {
	options := assembly.Options{
		Lookup:     os.LookupEnv,
		Owner:      os.Getenv("AWS_LAMBDA_LOG_STREAM_NAME") + "/" + rand.Text(),
		Invocation: Invocation,
		Log:        log,
	}
	if adapt != nil {
		if err := adapt(&options); err != nil {
			log.Error("the guard cannot be assembled", "error", err)
			return Function{Fault: err}
		}
	}
	guard, err := assembly.New(context.Background(), options)
	if err != nil {
		log.Error("the guard cannot be assembled", "error", err)
		return Function{Fault: err}
	}
	return Function{Guard: guard}
}
