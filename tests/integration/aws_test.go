//go:build integration

package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretstypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// Variables that choose the target.
const (
	targetVariable  = "PGDR_TARGET"
	accountVariable = "PGDR_ACCOUNT_ID"
)

var pgxNoRows = pgx.ErrNoRows

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// lifetime is what a run on AWS may take, destruction included. A test
// program that is ended by its own time limit destroys nothing.
const lifetime = 6 * time.Hour

// Why the suite doesn't touch an account.
var (
	errNoAccount     = errors.New("give the 12 digits of the account that may be used, on purpose")
	errOtherAccount  = errors.New("the credentials are of another account than " + accountVariable + " says")
	errProtected     = errors.New("the environment is not declared disposable (disposable: true): the suite destroys what it deploys")
	errTooLittleTime = errors.New("too little time: give -timeout " + lifetime.String() + " or more (make test-integration does), or nothing would be destroyed in the end")
	errNoFolder      = errors.New(folderVariable + ": found nothing: name a folder that outlives the run, so that a run that was killed can be cleaned up by another")
	errExists        = errors.New("the environment exists already and was not made by this suite: choose another suffix")
)

// newEnvironment is what the variables say, on the target that they say.
func newEnvironment(ctx context.Context, t *testing.T) *environment {
	t.Helper()
	dir := folder(t)
	switch where := os.Getenv(targetVariable); where {
	case "", "twin":
		if os.Getenv(spec.SuffixVariable) == "" {
			t.Setenv(spec.SuffixVariable, "it")
			t.Setenv(spec.FileVariable, "environments/dev.yaml")
		}
		project, cfg := load(t, dir)
		return &environment{project: project, dir: dir, config: cfg, target: newTwin(ctx, t, project, dir, cfg)}
	case "aws":
		t.Setenv("AWS_ACCOUNT_ID", os.Getenv(accountVariable)) // Terraform then refuses any other, too
		project, cfg := load(t, "")
		e := &environment{project: project, dir: dir, config: cfg}
		e.target = newAWS(ctx, t, e)
		return e
	default:
		require.FailNow(t, "no such target", "%s: found %q, want twin or aws", targetVariable, where)
		return nil
	}
}

// awsTarget is a real account.
type awsTarget struct {
	t       *testing.T
	e       *environment
	clients map[string]aws.Config
}

func newAWS(ctx context.Context, t *testing.T, e *environment) *awsTarget {
	t.Helper()
	a := &awsTarget{t: t, e: e, clients: map[string]aws.Config{}}
	for _, region := range []string{e.config.Sites.Primary.Region, e.config.Sites.Replica.Region} {
		c, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
		require.NoError(t, err)
		a.clients[region] = c
	}
	deadline, limited := t.Deadline()
	if !limited {
		deadline = time.Now().Add(2 * lifetime)
	}
	require.NoError(t, permit(os.Getenv(accountVariable), os.Getenv(folderVariable), e.config.Disposable, time.Until(deadline), func() (string, error) {
		who, err := sts.NewFromConfig(a.clients[e.config.Sites.Replica.Region]).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", fmt.Errorf("ask AWS whose credentials these are: %w", err)
		}
		return aws.ToString(who.Account), nil
	}))
	return a
}

// permit says whether the suite may work on AWS.
func permit(wanted, folder string, disposable bool, left time.Duration, account func() (string, error)) error {
	switch {
	case wanted == "":
		return fmt.Errorf("%s: found nothing: %w", accountVariable, errNoAccount)
	case !accountID.MatchString(wanted):
		return fmt.Errorf("%s: found %q: %w", accountVariable, wanted, errNoAccount)
	case folder == "":
		return errNoFolder
	case !disposable:
		return errProtected
	case left < lifetime:
		return errTooLittleTime
	}
	found, err := account()
	if err != nil {
		return err
	}
	if found != wanted {
		return fmt.Errorf("%w: found %s, want %s", errOtherAccount, found, wanted)
	}
	return nil
}

func (*awsTarget) name() string { return "aws" }

func (*awsTarget) variables() map[string]string { return map[string]string{} }

// claim refuses an environment that has anything in its states: the suite
// would destroy it in the end.
func (a *awsTarget) claim(ctx context.Context) error {
	if a.ours() {
		return nil
	}
	for _, role := range roles {
		if found := a.e.inState(ctx, a.t, role); len(found) > 0 {
			return fmt.Errorf("%w: %s has %d resources", errExists, a.e.stack(role), len(found))
		}
	}
	left, err := a.left(ctx)
	if err != nil {
		return fmt.Errorf("find out whether the environment exists already: %w", err)
	}
	if len(left) > 0 {
		return fmt.Errorf("%w: found %s", errExists, strings.Join(left, ", "))
	}
	return os.WriteFile(filepath.Join(a.e.dir, claimFile), []byte(a.e.suffix()+"\n"), 0o600)
}

func (a *awsTarget) ours() bool {
	raw, err := os.ReadFile(filepath.Join(a.e.dir, claimFile))
	return err == nil && string(raw) == a.e.suffix()+"\n"
}

// query isn't possible: the databases can be reached from the two networks
// only, and no host of ours is in them but the guard.
func (*awsTarget) query(_ context.Context, region, _ string) (string, error) {
	return "", fmt.Errorf("SQL from the network in %s %w: only hosts inside it reach the database, and the suite puts none there; the guard's own SQL over TLS is part of the stages ready and failover", region, errNotFromHere)
}

func (a *awsTarget) invoke(ctx context.Context, event string) ([]byte, error) {
	out, err := lambda.NewFromConfig(a.clients[a.e.config.Sites.Replica.Region]).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String("failover-function-" + a.e.suffix()), Payload: []byte(event),
	})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("the function failed: %s: %s", *out.FunctionError, out.Payload)
	}
	return out.Payload, nil
}

// disaster can't be had of AWS: an operator's order takes its place. It
// fences, promotes and switches just the same, with a primary that answers.
func (a *awsTarget) disaster(ctx context.Context) error {
	raw, err := a.invoke(ctx, `{"action":"failover","by":"integration","force":true}`)
	a.t.Logf("the guard was ordered to fail over: %s", raw)
	return err
}

func (*awsTarget) over(context.Context) error { return nil }

func (*awsTarget) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (*awsTarget) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

func (a *awsTarget) discard(ctx context.Context) error {
	client := secretsmanager.NewFromConfig(a.clients[a.e.config.Sites.Replica.Region])
	_, err := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(secretName(a.e.suffix())), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	var gone *secretstypes.ResourceNotFoundException
	if errors.As(err, &gone) {
		return fmt.Errorf("%s: %w", secretName(a.e.suffix()), errNotLeft)
	}
	return err
}

// left looks for what costs most and goes last: databases and networks.
func (a *awsTarget) left(ctx context.Context) (found []string, err error) {
	for _, place := range []struct{ role, region string }{
		{"primary", a.e.config.Sites.Primary.Region}, {"replica", a.e.config.Sites.Replica.Region},
	} {
		clients := a.clients[place.region]
		id := place.role + "-db-" + a.e.suffix()
		_, err := rds.NewFromConfig(clients).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
		var gone *rdstypes.DBInstanceNotFoundFault
		switch {
		case err == nil:
			found = append(found, "database "+id)
		case !errors.As(err, &gone):
			return nil, fmt.Errorf("look for %s: %w", id, err)
		}
		vpcs, err := ec2.NewFromConfig(clients).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{
			{Name: aws.String("tag:Environment"), Values: []string{a.e.suffix()}},
		}})
		if err != nil {
			return nil, fmt.Errorf("look for networks in %s: %w", place.region, err)
		}
		for _, vpc := range vpcs.Vpcs {
			found = append(found, "network "+aws.ToString(vpc.VpcId))
		}
	}
	return found, nil
}

func (*awsTarget) close() error { return nil }

func TestPermit_RefusesAnAccountUnlessAllIsSaidOnPurpose(t *testing.T) {
	const mine = "123456789012"
	errAsk := errors.New("no credentials")
	for name, tt := range map[string]struct {
		wanted, folder string
		disposable     bool
		left           time.Duration
		found          string
		ask            error
		want           error
	}{
		"all is right":              {mine, "it", true, lifetime, mine, nil, nil},
		"no account was named":      {"", "it", true, lifetime, mine, nil, errNoAccount},
		"half an account":           {"123", "it", true, lifetime, mine, nil, errNoAccount},
		"no number":                 {"my-account-1", "it", true, lifetime, mine, nil, errNoAccount},
		"no folder to come back to": {mine, "", true, lifetime, mine, nil, errNoFolder},
		"a protected environment":   {mine, "it", false, lifetime, mine, nil, errProtected},
		"a time limit that is near": {mine, "it", true, lifetime - time.Second, mine, nil, errTooLittleTime},
		"another account":           {mine, "it", true, lifetime, "999999999999", nil, errOtherAccount},
		"nobody knows whose":        {mine, "it", true, lifetime, "", errAsk, errAsk},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, permit(tt.wanted, tt.folder, tt.disposable, tt.left, func() (string, error) { return tt.found, tt.ask }), tt.want)
		})
	}
	require.ErrorContains(t, permit("", "it", true, lifetime, nil), accountVariable+": found nothing: give")
	require.ErrorContains(t, permit("123", "it", true, lifetime, nil), accountVariable+`: found "123": give`)
}
