// Package simaws puts the rooms of the simulator together: the one list of the
// services that the simulated account has.
package simaws

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch"
	"github.com/pgdr/pgdr/twin/sim/dynamodb"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/sim/eventbridge"
	"github.com/pgdr/pgdr/twin/sim/iam"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/lambda"
	"github.com/pgdr/pgdr/twin/sim/logs"
	"github.com/pgdr/pgdr/twin/sim/rds"
	"github.com/pgdr/pgdr/twin/sim/route53"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/sns"
	"github.com/pgdr/pgdr/twin/sim/sqs"
	"github.com/pgdr/pgdr/twin/sim/sts"
)

// Types are all Terraform types that the simulator knows.
var Types = sync.OnceValue(func() sim.Types {
	return sim.Join(
		cloudwatch.Types(), dynamodb.Types(), ec2.Types(), eventbridge.Types(), iam.Types(), kms.Types(), lambda.Types(),
		logs.Types(), rds.Types(), route53.Types(), secretsmanager.Types(), sns.Types(), sqs.Types(), sts.Types(),
	)
})

// New returns an empty account with every service; see [sim.New].
func New(o sim.Options) (*sim.Cloud, error) { return sim.New(Types(), o) }

// Open returns the account kept in dir, with every service; see [sim.Open].
func Open(dir string, o sim.Options) (*sim.Cloud, error) { return sim.Open(dir, Types(), o) }

// Recall returns the account kept in dir, as it was left there; see
// [sim.Recall].
func Recall(dir string, o sim.Options) (*sim.Cloud, error) { return sim.Recall(dir, Types(), o) }

// Handler serves what [sim.Cloud.Handler] does, and
//
//	GET  /secrets/value?arn=        {"value": …} of a secret
func Handler(cloud *sim.Cloud) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", cloud.Handler())
	mux.HandleFunc("GET /secrets/value", func(w http.ResponseWriter, r *http.Request) {
		arn := r.URL.Query().Get("arn")
		value, ok := secretsmanager.SecretValue(cloud, arn)
		body, status := map[string]string{"value": value}, http.StatusOK
		if !ok {
			body, status = map[string]string{"error": "no current value of secret " + arn}, http.StatusNotFound
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		// A caller that has hung up cannot be told.
		_ = json.NewEncoder(w).Encode(body)
	})
	return mux
}

// API serves the account to AWS's SDKs, with every service that has such a
// face; see [api.Handler].
func API(cloud *sim.Cloud, o api.Options) *api.Server {
	return api.Handler(cloud, []*api.Service{
		cloudwatch.API(), dynamodb.API(o), ec2.API(o), iam.API(), kms.API(), rds.API(), route53.API(), secretsmanager.API(), sns.API(), sts.API(),
	}, o)
}
