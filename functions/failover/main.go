// Command failover is the guard as a Lambda function. What is deployed has
// AWS's own clock, endpoints, names and authorities, and nothing in its
// environment can change that.
package main

import "github.com/pgdr/pgdr/functions/failover/handler"

func main() { handler.Serve(nil) }
