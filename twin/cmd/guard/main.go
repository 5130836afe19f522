// Command guard is the failover function as the twin runs it: the shipped
// function, put on the simulation's clock and among its databases.
package main

import "github.com/pgdr/pgdr/functions/failover/handler"

func main() { handler.Serve(adapt) }
