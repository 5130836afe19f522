package awsapi

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

func readinessOn(f *fake) *Readiness {
	c := testConfig()
	return &Readiness{config: c, databases: fleet{engine.SitePrimary: f, engine.SiteReplica: f}, dns: f, alarms: f, topics: f, iam: f, caller: f,
		records: &Switcher{dns: f, zone: zone, name: recordName},
		keys:    map[string]kmsAPI{"us-east-1": f, "eu-west-1": f}, secrets: map[string]secretsAPI{"us-east-1": f, "eu-west-1": f}}
}

func TestReadiness_DescribesADatabase(t *testing.T) {
	f := newFake(t)
	restorable := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	shows(f, rdstypes.DBInstance{
		DBInstanceIdentifier: aws.String("replica-db-dev"), DbiResourceId: aws.String("db-REPLICA"), DBInstanceArn: aws.String("arn:db"),
		DBInstanceStatus: aws.String("available"), DBInstanceClass: aws.String("db.r6g.large"), Engine: aws.String("postgres"), EngineVersion: aws.String("15.13"),
		StorageType: aws.String("gp3"), AllocatedStorage: aws.Int32(100), MaxAllocatedStorage: aws.Int32(500), Iops: aws.Int32(3000), StorageThroughput: aws.Int32(125),
		BackupRetentionPeriod: aws.Int32(7), LatestRestorableTime: &restorable, MultiAZ: aws.Bool(true), DeletionProtection: aws.Bool(true), StorageEncrypted: aws.Bool(true),
		PubliclyAccessible: aws.Bool(true), KmsKeyId: aws.String("arn:key"), ReadReplicaSourceDBInstanceIdentifier: aws.String("arn:source"), ReadReplicaDBInstanceIdentifiers: []string{"x"},
		DBParameterGroups: []rdstypes.DBParameterGroupStatus{{DBParameterGroupName: aws.String("group"), ParameterApplyStatus: aws.String("pending-reboot")}},
		DBSubnetGroup:     &rdstypes.DBSubnetGroup{Subnets: []rdstypes.Subnet{{SubnetIdentifier: aws.String("subnet-a")}, {SubnetIdentifier: aws.String("subnet-b")}}},
		Endpoint:          &rdstypes.Endpoint{Address: aws.String(replicaEndpoint), Port: aws.Int32(5432)},
	})
	got, err := readinessOn(f).Database(context.Background(), replica)
	want := facts.Database{
		Identifier: "replica-db-dev", ResourceID: "db-REPLICA", ARN: "arn:db", Status: "available", Class: "db.r6g.large", Engine: "postgres", EngineVersion: "15.13",
		StorageType: "gp3", StorageGiB: 100, MaxStorageGiB: 500, IOPS: 3000, ThroughputMiBps: 125, BackupRetentionDays: 7, LatestRestorable: restorable,
		MultiAZ: true, DeletionProtection: true, Encrypted: true, PubliclyAccessible: true, KeyARN: "arn:key", ParameterGroup: "group", ParameterStatus: "pending-reboot",
		Source: "arn:source", Replicas: []string{"x"}, Endpoint: replicaEndpoint, Port: 5432,
		Subnets: []string{"subnet-a", "subnet-b"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	shows(f, dbInstance(replica)) // As while it is being created: no endpoint, no group.
	if _, err := readinessOn(f).Database(context.Background(), replica); err != nil {
		t.Errorf("bare instance: %v", err)
	}
}

func TestReadiness_ReadsAllPagesOfAParameterGroup(t *testing.T) {
	f := newFake(t)
	on(f, func(in *rds.DescribeDBParametersInput) (*rds.DescribeDBParametersOutput, error) {
		if in.Marker == nil {
			return &rds.DescribeDBParametersOutput{Marker: aws.String("more"), Parameters: []rdstypes.Parameter{
				{ParameterName: aws.String("rds.force_ssl"), ParameterValue: aws.String("1"), Source: aws.String("user"), ApplyType: aws.String("dynamic")}}}, nil
		}
		return &rds.DescribeDBParametersOutput{Parameters: []rdstypes.Parameter{{ParameterName: aws.String("work_mem"), Source: aws.String("engine-default")}}}, nil
	})
	got, err := readinessOn(f).Parameters(context.Background(), engine.SiteReplica, "group")
	want := map[string]facts.Parameter{
		"rds.force_ssl": {Name: "rds.force_ssl", Value: "1", Source: "user", ApplyType: "dynamic"},
		"work_mem":      {Name: "work_mem", Source: "engine-default"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	on(f, func(*rds.DescribeDBParametersInput) (*rds.DescribeDBParametersOutput, error) {
		return &rds.DescribeDBParametersOutput{Marker: aws.String("more")}, nil
	})
	if _, err := readinessOn(f).Parameters(context.Background(), engine.SiteReplica, "group"); err == nil {
		t.Error("pages without end: got nil, want an error")
	}
	fails[rds.DescribeDBParametersInput](f, apiError(codeNoParameterGroup))
	if _, err := readinessOn(f).Parameters(context.Background(), engine.SiteReplica, "group"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
	if _, err := readinessOn(f).Parameters(context.Background(), "mars", "group"); err == nil {
		t.Error("a site that does not exist: got nil, want an error")
	}
}

func TestReadiness_DescribesTheSecretOfEachRegion(t *testing.T) {
	f := newFake(t)
	deleted := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	on(f, func(in *secretsmanager.DescribeSecretInput) (*secretsmanager.DescribeSecretOutput, error) {
		return &secretsmanager.DescribeSecretOutput{ARN: in.SecretId, KmsKeyId: aws.String("key"), PrimaryRegion: aws.String("us-east-1"), DeletedDate: &deleted}, nil
	})
	got, err := readinessOn(f).RegionalSecret(context.Background())
	want := facts.Secret{ARN: regionalSecret, KeyID: "key", PrimaryRegion: "us-east-1", Replicas: map[string]string{}, DeletedAt: deleted}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	fails[secretsmanager.DescribeSecretInput](f, apiError(codeNoSecret))
	if _, err := readinessOn(f).PrimarySecret(context.Background()); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

func TestReadiness_RefusesAnARNOfARegionThatIsNoSites(t *testing.T) {
	r := readinessOn(newFake(t))
	for _, key := range []string{"", "mrk-1", "arn:aws:kms:ap-east-1:123456789012:key/k"} {
		if _, err := r.Key(context.Background(), key); err == nil {
			t.Errorf("key %q: got nil, want an error and no call", key)
		}
	}
}

var writerSettings = facts.AlarmSettings{
	Namespace: "PGDR", Metric: "ActiveWriter", Dimensions: map[string]string{"Environment": "dev"},
	Statistic: "Maximum", Comparison: "GreaterThanOrEqualToThreshold", Threshold: 1, PeriodSeconds: 60, EvaluationPeriods: 1,
}

func TestReadiness_DescribesTheWritersAlarm(t *testing.T) {
	f := newFake(t)
	on(f, func(in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
		if len(in.AlarmNames) != 1 || in.AlarmNames[0] != "active-writer-dev" {
			t.Errorf("asked for %v, want active-writer-dev", in.AlarmNames)
		}
		return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{
			AlarmArn: aws.String("arn:alarm"), StateValue: cwtypes.StateValueOk, TreatMissingData: aws.String("ignore"), Namespace: aws.String("PGDR"),
			MetricName: aws.String("ActiveWriter"), Dimensions: []cwtypes.Dimension{{Name: aws.String("Environment"), Value: aws.String("dev")}},
			Statistic: cwtypes.StatisticMaximum, ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold, Threshold: aws.Float64(1),
			Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		}}}, nil
	})
	got, err := readinessOn(f).Alarm(context.Background())
	if diff := cmp.Diff(facts.Alarm{ARN: "arn:alarm", State: "OK", MissingData: "ignore", Settings: writerSettings}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	on(f, func(*cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
		return &cloudwatch.DescribeAlarmsOutput{}, nil
	})
	if _, err := readinessOn(f).Alarm(context.Background()); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

func TestReadiness_DescribesTheHealthCheckAndWhatItCopied(t *testing.T) {
	f := newFake(t)
	on(f, func(*route53.GetHealthCheckInput) (*route53.GetHealthCheckOutput, error) {
		return &route53.GetHealthCheckOutput{HealthCheck: &r53types.HealthCheck{
			Id: aws.String("check-1"),
			HealthCheckConfig: &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCloudwatchMetric, Inverted: aws.Bool(true), Disabled: aws.Bool(true),
				InsufficientDataHealthStatus: r53types.InsufficientDataHealthStatusLastKnownStatus,
				AlarmIdentifier:              &r53types.AlarmIdentifier{Name: aws.String("active-writer-dev"), Region: r53types.CloudWatchRegionEuWest1}},
			CloudWatchAlarmConfiguration: &r53types.CloudWatchAlarmConfiguration{
				Namespace: aws.String("PGDR"), MetricName: aws.String("ActiveWriter"), Statistic: r53types.StatisticMaximum, Threshold: aws.Float64(1),
				ComparisonOperator: r53types.ComparisonOperatorGreaterThanOrEqualToThreshold, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
				Dimensions: []r53types.Dimension{{Name: aws.String("Environment"), Value: aws.String("dev")}}},
		}}, nil
	})
	got, err := readinessOn(f).HealthCheck(context.Background())
	want := facts.HealthCheck{ID: "check-1", Type: "CLOUDWATCH_METRIC", AlarmName: "active-writer-dev", AlarmRegion: "eu-west-1",
		InsufficientData: "LastKnownStatus", Disabled: true, Inverted: true, Copied: writerSettings}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	fails[route53.GetHealthCheckInput](f, apiError(codeNoHealthCheck))
	if _, err := readinessOn(f).HealthCheck(context.Background()); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
	on(f, func(*route53.GetHealthCheckInput) (*route53.GetHealthCheckOutput, error) {
		return &route53.GetHealthCheckOutput{}, nil
	})
	if _, err := readinessOn(f).HealthCheck(context.Background()); err == nil {
		t.Error("an empty answer: got nil, want an error")
	}
}

func TestReadiness_ListsRecordsWhateverTheyAre(t *testing.T) {
	unweighted := record("stranger", "db.example.com", 0, nil)
	unweighted.Weight = nil
	z := newZone(t, record("primary-dev", primaryEndpoint, 100, aws.String("check-1")), unweighted)
	got, err := readinessOn(z.fake).Records(context.Background())
	want := []facts.Record{
		{Name: recordName + ".", SetIdentifier: "primary-dev", Values: []string{primaryEndpoint}, Weight: 100, TTL: 5 * time.Second, HealthCheckID: "check-1"},
		{Name: recordName + ".", SetIdentifier: "stranger", Values: []string{"db.example.com"}, Weight: -1, TTL: 5 * time.Second},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
