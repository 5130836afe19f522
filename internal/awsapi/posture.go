package awsapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Posture is engine.Posture on RDS and Secrets Manager.
type Posture struct {
	databases fleet
	secrets   secretsAPI
	// want is what the new writer is given.
	want contract.DatabaseConfig
	// secret is the ARN of the secret in the guard's own region.
	secret string
	region string
}

var _ engine.Posture = (*Posture)(nil)

// Restore implements engine.Posture. It asks only for what is missing and only
// ever for more: a person who raised something after the failover meant it.
// nil means that RDS has or has accepted all of it.
func (p *Posture) Restore(ctx context.Context, m engine.Member) error {
	if m.Site != engine.SiteReplica {
		return fmt.Errorf("restore posture of %q: site: found %q, want %q", m.Identifier, m.Site, engine.SiteReplica)
	}
	db, err := p.databases.same(ctx, m)
	if err != nil {
		return fmt.Errorf("restore posture: %w", err)
	}
	in, needed := p.missing(db)
	if !needed {
		return nil
	}
	client, err := p.databases.at(m)
	if err != nil {
		return err
	}
	if _, err := client.ModifyDBInstance(ctx, in); err != nil {
		return explain(err, "restore posture of %q", m.Identifier)
	}
	return nil
}

// missing is the change that the instance still needs, over what it has and
// what RDS is about to give it.
func (p *Posture) missing(db types.DBInstance) (*rds.ModifyDBInstanceInput, bool) {
	in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: db.DBInstanceIdentifier, ApplyImmediately: aws.Bool(true)}
	retention, multiAZ := aws.ToInt32(db.BackupRetentionPeriod), aws.ToBool(db.MultiAZ)
	if next := db.PendingModifiedValues; next != nil {
		if next.BackupRetentionPeriod != nil {
			retention = *next.BackupRetentionPeriod
		}
		if next.MultiAZ != nil {
			multiAZ = *next.MultiAZ
		}
	}
	needed := false
	if want := int32(p.want.BackupRetentionDays); retention < want { //nolint:gosec // Configuration bounds it to 35.
		in.BackupRetentionPeriod, needed = aws.Int32(want), true
	}
	if p.want.MultiAZ && !multiAZ {
		in.MultiAZ, needed = aws.Bool(true), true
	}
	if p.want.DeletionProtection && !aws.ToBool(db.DeletionProtection) {
		in.DeletionProtection, needed = aws.Bool(true), true
	}
	return in, needed
}

// DetachSecret implements engine.Posture. Secrets Manager refuses to detach
// what is detached already with a code that stands for other things too, so the
// secret itself is asked.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
func (p *Posture) DetachSecret(ctx context.Context) error {
	standalone, err := p.standalone(ctx)
	if standalone || err != nil {
		return err
	}
	_, err = p.secrets.StopReplicationToReplica(ctx, &secretsmanager.StopReplicationToReplicaInput{SecretId: aws.String(p.secret)})
	if err == nil {
		return nil
	}
	if hasCode(err, codeSecretState) {
		if standalone, look := p.standalone(ctx); look == nil && standalone {
			return nil
		}
	}
	return explain(err, "detach secret %s", p.secret)
}

// standalone: the secret's home is the region that it is in.
func (p *Posture) standalone(ctx context.Context) (bool, error) {
	out, err := p.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(p.secret)})
	if err != nil {
		return false, explain(err, "describe secret %s", p.secret)
	}
	home := aws.ToString(out.PrimaryRegion)
	return home == "" || home == p.region, nil
}

// Stop implements engine.Posture. What is stopped or stopping is done with. RDS
// does not stop an instance that has replicas.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
func (p *Posture) Stop(ctx context.Context, m engine.Member) error {
	if m.Site != engine.SitePrimary {
		return fmt.Errorf("stop %q: site: found %q, want %q", m.Identifier, m.Site, engine.SitePrimary)
	}
	client, err := p.databases.at(m)
	if err != nil {
		return err
	}
	name, done, err := p.stopped(ctx, m)
	if done || err != nil {
		return err
	}
	_, err = client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: aws.String(name)})
	if err == nil {
		return nil
	}
	err = explain(err, "stop %q", name)
	if !hasCode(err, codeInvalidState, codeInvalidCombo) {
		return err
	}
	// Another call, or a replica that has just been made, was faster.
	_, done, look := p.stopped(ctx, m)
	if done {
		return nil
	}
	if errors.Is(look, engine.ErrHasReplicas) {
		return look
	}
	return err
}

// stopped tells the name that the instance has by now, and whether there is
// nothing left to stop; engine.ErrHasReplicas where RDS would not do it.
func (p *Posture) stopped(ctx context.Context, m engine.Member) (name string, done bool, err error) {
	db, err := p.databases.find(ctx, m)
	if err != nil {
		return "", false, fmt.Errorf("stop: %w", err)
	}
	name = aws.ToString(db.DBInstanceIdentifier)
	switch aws.ToString(db.DBInstanceStatus) {
	case "stopped", "stopping":
		return name, true, nil
	}
	if n := len(db.ReadReplicaDBInstanceIdentifiers) + len(db.ReadReplicaDBClusterIdentifiers); n > 0 {
		return name, false, fmt.Errorf("stop %q: it has %d replicas: %w", name, n, engine.ErrHasReplicas)
	}
	return name, false, nil
}
