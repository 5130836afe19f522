package awsapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// parameterPages bounds the pages of a parameter group; PostgreSQL 17 has about
// 450 parameters, a page 100.
const parameterPages = 20

// ErrMissing says that AWS answered that there is no such thing.
var ErrMissing = errors.New("does not exist")

// Readiness reads what a readiness check judges. Each method is one question;
// none changes anything. They may run at once.
type Readiness struct {
	config    contract.Config
	databases fleet
	records   *Switcher
	fence     *Fencer
	dns       route53API
	alarms    cloudwatchAPI
	topics    snsAPI
	// keys and secrets by region.
	keys    map[string]kmsAPI
	secrets map[string]secretsAPI
	iam     iamAPI
	caller  stsAPI
}

// Database describes one of the two instances. engine.ErrNotFound when RDS
// answers that there is none.
func (r *Readiness) Database(ctx context.Context, m engine.Member) (facts.Database, error) {
	db, err := r.databases.describe(ctx, m)
	if err != nil {
		return facts.Database{}, err
	}
	return databaseFacts(db), nil
}

func databaseFacts(db types.DBInstance) facts.Database {
	f := facts.Database{
		Identifier: aws.ToString(db.DBInstanceIdentifier), ResourceID: aws.ToString(db.DbiResourceId), ARN: aws.ToString(db.DBInstanceArn),
		Status: aws.ToString(db.DBInstanceStatus), Class: aws.ToString(db.DBInstanceClass),
		Engine: aws.ToString(db.Engine), EngineVersion: aws.ToString(db.EngineVersion),
		StorageType: aws.ToString(db.StorageType), StorageGiB: int(aws.ToInt32(db.AllocatedStorage)),
		MaxStorageGiB: int(aws.ToInt32(db.MaxAllocatedStorage)), IOPS: int(aws.ToInt32(db.Iops)),
		ThroughputMiBps:     int(aws.ToInt32(db.StorageThroughput)),
		BackupRetentionDays: int(aws.ToInt32(db.BackupRetentionPeriod)), LatestRestorable: aws.ToTime(db.LatestRestorableTime),
		MultiAZ: aws.ToBool(db.MultiAZ), DeletionProtection: aws.ToBool(db.DeletionProtection),
		Encrypted: aws.ToBool(db.StorageEncrypted), PubliclyAccessible: aws.ToBool(db.PubliclyAccessible),
		KeyARN: aws.ToString(db.KmsKeyId), Source: aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier),
		Replicas: db.ReadReplicaDBInstanceIdentifiers, Subnets: subnetsOf(db),
	}
	if len(db.DBParameterGroups) > 0 {
		f.ParameterGroup = aws.ToString(db.DBParameterGroups[0].DBParameterGroupName)
		f.ParameterStatus = aws.ToString(db.DBParameterGroups[0].ParameterApplyStatus)
	}
	if db.Endpoint != nil {
		f.Endpoint, f.Port = aws.ToString(db.Endpoint.Address), int(aws.ToInt32(db.Endpoint.Port))
	}
	return f
}

// Parameters reads the settings of a parameter group at a site; the key is the parameter's name.
func (r *Readiness) Parameters(ctx context.Context, site engine.Site, group string) (map[string]facts.Parameter, error) {
	client, known := r.databases[site]
	if !known {
		return nil, fmt.Errorf("describe parameter group %q: site: found %q, want %q or %q", group, site, engine.SitePrimary, engine.SiteReplica)
	}
	all := map[string]facts.Parameter{}
	in := &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String(group)}
	for range parameterPages {
		out, err := client.DescribeDBParameters(ctx, in)
		if hasCode(err, codeNoParameterGroup) {
			return nil, fmt.Errorf("parameter group %q: %w", group, ErrMissing)
		}
		if err != nil {
			return nil, explain(err, "describe parameter group %q", group)
		}
		for _, p := range out.Parameters {
			name := aws.ToString(p.ParameterName)
			all[name] = facts.Parameter{Name: name, Value: aws.ToString(p.ParameterValue), Source: aws.ToString(p.Source), ApplyType: aws.ToString(p.ApplyType)}
		}
		if aws.ToString(out.Marker) == "" {
			return all, nil
		}
		in.Marker = out.Marker
	}
	return nil, fmt.Errorf("describe parameter group %q: more than %d pages", group, parameterPages)
}

// Key describes a KMS key by its ARN, in the key's own region.
func (r *Readiness) Key(ctx context.Context, keyARN string) (facts.Key, error) {
	client, err := inRegionOf(keyARN, r.keys)
	if err != nil {
		return facts.Key{}, fmt.Errorf("describe key: %w", err)
	}
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(keyARN)})
	if hasCode(err, codeNoKey) {
		return facts.Key{}, fmt.Errorf("key %s: %w", keyARN, ErrMissing)
	}
	if err != nil {
		return facts.Key{}, explain(err, "describe key %s", keyARN)
	}
	k := out.KeyMetadata
	if k == nil {
		return facts.Key{}, fmt.Errorf("describe key %s: KMS answered without a key", keyARN)
	}
	f := facts.Key{ARN: aws.ToString(k.Arn), Enabled: k.Enabled, State: string(k.KeyState), MultiRegion: aws.ToBool(k.MultiRegion)}
	if c := k.MultiRegionConfiguration; c != nil && c.PrimaryKey != nil {
		f.PrimaryARN = aws.ToString(c.PrimaryKey.Arn)
	}
	return f, nil
}

// RegionalSecret describes the secret of the guard's own region.
func (r *Readiness) RegionalSecret(ctx context.Context) (facts.Secret, error) {
	return r.secret(ctx, r.config.SecretARN)
}

// PrimarySecret describes the secret that it was replicated from.
func (r *Readiness) PrimarySecret(ctx context.Context) (facts.Secret, error) {
	return r.secret(ctx, r.config.PrimarySecretARN)
}

func (r *Readiness) secret(ctx context.Context, secretARN string) (facts.Secret, error) {
	client, err := inRegionOf(secretARN, r.secrets)
	if err != nil {
		return facts.Secret{}, fmt.Errorf("describe secret: %w", err)
	}
	out, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(secretARN)})
	if hasCode(err, codeNoSecret) {
		return facts.Secret{}, fmt.Errorf("secret %s: %w", secretARN, ErrMissing)
	}
	if err != nil {
		return facts.Secret{}, explain(err, "describe secret %s", secretARN)
	}
	f := facts.Secret{ARN: aws.ToString(out.ARN), KeyID: aws.ToString(out.KmsKeyId), PrimaryRegion: aws.ToString(out.PrimaryRegion),
		DeletedAt: aws.ToTime(out.DeletedDate), Replicas: map[string]string{}}
	for _, s := range out.ReplicationStatus {
		f.Replicas[aws.ToString(s.Region)] = string(s.Status)
	}
	return f, nil
}

// Records reads the writer's DNS records, whatever there is.
func (r *Readiness) Records(ctx context.Context) ([]facts.Record, error) {
	list, err := r.records.list(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]facts.Record, 0, len(list))
	for _, one := range list {
		f := facts.Record{Name: aws.ToString(one.Name), SetIdentifier: aws.ToString(one.SetIdentifier), Weight: -1,
			TTL: time.Duration(aws.ToInt64(one.TTL)) * time.Second, HealthCheckID: aws.ToString(one.HealthCheckId)}
		if one.Weight != nil {
			f.Weight = int(*one.Weight)
		}
		for _, v := range one.ResourceRecords {
			f.Values = append(f.Values, aws.ToString(v.Value))
		}
		records = append(records, f)
	}
	return records, nil
}

// inRegionOf picks the client of the region that an ARN names.
func inRegionOf[C any](resource string, clients map[string]C) (C, error) {
	var none C
	a, err := arn.Parse(resource)
	if err != nil {
		return none, fmt.Errorf("found %q, want an ARN: %w", resource, err)
	}
	client, known := clients[a.Region]
	if !known {
		return none, fmt.Errorf("found %q, want an ARN in a site's region", resource)
	}
	return client, nil
}
