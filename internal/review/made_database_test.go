package review_test

import (
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/internal/review/plantest"
)

// madeOfDatabases are changes of the instances, their keys, secrets and logs.
var madeOfDatabases = []madeUp{
	{name: "an alias of a key in another region", kind: "aws_kms_alias", stack: "primary", policy: "encryption",
		edits: join(becomes("target_key_id", "a", "b"), actions["replace"])},
	{name: "a new instance in the clear", kind: instance, stack: "primary", policy: "encryption", severity: review.Block, says: "will be made without encryption",
		edits: join(becomes("storage_encrypted", true, false), actions["create anew"])},
	{name: "a minor that RDS still creates", kind: instance, stack: "primary", policy: "engine-version", severity: review.Human, says: `goes from "15" to "15.14"`,
		edits: becomes("engine_version", "15", "15.14")},
	{name: "a major whose support ends", kind: instance, stack: "primary", policy: "engine-version", severity: review.Human, says: "standard support of PostgreSQL 15 ends on",
		later: "2027-12-01"},
	{name: "another engine", kind: instance, stack: "primary", policy: "engine-version", severity: review.Block, says: "the engine is mysql",
		edits: becomes("engine", "postgres", "mysql")},
	{name: "no name for the final snapshot", kind: instance, stack: "primary", policy: "deletion-protection", severity: review.Human, says: "final_snapshot_identifier goes from",
		edits: becomes("final_snapshot_identifier", "a", nil)},
	{name: "days of backups that are no number", kind: instance, stack: "primary", policy: "backups", severity: review.Human, says: `backup_retention_period goes from 7 to "x"`,
		edits: becomes("backup_retention_period", 7, "x")},
	{name: "no log to CloudWatch", kind: instance, stack: "primary", policy: "logs", severity: review.Human, says: "enabled_cloudwatch_logs_exports goes from",
		edits: becomes("enabled_cloudwatch_logs_exports", []any{"postgresql"}, []any{})},
	{name: "upgrades by AWS's choice, hidden", kind: instance, stack: "primary", policy: "maintenance", severity: review.Human, says: "does not turn auto_minor_version_upgrade off",
		plan: gives(instance, "auto_minor_version_upgrade", nil)},
	{name: "a writer without a standby", kind: instance, stack: "replica", situation: "failed-over", policy: "multi-az", severity: review.Human, says: "has no standby",
		edits: becomes("multi_az", false, false)},
	{name: "another source, hidden", kind: instance, stack: "replica", policy: "replica-source", severity: review.Block, says: "takes the source from",
		plan: gives(instance, "replicate_source_db", reference("data.aws_db_instance.other.db_instance_arn"))},
	{name: "a replica that follows another already", kind: instance, stack: "replica", policy: "replica-source", severity: review.Human, says: "follows \"arn:aws:rds:us-east-1:123456789012:db:other\"",
		edits: becomes("replicate_source_db", "arn:aws:rds:us-east-1:123456789012:db:other", "arn:aws:rds:us-east-1:123456789012:db:other")},
	{name: "a primary that is to follow", kind: instance, stack: "primary", policy: "replica-source", severity: review.Human, says: "is to follow another instance",
		plan: gives(instance, "replicate_source_db", constant("arn:aws:rds:eu-west-1:123456789012:db:replica-db-prod"))},
	{name: "no parameter group, hidden", kind: instance, stack: "primary", policy: "tls", severity: review.Block, says: "names no parameter group",
		plan: gives(instance, "parameter_group_name", nil)},
	{name: "RDS's parameter group, hidden", kind: instance, stack: "primary", policy: "tls", severity: review.Block, says: "names the parameter group \"default.postgres15\"",
		plan: gives(instance, "parameter_group_name", constant("default.postgres15"))},
	{name: "statements logged whole", kind: "aws_db_parameter_group", stack: "primary", policy: "parameters", severity: review.Human, says: "log_statement goes from", protects: "with the passwords in them",
		edits: becomes("parameter", logStatement("ddl"), logStatement("all"))},
	{name: "statements not logged", kind: "aws_db_parameter_group", stack: "primary", policy: "parameters", severity: review.Human, says: "log_statement goes from", protects: "the audit log tells less",
		edits: becomes("parameter", logStatement("ddl"), logStatement("none"))},
	{name: "another parameter of the log", kind: "aws_db_parameter_group", stack: "primary", policy: "parameters", severity: review.Human, says: "log_connections goes from", protects: "the audit log tells less",
		edits: becomes("parameter", parameter("log_connections", "1"), parameter("log_connections", "0"))},
	{name: "a parameter of its speed", kind: "aws_db_parameter_group", stack: "primary", policy: "parameters", severity: review.Human, says: "work_mem goes from",
		edits: becomes("parameter", parameter("work_mem", "4096"), parameter("work_mem", "8192"))},
	{name: "another stack without a plan", kind: "aws_vpc", stack: "primary", policy: "partial-plan", severity: review.Human, says: "The replica stack has no plan, although something is deployed: Its lock is held.", protects: "what comes to the replica stack is not judged",
		missing: map[string]review.Missing{review.Replica: {Why: "Its lock is held."}}},
	{name: "another stack before its first deployment", kind: "aws_vpc", stack: "primary", policy: "partial-plan",
		missing: map[string]review.Missing{review.Replica: {Why: "Nothing is deployed.", First: true}}},
	{name: "another certificate authority", kind: instance, stack: "primary", policy: "tls", severity: review.Human, says: "the certificate authority goes from",
		edits: becomes("ca_cert_identifier", "rds-ca-rsa2048-g1", "rds-ca-ecc384-g1")},
	{name: "a password that a data source reads", kind: "aws_vpc", stack: "primary", policy: "secret-in-state", severity: review.Block, says: "reads a secret into the state",
		plan: dataSource("aws_secretsmanager_secret_version")},
	{name: "a password of RDS's own", kind: instance, stack: "primary", policy: "secret-in-state", severity: review.Block, says: "manage_master_user_password is on",
		edits: becomes("manage_master_user_password", nil, true)},
	{name: "a sensitive output", kind: "aws_vpc", stack: "primary", policy: "secret-in-state", severity: review.Block, says: "The output token is sensitive", plan: sensitiveOutput},
	{name: "a random password", kind: "random_password", stack: "replica", policy: "secret-in-state", severity: review.Block, says: "length would be stored",
		edits: stores("length", 16)},
	{name: "a private key", kind: "tls_private_key", stack: "replica", policy: "secret-in-state", severity: review.Block, says: "algorithm would be stored",
		edits: stores("algorithm", "ED25519")},
	{name: "an access key", kind: "aws_iam_access_key", stack: "replica", policy: "secret-in-state", severity: review.Block, says: "user would be stored",
		edits: stores("user", "deploy")},
	{name: "a parameter's value", kind: "aws_ssm_parameter", stack: "replica", policy: "secret-in-state", severity: review.Block, says: "value would be stored",
		edits: stores("value", "x")},
	{name: "a secret in one region, hidden", kind: "aws_secretsmanager_secret", stack: "primary", policy: "secret-replica", severity: review.Block, says: "replicates it nowhere",
		plan: givesInModule("aws_secretsmanager_secret", "replica", nil)},
	{name: "a secret replicated over the writer's", kind: "aws_secretsmanager_secret", stack: "primary", situation: "failed-over", policy: "secret-replica", severity: review.Block, says: "go from none to eu-west-1, and a failover has happened",
		edits: becomes("replica", []any{}, blocks("region", "eu-west-1"))},
	{name: "copies that are not known yet", kind: "aws_secretsmanager_secret", stack: "primary", policy: "secret-replica", severity: review.Block, says: "to what is known after the apply only",
		edits: join([]plantest.Edit{act("update")}, unknownAfter("replica"))},
	{name: "a key that leaves the state", kind: "aws_kms_key", stack: "primary", policy: "stateful-destroyed", severity: review.Human, says: "leaves the state and stays in AWS",
		edits: actions["forget"]},
	{name: "a new topic in a stack that exists", kind: "aws_sns_topic", stack: "primary", policy: "stateful-recreated", severity: review.Human, says: "will be made, empty, in a stack that is deployed",
		edits: actions["create anew"]},
	{name: "the database's key anew", kind: "aws_kms_key", stack: "primary", policy: "stateful-recreated", severity: review.Block, says: "was there before and will be made anew",
		edits: actions["create anew"]},
	{name: "the replica's instance anew", kind: instance, stack: "replica", policy: "stateful-recreated", severity: review.Human, says: "will be made anew, as a copy of arn:aws:rds:us-east-1",
		edits: actions["create anew"]},
	{name: "a primary that was imported", kind: instance, stack: "primary", situation: "failed-over", policy: "password-after-failover", severity: review.Human, says: "was imported: the password that the secret",
		edits: becomes("password_wo_version", nil, 1)},
	{name: "an output that is not known yet", kind: "aws_vpc", stack: "primary", policy: "output-removed", severity: review.Human, says: "to what is known after the apply only",
		plan: vpcOutput(tfjson.ActionUpdate)},
	{name: "a list of logs, hidden", kind: instance, stack: "primary", policy: "hidden-change", severity: review.Human, says: "enabled_cloudwatch_logs_exports",
		plan: gives(instance, "enabled_cloudwatch_logs_exports", constant([]any{"postgresql", "upgrade"}))},
	{name: "a list in another order", kind: instance, stack: "primary", policy: "hidden-change",
		edits: becomes("enabled_cloudwatch_logs_exports", []any{"upgrade", "postgresql"}, []any{"upgrade", "postgresql"}),
		plan:  gives(instance, "enabled_cloudwatch_logs_exports", constant([]any{"postgresql", "upgrade"}))},
	{name: "a name in capitals", kind: instance, stack: "primary", policy: "hidden-change",
		plan: gives(instance, "identifier", constant("Primary-DB-Prod"))},
	{name: "an alarm on another instance, hidden", kind: alarm, stack: "replica", policy: "hidden-change", severity: review.Human, says: "dimensions",
		plan: gives(alarm, "dimensions", constant(map[string]any{"DBInstanceIdentifier": "other"}))},
	{name: "a text that is no document, hidden", kind: alarm, stack: "replica", policy: "hidden-change", severity: review.Human, says: "comparison_operator = \"{x\"",
		plan: gives(alarm, "comparison_operator", constant("{x"))},
	{name: "a document in another order", kind: "aws_kms_key", stack: "primary", policy: "hidden-change",
		edits: becomes("policy", `{"a":1,"b":2}`, `{"a":1,"b":2}`), plan: gives("aws_kms_key", "policy", constant(`{"b": 2, "a": 1}`))},
}

func stores(attribute string, value any) []plantest.Edit {
	return []plantest.Edit{act("create"), null("before"), {At: []any{"change", "after"}, Set: map[string]any{attribute: value}}}
}

func sensitiveOutput(p *tfjson.Plan) {
	p.OutputChanges = map[string]*tfjson.Change{"token": {Actions: tfjson.Actions{tfjson.ActionCreate}}}
	configuration(func(c *tfjson.Config) {
		outputs := map[string]*tfjson.ConfigOutput{"token": {Sensitive: true}}
		for name, o := range c.RootModule.Outputs {
			outputs[name] = o
		}
		c.RootModule.Outputs = outputs
	})(p)
}
