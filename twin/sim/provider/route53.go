package provider

import (
	"net/netip"
	"regexp"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// route53Traits are of internal/service/route53: zone.go, record.go,
// health_check.go, zone_association.go.
func route53Traits() map[string]*traits {
	return map[string]*traits{
		"aws_route53_zone": {
			replace:  words("delegation_set_id name"),
			defaults: map[string]any{"comment": "Managed by Terraform", "force_destroy": false},
			local:    words("force_destroy"),
			same:     map[string]sameFunc{"name": sameName},
			checks: []check{
				length("name", 1, 1024), length("comment", 0, 256), conflicts("delegation_set_id", "vpc"), length("delegation_set_id", 0, 32),
			},
		},
		"aws_route53_record":           recordTraits(),
		"aws_route53_health_check":     healthCheckTraits(),
		"aws_route53_zone_association": {replace: words("vpc_id vpc_region zone_id")},
	}
}

// routingPolicies exclude each other and need a set_identifier.
var routingPolicies = []string{
	"cidr_routing_policy", "failover_routing_policy", "geolocation_routing_policy", "geoproximity_routing_policy",
	"latency_routing_policy", "multivalue_answer_routing_policy", "weighted_routing_policy",
}

func recordTraits() *traits {
	checks := []check{
		exactlyOne("alias", "records"), conflicts("ttl", "alias"), together("ttl", "records"),
		oneOf("type", "SOA", "A", "TXT", "NS", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SPF", "AAAA", "CAA", "DS", "TLSA", "SSHFP", "SVCB", "HTTPS"),
		oneOf("failover_routing_policy.type", "PRIMARY", "SECONDARY"), length("alias.name", 1, 1024), length("alias.zone_id", 1, 32),
		length("zone_id", 1, 1024), between("geoproximity_routing_policy.bias", -99, 99),
		// AWS: 0 to 255 (Route 53 API, ResourceRecordSet, Weight).
		between("weighted_routing_policy.weight", 0, 255),
		recordTTLCheck,
	}
	for _, policy := range routingPolicies {
		others := slices.DeleteFunc(slices.Clone(routingPolicies), func(s string) bool { return s == policy })
		checks = append(checks, conflicts(policy, others...), together(policy, "set_identifier"))
	}
	return &traits{
		replace: words("name zone_id"),
		local:   words("allow_overwrite"),
		same:    map[string]sameFunc{"name": sameName, "alias.name": sameName},
		checks:  checks,
	}
}

// recordTTLCheck: RequiredWith of records, which Route 53 would refuse else.
func recordTTLCheck(config cty.Value, f *faults) {
	if isSet(config, "records") && !isSet(config, "ttl") {
		f.add(cty.GetAttrPath("ttl"), "Missing required argument", "\"ttl\": all of `records,ttl` must be specified")
	}
}

func healthCheckTraits() *traits {
	return &traits{
		replace:  words("measure_latency reference_name request_interval routing_control_arn type"),
		defaults: map[string]any{"disabled": false, "measure_latency": false},
		// triggers are the provider's own: a change of them makes it send the
		// alarm again.
		local: words("reference_name triggers"),
		same:  map[string]sameFunc{"type": sameFold, "ip_address": sameIP},
		checks: []check{
			oneOf("type", "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"),
			oneOf("insufficient_data_health_status", "Healthy", "Unhealthy", "LastKnownStatus"),
			matches("cloudwatch_alarm_region", regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`), "an AWS region"),
			between("failure_threshold", 1, 10), numberOf("request_interval", 10, 30), between("port", 1, 65535),
			between("child_health_threshold", 0, 256), length("reference_name", 0, 27), length("fqdn", 0, 255),
			length("resource_path", 0, 255), length("search_string", 0, 255), isARN("routing_control_arn"), healthCheckRegions,
		},
	}
}

// healthCheckRegions: MinItems 3 of the argument regions, which the published
// schema can't say of a set of strings.
func healthCheckRegions(config cty.Value, f *faults) {
	v := config.GetAttr("regions")
	if v.IsKnown() && !v.IsNull() && (v.LengthInt() < 3 || v.LengthInt() > 64) {
		f.add(cty.GetAttrPath("regions"), "Wrong number of regions", "Attribute regions requires 3 to 64 items.")
	}
}

func sameIP(old, updated cty.Value) bool {
	a, errA := netip.ParseAddr(old.AsString())
	b, errB := netip.ParseAddr(updated.AsString())
	return errA == nil && errB == nil && a == b
}
