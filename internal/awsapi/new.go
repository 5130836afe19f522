package awsapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Service names a service where an endpoint is asked for.
type Service string

// The services in use.
const (
	CloudWatch     Service = "cloudwatch"
	DynamoDB       Service = "dynamodb"
	EC2            Service = "ec2"
	IAM            Service = "iam"
	KMS            Service = "kms"
	RDS            Service = "rds"
	Route53        Service = "route53"
	SecretsManager Service = "secretsmanager"
	SNS            Service = "sns"
	STS            Service = "sts"
)

// globalRegion is where IAM and Route 53 are run from, and the region that
// their requests are signed for.
// https://docs.aws.amazon.com/general/latest/gr/r53.html
const globalRegion = "us-east-1"

// Options are what a process gives besides the configuration.
type Options struct {
	// Clock is required: calls are bounded on the same clock as the engine.
	Clock engine.Clock
	// HTTPClient defaults to NewHTTPClient().
	HTTPClient aws.HTTPClient
	// Endpoint names another base URL for a service in a region; "" or a nil
	// function means AWS's own. For IAM and Route 53 the region is us-east-1.
	// The SDK's own variable AWS_ENDPOINT_URL works as well, for all at once.
	Endpoint func(service Service, region string) string
	// Credentials default to the SDK's chain: in the function, its role.
	Credentials aws.CredentialsProvider
}

// Adapters are the guard's ways to AWS.
type Adapters struct {
	Ledger    *Ledger
	Promoter  *Promoter
	Fencer    *Fencer
	Switcher  *Switcher
	Posture   *Posture
	Metrics   *Metrics
	Notifier  *Notifier
	Secrets   *Secrets
	Activity  *Activity
	Liveness  *Liveness
	Readiness *Readiness
}

// New makes the adapters, with a client a service and region. It makes no
// call.
func New(ctx context.Context, c contract.Config, o Options) (*Adapters, error) {
	if o.Clock == nil {
		return nil, errors.New("aws clients: options.clock: missing")
	}
	m, err := newMaker(ctx, c.Replica.Region, o)
	if err != nil {
		return nil, err
	}
	home, away := c.Replica.Region, c.Primary.Region
	databases := fleet{engine.SitePrimary: m.rds(away), engine.SiteReplica: m.rds(home)}
	secrets, dns, metrics, topics := m.secrets(home), m.route53(), m.cloudwatch(home), m.sns(home)
	callers := map[string]stsAPI{home: m.sts(home), away: m.sts(away)}
	for _, w := range c.WitnessRegions {
		callers[w] = m.sts(w)
	}
	switcher := &Switcher{alarms: metrics, alarm: c.ActiveWriterAlarm, dns: dns, zone: c.DNS.ZoneID, name: c.DNS.RecordName,
		endpoints: map[engine.Site]string{engine.SitePrimary: c.Primary.Endpoint, engine.SiteReplica: c.Replica.Endpoint}}
	fencer := &Fencer{clock: o.Clock, ec2: m.ec2(away), databases: databases,
		fence: fenceRules(c.PrimaryNetworkACLID, c.Database.Port, c.GuardCIDRs)}
	return &Adapters{
		Ledger:   &Ledger{db: m.dynamodb(home), table: c.LedgerTable},
		Promoter: &Promoter{databases: databases, retention: c.Database.BackupRetentionDays},
		Fencer:   fencer,
		Switcher: switcher,
		Posture:  &Posture{databases: databases, secrets: secrets, want: c.Database, secret: c.SecretARN, region: home},
		Metrics:  &Metrics{cloudwatch: metrics, namespace: c.MetricNamespace, environment: c.Environment},
		Notifier: &Notifier{sns: topics, topic: c.NoticeTopicARN},
		Secrets:  &Secrets{secrets: secrets, arn: c.SecretARN},
		Activity: &Activity{clock: o.Clock, cloudwatch: map[engine.Site]cloudwatchAPI{engine.SitePrimary: m.cloudwatch(away)}},
		Liveness: &Liveness{clock: o.Clock, databases: databases, callers: callers,
			regions:   map[engine.Site]string{engine.SitePrimary: away, engine.SiteReplica: home},
			witnesses: c.WitnessRegions},
		Readiness: &Readiness{config: c, databases: databases, records: switcher, fence: fencer, dns: dns, alarms: metrics, topics: topics,
			keys:    map[string]kmsAPI{home: m.kms(home), away: m.kms(away)},
			secrets: map[string]secretsAPI{home: secrets, away: m.secrets(away)},
			iam:     m.iam(), caller: callers[home]},
	}, nil
}

// maker makes clients that differ in service and region only.
type maker struct {
	base     aws.Config
	endpoint func(Service, string) string
}

func newMaker(ctx context.Context, region string, o Options) (*maker, error) {
	client := o.HTTPClient
	if client == nil {
		client = NewHTTPClient()
	}
	set := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(region),
		awsconfig.WithHTTPClient(client),
		awsconfig.WithRetryer(func() aws.Retryer { return newRetryer(o.Clock) }),
		awsconfig.WithAPIOptions([]func(*middleware.Stack) error{bounding(o.Clock)}),
		awsconfig.WithAppID("pgdr"),
		// The guard's log is JSON; what the SDK would say is in its errors.
		awsconfig.WithLogger(logging.Nop{}),
	}
	if o.Credentials != nil {
		set = append(set, awsconfig.WithCredentialsProvider(o.Credentials))
	}
	base, err := awsconfig.LoadDefaultConfig(ctx, set...)
	if err != nil {
		return nil, fmt.Errorf("load AWS configuration: %w", err)
	}
	endpoint := o.Endpoint
	if endpoint == nil {
		endpoint = func(Service, string) string { return "" }
	}
	return &maker{base: base, endpoint: endpoint}, nil
}

// at sets a client's region, and its endpoint where another is named.
func (m *maker) at(s Service, region string, setRegion *string, setBase **string) {
	*setRegion = region
	if url := m.endpoint(s, region); url != "" {
		*setBase = &url
	}
}

func (m *maker) rds(region string) rdsAPI {
	return rds.NewFromConfig(m.base, func(o *rds.Options) { m.at(RDS, region, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) ec2(region string) ec2API {
	return ec2.NewFromConfig(m.base, func(o *ec2.Options) { m.at(EC2, region, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) route53() route53API {
	return route53.NewFromConfig(m.base, func(o *route53.Options) { m.at(Route53, globalRegion, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) cloudwatch(region string) cloudwatchAPI {
	return cloudwatch.NewFromConfig(m.base, func(o *cloudwatch.Options) { m.at(CloudWatch, region, &o.Region, &o.BaseEndpoint) })
}

// dynamodb keeps to the region's one host name, which the gateway endpoint of
// the VPC serves, rather than one for each account.
func (m *maker) dynamodb(region string) dynamodbAPI {
	return dynamodb.NewFromConfig(m.base, func(o *dynamodb.Options) {
		m.at(DynamoDB, region, &o.Region, &o.BaseEndpoint)
		o.AccountIDEndpointMode = aws.AccountIDEndpointModeDisabled
	})
}

func (m *maker) sns(region string) snsAPI {
	return sns.NewFromConfig(m.base, func(o *sns.Options) { m.at(SNS, region, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) secrets(region string) secretsAPI {
	return secretsmanager.NewFromConfig(m.base, func(o *secretsmanager.Options) { m.at(SecretsManager, region, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) kms(region string) kmsAPI {
	return kms.NewFromConfig(m.base, func(o *kms.Options) { m.at(KMS, region, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) iam() iamAPI {
	return iam.NewFromConfig(m.base, func(o *iam.Options) { m.at(IAM, globalRegion, &o.Region, &o.BaseEndpoint) })
}

func (m *maker) sts(region string) stsAPI {
	return sts.NewFromConfig(m.base, func(o *sts.Options) { m.at(STS, region, &o.Region, &o.BaseEndpoint) })
}
