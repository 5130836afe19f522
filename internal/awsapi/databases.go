package awsapi

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// fleet is RDS at both sites.
type fleet map[engine.Site]rdsAPI

// at gives the client of the member's region.
func (f fleet) at(m engine.Member) (rdsAPI, error) {
	client, known := f[m.Site]
	if !known {
		return nil, fmt.Errorf("instance %q: site: found %q, want %q or %q", m.Identifier, m.Site, engine.SitePrimary, engine.SiteReplica)
	}
	if m.Identifier == "" {
		return nil, fmt.Errorf("instance at site %q: identifier: found nothing, want its RDS instance identifier", m.Site)
	}
	return client, nil
}

// describe looks a member up by its identifier. engine.ErrNotFound when RDS
// answers that there is none.
func (f fleet) describe(ctx context.Context, m engine.Member, opts ...func(*rds.Options)) (types.DBInstance, error) {
	client, err := f.at(m)
	if err != nil {
		return types.DBInstance{}, err
	}
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(m.Identifier)}, opts...)
	if err != nil {
		return types.DBInstance{}, explain(err, "describe instance %q", m.Identifier)
	}
	switch len(out.DBInstances) {
	case 0:
		return types.DBInstance{}, fmt.Errorf("describe instance %q: %w", m.Identifier, engine.ErrNotFound)
	case 1:
		return out.DBInstances[0], nil
	default:
		return types.DBInstance{}, fmt.Errorf("describe instance %q: RDS answered with %d instances, want 1", m.Identifier, len(out.DBInstances))
	}
}

// find looks a member up by its resource id, whatever its identifier is by now: a
// person may have renamed it. engine.ErrNotFound when RDS shows none.
func (f fleet) find(ctx context.Context, m engine.Member, opts ...func(*rds.Options)) (types.DBInstance, error) {
	client, err := f.at(m)
	if err != nil {
		return types.DBInstance{}, err
	}
	if m.ResourceID == "" {
		return types.DBInstance{}, fmt.Errorf("find instance %q: resource id: found nothing, want its DbiResourceId", m.Identifier)
	}
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: aws.String("dbi-resource-id"), Values: []string{m.ResourceID}}},
	}, opts...)
	if err != nil {
		return types.DBInstance{}, explain(err, "find instance %s", m.ResourceID)
	}
	for _, db := range out.DBInstances {
		if aws.ToString(db.DbiResourceId) == m.ResourceID {
			return db, nil
		}
	}
	return types.DBInstance{}, fmt.Errorf("find instance %s: %w", m.ResourceID, engine.ErrNotFound)
}

// same looks a member up and makes sure that it is that very instance: another
// may have been given its identifier. engine.ErrNotFound when it has.
func (f fleet) same(ctx context.Context, m engine.Member) (types.DBInstance, error) {
	db, err := f.describe(ctx, m)
	if err != nil {
		return db, err
	}
	if got := aws.ToString(db.DbiResourceId); got != m.ResourceID {
		return db, fmt.Errorf("instance %q has resource id %q, want %q: %w", m.Identifier, got, m.ResourceID, engine.ErrNotFound)
	}
	return db, nil
}

// instance is RDS's view in the engine's words.
func instance(db types.DBInstance) engine.Instance {
	return engine.Instance{
		Exists:     true,
		ResourceID: aws.ToString(db.DbiResourceId),
		Status:     aws.ToString(db.DBInstanceStatus),
		IsReplica:  isReplica(db),
	}
}

// isReplica: RDS names a replication source.
func isReplica(db types.DBInstance) bool {
	return aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier) != "" || aws.ToString(db.ReadReplicaSourceDBClusterIdentifier) != ""
}

// subnetsOf are the subnets in which RDS may put the instance.
func subnetsOf(db types.DBInstance) []string {
	if db.DBSubnetGroup == nil {
		return nil
	}
	ids := make([]string, 0, len(db.DBSubnetGroup.Subnets))
	for _, s := range db.DBSubnetGroup.Subnets {
		ids = append(ids, aws.ToString(s.SubnetIdentifier))
	}
	return ids
}
