package assembly

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// books answer what a check asks, or fail by the name of the question.
type books struct {
	mu    sync.Mutex
	fails map[string]error
	asked map[string]int
	// silent questions wait until their context ends.
	silent map[string]bool
}

func newBooks() *books {
	return &books{fails: map[string]error{}, asked: map[string]int{}, silent: map[string]bool{}}
}

func (b *books) ask(ctx context.Context, question string) error {
	b.mu.Lock()
	b.asked[question]++
	err, silent := b.fails[question], b.silent[question]
	b.mu.Unlock()
	if silent {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (b *books) Database(ctx context.Context, m engine.Member) (facts.Database, error) {
	return facts.Database{
		Identifier: m.Identifier, Status: "available", Class: "db.r6g.large", StorageGiB: 100, BackupRetentionDays: 7,
		DeletionProtection: true, Encrypted: true, ParameterGroup: "group-" + string(m.Site), ParameterStatus: "in-sync",
		KeyARN: "key-" + string(m.Site), Source: "arn:source", Subnets: []string{"subnet-1"},
	}, b.ask(ctx, "database "+string(m.Site))
}

func (b *books) Parameters(ctx context.Context, site engine.Site, group string) (map[string]facts.Parameter, error) {
	return map[string]facts.Parameter{}, b.ask(ctx, "parameters "+string(site)+" "+group)
}

func (b *books) Key(ctx context.Context, keyARN string) (facts.Key, error) {
	return facts.Key{Enabled: true}, b.ask(ctx, "key "+keyARN)
}

func (b *books) PrimarySecret(ctx context.Context) (facts.Secret, error) {
	return facts.Secret{Replicas: map[string]string{"eu-west-1": "InSync"}}, b.ask(ctx, "primary secret")
}

func (b *books) RegionalSecret(ctx context.Context) (facts.Secret, error) {
	return facts.Secret{}, b.ask(ctx, "regional secret")
}

// writerAlarm are the settings of the alarm that flips DNS.
var writerAlarm = facts.AlarmSettings{Namespace: "PGDR", Metric: "ActiveWriter", Dimensions: map[string]string{"Environment": "dev"}}

func (b *books) HealthCheck(ctx context.Context) (facts.HealthCheck, error) {
	return facts.HealthCheck{Type: "CLOUDWATCH_METRIC", AlarmName: "active-writer-dev", AlarmRegion: "eu-west-1",
		InsufficientData: "LastKnownStatus", Copied: writerAlarm}, b.ask(ctx, "health check")
}

func (b *books) Alarm(ctx context.Context) (facts.Alarm, error) {
	return facts.Alarm{State: "OK", MissingData: "ignore", Settings: writerAlarm}, b.ask(ctx, "alarm")
}

func (b *books) Records(ctx context.Context) ([]facts.Record, error) {
	c := checked()
	return []facts.Record{
		{Values: []string{c.Primary.Endpoint}, Weight: 100, TTL: c.DNS.TTL, HealthCheckID: c.DNS.HealthCheckID},
		{Values: []string{c.Replica.Endpoint}, TTL: c.DNS.TTL},
	}, b.ask(ctx, "records")
}

func (b *books) Fence(ctx context.Context) (facts.Fence, error) {
	return facts.Fence{Subnets: []string{"subnet-1"}}, b.ask(ctx, "fence")
}

func (b *books) Permissions(ctx context.Context, primary, replica facts.Database) ([]facts.Permission, error) {
	return []facts.Permission{{Allowed: true}}, b.ask(ctx, fmt.Sprintf("permissions %s %s", primary.KeyARN, replica.KeyARN))
}

func (b *books) Extensions(ctx context.Context, m engine.Member) ([]facts.Extension, error) {
	return []facts.Extension{{Name: "pgaudit", Created: true}}, b.ask(ctx, "extensions "+string(m.Site))
}

// checked is the configuration of the deployment that is checked.
func checked() contract.Config {
	variables := deployed()
	c, err := contract.Decode(func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
	if err != nil {
		panic(err)
	}
	return c
}

// verdicts returns the findings of a check; the key is the check's name.
func verdicts(t *testing.T, b *books) map[string]readiness.Finding {
	t.Helper()
	findings, err := (&checker{cfg: checked(), read: b, audit: b}).Check(t.Context())
	require.NoError(t, err)
	byName := map[string]readiness.Finding{}
	for _, f := range findings {
		byName[f.Check] = f
	}
	return byName
}

func TestCheck_IsGreenWhereAllIsAsConfigured(t *testing.T) {
	b := newBooks()
	for name, f := range verdicts(t, b) {
		require.Equal(t, readiness.OK, f.Verdict, "%s: %s", name, f.Reason)
	}
	require.Equal(t, map[string]int{
		"database primary": 1, "database replica": 1, "parameters primary group-primary": 1, "parameters replica group-replica": 1,
		"key key-primary": 1, "key key-replica": 1, "primary secret": 1, "regional secret": 1, "health check": 1, "alarm": 1,
		"records": 1, "fence": 1, "extensions primary": 1, "permissions key-primary key-replica": 1,
	}, b.asked)
}

func TestCheck_WhatCouldNotBeReadIsAFinding(t *testing.T) {
	for question, names := range map[string][]string{
		"database primary":                    {readiness.CheckReplicaClass, readiness.CheckReplicaStorage, readiness.CheckParameters, readiness.CheckPrimaryKey, readiness.CheckFence, readiness.CheckPermissions},
		"database replica":                    {readiness.CheckReplicaExists, readiness.CheckReplicaAvailable, readiness.CheckParameters, readiness.CheckReplicaKey, readiness.CheckPermissions},
		"parameters primary group-primary":    {readiness.CheckParameters},
		"parameters replica group-replica":    {readiness.CheckParameters},
		"key key-primary":                     {readiness.CheckPrimaryKey},
		"key key-replica":                     {readiness.CheckReplicaKey},
		"primary secret":                      {readiness.CheckSecret},
		"regional secret":                     {readiness.CheckSecret},
		"health check":                        {readiness.CheckHealthCheck},
		"alarm":                               {readiness.CheckAlarm},
		"records":                             {readiness.CheckRecords},
		"fence":                               {readiness.CheckFence},
		"permissions key-primary key-replica": {readiness.CheckPermissions},
	} {
		t.Run(question, func(t *testing.T) {
			b := newBooks()
			b.fails[question] = errors.New("throttled today")
			found := verdicts(t, b)
			for _, name := range names {
				require.Equal(t, readiness.Unknown, found[name].Verdict, name)
				require.NotEmpty(t, found[name].Remedy, name)
			}
			for name, f := range found {
				require.NotEqual(t, readiness.Failed, f.Verdict, "%s: not read is taken for wrong", name)
			}
		})
	}
}

func TestCheck_WarnsWhereTheAuditCouldNotBeRead(t *testing.T) {
	b := newBooks()
	b.fails["extensions primary"] = errors.New("no answer")
	require.Equal(t, readiness.Warning, verdicts(t, b)[readiness.CheckAudit].Verdict)
}

func TestCheck_TellsAMissingReplicaFromOneThatCouldNotBeRead(t *testing.T) {
	b := newBooks()
	b.fails["database replica"] = fmt.Errorf("describe: %w", engine.ErrNotFound)
	require.Equal(t, readiness.Failed, verdicts(t, b)[readiness.CheckReplicaExists].Verdict)
}

func TestCheck_SaysWhatItDidNotEvenAskFor(t *testing.T) {
	b := newBooks()
	b.fails["database replica"] = errors.New("no answer")
	f := verdicts(t, b)[readiness.CheckReplicaKey]
	require.Contains(t, f.Reason, errUnread.Error())
	require.NotContains(t, b.asked, "key key-replica")
	require.NotContains(t, b.asked, "permissions key-primary key-replica")
}

func TestCheck_AsksAtOnceAndEndsWithItsContext(t *testing.T) {
	b := newBooks()
	for _, question := range []string{"database primary", "database replica", "records", "alarm"} {
		b.silent[question] = true
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan []readiness.Finding, 1)
	go func() {
		findings, err := (&checker{cfg: checked(), read: b, audit: b}).Check(ctx)
		if !errors.Is(err, context.Canceled) {
			findings = nil
		}
		ended <- findings
	}()
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.asked) == 9
	}, 20*time.Second, time.Millisecond, "one that is silent keeps others from being asked")
	cancel()
	findings := <-ended
	require.NotEmpty(t, findings, "what was read in time is lost, or the end of the time is not told")
	require.Contains(t, readiness.Unread(findings), readiness.CheckRecords)
	require.NotContains(t, readiness.Unread(findings), readiness.CheckSecret)
}
