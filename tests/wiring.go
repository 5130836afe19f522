package tests

import (
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"

	"fmt"
	"slices"
	"strings"
)

// Wiring walks from every alarm to what it should lead to, by the ARNs and
// regions that were really applied: alarm → topic → subscription → permission
// → function, and role → policy → resource. It returns what is not connected.
func Wiring(a Applied) []string {
	w := &walk{Applied: a}
	for _, alarm := range a.of("aws_cloudwatch_metric_alarm") {
		w.alarm(alarm)
	}
	functions := a.of("aws_lambda_function")
	if len(functions) != 1 {
		w.fault("%d functions, not one", len(functions))
	}
	for _, f := range functions {
		w.schedule(f)
		w.role(f)
		w.failures(f)
	}
	w.dns()
	return w.faults
}

type walk struct {
	Applied
	faults []string
}

func (w *walk) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// alarm must reach a topic of its own region that it may publish to. The one
// that Route 53 follows has no topic: see dns.
func (w *walk) alarm(alarm Resource) {
	name := alarm.text("alarm_name")
	actions, _ := alarm.Values["alarm_actions"].([]any)
	if len(actions) == 0 && len(w.where("aws_route53_health_check", "cloudwatch_alarm_name", name)) == 0 {
		w.fault("alarm %s tells nobody", name)
	}
	for _, action := range actions {
		topic := w.topic("alarm "+name, fmt.Sprint(action))
		if topic == nil {
			continue
		}
		if topic.region() != alarm.region() {
			w.fault("alarm %s is in %s, its topic in %s", name, alarm.region(), topic.region())
		}
		if !strings.Contains(topic.text("name"), "notice") {
			w.wakes(*topic)
		}
	}
}

// topic must exist, admit CloudWatch, and have a key of its region that does.
func (w *walk) topic(from, arn string) *Resource {
	topics := w.where("aws_sns_topic", "arn", arn)
	if len(topics) != 1 {
		w.fault("%s points at %s, which is no topic", from, arn)
		return nil
	}
	topic := topics[0]
	policies := w.where("aws_sns_topic_policy", "arn", arn)
	if len(policies) != 1 || !admits(policies[0].text("policy"), "cloudwatch.amazonaws.com", "sns:Publish") {
		w.fault("topic %s does not admit CloudWatch", arn)
	}
	keys := w.where("aws_kms_key", "arn", topic.text("kms_master_key_id"))
	switch {
	case len(keys) != 1:
		w.fault("topic %s is encrypted with %q, which is no key of ours", arn, topic.text("kms_master_key_id"))
	case keys[0].region() != topic.region():
		w.fault("topic %s is in %s, its key in %s", arn, topic.region(), keys[0].region())
	case !admits(keys[0].text("policy"), "cloudwatch.amazonaws.com", "kms:GenerateDataKey") ||
		!admits(keys[0].text("policy"), "cloudwatch.amazonaws.com", "kms:Decrypt"):
		w.fault("the key of topic %s does not admit CloudWatch", arn)
	}
	return &topic
}

// wakes follows an alarm topic to the function.
func (w *walk) wakes(topic Resource) {
	arn := topic.text("arn")
	var subscriptions []Resource
	for _, s := range w.where("aws_sns_topic_subscription", "topic_arn", arn) {
		if s.text("protocol") == "lambda" {
			subscriptions = append(subscriptions, s)
		}
	}
	if len(subscriptions) != 1 {
		w.fault("topic %s has %d subscriptions of the function, not one", arn, len(subscriptions))
		return
	}
	if subscriptions[0].region() != topic.region() {
		w.fault("the subscription of topic %s is in %s", arn, subscriptions[0].region())
	}
	w.permitted(subscriptions[0].text("endpoint"), spec.SNSPrincipal(topic.region()), arn)
}

// permitted checks that the function exists and that the source may invoke it.
func (w *walk) permitted(function, principal, source string) {
	functions := w.where("aws_lambda_function", "arn", function)
	if len(functions) != 1 {
		w.fault("%s invokes %s, which is no function", source, function)
		return
	}
	for _, p := range w.where("aws_lambda_permission", "source_arn", source) {
		if p.text("principal") == principal && p.text("action") == "lambda:InvokeFunction" &&
			p.text("function_name") == functions[0].text("function_name") {
			return
		}
	}
	w.fault("%s may not invoke the function", source)
}

func (w *walk) schedule(function Resource) {
	targets := w.where("aws_cloudwatch_event_target", "arn", function.text("arn"))
	if len(targets) != 1 {
		w.fault("%d schedules tick the function, not one", len(targets))
		return
	}
	rules := w.where("aws_cloudwatch_event_rule", "name", targets[0].text("rule"))
	if len(rules) != 1 || rules[0].text("schedule_expression") != "rate(1 minute)" {
		w.fault("the function is not ticked each minute")
		return
	}
	w.permitted(function.text("arn"), "events.amazonaws.com", rules[0].text("arn"))
}

// failures of the function must reach a topic that does not wake it.
func (w *walk) failures(function Resource) {
	configs := w.where("aws_lambda_function_event_invoke_config", "function_name", function.text("function_name"))
	for _, c := range configs {
		for _, s := range w.where("aws_sns_topic_subscription", "topic_arn", destinationOf(c)) {
			if s.text("protocol") == "lambda" {
				w.fault("the function is woken by its own failures")
			}
		}
		w.topic("the failure destination", destinationOf(c))
	}
	if len(configs) != 1 {
		w.fault("the function's failures go nowhere")
	}
}

func destinationOf(config Resource) string {
	for _, key := range []string{"destination_config", "on_failure"} {
		list, _ := config.Values[key].([]any)
		if len(list) != 1 {
			return ""
		}
		inner, _ := list[0].(map[string]any)
		config = Resource{Values: inner}
	}
	return config.text("destination")
}

// standsFor tells whether an ARN of a policy is one that exists, or stands for all
// database instances of its region: a renamed one must be found, too.
func standsFor(arn, one string) bool {
	databases, all := strings.CutSuffix(arn, contract.AllDatabases)
	return arn == one || all && strings.HasPrefix(one, databases+strings.TrimSuffix(contract.AllDatabases, "*"))
}

// role must be the function's, and each resource of its policies must exist
// in the region that its ARN names.
func (w *walk) role(function Resource) {
	roles := w.where("aws_iam_role", "arn", function.text("role"))
	if len(roles) != 1 || !admits(roles[0].text("assume_role_policy"), "lambda.amazonaws.com", "sts:AssumeRole") {
		w.fault("the function's role cannot be assumed by Lambda")
		return
	}
	known := w.arns()
	for _, policy := range w.where("aws_iam_role_policy", "role", roles[0].text("name")) {
		for _, g := range grantsOf(policy.text("policy")) {
			for _, arn := range g.Resource {
				if arn != "*" && !slices.ContainsFunc(known, func(one string) bool { return standsFor(arn, one) }) {
					w.fault("policy %s, statement %s: nothing has the ARN %s", policy.text("name"), g.Sid, arn)
				}
			}
		}
	}
	if len(w.where("aws_iam_role_policy", "role", roles[0].text("name"))) == 0 {
		w.fault("the function's role may do nothing")
	}
}

// arns are the ARNs of all that was applied, and those that AWS makes of it:
// a log group's streams, the copy of a secret, network interfaces, changes.
func (w *walk) arns() []string {
	known := []string{"arn:aws:route53:::change/*"}
	for _, r := range w.Applied {
		arn := r.text("arn")
		known = append(known, arn)
		switch r.Type {
		case "aws_cloudwatch_log_group":
			known = append(known, arn+":*")
		case "aws_route53_health_check":
			known = append(known, "arn:aws:route53:::healthcheck/"+r.text("id"))
		case "aws_secretsmanager_secret":
			for _, replica := range listOf(r.Values["replica"]) {
				known = append(known, strings.Replace(arn, ":"+regionOf(arn)+":", ":"+replica.text("region")+":", 1))
			}
		case "aws_lambda_function":
			parts := strings.SplitN(arn, ":", 6)
			known = append(known, "arn:aws:ec2:"+parts[3]+":"+parts[4]+":*/*")
		}
	}
	return known
}

func listOf(value any) []Resource {
	var out []Resource
	list, _ := value.([]any)
	for _, item := range list {
		if values, ok := item.(map[string]any); ok {
			out = append(out, Resource{Values: values})
		}
	}
	return out
}

// dns checks that the name answers with the primary until the alarm of the
// other region says otherwise, and that each record points at an endpoint.
func (w *walk) dns() {
	checked := 0
	for _, record := range w.of("aws_route53_record") {
		target := ""
		if list, _ := record.Values["records"].([]any); len(list) == 1 {
			target = fmt.Sprint(list[0])
		}
		instances := w.where("aws_db_instance", "address", target)
		if len(instances) != 1 {
			w.fault("record %s points at %q, which is no instance's endpoint", record.text("set_identifier"), target)
			continue
		}
		if record.text("health_check_id") == "" {
			continue
		}
		checked++
		if strings.HasPrefix(record.text("set_identifier"), contract.RoleReplica) {
			w.fault("the replica's record has a health check")
		}
		w.healthCheck(record.text("health_check_id"), instances[0].region())
	}
	if checked != 1 {
		w.fault("%d records have a health check, not the primary's alone", checked)
	}
}

func (w *walk) healthCheck(id, guarded string) {
	checks := w.where("aws_route53_health_check", "id", id)
	if len(checks) != 1 {
		w.fault("the primary's record has a health check that is not there")
		return
	}
	region := checks[0].text("cloudwatch_alarm_region")
	if region == guarded {
		w.fault("the health check follows an alarm of the region that it guards")
	}
	alarms := w.where("aws_cloudwatch_metric_alarm", "alarm_name", checks[0].text("cloudwatch_alarm_name"))
	if len(alarms) != 1 || alarms[0].region() != region {
		w.fault("the health check follows an alarm that is not there")
		return
	}
	if alarms[0].text("metric_name") != string(contract.ActiveWriter) {
		w.fault("the health check follows another metric than %s", contract.ActiveWriter)
	}
}
