package diagnose

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/route53"
)

// lookAtNames: from both VPCs the name leads to the primary while the health
// check is healthy, and to the replica while it is not.
func (s *survey) lookAtNames() {
	name, check := s.config.DNS.RecordName, s.config.DNS.HealthCheckID
	for _, from := range s.sites() {
		for _, healthy := range []bool{true, false} {
			want, state := s.primary, "healthy"
			if !healthy {
				want, state = s.replica, "unhealthy"
			}
			subject := fmt.Sprintf("name %s in the %s's VPC", name, from.role)
			got, err := dns.Targets(s.tx, from.vpc, name, func(id string) bool { return id != check || healthy })
			switch {
			case err != nil:
				s.find("name-answer", subject, "while the health check is %s: %s", state, err)
			case !slices.Equal(got, []string{want.db.Attrs.Str("address")}):
				s.find("name-answer", subject, "while the health check is %s it leads to %s, not to the %s alone", state, strings.Join(got, " or "), want.role)
			default:
				s.fact(subject, "while the health check is %s it leads to the %s", state, want.role)
			}
		}
	}
	s.lookAtRecords()
}

// lookAtRecords: the two records are what the guard takes them for.
func (s *survey) lookAtRecords() {
	c := s.config.DNS
	zone := s.tx.Get("aws_route53_zone", sim.Global, c.ZoneID)
	if zone == nil {
		s.find("name-answer", "zone "+c.ZoneID, "it is not there")
		return
	}
	found := map[string]*sim.Resource{}
	for _, r := range s.tx.List("aws_route53_record", sim.Global) {
		a := r.Attrs
		if a.Str("zone_id") != zone.ID || route53.RecordName(a.Str("name"), zone.Attrs.Str("name")) != strings.ToLower(c.RecordName) {
			continue
		}
		name := fmt.Sprintf("record %s %s", c.RecordName, a.Str("set_identifier"))
		if a.Int("ttl") != int(c.TTL.Seconds()) {
			s.find("record-ttl", name, "its TTL is %d s, %s is %.0f", a.Int("ttl"), contract.VarRecordTTL, c.TTL.Seconds())
		}
		for _, at := range s.sites() {
			if route53.RoutingPolicy(a) == "weighted_routing_policy" && slices.Equal(a.Strings("records"), []string{at.db.Attrs.Str("address")}) {
				found[at.role] = r
			}
		}
	}
	wants := map[string]string{contract.RolePrimary: c.HealthCheckID, contract.RoleReplica: ""}
	for _, at := range s.sites() {
		r := found[at.role]
		if r == nil {
			s.find("record-weights", "name "+c.RecordName, "it has no weighted record that leads to the %s", at.role)
			continue
		}
		if got := r.Attrs.Str("health_check_id"); got != wants[at.role] {
			s.find("record-check", fmt.Sprintf("record %s %s", c.RecordName, r.Attrs.Str("set_identifier")), "its health check is %q, want %q", got, wants[at.role])
		}
	}
}

// copied are the settings of an alarm that Route 53 keeps a copy of.
var copied = []string{"namespace", "metric_name", "dimensions", "statistic", "period", "evaluation_periods", "threshold", "comparison_operator"}

// lookAtHealthCheck: it follows the alarm of the active writer, as that is now.
func (s *survey) lookAtHealthCheck() {
	name := "health check " + s.config.DNS.HealthCheckID
	check := s.tx.Get("aws_route53_health_check", sim.Global, s.config.DNS.HealthCheckID)
	if check == nil {
		s.find("health-check", name, "it is not there")
		return
	}
	name = "health check of " + s.config.DNS.RecordName
	a := check.Attrs
	for _, f := range []struct {
		argument  string
		want, got any
	}{
		{"type", "CLOUDWATCH_METRIC", a.Str("type")},
		{"cloudwatch_alarm_name", s.config.ActiveWriterAlarm, a.Str("cloudwatch_alarm_name")},
		{"cloudwatch_alarm_region", s.replica.region, a.Str("cloudwatch_alarm_region")},
		{"insufficient_data_health_status", "LastKnownStatus", a.Str("insufficient_data_health_status")},
		{"invert_healthcheck", false, a.Bool("invert_healthcheck")},
		{"disabled", false, a.Bool("disabled")},
	} {
		if f.want != f.got {
			s.find("health-check", name, "%s is %v, want %v", f.argument, f.got, f.want)
		}
	}
	alarm := s.tx.Get(typeAlarm, a.Str("cloudwatch_alarm_region"), a.Str("cloudwatch_alarm_name"))
	if alarm == nil {
		return // it follows another one, which was said
	}
	kept := check.Hidden.Block("alarm")
	for _, setting := range copied {
		if !reflect.DeepEqual(kept[setting], alarm.Attrs[setting]) {
			s.find("health-stale", name, "it goes by %s %v, alarm %s has %v", setting, kept[setting], alarm.ID, alarm.Attrs[setting])
		}
	}
	s.lookAtTriggers(name, check, alarm)
}

// lookAtTriggers: without them Terraform would not see that the copy is old.
func (s *survey) lookAtTriggers(name string, check, alarm *sim.Resource) {
	a := alarm.Attrs
	given := check.Attrs.StringMap("triggers")
	for trigger, want := range map[string]string{
		"alarm": alarm.ARN(), "metric": a.Str("namespace") + "/" + a.Str("metric_name"),
		"period": fmt.Sprint(a.Int("period")), "threshold": fmt.Sprint(a["threshold"]),
	} {
		if given[trigger] != want {
			s.find("health-triggers", name, "trigger %q is %q, the alarm has %q", trigger, given[trigger], want)
		}
	}
}

// lookAtWriterAlarm: it watches what the guard publishes.
func (s *survey) lookAtWriterAlarm() {
	name := "alarm " + s.config.ActiveWriterAlarm
	alarm := s.tx.Get(typeAlarm, s.replica.region, s.config.ActiveWriterAlarm)
	if alarm == nil {
		s.find("writer-alarm", name, "it is not there in %s", s.replica.region)
		return
	}
	a := alarm.Attrs
	for _, f := range []struct {
		argument  string
		want, got any
	}{
		{"namespace", s.config.MetricNamespace, a.Str("namespace")},
		{"metric_name", string(contract.ActiveWriter), a.Str("metric_name")},
		{"dimensions", map[string]string{contract.MetricDimension: s.environment}, a.StringMap("dimensions")},
		{"comparison_operator", "GreaterThanOrEqualToThreshold", a.Str("comparison_operator")},
		{"threshold", 1, a.Int("threshold")},
		{"statistic", "Maximum", a.Str("statistic")},
		{"period", 60, a.Int("period")},
		{"evaluation_periods", 1, a.Int("evaluation_periods")},
		{"treat_missing_data", "ignore", a.Str("treat_missing_data")},
	} {
		if !reflect.DeepEqual(f.want, f.got) {
			s.find("writer-alarm", name, "%s is %v, want %v", f.argument, f.got, f.want)
		}
	}
}
