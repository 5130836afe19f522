package sim_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

// emptyInAWS are computed attributes that have no value in AWS either, unless
// they are configured.
var emptyInAWS = map[string][]string{"aws_route53_health_check": {"triggers"}}

func TestTypes_HaveASchemaEach(t *testing.T) {
	for typ, kind := range simaws.Types().Resources {
		require.NotNil(t, kind.Schema().Block.Attributes["id"], "%s: is this the type's own schema?", typ)
	}
}

func TestCreate_GivesEveryComputedAttributeAValue(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, m := range w.full() {
		seen[m.typ] = true
		shown := w.read(m)
		for name, schema := range simaws.Types().Resources[m.typ].Schema().Block.Attributes {
			if !schema.Computed || slices.Contains(emptyInAWS[m.typ], name) {
				continue
			}
			if schema.WriteOnly {
				require.Nil(t, shown[name], "%s.%s is write-only", m.typ, name)
				continue
			}
			require.NotNil(t, shown[name], "%s.%s", m.typ, name)
			require.NotNil(t, m.attrs[name], "%s.%s right after its creation", m.typ, name)
		}
	}
	require.Equal(t, knownTypes(), slices.Sorted(maps.Keys(seen)), "types that full() makes")
}

func TestCreate_KeepsEveryConfiguredAttribute(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.full() {
		for name, asked := range m.asked {
			requireKept(t, m.typ+"."+name, asked, m.attrs[name])
		}
	}
}

// requireKept compares what was asked for with what came back; of a block only
// the arguments that were given.
func requireKept(t *testing.T, path string, asked, got any) {
	t.Helper()
	switch asked := asked.(type) {
	case list:
		got, ok := got.(list)
		require.True(t, ok && len(got) == len(asked), "%s is %v", path, got)
		for i := range asked {
			requireKept(t, path, asked[i], got[i])
		}
	case attrs:
		got, ok := got.(attrs)
		require.True(t, ok, "%s is %v", path, got)
		for name := range asked {
			requireKept(t, path+"."+name, asked[name], got[name])
		}
	case int:
		require.InDelta(t, asked, got, 0, path)
	default:
		require.Equal(t, asked, got, path)
	}
}

const (
	hex17 = `0[0-9a-f]{16}`
	uuid  = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
)

// shapes are what computed attributes look like in AWS.
var shapes = map[string]map[string]string{
	"aws_vpc": {
		"id": `vpc-` + hex17, "arn": `arn:aws:ec2:REGION:123456789012:vpc/vpc-` + hex17, "default_security_group_id": `sg-` + hex17,
		"main_route_table_id": `rtb-` + hex17, "default_network_acl_id": `acl-` + hex17,
	},
	"aws_subnet":                     {"id": `subnet-` + hex17, "availability_zone_id": `(use1|euw1)-az[123]`},
	"aws_internet_gateway":           {"id": `igw-` + hex17},
	"aws_eip":                        {"id": `eipalloc-` + hex17, "public_ip": `198\.1[89]\.\d+\.\d+`, "association_id": `eipassoc-` + hex17},
	"aws_nat_gateway":                {"id": `nat-` + hex17, "private_ip": `10\.[01]\.0\.\d+`, "network_interface_id": `eni-` + hex17},
	"aws_route":                      {"id": `r-rtb-` + hex17 + `1080289494`, "state": `active`, "origin": `CreateRoute`},
	"aws_route_table_association":    {"id": `rtbassoc-` + hex17},
	"aws_network_acl":                {"id": `acl-` + hex17},
	"aws_network_acl_association":    {"id": `aclassoc-` + hex17},
	"aws_network_acl_rule":           {"id": `nacl-\d+`},
	"aws_vpc_endpoint":               {"id": `vpce-` + hex17, "prefix_list_id": `pl-[0-9a-f]{8}`, "state": `available`},
	"aws_vpc_peering_connection":     {"id": `pcx-` + hex17, "accept_status": `active`},
	"aws_security_group":             {"id": `sg-` + hex17, "arn": `arn:aws:ec2:REGION:123456789012:security-group/sg-` + hex17},
	"aws_kms_key":                    {"key_id": `mrk-[0-9a-f]{32}`, "arn": `arn:aws:kms:REGION:123456789012:key/mrk-[0-9a-f]{32}`},
	"aws_kms_replica_key":            {"key_id": `mrk-[0-9a-f]{32}`, "arn": `arn:aws:kms:REGION:123456789012:key/mrk-[0-9a-f]{32}`},
	"aws_secretsmanager_secret":      {"arn": `arn:aws:secretsmanager:us-east-1:123456789012:secret:db-credentials-dev-[A-Za-z0-9]{6}`},
	"aws_db_subnet_group":            {"arn": `arn:aws:rds:REGION:123456789012:subgrp:db-dev`},
	"aws_db_parameter_group":         {"arn": `arn:aws:rds:REGION:123456789012:pg:db-dev`},
	"aws_cloudwatch_log_group":       {"arn": `arn:aws:logs:REGION:123456789012:log-group:/aws/(lambda/guard-|vpc/)dev`},
	"aws_route53_zone":               {"zone_id": `Z[A-Z0-9]{20}`, "arn": `arn:aws:route53:::hostedzone/Z[A-Z0-9]{20}`, "primary_name_server": `ns-0\.awsdns-00\.com\.`},
	"aws_route53_record":             {"id": `Z[A-Z0-9]{20}_db_CNAME_primary`, "fqdn": `db\.db-dev\.internal`},
	"aws_route53_health_check":       {"id": uuid, "arn": `arn:aws:route53:::healthcheck/` + uuid},
	"aws_sns_topic":                  {"arn": `arn:aws:sns:REGION:123456789012:alarms-dev`, "owner": `123456789012`},
	"aws_sns_topic_subscription":     {"arn": `arn:aws:sns:REGION:123456789012:alarms-dev:` + uuid},
	"aws_sqs_queue":                  {"url": `https://sqs\.REGION\.amazonaws\.com/123456789012/lost-dev`, "arn": `arn:aws:sqs:REGION:123456789012:lost-dev`},
	"aws_cloudwatch_metric_alarm":    {"arn": `arn:aws:cloudwatch:REGION:123456789012:alarm:active-writer-dev`},
	"aws_iam_role":                   {"arn": `arn:aws:iam::123456789012:role/(guard|flow-logs)-dev`, "unique_id": `AROA[A-Z2-7]{17}`},
	"aws_cloudwatch_dashboard":       {"dashboard_arn": `arn:aws:cloudwatch::123456789012:dashboard/pgdr-dev`},
	"aws_db_event_subscription":      {"arn": `arn:aws:rds:REGION:123456789012:es:db-events-dev`, "customer_aws_id": `123456789012`},
	"aws_flow_log":                   {"id": `fl-` + hex17, "arn": `arn:aws:ec2:REGION:123456789012:vpc-flow-log/fl-` + hex17, "log_group_name": `/aws/vpc/dev`},
	"aws_iam_policy":                 {"policy_id": `ANPA[A-Z2-7]{17}`},
	"aws_iam_role_policy_attachment": {"id": `guard-dev-\d{18}[0-9a-f]{8}`},
	"aws_lambda_function": {
		"arn": `arn:aws:lambda:REGION:123456789012:function:guard-dev`, "version": `\$LATEST`, "code_sha256": `[A-Za-z0-9+/]{43}=`, "source_code_hash": `as-configured`,
		"invoke_arn":    `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/arn:aws:lambda:REGION:123456789012:function:guard-dev/invocations`,
		"qualified_arn": `arn:aws:lambda:REGION:123456789012:function:guard-dev:\$LATEST`, "last_modified": `2026-06-01T12:00:00\.000\+0000`,
	},
	"aws_cloudwatch_event_rule":   {"arn": `arn:aws:events:REGION:123456789012:rule/tick-dev`},
	"aws_cloudwatch_event_target": {"id": `tick-dev-terraform-\d{18}[0-9a-f]{8}`},
	"aws_dynamodb_table":          {"arn": `arn:aws:dynamodb:REGION:123456789012:table/ledger-dev`},
	"aws_db_instance": {
		"id": `db-[A-Z2-7]{26}`, "resource_id": `db-[A-Z2-7]{26}`, "engine_version_actual": `15\.14`, "ca_cert_identifier": `rds-ca-rsa2048-g1`,
		"endpoint": `(primary|replica)-db-dev\.c[a-z0-9]{11}\.REGION\.rds\.amazonaws\.com:5432`, "arn": `arn:aws:rds:REGION:123456789012:db:(primary|replica)-db-dev`,
		"hosted_zone_id": `Z2R2ITUGPM61AM|Z29XKXDKYMONMX`, "status": `available`, "availability_zone": `REGIONa`,
	},
}

func TestCreate_MakesValuesThatLookLikeAWS(t *testing.T) {
	w := newWorld(t)
	checked := map[string]bool{}
	for _, m := range w.full() {
		shown := w.read(m)
		for name, shape := range shapes[m.typ] {
			if m.typ == "aws_eip" && name == "association_id" && shown[name] == "" {
				t.Errorf("%s.%s is empty although a NAT gateway has the address", m.typ, name)
			}
			pattern := regexp.MustCompile(`^(` + regexp.MustCompile("REGION").ReplaceAllString(shape, m.region) + `)$`)
			require.Regexp(t, pattern, shown[name], "%s.%s", m.typ, name)
			checked[m.typ] = true
		}
	}
	require.Len(t, checked, len(shapes), "types with shapes that full() makes")
}

func TestRead_IsTheSameAgain(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.full() {
		require.Equal(t, w.read(m), w.read(m), "%s", m.typ)
	}
}

func TestDo_RefusesAnAccountThatIsNotAllowedAndNamesBoth(t *testing.T) {
	w := newWorld(t)
	req := simapi.Request{Type: "aws_vpc", Region: east, AllowedAccounts: []string{"999999999999"}, Attrs: attrs{"cidr_block": "10.0.0.0/16"}}
	resp := w.cloud.Do(context.Background(), simapi.OpCreate, req)
	require.NotNil(t, resp.Error)
	require.Contains(t, resp.Error.Message, account)
	require.Contains(t, resp.Error.Message, "999999999999")
	req.AllowedAccounts = append(req.AllowedAccounts, account)
	require.Nil(t, w.cloud.Do(context.Background(), simapi.OpCreate, req).Error)
}

func TestDo_RefusesWhatItDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	w.refused("aws_s3_bucket", east, attrs{}, "Unsupported")
	w.refused("aws_vpc", "mars-north-1", attrs{"cidr_block": "10.0.0.0/16"}, "InvalidRegion")
	err := w.refused("aws_vpc", east, attrs{"cidr_blok": "10.0.0.0/16"}, "Unsupported")
	require.Contains(t, err.Message, "cidr_blok")
	require.Equal(t, "Unsupported", w.cloud.Do(context.Background(), "explode", simapi.Request{Type: "aws_vpc", Region: east}).Error.Code)
}
