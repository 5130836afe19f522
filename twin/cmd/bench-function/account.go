package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

const (
	accessKey = "AKIAGUARD00000000001"
	name      = contract.FunctionName + "-dev"
	timeout   = contract.GuardTimeout
)

// services that the guard calls, as the SDK's AWS_ENDPOINT_URL_<SERVICE> names
// them. Each gets a listener of its own, because on AWS each is a host of its
// own with TLS sessions of its own.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
var services = []string{
	"CLOUDWATCH", "DYNAMODB", "EC2", "IAM", "KMS", "RDS", "ROUTE_53", "SECRETS_MANAGER", "SNS", "STS",
}

// account is a simulated account whose endpoints speak TLS, as AWS's do, and
// note when they are called.
type account struct {
	wire   http.Handler
	cloud  *sim.Cloud
	env    map[string]string
	arn    string
	closes []func() error

	mu    sync.Mutex
	first time.Time
	// open TLS connections, and the most that there were.
	open, most int
}

// ServeHTTP notes the first call since reset.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	a.mu.Lock()
	if a.first.IsZero() {
		a.first = now
	}
	a.mu.Unlock()
	a.wire.ServeHTTP(w, r)
}

// reset forgets the first call and returns it.
func (a *account) reset() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.first
	a.first = time.Time{}
	return at
}

// count keeps the number of connections that are open.
func (a *account) count(_ net.Conn, state http.ConnState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch state {
	case http.StateNew:
		a.open++
		a.most = max(a.most, a.open)
	case http.StateClosed, http.StateHijacked:
		a.open--
	}
}

// connections are the most that were open at once.
func (a *account) connections() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.most
}

// newAccount lays the stacks into an account and opens its endpoints.
func newAccount(ctx context.Context, project, dir string, ca *pgtest.CA) (*account, error) {
	cloud, err := simaws.New(sim.Options{Seed: 1})
	if err != nil {
		return nil, fmt.Errorf("make an account: %w", err)
	}
	stacks, err := simstacks.Apply(ctx, cloud, filepath.Join(project, "stacks", "testdata", "golden"))
	if err != nil {
		return nil, fmt.Errorf("lay the stacks into the account: %w", err)
	}
	a := &account{cloud: cloud, arn: stacks.FunctionARN()}
	if a.env, err = stacks.Environment(ctx); err != nil {
		return nil, fmt.Errorf("read the function's variables: %w", err)
	}
	a.wire = simaws.API(cloud, api.Options{Principals: map[string]api.Principal{
		accessKey: {Role: stacks.Role().Str("arn"), Session: name, Function: a.arn},
	}})
	if err := a.trust(dir, ca); err != nil {
		return nil, err
	}
	for _, service := range services {
		if err := a.listen(ctx, service, ca); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

// systemRoots is where this kind of system keeps the authorities that Go's own
// search finds first; Lambda's image has a file of the same size.
const systemRoots = "/etc/ssl/certs/ca-certificates.crt"

// trust makes the function read the machine's authorities and ours from one
// file, the way it reads those of Lambda's image.
func (a *account) trust(dir string, ca *pgtest.CA) error {
	roots, err := os.ReadFile(systemRoots)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read the machine's authorities: %w", err)
	}
	file, none := filepath.Join(dir, "authorities.pem"), filepath.Join(dir, "none")
	if err := os.WriteFile(file, append(roots, ca.PEM()...), 0o600); err != nil { //nolint:gosec // in a folder that this command made
		return fmt.Errorf("write the authorities: %w", err)
	}
	for key, value := range map[string]string{
		"SSL_CERT_FILE": file, "SSL_CERT_DIR": none,
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": "simulated",
		"AWS_REGION": a.env[contract.VarReplicaRegion], "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		a.env[key] = value
	}
	return nil
}

// listen opens one service's endpoint.
func (a *account) listen(ctx context.Context, service string, ca *pgtest.CA) error {
	const host = "127.0.0.1"
	pair, err := ca.Issue(pgtest.Certificate{Names: []string{host}})
	if err != nil {
		return fmt.Errorf("open the endpoint of %s: %w", service, err)
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return fmt.Errorf("open the endpoint of %s: %w", service, err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return fmt.Errorf("open the endpoint of %s: %w", service, err)
	}
	server := &http.Server{
		Handler: a, ReadHeaderTimeout: timeout, ConnState: a.count,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with close
	a.closes = append(a.closes, server.Close)
	a.env["AWS_ENDPOINT_URL_"+service] = "https://" + listener.Addr().String()
	return nil
}

func (a *account) close() error {
	var faults []error
	for _, end := range a.closes {
		faults = append(faults, end())
	}
	return errors.Join(faults...)
}
