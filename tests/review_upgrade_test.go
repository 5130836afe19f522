package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
	"github.com/pgdr/pgdr/internal/tier"
)

// released are the stacks of prod as the last release synthesized them
// (docs/upgrade.md), with places for what is a file of the checkout's.
const released = "testdata/released"

// upgraded is the recording of the plans that bring the last release to these
// stacks.
const upgraded = "released/as-deployed"

// TestReview_OfTheLastRelease applies what the last release deployed, plans these
// stacks on it, and applies that in the order of docs/upgrade.md.
func TestReview_OfTheLastRelease(t *testing.T) {
	if !*updatePlans {
		tier.Deep(t, "the review's own tests judge the recorded plans every time; this is whether Terraform still plans and applies them so")
		t.Parallel()
	}
	prod := newAccount(t).environment("prod")
	prod.runner.Env = []string{onCall}
	engine, err := review.NewEngine(t.Context())
	require.NoError(t, err)
	r := &reviewing{environment: prod, engine: engine}
	today := r.deployReleased(t)
	before := r.applied(t)

	for role, raw := range today {
		require.NoError(t, os.WriteFile(filepath.Join(r.stackDir(role), "cdk.tf.json"), raw, 0o600))
	}
	plans := map[string][]byte{}
	for role := range today {
		plans[role] = r.plan(t, plantest.Case{Stack: role})
	}
	r.unchanged = map[string][]byte{} // the base is there
	r.names = namesOfBase(t, plans)
	r.record(t, upgraded, plans)
	got := r.review(t, plans)
	page, err := review.Render(got, "markdown")
	require.NoError(t, err)
	require.Equal(t, review.NeedsHuman, got.Verdict, string(page))

	for _, role := range []string{review.Primary, review.Replica, review.Primary, review.Replica} {
		r.must(t, r.stackDir(role), "apply", "-auto-approve", "-no-color")
	}
	got = r.review(t, map[string][]byte{
		review.Primary: r.plan(t, plantest.Case{Stack: review.Primary}), review.Replica: r.plan(t, plantest.Case{Stack: review.Replica}),
	})
	require.Empty(t, got.Findings)
	require.True(t, got.NoChanges())
	after := r.applied(t)
	for _, kind := range []string{"aws_db_instance", "aws_kms_key", "aws_secretsmanager_secret_version", "aws_dynamodb_table", "aws_route53_record", "aws_route53_health_check", "aws_sns_topic"} {
		require.Equal(t, ids(before.of(kind)), ids(after.of(kind)), kind)
	}
	for _, record := range after.of("aws_route53_record") {
		require.Equal(t, before.where("aws_route53_record", "id", record.text("id"))[0].Values["weighted_routing_policy"], record.Values["weighted_routing_policy"])
	}
}

// deployReleased applies the last release's stacks and returns those of today.
func (r *reviewing) deployReleased(t *testing.T) map[string][]byte {
	t.Helper()
	require.NoError(t, r.runner.SavePlans(t.Context(), t.TempDir())) // synthesizes, and starts the account
	today := map[string][]byte{}
	for _, role := range []string{review.Primary, review.Replica} {
		dir := r.stackDir(role)
		file := filepath.Join(dir, "cdk.tf.json")
		var err error
		today[role], err = os.ReadFile(file)
		require.NoError(t, err)
		old, err := os.ReadFile(filepath.Join(released, role+".tf.json"))
		require.NoError(t, err)
		text := strings.NewReplacer(
			"./CREDENTIALS", "./"+asset(t, dir, "credentials-module/*"), "FUNCTION", asset(t, dir, "*/*/*.zip"),
		).Replace(string(old))
		require.NoError(t, os.WriteFile(file, withStatesOf(t, today[role], text), 0o600))
		r.must(t, dir, "apply", "-auto-approve", "-no-color")
	}
	// RDS ignores deletion protection when it creates a replica.
	r.must(t, r.stackDir(review.Replica), "apply", "-auto-approve", "-no-color")
	return today
}

// withStatesOf is a configuration whose states are where those of another are.
func withStatesOf(t *testing.T, other []byte, text string) []byte {
	t.Helper()
	from, err := plantest.Decode(other)
	require.NoError(t, err)
	to, err := plantest.Decode([]byte(text))
	require.NoError(t, err)
	theirs, ours := from.(map[string]any), to.(map[string]any)
	ours["terraform"].(map[string]any)["backend"] = theirs["terraform"].(map[string]any)["backend"]
	if state, reads := theirs["data"].(map[string]any)["terraform_remote_state"]; reads {
		ours["data"].(map[string]any)["terraform_remote_state"] = state
	}
	raw, err := json.Marshal(ours)
	require.NoError(t, err)
	return raw
}

// asset finds a file among a stack's; "" where the stack has none.
func asset(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "assets", pattern))
	require.NoError(t, err)
	if len(found) == 0 {
		return ""
	}
	name, err := filepath.Rel(dir, found[0])
	require.NoError(t, err)
	return filepath.ToSlash(name)
}

func ids(resources []Resource) []string {
	var list []string
	for _, r := range resources {
		list = append(list, r.Address+" "+r.text("id"))
	}
	slices.Sort(list)
	return list
}
