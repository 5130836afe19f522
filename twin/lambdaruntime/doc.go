// Package lambdaruntime runs a Lambda function's program on this machine, as
// Lambda would: behind the Runtime API, in sandboxes that serve one invocation
// at a time and are kept for the next, with a deadline and a limit of memory
// beyond which the sandbox is killed.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// Differences: the limit of memory is held against the resident set of the one
// process, on Linux only; the processor is not throttled, neither by memory
// nor between invocations; and the initialization is bounded in the machine's
// time, since a process starts no faster on a scaled clock.
package lambdaruntime
