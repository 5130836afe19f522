// Package lambda runs the Lambda functions that were applied to a simulated
// account: each is a program of this machine behind a local Runtime API, with
// the variables, time-out and memory of its resource, invoked directly or
// through Lambda's queue with its retries, maximum age and failure
// destination.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
//
// Where it differs from AWS, or where AWS does not say:
//
//   - What runs is a build for this machine, which Options.Program names, and
//     not the archive that was applied.
//   - The queue is never behind, and delivers an event once unless a try
//     failed; who wants duplicates sends them.
//   - Concurrency is unlimited; nothing is throttled.
//   - A record to a failure destination is tried once.
//   - The log is kept here, whatever the role may write and whatever log group
//     there is.
//   - Not simulated, and named by Unsupported: destinations other than topics,
//     destinations of success, dead-letter queues, reserved concurrency.
package lambda
