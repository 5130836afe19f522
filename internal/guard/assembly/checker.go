package assembly

import (
	"context"
	"errors"
	"sync"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// reader reads the facts; [awsapi.Readiness] does.
type reader interface {
	Database(ctx context.Context, m engine.Member) (facts.Database, error)
	Parameters(ctx context.Context, site engine.Site, group string) (map[string]facts.Parameter, error)
	Key(ctx context.Context, keyARN string) (facts.Key, error)
	PrimarySecret(ctx context.Context) (facts.Secret, error)
	RegionalSecret(ctx context.Context) (facts.Secret, error)
	HealthCheck(ctx context.Context) (facts.HealthCheck, error)
	Alarm(ctx context.Context) (facts.Alarm, error)
	Records(ctx context.Context) ([]facts.Record, error)
	Fence(ctx context.Context) (facts.Fence, error)
	Permissions(ctx context.Context, primary, replica facts.Database) ([]facts.Permission, error)
}

// auditor tells of the extensions; [probe.Databases] does.
type auditor interface {
	Extensions(ctx context.Context, m engine.Member) ([]facts.Extension, error)
}

// checker gathers the facts of a readiness check and has them judged.
type checker struct {
	cfg   contract.Config
	read  reader
	audit auditor
}

// errUnread is why something was not asked for: what it depends on could not
// be read.
var errUnread = errors.New("depends on an instance that could not be read")

// Check reads everything that it can and judges it. What could not be read is
// a finding, so the error is the context's alone.
func (c *checker) Check(ctx context.Context) ([]readiness.Finding, error) {
	var f readiness.Facts
	topology := awsapi.Topology(c.cfg)
	together(
		func() { f.Primary.Value, f.Primary.Err = c.read.Database(ctx, topology.Primary) },
		func() { f.Replica.Value, f.Replica.Err = c.read.Database(ctx, topology.Replica) },
		func() { f.PrimarySecret.Value, f.PrimarySecret.Err = c.read.PrimarySecret(ctx) },
		func() { f.RegionalSecret.Value, f.RegionalSecret.Err = c.read.RegionalSecret(ctx) },
		func() { f.HealthCheck.Value, f.HealthCheck.Err = c.read.HealthCheck(ctx) },
		func() { f.Alarm.Value, f.Alarm.Err = c.read.Alarm(ctx) },
		func() { f.Records.Value, f.Records.Err = c.read.Records(ctx) },
		func() { f.Fence.Value, f.Fence.Err = c.read.Fence(ctx) },
		func() { f.Extensions.Value, f.Extensions.Err = c.audit.Extensions(ctx, topology.Primary) },
	)
	f.ReplicaMissing = errors.Is(f.Replica.Err, engine.ErrNotFound)
	together(
		func() { f.PrimaryParameters, f.PrimaryKey = c.instance(ctx, engine.SitePrimary, f.Primary) },
		func() { f.ReplicaParameters, f.ReplicaKey = c.instance(ctx, engine.SiteReplica, f.Replica) },
		func() {
			if f.Permissions.Err = errors.Join(f.Primary.Err, f.Replica.Err); f.Permissions.Err == nil {
				f.Permissions.Value, f.Permissions.Err = c.read.Permissions(ctx, f.Primary.Value, f.Replica.Value)
			}
		},
	)
	return readiness.Assess(f, c.expected()), ctx.Err()
}

// instance reads what an instance names: its parameter group and its key.
func (c *checker) instance(ctx context.Context, site engine.Site, db readiness.Fact[facts.Database]) (
	parameters readiness.Fact[map[string]facts.Parameter], key readiness.Fact[facts.Key],
) {
	if db.Err != nil {
		parameters.Err, key.Err = errUnread, errUnread
		return parameters, key
	}
	together(
		func() { parameters.Value, parameters.Err = c.read.Parameters(ctx, site, db.Value.ParameterGroup) },
		func() { key.Value, key.Err = c.read.Key(ctx, db.Value.KeyARN) },
	)
	return parameters, key
}

func (c *checker) expected() readiness.Expected {
	return readiness.Expected{
		Environment: c.cfg.Environment, MetricNamespace: c.cfg.MetricNamespace,
		BackupRetentionDays: c.cfg.Database.BackupRetentionDays, DeletionProtection: c.cfg.Database.DeletionProtection,
		ReplicaRegion: c.cfg.Replica.Region, HealthCheckID: c.cfg.DNS.HealthCheckID,
		AlarmName: c.cfg.ActiveWriterAlarm, TTL: c.cfg.DNS.TTL,
		PrimaryEndpoint: c.cfg.Primary.Endpoint, ReplicaEndpoint: c.cfg.Replica.Endpoint,
	}
}

// together runs the questions at once and waits for all of them; each is
// bounded by its context.
func together(questions ...func()) {
	var all sync.WaitGroup
	for _, ask := range questions {
		all.Add(1)
		go func() {
			defer all.Done()
			ask()
		}()
	}
	all.Wait()
}
