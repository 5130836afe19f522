package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/remotestate/s3test"
	"github.com/pgdr/pgdr/internal/tier"
)

// TestState_OnS3 is the life of an environment whose state is in S3, in order,
// with the commands that a CI runs.
func TestState_OnS3(t *testing.T) {
	t.Parallel()
	r := newRemote(t, onS3())

	t.Run("drctl makes the bucket, and a second time changes nothing", func(t *testing.T) { requireBootstrap(t, r) })

	t.Run("before the primary is there one sentence says why the replica has no plan", func(t *testing.T) {
		out := r.plan(t, 2)
		require.Contains(t, out, "Plan: ", "the primary has a plan")
		require.Equal(t, 1, lines(out, "pgdr-replica-dev cannot be planned yet: it reads the outputs of pgdr-primary-dev, which is not deployed."))
		require.NotContains(t, out, "Error")
		require.Equal(t, map[string]string{"primary": "changes", "replica": "not yet"}, outcomes(t, r))
		require.FileExists(t, filepath.Join(r.plans, "primary.json"))
		require.NoFileExists(t, filepath.Join(r.plans, "replica.json"))
	})

	t.Run("the primary's plan is applied, and the replica's is asked for", func(t *testing.T) {
		out := r.apply(t, 2)
		require.Contains(t, out, "Apply complete!")
		require.Equal(t, 1, lines(out, "pgdr-replica-dev was not applied: it had no plan"))
	})

	t.Run("then the replica's, and a plan is empty", func(t *testing.T) {
		r.plan(t, 2)
		require.Equal(t, map[string]string{"primary": "no changes", "replica": "changes"}, outcomes(t, r))
		require.Contains(t, r.apply(t, 0), "pgdr-primary-dev has nothing to apply")
		require.Equal(t, 2, lines(r.plan(t, 0), "No changes. Your infrastructure matches the configuration."))
	})

	t.Run("the state is where the configuration says, and encrypted as it is sent", func(t *testing.T) {
		for _, key := range []string{"pgdr/dev/pgdr-primary-dev.tfstate", "pgdr/dev/pgdr-replica-dev.tfstate"} {
			require.NotEmpty(t, r.puts(key), key)
		}
		for _, put := range r.puts("") {
			require.Equal(t, "AES256", put.Header.Get("X-Amz-Server-Side-Encryption"), put.Key)
		}
	})

	t.Run("credentials that may only read make a plan without a lock", func(t *testing.T) {
		r.s3.Forget()
		r.control(t, 0, "plan", "--plans", r.plans, "--detailed-exitcode", "--no-lock")
		require.Empty(t, r.s3.Mutations())
	})

	t.Run("a plan is not applied once the state moved on", func(t *testing.T) { requireStalePlanRefused(t, r) })

	t.Run("two applies at once", func(t *testing.T) { requireOneAtATime(t, r) })

	t.Run("every write carries the next serial of one lineage", func(t *testing.T) { requireOneHistory(t, r) })

	t.Run("what a CI calls plans, reviews and applies", func(t *testing.T) { requireMakeTargets(t, r) })
}

func requireBootstrap(t *testing.T, r *remote) {
	t.Helper()
	out := r.control(t, 0, "state", "bootstrap", "--dry-run")
	require.Contains(t, out, "Bucket acme-state in eu-west-1, account "+s3test.Account+", for the state of dev:")
	require.Contains(t, out, "6 to change. Nothing was changed: this was a dry run.")
	require.Empty(t, r.s3.Mutations())

	out = r.control(t, 0, "state", "bootstrap")
	require.Contains(t, out, "3 changed.")
	made, there := r.s3.Bucket(stateBucket)
	require.True(t, there)
	require.Equal(t, "eu-west-1", made.Region)
	require.Contains(t, made.Policy, "aws:SecureTransport")

	r.s3.Forget()
	require.Contains(t, r.control(t, 0, "state", "bootstrap"), "Nothing was changed.")
	require.Contains(t, r.control(t, 0, "state", "bootstrap", "--dry-run"), "Nothing to change.")
	require.Empty(t, r.s3.Mutations())

	r.s3.AddBucket(t, "their-state", s3test.Bucket{Region: "eu-west-1", Owner: "999999999999"})
	require.Contains(t, r.control(t, 1, "state", "bootstrap", "--bucket", "their-state"), `refuse bucket "their-state": another account owns it`)
	cmd := r.command(t, r.drctl, "state", "bootstrap")
	cmd.Env = append(cmd.Env, "AWS_ACCOUNT_ID=999999999999")
	out, code := run(t, cmd)
	require.Equal(t, 1, code)
	require.Contains(t, out, "the environment's account is 999999999999")
}

// outcomes are those of drctl plan.
func outcomes(t *testing.T, r *remote) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.plans, "plans.json"))
	require.NoError(t, err)
	var plans struct {
		Environment string
		Stacks      map[string]string
	}
	require.NoError(t, json.Unmarshal(raw, &plans))
	require.Equal(t, "dev", plans.Environment)
	return plans.Stacks
}

// drift changes the primary's instance behind Terraform's back, so that an
// apply has something to do.
func (r *remote) drift(t *testing.T) {
	t.Helper()
	var resources []struct {
		Type, ID string
		Attrs    map[string]any
	}
	r.ask(t, "/state/resources", nil, &resources)
	for _, resource := range resources {
		if resource.Type == "aws_db_instance" && resource.Attrs["identifier"] == "primary-db-dev" {
			r.tamper(t, resource.Type, resource.ID, "backup_retention_period", 1)
			return
		}
	}
	require.Fail(t, "no primary instance in the account")
}

func requireStalePlanRefused(t *testing.T, r *remote) {
	t.Helper()
	r.drift(t)
	r.plan(t, 2)
	out, code := run(t, r.terraform(t, "primary", "apply", "-auto-approve", "-no-color"))
	require.Zero(t, code, out)
	before := r.pull(t, "primary")
	out = r.apply(t, 1)
	require.Contains(t, out, "Saved plan is stale")
	require.Equal(t, before, r.pull(t, "primary"))
}

// requireMakeTargets goes through docs/ci.md: a change that needs a human
// passes the review, is applied as planned, and then there is none.
func requireMakeTargets(t *testing.T, r *remote) {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary.md")
	call := func(target string) string {
		cmd := r.command(t, "make", "--no-print-directory", target, "ENV=dev", "PLANS="+r.plans, "BIN="+filepath.Dir(r.drctl))
		cmd.Env = append(cmd.Env, "GITHUB_STEP_SUMMARY="+summary)
		out, code := run(t, cmd)
		require.Zero(t, code, "%s: %s", target, out)
		return out
	}
	r.drift(t)
	r.s3.Forget()
	call("ci-plan")
	require.Empty(t, r.s3.Mutations(), "a plan only reads")
	call("ci-review")
	call("ci-summary")
	review, err := os.ReadFile(filepath.Join(r.plans, "review.md"))
	require.NoError(t, err)
	require.Contains(t, string(review), "backup_retention_period")
	shown, err := os.ReadFile(summary)
	require.NoError(t, err)
	require.Equal(t, string(review), string(shown))
	require.FileExists(t, filepath.Join(r.plans, "review.json"))
	require.Contains(t, call("ci-apply"), "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.")
	require.Equal(t, 2, lines(call("ci-plan"), "No changes. Your infrastructure matches the configuration."))
	call("ci-review")
	review, err = os.ReadFile(filepath.Join(r.plans, "review.md"))
	require.NoError(t, err)
	require.Contains(t, strings.ToLower(string(review)), "no changes")
	requireDocumentedSequence(t, r)
	requireReviewBlocks(t, r)
}

// requireDocumentedSequence runs the commands of docs/review.md, In CI, as they
// stand there, but for folders and the environment's name.
func requireDocumentedSequence(t *testing.T, r *remote) {
	t.Helper()
	raw, err := os.ReadFile("../docs/review.md")
	require.NoError(t, err)
	match := regexp.MustCompile("(?s)```sh\n(go build [^`]*)```").FindSubmatch(raw)
	require.NotNil(t, match)
	dir := t.TempDir()
	policies := filepath.Join(dir, "policies")
	require.NoError(t, os.MkdirAll(policies, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(policies, "acme.rego"), []byte("package pgdr.policies.acme\n\n"+
		`policy := {"id": "acme", "severity": "human", "title": "t", "reason": "r", "remedy": "m"}`+"\n\n"+
		`findings contains {"message": "dev is looked at by two"} if input.environment == "dev"`+"\n"), 0o600))
	text := string(match[1])
	for _, step := range [][2]string{
		{"bin/drctl", filepath.Join(dir, "drctl")}, {"--environment prod", "--environment dev --plans " + r.plans},
		{"--plan plans/prod", "--plan " + r.plans}, {"--policy policies", "--policy " + policies}, {"review.md", filepath.Join(dir, "review.md")},
	} {
		require.Contains(t, text, step[0])
		text = strings.ReplaceAll(text, step[0], step[1])
	}
	summary := filepath.Join(dir, "summary.md")
	cmd := r.command(t, "bash", "-euo", "pipefail", "-c", text)
	cmd.Env = append(cmd.Env, "GITHUB_STEP_SUMMARY="+summary)
	out, code := run(t, cmd)
	require.Equal(t, 2, code, out)
	shown, err := os.ReadFile(summary)
	require.NoError(t, err)
	require.Contains(t, string(shown), "No changes. Primary: nothing changes (")
	require.Contains(t, string(shown), "- Dev is looked at by two")
}

// requireReviewBlocks puts a plan that destroys everything in the place of the
// primary's: the target that stands before the approval must fail.
func requireReviewBlocks(t *testing.T, r *remote) {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "destroy.tfplan")
	out, code := run(t, r.terraform(t, "primary", "plan", "-destroy", "-no-color", "-out="+saved))
	require.Zero(t, code, out)
	raw, code := run(t, r.terraform(t, "primary", "show", "-json", saved))
	require.Zero(t, code, raw)
	require.NoError(t, os.WriteFile(filepath.Join(r.plans, "primary.json"), []byte(raw), 0o600))
	out, code = run(t, r.command(t, "make", "--no-print-directory", "ci-review", "ENV=dev", "PLANS="+r.plans, "BIN="+filepath.Dir(r.drctl)))
	require.NotZero(t, code, out)
	review, err := os.ReadFile(filepath.Join(r.plans, "review.md"))
	require.NoError(t, err)
	require.Contains(t, strings.ToLower(string(review)), "blocked", out)
}

// TestState_LocalRunsKeepToTheirFolder deploys with the local targets while an
// S3 backend is configured and its server within reach.
func TestState_LocalRunsKeepToTheirFolder(t *testing.T) {
	tier.Deep(t, "a deployment more; twin's TestEnv has the environment that keeps local runs apart")
	s3 := s3test.New(t)
	for _, variable := range append(s3.Env(), contextWith(t, onS3())) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	stage := newAccount(t)
	t.Setenv("PGDR_ENVIRONMENT_FILE", "environments/dev.yaml")
	e := stage.environment("local")
	e.run(t, e.runner.Deploy)
	require.Empty(t, s3.Requests())
	for _, role := range []string{"primary", "replica"} {
		require.FileExists(t, filepath.Join(stage.dir.Environment("local"), "state", "pgdr-"+role+"-local.tfstate"))
	}
	e.run(t, e.runner.Destroy)
	require.Empty(t, s3.Requests())
}
