// Package awsapi joins the guard to AWS: it turns the engine's ports into calls
// of the AWS SDK, and AWS's errors into the engine's words.
//
// Each file holds one port. Beside them stand what all share: the function's
// configuration (config.go), the clients (new.go), how a call is bounded and
// tried again (attempt.go), and what an error means (classify.go). The adapters
// see AWS through the narrow interfaces of api.go, so that a test can record
// what was asked and answer as it likes.
//
// The actions used here are those that the guard's role is given in
// stacks/guardpolicy.go; permissions.go lists them again for the readiness
// check.
package awsapi
