package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/remotestate"
	"github.com/pgdr/pgdr/spec"
)

// stateFlags choose a bucket; what isn't given the environment's
// configuration says.
type stateFlags struct {
	environment string
	project     string
	bucket      string
	region      string
	key         string
	dryRun      bool
}

func stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Prepare the bucket in which teams keep Terraform's state",
	}
	cmd.AddCommand(stateBootstrapCommand())
	return cli.Group(cmd)
}

func stateBootstrapCommand() *cobra.Command {
	flags := &stateFlags{}
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make the state bucket: versioned, encrypted, private, TLS only",
		Long: "Makes the bucket of the environment's S3 backend, or gives one that is there what it lacks. " +
			"A second run changes nothing. A bucket of another account, in another region or that can't be verified is refused.",
		Example: "  drctl state bootstrap -e prod --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.bootstrap(cmd.Context(), cmd.OutOrStdout())
		},
	}
	cli.EnvironmentFlag(cmd.Flags(), &flags.environment)
	cli.ProjectFlag(cmd.Flags(), &flags.project)
	cmd.Flags().StringVar(&flags.bucket, "bucket", "", "name of the bucket (default: backend.bucket)")
	cmd.Flags().StringVar(&flags.region, "region", "", "its region (default: backend.region, else the replica's)")
	cmd.Flags().StringVar(&flags.key, "kms-key-id", "", "ARN of the key that encrypts it (default: backend.kms_key_id, else AES256)")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "look, and say what would be changed")
	return cmd
}

func (f *stateFlags) bootstrap(ctx context.Context, out io.Writer) error {
	cfg, err := f.load(os.Getenv)
	if err != nil {
		return err
	}
	clients, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(cfg.Backend.Region))
	if err != nil {
		return fmt.Errorf("load AWS credentials: %w", err)
	}
	account, err := accountOf(ctx, clients, cfg.Account)
	if err != nil {
		return err
	}
	bucket := remotestate.Bucket{Name: cfg.Backend.Bucket, Region: cfg.Backend.Region, Account: account, KMSKeyID: cfg.Backend.KMSKeyID}
	b := remotestate.New(s3.NewFromConfig(clients), bucket)
	say(out, "Bucket %s in %s, account %s, for the state of %s:", bucket.Name, bucket.Region, account, cfg.Environment)
	if bucket.Region == cfg.Sites.Primary.Region {
		say(out, "  Mind: this is the primary's region. When it is lost, so is access to the state.")
	}
	if f.dryRun {
		findings, err := b.Inspect(ctx)
		if err != nil {
			return err
		}
		tellFindings(out, findings)
		return nil
	}
	changed, err := b.Apply(ctx)
	tellChanges(out, changed)
	return err
}

// errNoBucket says that nothing names a bucket.
var errNoBucket = errors.New("no bucket is named: give --bucket, or set backend.type to s3 and backend.bucket in the environment's file")

// load gives the environment's configuration with what the flags say of the
// backend, validated as if the file said it.
func (f *stateFlags) load(getenv func(string) string) (spec.Config, error) {
	project, err := cli.Project(f.project)
	if err != nil {
		return spec.Config{}, err
	}
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: getenv, Environment: f.environment})
	switch {
	case err != nil:
		return cfg, err
	case cfg.UsesTwin():
		return cfg, fmt.Errorf("%s is set: the local simulation keeps its state in its own folder and needs no bucket", spec.TwinDirVariable)
	case f.bucket == "" && cfg.Backend.Type != "s3":
		return cfg, errNoBucket
	}
	cfg.Backend.Type = "s3"
	for _, given := range []struct {
		flag  string
		field *string
	}{{f.bucket, &cfg.Backend.Bucket}, {f.region, &cfg.Backend.Region}, {f.key, &cfg.Backend.KMSKeyID}} {
		if given.flag != "" {
			*given.field = given.flag
		}
	}
	cfg = cfg.Derived() // the region, where nothing names one
	return cfg, cfg.Validate()
}

// accountOf is the account of the credentials, which must be the environment's
// if that names one.
func accountOf(ctx context.Context, clients aws.Config, wanted string) (string, error) {
	who, err := sts.NewFromConfig(clients).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	account := aws.ToString(who.Account)
	if wanted != "" && account != wanted {
		return "", fmt.Errorf("the credentials are of account %s, the environment's account is %s: use the credentials of that account", account, wanted)
	}
	return account, nil
}

func tellFindings(out io.Writer, findings []remotestate.Finding) {
	missing := 0
	for _, f := range findings {
		if f.Right {
			say(out, "  %-20s right: %s", f.Setting, f.Found)
			continue
		}
		missing++
		say(out, "  %-20s would be set: %s (found: %s)", f.Setting, f.Wanted, f.Found)
	}
	if missing == 0 {
		say(out, "Nothing to change.")
		return
	}
	say(out, "%d to change. Nothing was changed: this was a dry run.", missing)
}

func tellChanges(out io.Writer, changed []remotestate.Finding) {
	for _, f := range changed {
		say(out, "  %-20s set: %s (was: %s)", f.Setting, f.Wanted, f.Found)
	}
	if len(changed) == 0 {
		say(out, "Nothing was changed.")
		return
	}
	say(out, "%d changed.", len(changed))
}

func say(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format+"\n", args...) // a closed pipe is the reader's choice
}
