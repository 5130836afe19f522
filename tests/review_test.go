package tests

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
)

// updatePlans records what Terraform plans, for the tests of the review itself:
// go test ./tests -run TestReview -update-plans
var updatePlans = flag.Bool("update-plans", false, "record the plans in internal/review/testdata")

// planShare is how many cases of the table stand for one that is planned, in
// the usual tier. What the policies find in each case is tried on the recordings
// every time (internal/review); here it is whether Terraform still plans them so.
const planShare = 12

// onCall is who is told of alarms: without an address the review of a protected
// environment needs a human.
const onCall = "ALARM_EMAILS=oncall@example.com"

const (
	reviewCases = "../internal/review/testdata/changes"
	recordings  = plantest.Recordings("../internal/review/testdata/plans")
)

// reviewDay is fixed, so that no version comes to its end unnoticed.
var reviewDay = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// TestReview plans every change of the table with real Terraform, on one
// deployed and protected environment, and reviews each plan beside the other
// stack's unchanged one.
func TestReview(t *testing.T) {
	if !*updatePlans { // what is recorded next is a difference from these
		t.Parallel()
	}
	a := newAccount(t)
	prod := a.environment("prod")
	prod.runner.Env = []string{onCall}
	engine, err := review.NewEngine(t.Context())
	require.NoError(t, err)
	cases, err := plantest.Cases(reviewCases)
	require.NoError(t, err)
	r := &reviewing{environment: prod, engine: engine, cases: cases}

	r.deploy(t)
	t.Run("make review says that nothing changes", func(t *testing.T) { requireNothingToReview(t, prod) })
	r.situation(t, plantest.AsDeployed, nil)
	r.situation(t, plantest.FailedOver, r.failOver)
	r.situation(t, plantest.PrimaryGone, r.losePrimary)
	r.situation(t, plantest.MovedBack, r.moveBack)
	t.Run("the move back is applied", r.finishMove)
}

// deploy applies both stacks for the first time, each after a review of its
// plan, which is clean.
func (r *reviewing) deploy(t *testing.T) {
	t.Helper()
	for _, stack := range []string{review.Primary, review.Replica} {
		plans := r.planBoth(t, plantest.AsDeployed)
		require.Contains(t, plans, stack)
		r.record(t, "first/"+stack, plans)
		got := r.review(t, plans)
		page, err := review.Render(got, "markdown")
		require.NoError(t, err)
		require.Equal(t, review.Clean, got.Verdict, string(page))
		r.must(t, r.stackDir(stack), "apply", "-auto-approve", "-no-color")
	}
	// RDS ignores deletion protection when it creates a replica.
	r.must(t, r.stackDir(review.Replica), "apply", "-auto-approve", "-no-color")
}

// requireNothingToReview runs what the README says, on what is deployed.
func requireNothingToReview(t *testing.T, e *environment) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "review", "ENV="+e.suffix, "TWIN_DIR="+string(e.dir), "BIN="+t.TempDir())
	cmd.Dir, cmd.Env = e.project, append(os.Environ(), onCall)
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	require.NoError(t, cmd.Run(), "%s%s", &out, &progress)
	require.Equal(t, review.Marker(e.suffix)+"\n## Plan review of "+e.suffix+": CLEAN", strings.Split(out.String(), "\n\n")[0])
	require.Contains(t, out.String(), "\nNo changes. Primary: nothing changes (")
	require.Contains(t, out.String(), "; replica: nothing changes (")
	require.NotContains(t, out.String(), "was not given")
}

type reviewing struct {
	*environment
	engine *review.Engine
	cases  []plantest.Case
	// unchanged are the plans of both stacks as they are, in the situation.
	unchanged map[string][]byte
	// names of the recorded account for those of this one.
	names *strings.Replacer
}

// situation brings the environment into a state, then reviews the unchanged
// stacks and every case of it.
func (r *reviewing) situation(t *testing.T, name string, begin func(*testing.T)) {
	t.Helper()
	t.Run("situation "+name, func(t *testing.T) {
		if begin != nil {
			begin(t)
		}
		r.unchanged = r.planBoth(t, name)
		r.record(t, unchangedIn(name), r.unchanged)
		switch got := r.review(t, r.unchanged); name {
		case plantest.PrimaryGone: // its cases tell
		case plantest.MovedBack:
			requireMovedBack(t, got)
		default:
			require.Empty(t, got.Findings)
			require.True(t, got.NoChanges())
			require.Equal(t, review.Clean, got.Verdict)
		}
		for i, c := range r.cases {
			if c.Situation == name && (*updatePlans || tier.IsDeep() || i%planShare == 0) {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					r.check(t, c)
				})
			}
		}
	})
}

// asDeployed is the recording that all others are differences from.
const asDeployed = "unchanged/as-deployed"

func unchangedIn(situation string) string {
	if situation == plantest.AsDeployed {
		return asDeployed
	}
	return "unchanged/" + situation
}

// planBoth plans both stacks as they are: at first as `drctl review` does,
// later as they were synthesized then.
func (r *reviewing) planBoth(t *testing.T, situation string) map[string][]byte {
	t.Helper()
	plans := map[string][]byte{}
	if situation != plantest.AsDeployed {
		for _, stack := range []string{review.Primary, review.Replica} {
			plans[stack] = r.plan(t, plantest.Case{Stack: stack})
		}
		return plans
	}
	folder := t.TempDir()
	require.NoError(t, r.runner.SavePlans(t.Context(), folder))
	saved, err := pipeline.ReadPlans(folder)
	require.NoError(t, err)
	for role, outcome := range saved.Stacks {
		if outcome == pipeline.NotYet {
			require.NotEmpty(t, saved.Missing[role].Why)
			continue
		}
		plans[role], err = os.ReadFile(filepath.Join(folder, role+".json"))
		require.NoError(t, err)
	}
	return plans
}

// check plans one change and asks the review about it.
func (r *reviewing) check(t *testing.T, c plantest.Case) {
	t.Helper()
	plans := map[string][]byte{review.Primary: r.unchanged[review.Primary], review.Replica: r.unchanged[review.Replica]}
	plans[c.Stack] = r.plan(t, c)
	r.record(t, c.Name, plans)
	requireExpected(t, c, r.review(t, plans))
}

// plan changes the stack's configuration in a copy of its folder and plans it.
func (r *reviewing) plan(t *testing.T, c plantest.Case) []byte {
	t.Helper()
	dir := r.workingCopy(t, c.Stack)
	file := filepath.Join(dir, "cdk.tf.json")
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	document, err := plantest.Decode(raw)
	require.NoError(t, err)
	document, err = plantest.Apply(document, c.Edit)
	require.NoError(t, err)
	raw, err = json.Marshal(document)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, raw, 0o600))

	args := append([]string{"plan", "-no-color", "-lock=false", "-out=saved"}, c.Arguments...)
	_, all, code := r.terraformIn(t, dir, args...)
	require.Zero(t, code, all)
	stdout, all, code := r.terraformIn(t, dir, "show", "-json", "saved")
	require.Zero(t, code, all)
	return []byte(stdout)
}

// workingCopy is a folder beside the stack's own, so that its state is where
// the configuration says; what Terraform made there is linked.
func (r *reviewing) workingCopy(t *testing.T, stack string) string {
	t.Helper()
	own := r.stackDir(stack)
	dir, err := os.MkdirTemp(filepath.Dir(own), "review-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"cdk.tf.json", ".terraform.lock.hcl"} {
		raw, err := os.ReadFile(filepath.Join(own, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	for _, name := range []string{".terraform", "assets"} {
		require.NoError(t, os.Symlink(filepath.Join(own, name), filepath.Join(dir, name)))
	}
	return dir
}

func (r *reviewing) review(t *testing.T, plans map[string][]byte) *review.Review {
	t.Helper()
	var read []*review.Plan
	for _, role := range []string{review.Primary, review.Replica} {
		raw, given := plans[role]
		if !given {
			continue
		}
		plan, err := review.ReadPlan(role+".json", raw)
		require.NoError(t, err)
		require.Equal(t, role, plan.Role)
		read = append(read, plan)
	}
	doc, err := review.NewDocument(reviewDay, read...)
	require.NoError(t, err)
	got, err := review.New(t.Context(), r.engine, doc)
	require.NoError(t, err)
	return got
}

// requireExpected holds a review against what its case says.
func requireExpected(t *testing.T, c plantest.Case, got *review.Review) {
	t.Helper()
	page, err := review.Render(got, "markdown")
	require.NoError(t, err)
	if c.Secret != "" {
		require.NotContains(t, string(page), c.Secret)
	}
	if c.Expect == nil {
		require.Equal(t, review.Clean, got.Verdict, string(page))
		require.False(t, got.NoChanges(), "the change changes nothing")
		return
	}
	for _, f := range got.Findings {
		if f.Policy == c.Expect.Policy && string(f.Severity) == c.Expect.Severity {
			return
		}
	}
	require.Fail(t, "not found for the right reason", "want %s (%s)\n%s", c.Expect.Policy, c.Expect.Severity, page)
}

// record keeps the plans as differences from those of the unchanged stacks as
// deployed; what comes before is kept for then.
func (r *reviewing) record(t *testing.T, name string, plans map[string][]byte) {
	t.Helper()
	if !*updatePlans {
		return
	}
	if r.unchanged == nil && name != asDeployed {
		t.Cleanup(func() {
			r.unchanged = map[string][]byte{} // there by now
			r.record(t, name, plans)
		})
		return
	}
	if r.names == nil {
		r.names = namesOfBase(t, plans)
	}
	rec := plantest.Recording{}
	for stack, raw := range plans {
		condensed, err := plantest.Condense([]byte(r.names.Replace(string(raw))))
		require.NoError(t, err)
		if name == asDeployed {
			require.NoError(t, recordings.WriteBase(stack, condensed))
		}
		base, err := recordings.Base(stack)
		require.NoError(t, err)
		rec[stack] = plantest.Diff(base, condensed)
	}
	require.NoError(t, recordings.Write(name, rec))
}

// failOver leaves the account as a failover does: the replica promoted, its
// posture restored, the weights turned, the secret detached, the old primary
// fenced and stopped.
func (r *reviewing) failOver(t *testing.T) {
	t.Helper()
	applied := r.applied(t)
	replica := applied.where("aws_db_instance", "identifier", "replica-db-prod")[0]
	r.tamper(t, "aws_db_instance", replica.text("id"), "replicate_source_db", "")
	r.tamper(t, "aws_db_instance", replica.text("id"), "multi_az", true)
	for _, record := range applied.of("aws_route53_record") {
		weight := 0
		if strings.HasPrefix(record.Address, "replica/") {
			weight = 100
		}
		r.tamper(t, "aws_route53_record", record.text("id"), "weighted_routing_policy", []any{map[string]any{"weight": weight}})
	}
	r.fence(t, applied)
}

// fence sets the guard's deny.
func (r *reviewing) fence(t *testing.T, applied Applied) {
	t.Helper()
	acl := ""
	for _, found := range applied.of("aws_network_acl") {
		if strings.HasPrefix(found.Address, "primary/") {
			acl = found.text("id")
		}
	}
	dir := r.foreign(t, "fence", "us-east-1", "aws_network_acl_rule", map[string]any{
		"network_acl_id": acl, "rule_number": 90, "egress": false, "protocol": "6", "rule_action": "deny",
		"cidr_block": "0.0.0.0/0", "from_port": 5432, "to_port": 5432,
	})
	r.must(t, dir, "apply", "-no-color", "-auto-approve")
}

// foreign is a folder with one thing that Terraform's stacks do not know: with a
// configuration and a state of its own.
func (r *reviewing) foreign(t *testing.T, name, region, kind string, arguments map[string]any) (dir string) {
	t.Helper()
	dir = filepath.Join(string(r.dir), name)
	require.NoError(t, os.MkdirAll(dir, 0o750))
	raw, err := json.Marshal(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": "5.99.1"}}},
		"provider":  map[string]any{"aws": map[string]any{"region": region}},
		"resource":  map[string]any{kind: map[string]any{name: arguments}},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf.json"), raw, 0o600))
	r.must(t, dir, "init", "-no-color")
	return dir
}

// must runs terraform in a folder.
func (r *reviewing) must(t *testing.T, dir string, args ...string) {
	t.Helper()
	_, all, code := r.terraformIn(t, dir, args...)
	require.Zero(t, code, all)
}

func (r *reviewing) losePrimary(t *testing.T) {
	t.Helper()
	r.lose(t, "us-east-1", "primary-db-prod")
}

// lose deletes an instance, as a person does in the console: nothing else, and no
// state knows of it.
func (r *reviewing) lose(t *testing.T, region, identifier string) {
	t.Helper()
	found := r.applied(t).where("aws_db_instance", "identifier", identifier)[0]
	r.tamper(t, "aws_db_instance", found.text("id"), "deletion_protection", false)
	dir := r.foreign(t, "lost-"+identifier, region, "aws_db_instance", map[string]any{
		"identifier": identifier, "instance_class": found.text("instance_class"), "storage_encrypted": true, "skip_final_snapshot": true,
	})
	r.must(t, dir, "import", "-no-color", "aws_db_instance.lost-"+identifier, identifier)
	r.must(t, dir, "apply", "-no-color", "-auto-approve")
	r.must(t, dir, "destroy", "-no-color", "-auto-approve")
}
