package sim_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAlarm_RefusesWhatCloudWatchRefusesAndActionsThatPointAtNothing(t *testing.T) {
	w := newWorld(t)
	topic, far := w.create("aws_sns_topic", west, attrs{"name": "alarms"}), w.create("aws_sns_topic", east, attrs{"name": "alarms"})
	var many list
	for i := range 6 {
		many = append(many, w.create("aws_sns_topic", west, attrs{"name": fmt.Sprintf("t%d", i)}).arn())
	}
	good := made{attrs: alarmAttrs("writer")}.with(attrs{"alarm_actions": list{topic.arn()}})
	nothing := "arn:aws:sns:eu-west-1:123456789012:none"
	w.refusesEach("aws_cloudwatch_metric_alarm", west, good, []refusal{
		{"no name", attrs{"alarm_name": ""}, "ValidationError"},
		{"operator", attrs{"comparison_operator": "MoreThan"}, "ValidationError"},
		{"no periods", attrs{"evaluation_periods": 0}, "ValidationError"},
		{"more datapoints than periods", attrs{"datapoints_to_alarm": 2}, "ValidationError"},
		{"missing data", attrs{"treat_missing_data": "bad"}, "ValidationError"},
		{"no threshold", attrs{"threshold": nil}, "ValidationError"},
		{"no metric", attrs{"metric_name": nil}, "MissingParameter"},
		{"no namespace", attrs{"namespace": nil}, "MissingParameter"},
		{"no statistic", attrs{"statistic": nil}, "ValidationError"},
		{"unknown statistic", attrs{"statistic": "Median"}, "ValidationError"},
		{"period", attrs{"period": 45}, "ValidationError"},
		{"more than a day", attrs{"evaluation_periods": 1441}, "ValidationError"},
		{"topic of another region", attrs{"alarm_actions": list{far.arn()}}, "ValidationError"},
		{"no such topic", attrs{"alarm_actions": list{nothing}}, "ResourceNotFound"},
		{"no such topic when well", attrs{"ok_actions": list{nothing}}, "ResourceNotFound"},
		{"no such topic without data", attrs{"insufficient_data_actions": list{nothing}}, "ResourceNotFound"},
		{"action is no ARN", attrs{"alarm_actions": list{"alarms"}}, "ValidationError"},
		{"action that can't be one", attrs{"alarm_actions": list{"arn:aws:sqs:eu-west-1:123456789012:q"}}, "ValidationError"},
		{"too many actions", attrs{"alarm_actions": many}, "ValidationError"},
	})
	w.refused("aws_cloudwatch_metric_alarm", west, good, "AlreadyExists")
	w.create("aws_cloudwatch_metric_alarm", east, alarmAttrs("writer"))
}

func TestAlarm_StartsWithoutData(t *testing.T) {
	w := newWorld(t)
	w.create("aws_cloudwatch_metric_alarm", west, alarmAttrs("writer"))
	require.Equal(t, "INSUFFICIENT_DATA", w.cloud.Resources("aws_cloudwatch_metric_alarm")[0].Hidden.Str("state"))
}

func TestTopic_RefusesNamesKeysAndPolicies(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	good := attrs{"name": "alarms", "kms_master_key_id": key.arn()}
	w.refusesEach("aws_sns_topic", east, good, []refusal{
		{"name", attrs{"name": "my alarms"}, "InvalidParameter"},
		{"FIFO without the ending", attrs{"fifo_topic": true}, "InvalidParameter"},
		{"key of another region", attrs{"kms_master_key_id": replica.arn()}, "InvalidParameter"},
		{"no such alias", attrs{"kms_master_key_id": "alias/none"}, "InvalidParameter"},
		{"policy is no JSON", attrs{"policy": "{"}, "InvalidParameter"},
	})
	w.refused("aws_sns_topic", east, good, "InvalidParameter")
	w.create("aws_sns_topic", west, attrs{"name": "alarms", "kms_master_key_id": "alias/aws/sns"})
	alias := w.create("aws_kms_alias", east, attrs{"name": "alias/topics", "target_key_id": key.id})
	w.create("aws_sns_topic", east, attrs{"name": "second", "kms_master_key_id": alias.id})
}

func TestTopicPolicy_IsThePolicyOfTheTopic(t *testing.T) {
	w := newWorld(t)
	topic := w.create("aws_sns_topic", east, attrs{"name": "alarms"})
	first := topic.str("policy")
	good := attrs{"arn": topic.arn(), "policy": topicPolicy(topic.arn())}
	other := func(action, principal string) attrs {
		return attrs{"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + principal + `"Action":"` + action + `","Resource":"*"}]}`}
	}
	w.refusesEach("aws_sns_topic_policy", east, good, []refusal{
		{"no such topic", attrs{"arn": "arn:aws:sns:us-east-1:123456789012:none"}, "NotFound"},
		{"no JSON", attrs{"policy": "policy"}, "InvalidParameter"},
		{"another service's action", other("sqs:SendMessage", `"Principal":"*",`), "InvalidParameter"},
		{"no principal", other("sns:Publish", ""), "InvalidParameter"},
		{"version", attrs{"policy": `{"Version":"2020-01-01","Statement":[]}`}, "InvalidParameter"},
		{"effect", attrs{"policy": `{"Statement":[{"Effect":"Permit","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`}, "InvalidParameter"},
		{"no action", attrs{"policy": `{"Statement":[{"Effect":"Allow","Principal":"*","Resource":"*"}]}`}, "InvalidParameter"},
		{"action without service", other("Publish", `"Principal":"*",`), "InvalidParameter"},
	})
	require.Equal(t, good["policy"], w.read(topic)["policy"])
	policy := made{typ: "aws_sns_topic_policy", region: east, id: topic.id, attrs: good}
	require.NoError(t, w.cloud.SetAttribute("aws_sns_topic", east, topic.id, "policy", first))
	require.Equal(t, first, w.read(policy)["policy"])
	w.update(policy, attrs{"policy": topicPolicy("*")})
	require.Equal(t, topicPolicy("*"), w.read(topic)["policy"])
	w.refusedUpdate(policy, attrs{"policy": "{"}, "InvalidParameter")
	w.gone(policy)
	require.Equal(t, first, w.read(topic)["policy"])
}

func TestTopic_KeepsThePolicyThatWasSetBesideIt(t *testing.T) {
	w := newWorld(t)
	topic := w.create("aws_sns_topic", east, attrs{"name": "alarms"})
	w.create("aws_sns_topic_policy", east, attrs{"arn": topic.arn(), "policy": topicPolicy("*")})
	changed := w.update(topic, attrs{"display_name": "Alarms"})
	require.Equal(t, topicPolicy("*"), changed.str("policy"), "the update knew the old policy only and did not change it")
}

func TestSubscription_RefusesEndpointsThatPointAtNothing(t *testing.T) {
	w := newWorld(t)
	topic := w.create("aws_sns_topic", east, attrs{"name": "alarms"})
	f := w.function() // in the other region, which SNS allows
	good := attrs{"topic_arn": topic.arn(), "protocol": "lambda", "endpoint": f.function.arn()}
	w.refusesEach("aws_sns_topic_subscription", east, good, []refusal{
		{"no such topic", attrs{"topic_arn": "arn:aws:sns:us-east-1:123456789012:none"}, "NotFound"},
		{"no topic", attrs{"topic_arn": "alarms"}, "InvalidParameter"},
		{"protocol", attrs{"protocol": "pigeon"}, "InvalidParameter"},
		{"no such function", attrs{"endpoint": "arn:aws:lambda:eu-west-1:123456789012:function:none"}, "InvalidParameter"},
		{"no function", attrs{"endpoint": topic.arn()}, "InvalidParameter"},
		{"no such queue", attrs{"protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:123456789012:none"}, "InvalidParameter"},
		{"no address", attrs{"protocol": "email", "endpoint": "ops"}, "InvalidParameter"},
		{"address with a name", attrs{"protocol": "email", "endpoint": "Ops <ops@example.com>"}, "InvalidParameter"},
		{"no URL", attrs{"protocol": "https", "endpoint": "http://example.com"}, "InvalidParameter"},
		{"filter", attrs{"filter_policy": "{"}, "InvalidParameter"},
		{"redrive is no JSON", attrs{"redrive_policy": "{"}, "InvalidParameter"},
		{"redrive to nothing", attrs{"redrive_policy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none"}`}, "InvalidParameter"},
	})
	w.refused("aws_sns_topic_subscription", east, good, "InvalidParameter")
	w.refused("aws_sns_topic_subscription", west, good, "InvalidParameter")
}

func TestSubscription_OfAHumanWaitsForConfirmation(t *testing.T) {
	w := newWorld(t)
	topic := w.create("aws_sns_topic", west, attrs{"name": "alarms"})
	human := w.create("aws_sns_topic_subscription", west, attrs{"topic_arn": topic.arn(), "protocol": "email", "endpoint": "ops@example.com"})
	require.Equal(t, true, human.attrs["pending_confirmation"])
	require.Equal(t, false, human.attrs["confirmation_was_authenticated"])
	f := w.function()
	machine := w.create("aws_sns_topic_subscription", west, attrs{
		"topic_arn": topic.arn(), "protocol": "lambda", "endpoint": f.function.arn(), "filter_policy": `{"kind":["alarm"]}`,
	})
	require.Equal(t, false, machine.attrs["pending_confirmation"])
	require.Equal(t, "MessageAttributes", machine.str("filter_policy_scope"))
	w.gone(topic)
	require.Nil(t, w.read(human), "a topic takes its subscriptions with it")
	require.Nil(t, w.read(machine))
}

func TestQueue_RefusesWhatSQSRefuses(t *testing.T) {
	w := newWorld(t)
	key, replica := w.keys()
	dead := w.create("aws_sqs_queue", east, attrs{"name": "dead"})
	good := attrs{"name": "lost", "kms_master_key_id": key.id, "redrive_policy": `{"deadLetterTargetArn":"` + dead.arn() + `","maxReceiveCount":3}`}
	w.refusesEach("aws_sqs_queue", east, good, []refusal{
		{"name", attrs{"name": "lost messages"}, "InvalidParameterValue"},
		{"FIFO without the ending", attrs{"fifo_queue": true}, "InvalidParameterValue"},
		{"delay", attrs{"delay_seconds": 901}, "InvalidAttributeValue"},
		{"retention", attrs{"message_retention_seconds": 59}, "InvalidAttributeValue"},
		{"policy", attrs{"policy": "{"}, "InvalidAttributeValue"},
		{"key of another region", attrs{"kms_master_key_id": replica.arn()}, "InvalidAttributeValue"},
		{"redrive is no JSON", attrs{"redrive_policy": "{"}, "InvalidParameterValue"},
		{"redrive to nothing", attrs{"redrive_policy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none"}`}, "InvalidParameterValue"},
	})
	w.refused("aws_sqs_queue", east, good, "QueueAlreadyExists")
}

func TestLogGroup_RefusesWhatCloudWatchLogsRefuses(t *testing.T) {
	w := newWorld(t)
	closed := w.create("aws_kms_key", west, attrs{})
	open := w.create("aws_kms_key", west, attrs{"policy": keyPolicy(accountRoot, "logs.eu-west-1.amazonaws.com")})
	elsewhere := w.create("aws_kms_key", east, attrs{"policy": keyPolicy(accountRoot, "logs.eu-west-1.amazonaws.com")})
	good := attrs{"name": "/aws/lambda/guard", "retention_in_days": 7, "kms_key_id": open.arn()}
	w.refusesEach("aws_cloudwatch_log_group", west, good, []refusal{
		{"name", attrs{"name": "my logs"}, "InvalidParameterException"},
		{"retention", attrs{"retention_in_days": 8}, "InvalidParameterException"},
		{"key that does not admit the service", attrs{"kms_key_id": closed.arn()}, "AccessDeniedException"},
		{"key of another region", attrs{"kms_key_id": elsewhere.arn()}, "AccessDeniedException"},
	})
	w.refused("aws_cloudwatch_log_group", west, good, "ResourceAlreadyExistsException")
}

func TestLogGroup_IsKeptWhenTerraformOnlyForgetsIt(t *testing.T) {
	w := newWorld(t)
	w.gone(w.create("aws_cloudwatch_log_group", west, attrs{"name": "kept", "skip_destroy": true}))
	w.gone(w.create("aws_cloudwatch_log_group", west, attrs{"name": "dropped"}))
	require.Equal(t, map[string]map[string]int{"aws_cloudwatch_log_group": {west: 1}}, w.cloud.Summary().Retained)
}

func TestRule_RefusesWhatEventBridgeRefuses(t *testing.T) {
	w := newWorld(t)
	good := attrs{"name": "tick", "schedule_expression": "rate(1 minute)"}
	w.refusesEach("aws_cloudwatch_event_rule", west, good, []refusal{
		{"name", attrs{"name": "every minute"}, "ValidationException"},
		{"plural of one", attrs{"schedule_expression": "rate(1 minutes)"}, "ValidationException"},
		{"singular of five", attrs{"schedule_expression": "rate(5 minute)"}, "ValidationException"},
		{"cron of five fields", attrs{"schedule_expression": "cron(0 12 * * ?)"}, "ValidationException"},
		{"neither schedule nor pattern", attrs{"schedule_expression": nil}, "ValidationException"},
		{"pattern", attrs{"event_pattern": "{"}, "InvalidEventPatternException"},
		{"state", attrs{"state": "ON"}, "ValidationException"},
		{"bus", attrs{"event_bus_name": "mine"}, "ResourceNotFoundException"},
		{"no such role", attrs{"role_arn": "arn:aws:iam::123456789012:role/none"}, "ValidationException"},
	})
	w.refused("aws_cloudwatch_event_rule", west, good, "ResourceAlreadyExistsException")
	off := w.create("aws_cloudwatch_event_rule", east, attrs{"name": "off", "schedule_expression": "cron(0 12 * * ? *)", "is_enabled": false})
	require.Equal(t, "DISABLED", off.str("state"))
}

func TestTarget_RefusesRulesAndTargetsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	f := w.function()
	rule := w.create("aws_cloudwatch_event_rule", west, attrs{"name": "tick", "schedule_expression": "rate(1 minute)"})
	far := w.create("aws_sns_topic", east, attrs{"name": "far"})
	good := attrs{"rule": rule.id, "arn": f.function.arn(), "target_id": "guard", "input": `{"action":"tick"}`}
	w.refusesEach("aws_cloudwatch_event_target", west, good, []refusal{
		{"no such rule", attrs{"rule": "none"}, "ResourceNotFoundException"},
		{"no ARN", attrs{"arn": "guard"}, "ValidationException"},
		{"target of another region", attrs{"arn": far.arn()}, "ValidationException"},
		{"no such function", attrs{"arn": "arn:aws:lambda:eu-west-1:123456789012:function:none"}, "ResourceNotFoundException"},
		{"input", attrs{"input": "{"}, "ValidationException"},
		{"no such dead-letter queue", attrs{"dead_letter_config": list{attrs{"arn": "arn:aws:sqs:eu-west-1:123456789012:none"}}}, "ValidationException"},
	})
	w.refused("aws_cloudwatch_event_target", west, good, "ResourceAlreadyExistsException")
	for i := range 4 {
		w.create("aws_cloudwatch_event_target", west, made{attrs: good}.with(attrs{"target_id": fmt.Sprintf("t%d", i)}))
	}
	w.refused("aws_cloudwatch_event_target", west, made{attrs: good}.with(attrs{"target_id": "sixth"}), "LimitExceededException")
	w.stays(rule, "ValidationException")
	w.gone(w.update(rule, attrs{"force_destroy": true}))
	require.Empty(t, w.cloud.Resources("aws_cloudwatch_event_target"))
}
