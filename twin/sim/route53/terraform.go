package route53

import (
	"net/netip"
	"regexp"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/route53: zone.go, record.go,
// health_check.go, zone_association.go.

func route53ZoneTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("delegation_set_id name"),
		Defaults: map[string]any{"comment": "Managed by Terraform", "force_destroy": false},
		Local:    tf.Words("force_destroy"),
		Same:     map[string]tf.SameFunc{"name": tf.SameName},
		Checks: []tf.Check{
			tf.Length("name", 1, 1024), tf.Length("comment", 0, 256), tf.Conflicts("delegation_set_id", "vpc"), tf.Length("delegation_set_id", 0, 32),
		},
	}
}

func route53ZoneAssociationTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("vpc_id vpc_region zone_id"),
	}
}

// exclusivePolicies exclude each other and need a set_identifier.
var exclusivePolicies = []string{
	"cidr_routing_policy", "failover_routing_policy", "geolocation_routing_policy", "geoproximity_routing_policy",
	"latency_routing_policy", "multivalue_answer_routing_policy", "weighted_routing_policy",
}

func recordTraits() *tf.Traits {
	checks := []tf.Check{
		tf.ExactlyOne("alias", "records"), tf.Conflicts("ttl", "alias"), tf.Together("ttl", "records"),
		tf.OneOf("type", "SOA", "A", "TXT", "NS", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SPF", "AAAA", "CAA", "DS", "TLSA", "SSHFP", "SVCB", "HTTPS"),
		tf.OneOf("failover_routing_policy.type", "PRIMARY", "SECONDARY"), tf.Length("alias.name", 1, 1024), tf.Length("alias.zone_id", 1, 32),
		tf.Length("zone_id", 1, 1024), tf.Between("geoproximity_routing_policy.bias", -99, 99),
		// AWS: 0 to 255 (Route 53 API, ResourceRecordSet, Weight).
		tf.Between("weighted_routing_policy.weight", 0, 255),
		recordTTLCheck,
	}
	for _, policy := range exclusivePolicies {
		others := slices.DeleteFunc(slices.Clone(exclusivePolicies), func(s string) bool { return s == policy })
		checks = append(checks, tf.Conflicts(policy, others...), tf.Together(policy, "set_identifier"))
	}
	return &tf.Traits{
		Replace: tf.Words("name type zone_id"),
		Local:   tf.Words("allow_overwrite"),
		Same:    map[string]tf.SameFunc{"name": tf.SameName, "alias.name": tf.SameName},
		Checks:  checks,
	}
}

// recordTTLCheck: RequiredWith of records, which Route 53 would refuse else.
func recordTTLCheck(config cty.Value, f *tf.Faults) {
	if tf.IsSet(config, "records") && !tf.IsSet(config, "ttl") {
		f.Add(cty.GetAttrPath("ttl"), "Missing required argument", "\"ttl\": all of `records,ttl` must be specified")
	}
}

func healthCheckTraits() *tf.Traits {
	return &tf.Traits{
		Replace:  tf.Words("measure_latency reference_name request_interval routing_control_arn type"),
		Defaults: map[string]any{"disabled": false, "measure_latency": false},
		// triggers are the provider's own: a change of them makes it send the
		// alarm again.
		Local: tf.Words("reference_name triggers"),
		Same:  map[string]tf.SameFunc{"type": tf.SameFold, "ip_address": sameIP},
		Checks: []tf.Check{
			tf.OneOf("type", "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"),
			tf.OneOf("insufficient_data_health_status", "Healthy", "Unhealthy", "LastKnownStatus"),
			tf.Matches("cloudwatch_alarm_region", regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`), "an AWS region"),
			tf.Between("failure_threshold", 1, 10), tf.NumberOf("request_interval", 10, 30), tf.Between("port", 1, 65535),
			tf.Between("child_health_threshold", 0, 256), tf.Length("reference_name", 0, 27), tf.Length("fqdn", 0, 255),
			tf.Length("resource_path", 0, 255), tf.Length("search_string", 0, 255), tf.IsARN("routing_control_arn"), healthCheckRegions,
		},
	}
}

// healthCheckRegions: MinItems 3 of the argument regions, which the published
// schema can't say of a set of strings.
func healthCheckRegions(config cty.Value, f *tf.Faults) {
	v := config.GetAttr("regions")
	if v.IsKnown() && !v.IsNull() && (v.LengthInt() < 3 || v.LengthInt() > 64) {
		f.Add(cty.GetAttrPath("regions"), "Wrong number of regions", "Attribute regions requires 3 to 64 items.")
	}
}

func sameIP(old, updated cty.Value) bool {
	a, errA := netip.ParseAddr(old.AsString())
	b, errB := netip.ParseAddr(updated.AsString())
	return errA == nil && errB == nil && a == b
}
