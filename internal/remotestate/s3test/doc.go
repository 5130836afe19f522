// Package s3test is an S3 server on this machine for tests: real Terraform and
// the real SDK speak to it over HTTP as they would to AWS.
//
// Objects, their versions and conditional writes (If-None-Match, which
// Terraform's lock file rests on) are gofakes3's. What gofakes3 lacks is a fake
// of our own, in settings.go: who owns a bucket, in which region it is, and its
// encryption, policy, public access block and object ownership. Settings are
// kept and handed back as they were sent, and enforce nothing. GetCallerIdentity
// of STS is answered too, because Terraform and drctl ask it who they are.
//
// Differences from S3: signatures are not verified, every access key is the
// owner's, a bucket's settings are there at once.
package s3test
