package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// alarmsOfRDS is a topic that RDS may publish to, under a key that admits it.
func (w *world) alarmsOfRDS() (topic, key made) {
	w.t.Helper()
	admits := func(action, service string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},` +
			`{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":` + action + `,"Resource":"*"}]}`
	}
	key = w.create("aws_kms_key", east, attrs{"policy": admits(`["kms:GenerateDataKey*","kms:Decrypt"]`, "events.rds.amazonaws.com")})
	topic = w.create("aws_sns_topic", east, attrs{"name": "alarms-dev", "kms_master_key_id": key.arn()})
	w.create("aws_sns_topic_policy", east, attrs{"arn": topic.arn(), "policy": topicPolicy(topic.arn())})
	return topic, key
}

func TestEventSubscription_RefusesWhatRDSRefuses(t *testing.T) {
	w := newWorld(t)
	d := w.databaseBase(east, "10.0")
	key, _ := w.keys()
	w.create("aws_db_instance", east, d.primaryAttrs(key.arn()))
	topic, _ := w.alarmsOfRDS()
	far := w.create("aws_sns_topic", west, attrs{"name": "far"})
	closed := w.create("aws_sns_topic", east, attrs{"name": "closed"})
	w.create("aws_sns_topic_policy", east, attrs{"arn": closed.arn(), "policy": strings.ReplaceAll(topicPolicy(closed.arn()), "events.rds", "events")})
	locked := w.create("aws_sns_topic", east, attrs{"name": "locked", "kms_master_key_id": key.arn()})
	w.create("aws_sns_topic_policy", east, attrs{"arn": locked.arn(), "policy": topicPolicy(locked.arn())})
	good := attrs{
		"name": "db-events-dev", "sns_topic": topic.arn(), "source_type": "db-instance", "source_ids": list{"primary-db-dev"},
		"event_categories": list{"failover", "low storage"},
	}
	w.refusesEach("aws_db_event_subscription", east, good, []refusal{
		{"instance of another name", attrs{"source_ids": list{"primary"}}, "SourceNotFound"},
		{"instances without a type", attrs{"source_type": nil}, "InvalidParameterCombination"},
		{"category", attrs{"event_categories": list{"fail over"}}, "SubscriptionCategoryNotFound"},
		{"topic of another region", attrs{"sns_topic": far.arn()}, "SNSInvalidTopic"},
		{"topic that is none", attrs{"sns_topic": topic.arn() + "-not"}, "SNSTopicArnNotFound"},
		{"topic that does not admit RDS", attrs{"sns_topic": closed.arn()}, "SNSNoAuthorization"},
		{"key that does not admit RDS", attrs{"sns_topic": locked.arn()}, "SNSInvalidTopic"},
		{"other sources", attrs{"source_type": "db-cluster"}, "InvalidParameterValue"},
	})
	w.refused("aws_db_event_subscription", east, good, "SubscriptionAlreadyExist")
	s := w.create("aws_db_event_subscription", east, made{attrs: good}.with(attrs{"name": "other"}))
	require.Equal(t, true, s.attrs["enabled"])
	w.refusedUpdate(s, attrs{"event_categories": list{"none"}}, "SubscriptionCategoryNotFound")
	w.update(s, attrs{"event_categories": list{"recovery"}})
	w.gone(s)
}

func TestFlowLog_RefusesWhatWouldStayEmpty(t *testing.T) {
	w := newWorld(t)
	n := w.network(west, "10.1")
	log := w.flowLog(w.create, n.vpc)
	require.InDelta(t, 600, log.attrs["max_aggregation_interval"], 0)
	other := w.create("aws_iam_role", east, attrs{"name": "other", "assume_role_policy": trust("lambda.amazonaws.com")})
	idle := w.create("aws_iam_role", east, attrs{"name": "idle", "assume_role_policy": trust("vpc-flow-logs.amazonaws.com")})
	second := made{attrs: log.asked}.with(attrs{"traffic_type": "REJECT"})
	w.refused("aws_flow_log", west, log.asked, "FlowLogAlreadyExists")
	w.refusesEach("aws_flow_log", west, second, []refusal{
		{"no such VPC", attrs{"vpc_id": "vpc-0123"}, "InvalidVpcID.NotFound"},
		{"no traffic", attrs{"traffic_type": nil}, "MissingParameter"},
		{"no role", attrs{"iam_role_arn": nil}, "InvalidParameter"},
		{"no such role", attrs{"iam_role_arn": "arn:aws:iam::123456789012:role/none"}, "InvalidParameter"},
		{"a role of another service", attrs{"iam_role_arn": other.arn()}, "InvalidParameter"},
		{"a role that may not write", attrs{"iam_role_arn": idle.arn()}, "InvalidParameter"},
		{"no such group", attrs{"log_destination": "arn:aws:logs:eu-west-1:123456789012:log-group:/none"}, "InvalidParameter"},
		{"a subnet", attrs{"vpc_id": nil, "subnet_id": "subnet-0123"}, "InvalidParameter"},
	})
	w.gone(log)
}

func TestDashboard_RefusesABodyThatCloudWatchRefuses(t *testing.T) {
	w := newWorld(t)
	body := func(widget string) attrs { return attrs{"dashboard_body": `{"widgets":[` + widget + `]}`} }
	good := attrs{"dashboard_name": "pgdr-dev", "dashboard_body": `{"widgets":[
		{"type":"metric","properties":{"region":"eu-west-1","metrics":[["AWS/RDS","ReplicaLag","DBInstanceIdentifier","x",{"region":"us-east-1"}]]}},
		{"type":"alarm","properties":{"alarms":["arn:aws:cloudwatch:us-east-1:123456789012:alarm:replica-lag-dev"]}},{"type":"text","properties":{}}]}`}
	w.refusesEach("aws_cloudwatch_dashboard", east, good, []refusal{
		{"name", attrs{"dashboard_name": "pgdr dev"}, "InvalidParameterValue"},
		{"no JSON", attrs{"dashboard_body": "{"}, "InvalidParameterInput"},
		{"metric without a region", body(`{"type":"metric","properties":{"metrics":[["a","b"]]}}`), "InvalidParameterInput"},
		{"region that is none", body(`{"type":"metric","properties":{"region":"eu-west-1","metrics":[["a","b",{"region":"eu-west-9"}]]}}`), "InvalidParameterInput"},
		{"series that is none", body(`{"type":"metric","properties":{"region":"eu-west-1","metrics":["b"]}}`), "InvalidParameterInput"},
		{"alarm that is none", body(`{"type":"alarm","properties":{"alarms":["replica-lag-dev"]}}`), "InvalidParameterInput"},
		{"no alarms", body(`{"type":"alarm","properties":{}}`), "InvalidParameterInput"},
		{"widget", body(`{"type":"picture"}`), "InvalidParameterInput"},
	})
	w.refused("aws_cloudwatch_dashboard", west, good, "AlreadyExists")
	d := w.create("aws_cloudwatch_dashboard", west, made{attrs: good}.with(attrs{"dashboard_name": "other"}))
	w.refusedUpdate(d, body(`{"type":"metric"}`), "InvalidParameterInput")
	w.update(d, body(``))
	w.gone(d)
}
