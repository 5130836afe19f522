// Package lambdaruntime runs a Lambda function's program on this machine, as
// Lambda would: behind the Runtime API, in sandboxes that serve one invocation
// at a time and are kept for the next, with a deadline after which the sandbox
// is killed.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// Differences: there is no limit of memory, the processor is not throttled
// between invocations, and the initialization is bounded in the machine's
// time, since a process starts no faster on a scaled clock.
package lambdaruntime
