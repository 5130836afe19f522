package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
)

// The regions of the stacks.
const (
	away = "us-east-1"
	home = "eu-west-1"
)

func one(tx *sim.Tx, typ, region string) *sim.Resource { return tx.List(typ, region)[0] }

// set changes an attribute of the first resource of a type in a region.
func set(typ, region, attribute string, value any) func(*sim.Tx) {
	return func(tx *sim.Tx) { tx.Edit(one(tx, typ, region)).Attrs[attribute] = value }
}

// setOf is set for the resource that has another attribute's value.
func setOf(typ, by, is, attribute string, value any) func(*sim.Tx) {
	return func(tx *sim.Tx) { tx.Edit(tx.FindBy(typ, "", by, is)).Attrs[attribute] = value }
}

func drop(typ, region string, match func(sim.Attrs) bool) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		for _, r := range tx.List(typ, region) {
			if match(r.Attrs) {
				tx.Remove(r)
			}
		}
	}
}

func all(sim.Attrs) bool { return true }

func has(attribute, value string) func(sim.Attrs) bool {
	return func(a sim.Attrs) bool { return a.Str(attribute) == value }
}

// guard changes the function.
func guard(change func(tx *sim.Tx, f *sim.Resource)) func(*sim.Tx) {
	return func(tx *sim.Tx) { change(tx, tx.Edit(one(tx, "aws_lambda_function", ""))) }
}

// variable sets one of the guard's variables.
func variable(name, value string) func(*sim.Tx) {
	return guard(func(_ *sim.Tx, f *sim.Resource) {
		block := f.Attrs.Block("environment").Clone()
		variables := block["variables"].(map[string]any)
		variables[name] = value
		f.Attrs["environment"] = []any{map[string]any{"variables": variables}}
	})
}

// publishers makes the statement of a policy that lets CloudWatch in name
// another service.
func publishers(typ, region string) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		for _, r := range tx.List(typ, region) {
			if text := r.Attrs.Str("policy"); strings.Contains(text, "cloudwatch.amazonaws.com") {
				tx.Edit(r).Attrs["policy"] = strings.ReplaceAll(text, "cloudwatch.amazonaws.com", "events.amazonaws.com")
			}
		}
	}
}

func broken() map[string]struct {
	change func(*sim.Tx)
	want   []string
} {
	type brokenCase = struct {
		change func(*sim.Tx)
		want   []string
	}
	return map[string]brokenCase{
		"nobody subscribed to the alarms":              {drop("aws_sns_topic_subscription", away, all), []string{"topic-wakes"}},
		"nobody may be invoked by the topic":           {drop("aws_lambda_permission", home, has("statement_id", "primary-alarms")), []string{"topic-wakes"}},
		"the topics' key does not admit CloudWatch":    {publishers("aws_kms_key", away), []string{"topic-key"}},
		"the topic does not admit CloudWatch":          {publishers("aws_sns_topic", away), []string{"topic-policy"}},
		"the topic has AWS's own key":                  {set("aws_sns_topic", away, "kms_master_key_id", "alias/aws/sns"), []string{"topic-key"}},
		"alarms without actions":                       {setOf("aws_cloudwatch_metric_alarm", "alarm_name", "replica-lag-dev", "alarm_actions", []any{}), []string{"alarm-silent"}},
		"an alarm whose actions are disabled":          {setOf("aws_cloudwatch_metric_alarm", "alarm_name", "replica-lag-dev", "actions_enabled", false), []string{"alarm-silent"}},
		"a lag alarm on the primary":                   {setOf("aws_cloudwatch_metric_alarm", "alarm_name", "primary-cpu-dev", "metric_name", "ReplicaLag"), []string{"alarm-missing", "alarm-subject"}},
		"a guard whose silence is no alarm":            {setOf("aws_cloudwatch_metric_alarm", "alarm_name", "guard-silent-dev", "treat_missing_data", "notBreaching"), []string{"alarm-blind"}},
		"the guard in the wrong region":                {elsewhereGuard, []string{"alarm-missing", "alarm-subject", "failure-unheard", "guard-log", "guard-network", "guard-region", "permission", "schedule", "topic-wakes"}},
		"two guards":                                   {twoGuards, []string{"guard-ambiguous"}},
		"the guard outside the VPC":                    {guard(func(_ *sim.Tx, f *sim.Resource) { f.Attrs["vpc_config"] = []any{} }), []string{"guard-network"}},
		"the guard among the applications":             {amongApplications, []string{"fence-leak"}},
		"a guard that ends soon":                       {set("aws_lambda_function", home, "timeout", 3.0), []string{"guard-time"}},
		"a guard that ends before the next takes over": {set("aws_lambda_function", home, "timeout", 55.0), []string{"guard-time"}},
		"a guard that runs alone":                      {set("aws_lambda_function", home, "reserved_concurrent_executions", 1.0), []string{"guard-program"}},
		"a witness that there is not":                  {variable("PGDR_WITNESS_REGIONS", "us-west-2,mars-north-1"), []string{"witness"}},
		"a ledger that there is not":                   {variable("PGDR_LEDGER_TABLE", "other"), []string{"ledger-missing", "permission"}},
		"a ledger of another shape":                    {set("aws_dynamodb_table", home, "range_key", nil), []string{"ledger-shape"}},
		"a ledger without recovery":                    {set("aws_dynamodb_table", home, "point_in_time_recovery", []any{}), []string{"ledger-recovery"}},
		"a ledger with AWS's key":                      {set("aws_dynamodb_table", home, "server_side_encryption", []any{}), []string{"ledger-key"}},
		"a schedule of five minutes":                   {set("aws_cloudwatch_event_rule", home, "schedule_expression", "rate(5 minutes)"), []string{"schedule-rate"}},
		"a schedule that is disabled":                  {set("aws_cloudwatch_event_rule", home, "state", "DISABLED"), []string{"schedule"}},
		"a tick that the guard does not know":          {set("aws_cloudwatch_event_target", home, "input", "{}"), []string{"schedule"}},
		"the replica of somebody else":                 {set("aws_db_instance", home, "replicate_source_db", "arn:aws:rds:us-east-1:123456789012:db:other"), []string{"replica-source"}},
		"a replica without a key":                      {set("aws_db_instance", home, "kms_key_id", ""), []string{"database-key", "database-log", "key-foreign", "ledger-key", "secret-key"}},
		"a replica that was rebuilt":                   {set("aws_db_instance", home, "resource_id", "db-REBUILT"), []string{"database-mismatch"}},
		"a replica that is smaller":                    {set("aws_db_instance", home, "instance_class", "db.t4g.medium"), []string{"database-smaller"}},
		"a replica without backups":                    {set("aws_db_instance", home, "backup_retention_period", 0.0), []string{"database-backups"}},
		"a public replica":                             {set("aws_db_instance", home, "publicly_accessible", true), []string{"database-public"}},
		"no replica":                                   {drop("aws_db_instance", home, all), []string{"database-missing"}},
		"a secret that is not replicated":              {set("aws_secretsmanager_secret", away, "replica", []any{}), []string{"secret-missing"}},
		"no health check on the primary's record":      {setOf("aws_route53_record", "set_identifier", "primary-dev", "health_check_id", nil), []string{"name-answer", "record-check"}},
		"a health check on the replica's record too":   {alsoOnTheReplica, []string{"name-answer", "record-check"}},
		"a copy of the alarm that is old":              {setOf("aws_cloudwatch_metric_alarm", "alarm_name", "active-writer-dev", "threshold", 2.0), []string{"health-stale", "health-triggers", "writer-alarm"}},
		"the zone in one VPC":                          {drop("aws_route53_zone_association", "", all), []string{"name-answer"}},
		"the record at the identifier":                 {setOf("aws_route53_record", "set_identifier", "primary-dev", "records", []any{"primary-db-dev"}), []string{"name-answer", "record-weights"}},
		"a TTL of a minute":                            {setOf("aws_route53_record", "set_identifier", "replica-dev", "ttl", 60.0), []string{"record-ttl"}},
		"a security group in the place of the ACL":     {securityGroupAsFence, []string{"fence-acl", "permission"}},
		"an ACL that is not the database's":            {otherACL, []string{"fence-acl", "permission"}},
		"an admission before the fence":                {early, []string{"fence-leak", "fence-numbers"}},
		"no permission to promote":                     {withoutAction("rds:PromoteReadReplica"), []string{"permission"}},
		"no permission to fence":                       {withoutAction("ec2:CreateNetworkAclEntry"), []string{"permission"}},
		"no way over the peering":                      {set("aws_vpc_peering_connection", home, "accept_status", "pending-acceptance"), []string{"way-applications", "way-guard"}},
		"no way to AWS":                                {drop("aws_nat_gateway", home, all), []string{"way-apis", "way-out"}},
		"a database that leads out":                    {leadsOut, []string{"way-in"}},
		"notices to nowhere":                           {drop("aws_sns_topic", home, has("name", "replica-db-notice-topic-dev")), []string{"alarm-silent", "notices-missing"}},
		"nobody reads the notices":                     {drop("aws_sns_topic_subscription", home, has("protocol", "email")), []string{"notices-unread"}},
		"the guard is woken by itself":                 {wakesItself, []string{"topic-wakes"}},
		"nobody hears of failures":                     {drop("aws_lambda_function_event_invoke_config", home, all), []string{"failure-unheard"}},
		"a stranger may invoke the guard":              {set("aws_lambda_permission", home, "principal", "s3.amazonaws.com"), []string{"function-invoker", "topic-wakes"}},
		"an environment without guard":                 {variable("PGDR_ENVIRONMENT", "other"), []string{"guard-missing"}},
		"the guard has a variable that makes no sense": {variable("PGDR_MODE", "perhaps"), []string{"guard-config"}},
		"the default group lets in and out":            {drop("aws_default_security_group", away, all), []string{"default-group"}},
		"subnets that follow the main table":           {drop("aws_route_table_association", away, all), []string{"subnet-kinds", "subnet-table", "way-applications", "way-endpoint", "way-guard", "way-out"}},
		"other settings after a failover":              {set("aws_db_parameter_group", home, "parameter", []any{}), []string{"database-parameters"}},
		"what the logs service may not encrypt":        {set("aws_kms_replica_key", home, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`), []string{"database-log"}},
		"a policy that can't be judged":                {set("aws_kms_replica_key", home, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`), []string{"not-simulated", "permission"}},
	}
}

func TestDiagnose_NamesWhatIsBroken(t *testing.T) {
	d, zip := withPerson(t), archive(t)
	for name, c := range broken() {
		t.Run(name, func(t *testing.T) {
			cloud, err := applied(t, d, zip)
			require.NoError(t, err)
			require.NoError(t, cloud.Update(func(tx *sim.Tx) error { c.change(tx); return nil }))
			var got []string
			var text strings.Builder
			for _, f := range examine(t, cloud).Findings {
				got = append(got, f.ID)
				text.WriteString(f.String() + "\n")
				require.NotEmpty(t, f.Remedy)
			}
			slices.Sort(got)
			require.Equal(t, c.want, slices.Compact(got), "%s", text.String())
		})
	}
}

func elsewhereGuard(tx *sim.Tx) {
	f := tx.Edit(one(tx, "aws_lambda_function", home))
	tx.Remove(f)
	moved := *f
	moved.Region = away
	tx.Put(&moved)
}

func twoGuards(tx *sim.Tx) {
	second := *one(tx, "aws_lambda_function", home)
	second.ID, second.Key = "second", "second"
	second.Attrs = second.Attrs.Clone()
	second.Attrs["function_name"] = "second"
	tx.Put(&second)
}

// amongApplications puts the guard where the applications are.
func amongApplications(tx *sim.Tx) {
	var ids, ranges []string
	for _, r := range tx.List("aws_subnet", home) {
		if name := r.Attrs.StringMap("tags")["Name"]; strings.HasPrefix(name, "replica-private-") {
			ids, ranges = append(ids, r.ID), append(ranges, r.Attrs.Str("cidr_block"))
		} else if strings.HasPrefix(name, "replica-guard-") {
			tx.Remove(r)
		}
	}
	f := tx.Edit(one(tx, "aws_lambda_function", home))
	config := f.Attrs.Block("vpc_config").Clone()
	config.Set(sim.Attrs{"subnet_ids": ids})
	f.Attrs["vpc_config"] = []any{map[string]any(config)}
	variable("PGDR_GUARD_CIDRS", strings.Join(ranges, ","))(tx)
}

func alsoOnTheReplica(tx *sim.Tx) {
	check := one(tx, "aws_route53_health_check", "").ID
	setOf("aws_route53_record", "set_identifier", "replica-dev", "health_check_id", check)(tx)
}

func securityGroupAsFence(tx *sim.Tx) {
	variable("PGDR_PRIMARY_NETWORK_ACL_ID", strings.Replace(one(tx, "aws_security_group", away).ID, "sg-", "acl-", 1))(tx)
}

func otherACL(tx *sim.Tx) {
	variable("PGDR_PRIMARY_NETWORK_ACL_ID", one(tx, "aws_network_acl", home).ID)(tx)
}

// early admits the primary's VPC before the fence.
func early(tx *sim.Tx) {
	for _, r := range tx.List("aws_network_acl_rule", away) {
		rule := *r
		rule.ID, rule.Key = r.ID+"early", r.Key+"early"
		rule.Attrs = r.Attrs.Clone()
		rule.Attrs.Set(sim.Attrs{"rule_number": 50, "cidr_block": "10.0.0.0/16"})
		tx.Put(&rule)
	}
}

func withoutAction(action string) func(*sim.Tx) {
	return func(tx *sim.Tx) {
		for _, r := range tx.List("aws_iam_role_policy", "") {
			text := r.Attrs.Str("policy")
			tx.Edit(r).Attrs["policy"] = strings.ReplaceAll(text, action, "rds:DescribeDBLogFiles")
		}
	}
}

// leadsOut gives the primary's database subnets a way out.
func leadsOut(tx *sim.Tx) {
	for _, table := range tx.List("aws_route_table", away) {
		if table.Attrs.StringMap("tags")["Name"] == "primary-database-dev" {
			r := &sim.Resource{Type: "aws_route", Region: away, ID: "out", Attrs: sim.Attrs{
				"route_table_id": table.ID, "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": one(tx, "aws_nat_gateway", away).ID,
			}}
			tx.Put(r)
		}
	}
}

func wakesItself(tx *sim.Tx) {
	topic := tx.FindBy("aws_sns_topic", home, "name", "replica-db-notice-topic-dev")
	tx.Put(&sim.Resource{Type: "aws_sns_topic_subscription", Region: home, ID: topic.ID + ":loop", Attrs: sim.Attrs{
		"topic_arn": topic.ID, "protocol": "lambda", "endpoint": one(tx, "aws_lambda_function", home).ARN(),
	}})
}
