// Package assembly puts the guard together from its environment variables:
// the engine, its adapters to AWS, its looks at the databases and the answers
// to its commands. The function's main only calls it.
package assembly

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/probe"
	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
	"github.com/pgdr/pgdr/internal/version"
)

// Options are what differs between the function on AWS and a local one.
type Options struct {
	// Lookup finds an environment variable, as os.LookupEnv does.
	Lookup func(name string) (string, bool)
	// Owner is unique to this process, Invocation to one of its invocations;
	// together they own the lease.
	Owner      string
	Invocation func(ctx context.Context) string
	// Clock defaults to the machine's.
	Clock engine.Clock
	// Log gets one line a step; required.
	Log *slog.Logger

	// Endpoint, Credentials and HTTPClient: see [awsapi.Options].
	Endpoint    func(service awsapi.Service, region string) string
	Credentials aws.CredentialsProvider
	HTTPClient  aws.HTTPClient

	// Roots default to the RDS authorities of the two regions.
	Roots *x509.CertPool
	// Dial and Resolve: see [probe.Config].
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Resolve func(ctx context.Context, host string) ([]string, error)
	// Elapsed: see [probe.Config].
	Elapsed func(time.Duration) time.Duration
}

// New assembles the guard. Its error lists every variable that is missing or
// wrong.
func New(ctx context.Context, o Options) (*command.Handler, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	cfg, err := contract.Decode(o.Lookup)
	if err != nil {
		return nil, err
	}
	adapters, err := awsapi.New(ctx, cfg, awsapi.Options{
		Clock: o.Clock, HTTPClient: o.HTTPClient, Endpoint: o.Endpoint, Credentials: o.Credentials,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to AWS: %w", err)
	}
	databases, err := newDatabases(cfg, adapters, o)
	if err != nil {
		return nil, err
	}
	check := &checker{cfg: cfg, read: adapters.Readiness, audit: databases}
	guard, err := engine.New(engine.Config{
		Policy: cfg.Policy, Topology: awsapi.Topology(cfg), Environment: cfg.Environment,
		Owner: o.Owner, Invocation: o.Invocation, Watch: contract.GuardWatch, Log: o.Log,
	}, engine.Ports{
		Clock: o.Clock, Ledger: adapters.Ledger,
		Observer: &observer{clock: o.Clock, sql: databases, api: adapters.Liveness,
			survey: &survey{clock: o.Clock, check: check}},
		Promoter: adapters.Promoter, Prover: databases, Switcher: adapters.Switcher,
		Fencer:  newTriedFencer(adapters.Fencer, databases, o.Clock, o.Log),
		Posture: adapters.Posture, Metrics: adapters.Metrics, Notifier: adapters.Notifier, Activity: adapters.Activity,
	})
	if err != nil {
		return nil, fmt.Errorf("assemble the engine: %w", err)
	}
	return &command.Handler{
		Guard: guarded{guard}, Checker: check, Build: Build(),
		Environment: cfg.Environment, Now: o.Clock.Now, Log: o.Log,
	}, nil
}

// Build tells what is running.
func Build() command.Build {
	return command.Build{Version: version.Version, Go: runtime.Version(), Architecture: runtime.GOARCH}
}

func newDatabases(cfg contract.Config, adapters *awsapi.Adapters, o Options) (*probe.Databases, error) {
	roots := o.Roots
	if roots == nil {
		var err error
		if roots, err = rdsca.Pool(cfg.Primary.Region, cfg.Replica.Region); err != nil {
			return nil, fmt.Errorf("trust the databases' certificates: %w", err)
		}
	}
	var extensions []string
	if cfg.Database.Audit == contract.AuditPgaudit {
		extensions = append(extensions, contract.AuditPgaudit)
	}
	port := uint16(cfg.Database.Port) //nolint:gosec // the configuration was checked
	databases, err := probe.New(probe.Config{
		Endpoints: map[engine.Site]probe.Endpoint{
			engine.SitePrimary: {Host: cfg.Primary.Endpoint, Port: port},
			engine.SiteReplica: {Host: cfg.Replica.Endpoint, Port: port},
		},
		Database: cfg.Database.Name, Roots: roots, Extensions: extensions, Guard: cfg.GuardCIDRs,
		Clock: o.Clock, Elapsed: o.Elapsed, Dial: o.Dial, Resolve: o.Resolve,
		Admin: func(ctx context.Context) (probe.Credentials, error) {
			c, err := adapters.Secrets.Credentials(ctx)
			return probe.Credentials{User: c.Username, Password: c.Password}, err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("prepare to look at the databases: %w", err)
	}
	return databases, nil
}
