package tests

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review"
)

// moveBack does to the account and the states what docs/runbook.md has people do
// after a failover, from the second home of the data to the import: the old
// primary is gone already.
func (r *reviewing) moveBack(t *testing.T) {
	t.Helper()
	applied := r.applied(t)
	old := applied.where("aws_db_instance", "identifier", "primary-db-prod")[0]
	writer := applied.where("aws_db_instance", "identifier", "replica-db-prod")[0]
	rebuilt := map[string]any{
		"identifier": "primary-db-prod", "replicate_source_db": writer.text("arn"), "storage_encrypted": true,
		"publicly_accessible": false, "auto_minor_version_upgrade": false, "copy_tags_to_snapshot": true, "skip_final_snapshot": true,
	}
	for _, same := range []string{
		"instance_class", "multi_az", "db_subnet_group_name", "vpc_security_group_ids", "parameter_group_name", "kms_key_id",
		"enabled_cloudwatch_logs_exports", "ca_cert_identifier", "max_allocated_storage",
	} {
		rebuilt[same] = old.Values[same]
	}
	r.must(t, r.foreign(t, "rebuild", "us-east-1", "aws_db_instance", rebuilt), "apply", "-no-color", "-auto-approve")
	delete(rebuilt, "replicate_source_db") // which promotes it
	rebuilt["backup_retention_period"] = old.Values["backup_retention_period"]
	r.must(t, r.foreign(t, "rebuild", "us-east-1", "aws_db_instance", rebuilt), "apply", "-no-color", "-auto-approve")
	r.lose(t, "eu-west-1", "replica-db-prod")

	address := strings.TrimPrefix(old.Address, "primary/")
	manual, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	for _, command := range [][]string{{"state", "rm", address}, {"import", address, "primary-db-prod"}} {
		require.Contains(t, string(manual), "terraform "+strings.Join(command, " ")+"\n")
		r.must(t, r.stackDir(review.Primary), command...)
	}
}

// requireMovedBack wants what the runbook promises of the plans: the primary is
// kept, the replica made anew, and nothing but a person needed.
func requireMovedBack(t *testing.T, got *review.Review) {
	t.Helper()
	page, err := review.Render(got, "markdown")
	require.NoError(t, err)
	require.Equal(t, review.NeedsHuman, got.Verdict, string(page))
	require.Contains(t, string(page), "will be made anew, as a copy of")
}

// finishMove applies what was planned. The replica is there again, and follows.
func (r *reviewing) finishMove(t *testing.T) {
	t.Helper()
	before := r.applied(t).where("aws_db_instance", "identifier", "primary-db-prod")[0]
	for _, stack := range []string{review.Primary, review.Replica} {
		r.must(t, r.stackDir(stack), "apply", "-auto-approve", "-no-color")
	}
	applied := r.applied(t)
	primary := applied.where("aws_db_instance", "identifier", "primary-db-prod")[0]
	require.Equal(t, before.text("resource_id"), primary.text("resource_id"), "the primary is another one")
	replica := applied.where("aws_db_instance", "identifier", "replica-db-prod")[0]
	require.Equal(t, primary.text("arn"), replica.text("replicate_source_db"))
}
