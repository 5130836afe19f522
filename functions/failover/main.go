// Command failover is the guard as a Lambda function. It only wires.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/pgdr/pgdr/functions/failover/handler"
)

func main() {
	lambda.Start(handler.Handle)
}
