// Package simaws puts the rooms of the simulator together: the one list of the
// services that the simulated account has.
package simaws

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/pgdr/pgdr/twin/sim"
)

// Types are all Terraform types that the simulator knows.
var Types = sync.OnceValue(func() sim.Types { return sim.Join(sim.AllTypes()) })

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
		value, ok := cloud.SecretValue(arn)
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
