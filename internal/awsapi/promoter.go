package awsapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Promoter is engine.Promoter on RDS.
type Promoter struct {
	databases fleet
	// retention of the promoted instance's backups, in days.
	retention int
}

var _ engine.Promoter = (*Promoter)(nil)

// Inspect implements engine.Promoter. It leaves RecoveryAt alone: only the
// observer needs that, and a step must not wait for it. See Liveness.RDS.
func (p *Promoter) Inspect(ctx context.Context, m engine.Member) (engine.Instance, error) {
	db, err := p.databases.describe(ctx, m)
	if err != nil {
		return engine.Instance{}, err
	}
	return instance(db), nil
}

// Find implements engine.Promoter.
func (p *Promoter) Find(ctx context.Context, m engine.Member) (engine.Instance, error) {
	db, err := p.databases.find(ctx, m)
	if err != nil {
		return engine.Instance{}, err
	}
	return instance(db), nil
}

// Promote implements engine.Promoter. RDS has one code for every state in
// which it does not promote; which one it was, the instance itself tells. Where
// that can't be had the answer is engine.ErrBusy, since nothing was done.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
func (p *Promoter) Promote(ctx context.Context, m engine.Member) error {
	if m.Site != engine.SiteReplica {
		return fmt.Errorf("promote %q: site: found %q, want %q", m.Identifier, m.Site, engine.SiteReplica)
	}
	client, err := p.databases.at(m)
	if err != nil {
		return err
	}
	_, err = client.PromoteReadReplica(ctx, &rds.PromoteReadReplicaInput{
		DBInstanceIdentifier:  aws.String(m.Identifier),
		BackupRetentionPeriod: aws.Int32(int32(p.retention)), //nolint:gosec // Configuration bounds it to 35.
	})
	if err == nil {
		return nil
	}
	err = explain(err, "promote replica %q", m.Identifier)
	if !errors.Is(err, engine.ErrBusy) {
		return err
	}
	db, look := p.databases.same(ctx, m)
	if look == nil && !isReplica(db) {
		return fmt.Errorf("promote replica %q: RDS names no replication source for it: %w", m.Identifier, engine.ErrNotReplica)
	}
	return err
}
