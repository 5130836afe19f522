//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// target is where the suite runs.
type target interface {
	// name for the report, "twin" or "aws".
	name() string
	// variables are those in which Terraform and cdktf run there, beside the
	// process's own.
	variables() map[string]string
	// claim makes sure that nothing of the environment is there which the
	// suite hasn't made, and notes that it makes it now.
	claim(ctx context.Context) error
	// ours tells whether the suite has claimed the environment, in this run
	// or in one whose folder was named.
	ours() bool

	// query asks one row, one column from the VPC of a region, by the name
	// that applications use and with TLS. errNotFromHere where nothing in
	// that VPC can be made to ask.
	query(ctx context.Context, region, sql string) (string, error)
	// invoke sends the guard an event and returns its answer.
	invoke(ctx context.Context, event string) ([]byte, error)
	// disaster strikes the primary's region; over ends it.
	disaster(ctx context.Context) error
	over(ctx context.Context) error
	// pause waits, in the target's own time.
	pause(ctx context.Context, d time.Duration) error
	// within is a context that ends after d of the target's own time.
	within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)

	// discard deletes the copy of the credentials in the replica's region,
	// which a failover makes stand alone: no stack knows it any more.
	// errNotLeft where it isn't there.
	discard(ctx context.Context) error
	// left is what the account still has of the environment.
	left(ctx context.Context) ([]string, error)
	// close ends what the target runs here.
	close() error
}

// errNotFromHere says that a target can't show something, and why.
var errNotFromHere = errors.New("can't be shown from here")

// errNotLeft says that a failover left nothing to be deleted by hand.
var errNotLeft = errors.New("there is no such copy")

// secretName is that of the administrator's credentials.
func secretName(suffix string) string { return "db-credentials-" + suffix }

// roles of the stacks, in the order of deployment.
var roles = []string{"primary", "replica"}

// environment is the one under test, and the folder that everything of the
// run is in.
type environment struct {
	project string
	dir     string
	config  spec.Config
	target  target
	// struck says that a disaster is going on.
	struck bool
}

func (e *environment) suffix() string { return e.config.Environment }

func (e *environment) stack(role string) string { return "pgdr-" + role + "-" + e.suffix() }

func (e *environment) outdir() string { return filepath.Join(e.dir, e.suffix(), "cdktf.out") }

// terraform is Terratest's options for a stack. Nothing is retried: what fails
// once and passes then is a finding.
func (e *environment) terraform(role string) *terraform.Options {
	return &terraform.Options{
		TerraformBinary: "terraform",
		TerraformDir:    filepath.Join(e.outdir(), "stacks", e.stack(role)),
		EnvVars:         e.variables(),
		NoColor:         true,
		Lock:            true,
		LockTimeout:     "5m",
		// Outputs and plans are shown where they are not as they should be.
		Logger: logger.Discard,
	}
}

func (e *environment) variables() map[string]string {
	all := e.target.variables()
	for name, value := range map[string]string{
		spec.SuffixVariable: e.suffix(), "CDKTF_OUTDIR": e.outdir(),
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0",
		"CI": "1", "NO_COLOR": "1", "FORCE_COLOR": "0", "npm_config_loglevel": "error",
	} {
		all[name] = value
	}
	return all
}

// run runs one of the project's commands to its end; what it printed is part
// of the error. An interrupted Terraform has time to save its state.
func (e *environment) run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = e.project
	cmd.Env = os.Environ()
	for variable, value := range e.variables() {
		cmd.Env = append(cmd.Env, variable+"="+value)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Minute
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// cdktf runs deploy or destroy of the cdktf command on both stacks, as they
// were synthesized.
func (e *environment) cdktf(ctx context.Context, verb string) error {
	return e.run(ctx, "npx", "--no-install", "cdktf", verb, e.stack("primary"), e.stack("replica"),
		"--skip-synth", "--auto-approve", "--skip-provider-lock", "--output", e.outdir())
}

// inState are the resources of a stack's state, without what is only read.
func (e *environment) inState(ctx context.Context, t *testing.T, role string) []string {
	t.Helper()
	options := e.terraform(role)
	_, err := terraform.InitContextE(t, ctx, options)
	require.NoError(t, err)
	raw, err := terraform.RunTerraformCommandAndGetStdoutContextE(t, ctx, options, "show", "-json")
	require.NoError(t, err)
	var state struct {
		Values struct {
			Root module `json:"root_module"`
		} `json:"values"`
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &state), raw)
	return state.Values.Root.managed()
}

// module is one of a state as `terraform show -json` has it.
type module struct {
	Resources []struct {
		Address string `json:"address"`
		Mode    string `json:"mode"`
	} `json:"resources"`
	Children []module `json:"child_modules"`
}

func (m module) managed() []string {
	var found []string
	for _, r := range m.Resources {
		if r.Mode == "managed" {
			found = append(found, r.Address)
		}
	}
	for _, child := range m.Children {
		found = append(found, child.managed()...)
	}
	return found
}

// load reads the configuration of the environment under test.
func load(t *testing.T, twinDir string) (project string, cfg spec.Config) {
	t.Helper()
	project, err := filepath.Abs("../..")
	require.NoError(t, err)
	cfg, err = spec.Load(spec.LoadOptions{Dir: project, Env: os.Getenv, TwinDir: twinDir})
	require.NoError(t, err)
	return project, cfg
}

// folder is where everything of the run is: the named one, so that a later run
// can go on from it, else one that goes with the test.
func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(folderVariable)
	if dir == "" {
		return t.TempDir()
	}
	dir, err := filepath.Abs(dir)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o750))
	return dir
}

// folderVariable names the folder.
const folderVariable = "PGDR_INTEGRATION_DIR"

// claimFile notes in the folder that the suite made the environment.
const claimFile = "claimed"
