package provider_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// credentials is the module that the stacks use.
const credentials = module + "/modules/credentials"

// everyType is a workspace with the fixture that has every type.
func everyType(t *testing.T) *workspace {
	t.Helper()
	w := newWorkspace(t, "all")
	require.NoError(t, os.CopyFS(filepath.Join(w.dir, "credentials"), os.DirFS(credentials)))
	w.archive("guard.zip")
	w.must("init", "-no-color")
	return w
}

// password is the administrator's, as the simulated account keeps it.
func (w *workspace) password() string {
	w.t.Helper()
	arn, ok := w.attributes("module.credentials.aws_secretsmanager_secret.this")["arn"].(string)
	require.True(w.t, ok)
	document, ok := secretsmanager.SecretValue(w.cloud, arn)
	require.True(w.t, ok, "the account has no value of %s", arn)
	_, rest, ok := strings.Cut(document, `"password":"`)
	require.True(w.t, ok, "the secret has no password")
	return rest[:strings.Index(rest, `"`)]
}

func TestTerraform_LivesThroughEveryType(t *testing.T) {
	t.Parallel()
	w := everyType(t)
	w.must("validate", "-no-color")
	quiet := w.env
	w.env = append(slices.Clone(quiet), "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.dir, "trace.log"))
	first := w.changes()
	require.Len(t, types(slices.Collect(maps.Keys(first))), len(everyResource(t)), "the fixture must have every type")
	w.must("apply", "-no-color", "plan.bin")

	t.Run("a second plan is empty", func(*testing.T) {
		w.requireNoChanges()
	})
	t.Run("tags_all holds the provider's default tags", func(t *testing.T) {
		vpc := w.attributes("aws_vpc.primary")
		require.Equal(t, map[string]any{"Name": "primary"}, vpc["tags"])
		require.Equal(t, map[string]any{"Name": "primary", "Environment": "fixture", "Team": "storage"}, vpc["tags_all"])
	})
	t.Run("no file holds the password", func(t *testing.T) {
		require.Empty(t, leaks(t, w.dir, w.password()))
		require.Nil(t, w.attributes("aws_db_instance.primary")["password_wo"])
	})
	calls := func(of string) int { return w.cloud.Summary().Calls[of] }
	t.Run("an apply without a new version leaves the password", func(t *testing.T) {
		before := w.password()
		w.apply("-replace=aws_sqs_queue.failed")
		require.Equal(t, before, w.password())
		require.Zero(t, calls(rds.CallPassword), "nothing is sent to RDS")
	})
	t.Run("a plan to be read opens no secret, and differs in nothing", func(t *testing.T) {
		opened := calls(secretsmanager.CallRead)
		w.requireNoChanges("-var=open_secrets=false")
		require.Equal(t, opened, calls(secretsmanager.CallRead))
		w.requireNoChanges()
		require.Equal(t, opened+1, calls(secretsmanager.CallRead), "a plan to be applied opens it")
	})
	t.Run("a plan to be read is not applied", func(t *testing.T) {
		before := w.password()
		got := w.changes("-var=password_version=2", "-var=open_secrets=false")
		require.Equal(t, "update", got["aws_db_instance.primary"].actions)
		w.refused("This plan was made with open_secrets = false", "apply", "-no-color", "plan.bin")
		require.Equal(t, before, w.password())
		require.Zero(t, calls(rds.CallPassword))
	})
	t.Run("a new version makes a new password", func(t *testing.T) {
		before := w.password()
		got := w.changes("-var=password_version=2")
		require.Equal(t, "update", got["aws_db_instance.primary"].actions)
		require.Equal(t, change{"create+delete", "secret_string_wo_version"}, got["module.credentials.aws_secretsmanager_secret_version.this"])
		w.must("apply", "-no-color", "plan.bin")
		require.NotEqual(t, before, w.password())
		require.Equal(t, 1, calls(rds.CallPassword), "sent once")
		require.Empty(t, leaks(t, w.dir, w.password()))
		w.requireNoChanges("-var=password_version=2")
	})
	w.env = quiet // no password is looked for any more
	t.Run("destroy asks for a final snapshot", func(*testing.T) {
		const target, keep = "-target=aws_db_instance.replica", "-var=skip_final_snapshot=false"
		w.apply(target, keep, "-var=password_version=2")
		w.refused("final_snapshot_identifier is required when skip_final_snapshot is false", "destroy", "-no-color", "-auto-approve", target, keep)
		w.apply(target, "-var=password_version=2")
	})
	t.Run("destroy leaves nothing", func(t *testing.T) {
		w.must("destroy", "-no-color", "-auto-approve")
		summary := w.cloud.Summary()
		require.Zero(t, summary.Total, "left: %v", summary.Resources)
	})
}

// types are the resource types in a list of addresses.
func types(addresses []string) []string {
	var out []string
	for _, address := range addresses {
		parts := strings.Split(address, ".")
		out = append(out, parts[len(parts)-2])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// everyResource lists what the provider offers.
func everyResource(t *testing.T) []string {
	t.Helper()
	w := newWorkspace(t, "bare")
	w.must("init", "-no-color")
	var schema struct {
		Providers map[string]struct {
			Resources map[string]any `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	w.readJSON(&schema, "providers", "schema", "-json")
	return slices.Sorted(maps.Keys(schema.Providers["registry.terraform.io/hashicorp/aws"].Resources))
}

func TestTerraform_ValidatesWithoutASimulator(t *testing.T) {
	t.Parallel()
	w := everyType(t)
	w.env = append(w.env, simapi.SocketEnv+"=")
	w.must("validate", "-no-color")
}

func TestTerraform_RefusesAMisspeltArgument(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "bare")
	w.must("init", "-no-color")
	w.write("wrong.tf", `resource "aws_db_instance" "x" {
		instance_class = "db.r6g.large"
		multi_as       = true
	}`)
	w.refused(`An argument named "multi_as" is not expected here`, "validate", "-no-color")
}

func TestTerraform_RefusesWhatIsNewerThanProvider5991(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, says string }{
		// Provider 6.0 gave every resource the argument region.
		"argument": {`resource "aws_sns_topic" "x" { region = "us-east-1" }`, `An argument named "region" is not expected here`},
		// Provider 6.22 brought this block.
		"block": {`resource "aws_lambda_function" "x" {
			function_name = "x"
			role          = "arn:aws:iam::123456789012:role/x"
			durable_config { execution_timeout = 1 }
		}`, "Unsupported block type"},
		"unused type": {`resource "aws_s3_bucket" "x" {}`, `does not support resource type "aws_s3_bucket"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, "bare")
			w.must("init", "-no-color")
			w.write("newer.tf", c.config)
			w.refused(c.says, "validate", "-no-color")
		})
	}
}

func TestTerraform_ShowsWhereAValueIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "bare")
	w.must("init", "-no-color")
	w.write("wrong.tf", `resource "aws_cloudwatch_log_group" "x" {
		name              = "x"
		retention_in_days = 8
	}`)
	w.refused(`on wrong.tf line 3, in resource "aws_cloudwatch_log_group" "x": 3: retention_in_days = 8`, "validate", "-no-color")
}

func TestTerraform_IsRefusedByNameWithoutASimulator(t *testing.T) {
	t.Parallel()
	for name, socket := range map[string]string{"not set": "", "nothing answers": "/nowhere/socket"} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, "import")
			w.must("init", "-no-color")
			w.env = append(w.env, simapi.SocketEnv+"="+socket)
			w.refused("this is the local stand-in for the AWS provider", "plan", "-no-color")
			w.refused("make deploy-local", "plan", "-no-color")
		})
	}
}

func TestTerraform_IsRefusedAnAccountThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "import")
	w.must("init", "-no-color")
	w.refused("AWS account ID not allowed: "+sim.DefaultAccount, "plan", "-no-color", "-var=account=999999999999")
	main, err := os.ReadFile(filepath.Join(w.dir, "main.tf"))
	require.NoError(t, err)
	w.write("main.tf", strings.Replace(string(main), "allowed_account_ids", "forbidden_account_ids", 1))
	w.refused("AWS account ID not allowed: "+sim.DefaultAccount, "plan", "-no-color")
}

func TestTerraform_IsRefusedWithoutARegion(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "import")
	w.must("init", "-no-color")
	w.write("main.tf", `terraform { 
	required_providers { 
		aws = { source = "hashicorp/aws" } 
	} 
}`)
	w.refused(`argument "region" must name a region`, "plan", "-no-color")
}

func TestTerraform_ReplacesWhatCannotChangeInPlace(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "replace")
	w.must("init", "-no-color")
	w.apply()
	w.requireNoChanges()
	require.Equal(t, map[string]change{
		"aws_vpc.this":                    {"delete+create", "cidr_block"},
		"aws_subnet.this":                 {"delete+create", "cidr_block vpc_id"},
		"aws_security_group.this":         {"delete+create", "description vpc_id"},
		"aws_kms_key.this":                {"delete+create", "multi_region"},
		"aws_kms_alias.this":              {"delete+create", "name"},
		"aws_sns_topic.this":              {"delete+create", "name"},
		"aws_sns_topic_subscription.this": {"delete+create", "endpoint topic_arn"},
		"aws_sqs_queue.this":              {"delete+create", "name"},
		"aws_cloudwatch_log_group.this":   {"delete+create", "name"},
		"aws_iam_role.this":               {"delete+create", "name"},
		"aws_db_parameter_group.this":     {"delete+create", "family"},
		"aws_dynamodb_table.this":         {"delete+create", "hash_key"},
		"aws_route53_zone.this":           {"delete+create", "name"},
	}, w.changes("-var=round=2"))

	for address, c := range w.changes("-var=note=changed") {
		require.Equal(t, change{actions: "update"}, c, address)
	}
	w.must("apply", "-no-color", "plan.bin")
	w.requireNoChanges("-var=note=changed")
	w.apply("-var=round=2")
	w.requireNoChanges("-var=round=2")
}

func TestTerraform_SeesWhatWasChangedBehindItsBack(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "import")
	w.must("init", "-no-color")
	w.apply()
	topic := w.attributes("aws_sns_topic.this")["id"].(string)
	group := w.attributes("aws_cloudwatch_log_group.this")["id"].(string)
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		edit(t, tx, "aws_cloudwatch_log_group", group).Attrs["retention_in_days"] = 30
		edit(t, tx, "aws_sns_topic", topic).Attrs["display_name"] = "by hand"
		return nil
	}))
	require.Equal(t, map[string]change{
		"aws_cloudwatch_log_group.this": {actions: "update"},
		"aws_sns_topic.this":            {actions: "update"},
	}, w.changes())
	w.must("apply", "-no-color", "plan.bin")
	w.requireNoChanges()

	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		tx.Remove(edit(t, tx, "aws_sns_topic", topic))
		return nil
	}))
	require.Equal(t, map[string]change{"aws_sns_topic.this": {actions: "create"}}, w.changes())
}

func TestTerraform_ImportsWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "import")
	w.must("init", "-no-color")
	w.apply()
	for _, address := range []string{"aws_vpc.this", "aws_sns_topic.this", "aws_cloudwatch_log_group.this"} {
		id := w.attributes(address)["id"].(string)
		w.must("state", "rm", address)
		w.must("import", "-no-color", address, id)
	}
	w.requireNoChanges()
	w.must("state", "rm", "aws_vpc.this")
	w.refused("The vpc ID 'vpc-0123456789abcdef0' does not exist", "import", "-no-color", "aws_vpc.this", "vpc-0123456789abcdef0")
}

func TestTerraform_SaysWholeWhatTheSimulatorRefuses(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "bare")
	w.must("init", "-no-color")
	w.write("wrong.tf", `resource "aws_subnet" "x" {
		vpc_id     = "vpc-0123456789abcdef0"
		cidr_block = "10.0.0.0/24"
	}`)
	out, code := w.terraform("apply", "-no-color", "-auto-approve")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "creating aws_subnet")
	require.Contains(t, out, "operation error EC2: CreateSubnet, api error InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist")
}

func TestTerraform_LeaksAPasswordInAnOrdinaryArgumentAndTheSearchFindsIt(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery-staple"
	w := newWorkspace(t, "leak")
	w.must("init", "-no-color")
	w.env = append(w.env, "TF_VAR_password="+secret)
	w.must("plan", "-no-color", "-out=plan.bin")
	w.must("apply", "-no-color", "plan.bin")
	require.Subset(t, leaks(t, w.dir, secret), []string{"terraform.tfstate", "plan.bin/tfplan"})
}

// edit gives a resource of the account to change, as someone with the console
// might.
func edit(t *testing.T, tx *sim.Tx, typeName, id string) *sim.Resource {
	t.Helper()
	for _, r := range tx.List(typeName, "") {
		if r.ID == id {
			return tx.Edit(r)
		}
	}
	require.Fail(t, "not in the account", "%s %s", typeName, id)
	return nil
}
