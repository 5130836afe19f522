package diagnose

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
)

// watch is an alarm that must be, on a metric of a subject in its region. Servers
// that are gone publish nothing, which is no news of what their alarms are about;
// the guard publishes its own metrics at each look.
type watch struct {
	alarm contract.Alarm
	// subject is "primary", "replica", "function" or "environment".
	subject string
}

// watches are the alarms that must be: those of the contract. Those of AWS/RDS
// wake the guard, the others are about the guard and notify the humans.
var watches = watched()

func watched() []watch {
	var all []watch
	for _, a := range contract.Alarms {
		w := watch{alarm: a, subject: a.Role}
		switch a.Namespace {
		case contract.NamespaceLambda:
			w.subject = "function"
		case contract.NamespaceGuard:
			w.subject = "environment"
		}
		all = append(all, w)
	}
	return all
}

// key is what a watch's alarms are found by: the region and the dimensions.
func (s *survey) key(w watch) (region string, dimensions map[string]string) {
	switch w.subject {
	case contract.RolePrimary:
		return s.primary.region, map[string]string{contract.DimensionInstance: s.primary.member.Identifier}
	case contract.RoleReplica:
		return s.replica.region, map[string]string{contract.DimensionInstance: s.replica.member.Identifier}
	case "function":
		return s.guard.Region, map[string]string{contract.DimensionFunction: s.guard.ID}
	}
	return s.replica.region, map[string]string{contract.MetricDimension: s.environment}
}

func isBelow(alarm *sim.Resource) bool {
	return slices.Contains([]string{"LessThanThreshold", "LessThanOrEqualToThreshold"}, alarm.Attrs.Str("comparison_operator"))
}

// lookAtAlarms looks for each alarm that must be, and at what each alarm does.
func (s *survey) lookAtAlarms() {
	topics := map[string]bool{}
	for _, w := range watches {
		region, dimensions := s.key(w)
		namespace := w.alarm.Namespace
		if namespace == contract.NamespaceGuard {
			namespace = s.config.MetricNamespace
		}
		found := 0
		for _, alarm := range s.tx.List(typeAlarm, region) {
			a := alarm.Attrs
			if a.Str("namespace") != namespace || a.Str("metric_name") != w.alarm.Metric || isBelow(alarm) != (w.alarm.Comparison == contract.Below) ||
				!reflect.DeepEqual(a.StringMap("dimensions"), dimensions) {
				continue
			}
			found++
			s.lookAtActions(alarm, w, topics)
			s.lookAtSight(alarm, w)
		}
		if found == 0 {
			s.find("alarm-missing", fmt.Sprintf("metric %s %s of the %s", namespace, w.alarm.Metric, w.subject), "no alarm watches %v in %s", dimensions, region)
		}
	}
	s.lookAtSubjects()
	for _, arn := range slices.Sorted(keysOf(topics)) {
		s.lookAtTopic(arn, topics[arn])
	}
}

// lookAtActions: an alarm on the databases wakes the guard, one about the guard
// tells people. Topics are noted, with whether they are to wake the guard.
func (s *survey) lookAtActions(alarm *sim.Resource, w watch, topics map[string]bool) {
	name, a := "alarm "+alarm.ID, alarm.Attrs
	actions := a.Strings("alarm_actions")
	wakes := w.alarm.Namespace == contract.NamespaceRDS
	if on, set := a["actions_enabled"].(bool); set && !on {
		s.find("alarm-silent", name, "its actions are disabled")
		return
	}
	if len(actions) == 0 {
		s.find("alarm-silent", name, "it has no action")
		return
	}
	for _, arn := range actions {
		if s.tx.Get(typeTopic, alarm.Region, arn) == nil {
			s.find("alarm-silent", name, "its action %s is no topic of %s", arn, alarm.Region)
			continue
		}
		topics[arn] = topics[arn] || wakes
	}
	told := slices.Contains(actions, s.config.NoticeTopicARN)
	switch {
	case wakes && told:
		s.find("alarm-target", name, "it tells the notices' topic, which the guard writes to itself")
	case !wakes && !told:
		s.find("alarm-target", name, "it does not tell the notices' topic")
	}
	if !slices.Equal(a.Strings("ok_actions"), actions) {
		s.find("alarm-end", name, "ok_actions are %v, alarm_actions %v", a.Strings("ok_actions"), actions)
	}
}

// lookAtSubjects: alarms on what is not there.
func (s *survey) lookAtSubjects() {
	known := map[string]struct{ typ, attribute string }{
		contract.DimensionInstance: {typeDatabase, "identifier"}, contract.DimensionFunction: {typeFunction, "function_name"},
	}
	for _, alarm := range s.tx.List(typeAlarm, "") {
		for dimension, value := range alarm.Attrs.StringMap("dimensions") {
			of, ok := known[dimension]
			if ok && s.tx.FindBy(of.typ, alarm.Region, of.attribute, value) == nil {
				s.find("alarm-subject", "alarm "+alarm.ID, "%s %q is not there in %s", dimension, value, alarm.Region)
			}
		}
		ours := alarm.Attrs.StringMap("dimensions")[contract.DimensionInstance] == s.primary.member.Identifier
		if ours && alarm.Attrs.Str("metric_name") == "ReplicaLag" {
			s.find("alarm-subject", "alarm "+alarm.ID, "the primary has no ReplicaLag: RDS publishes it for the replica")
		}
	}
}
