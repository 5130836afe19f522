// Package remotestate makes and checks the bucket in which Terraform's S3
// backend keeps the state: versioned, encrypted, private, reached by TLS only,
// and in the region that is left when the primary's is lost.
//
// Everything is looked at before anything is changed. What can't be verified,
// or isn't ours, is a named error. What is right already isn't touched.
// Protection that others have set is added to, never weakened.
package remotestate
