package route53

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

func recordKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_route53_record": {
			Schema:  resource.AwsRoute53RecordSchema,
			Traits:  recordTraits(),
			Example: `{"zone_id":"Z1","name":"writer.db.internal","type":"CNAME","ttl":60,"records":["x"],"set_identifier":"primary","weighted_routing_policy":[{"weight":0}]}`,
			Service: service, Global: true, CreateOp: "ChangeResourceRecordSets", UpdateOp: "ChangeResourceRecordSets", DeleteOp: "ChangeResourceRecordSets",
			MissingCode: "InvalidChangeBatch", MissingText: "[Tried to find resource record set %s but it was not found]",
			Create: createRecord, Update: updateRecord,
		},
	}
}

var recordTypes = []string{"A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"}

// routingPolicies are the arguments that say how one of several records with
// the same name and type is chosen.
var routingPolicies = []string{
	"weighted_routing_policy", "failover_routing_policy", "latency_routing_policy", "geolocation_routing_policy",
	"geoproximity_routing_policy", "cidr_routing_policy",
}

// RoutingPolicy names the argument that says how one of several records of a
// name is chosen, "" for a simple record.
func RoutingPolicy(a sim.Attrs) string {
	for _, name := range routingPolicies {
		if a.Block(name) != nil {
			return name
		}
	}
	if a.Bool("multivalue_answer_routing_policy") {
		return "multivalue_answer_routing_policy"
	}
	return ""
}

// RecordName is the absolute name of a record in a zone, in lower case and
// without the last dot.
func RecordName(name, zone string) string {
	name, zone = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(zone, "."))
	switch {
	case name == "":
		return zone
	case name == zone, strings.HasSuffix(name, "."+zone):
		return name
	}
	return name + "." + zone
}

func createRecord(c *sim.Call) (string, error) {
	a := c.Attrs
	zone, err := c.Need("zone_id", "aws_route53_zone", sim.Global, a.Str("zone_id"))
	if err != nil {
		return "", err
	}
	a["fqdn"] = RecordName(a.Str("name"), zone.Attrs.Str("name"))
	a.Default("allow_overwrite", false)
	if err := checkRecord(c, zone); err != nil {
		return "", err
	}
	parts := []string{a.Str("zone_id"), strings.ToLower(a.Str("name")), a.Str("type")}
	if set := a.Str("set_identifier"); set != "" {
		parts = append(parts, set)
	}
	return strings.Join(parts, "_"), nil
}

func updateRecord(c *sim.Call) error {
	zone, err := c.Need("zone_id", "aws_route53_zone", sim.Global, c.Attrs.Str("zone_id"))
	if err != nil {
		return err
	}
	return checkRecord(c, zone)
}

func checkRecord(c *sim.Call, zone *sim.Resource) error {
	for _, check := range []func(*sim.Call) error{checkRecordShape, checkRecordValues, checkRouting} {
		if err := check(c); err != nil {
			return err
		}
	}
	if id := c.Attrs.Str("health_check_id"); id != "" {
		if _, err := c.Need("health_check_id", "aws_route53_health_check", sim.Global, id); err != nil {
			return err
		}
	}
	return checkNeighbours(c, zone)
}

func checkRecordShape(c *sim.Call) error {
	a := c.Attrs
	if !slices.Contains(recordTypes, a.Str("type")) {
		return c.Refuse("type", "InvalidInput", "Invalid record type %s", a.Str("type"))
	}
	if !domainName.MatchString(a.Str("fqdn")) {
		return c.Refuse("name", "InvalidChangeBatch", "[Invalid domain name: %s]", a.Str("fqdn"))
	}
	alias := a.Block("alias")
	switch {
	case alias == nil && len(a.Strings("records")) == 0:
		return c.Refuse("records", "InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	case alias != nil && (len(a.Strings("records")) > 0 || a["ttl"] != nil):
		return c.Refuse("alias", "InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	case alias == nil && a["ttl"] == nil:
		return c.Refuse("ttl", "InvalidInput", "Invalid request: Missing field 'TTL' in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	}
	if ttl := a.Int("ttl"); ttl < 0 || ttl > 2147483647 {
		return c.Refuse("ttl", "InvalidInput", "Value %d at 'TTL' failed to satisfy constraint: between 0 and 2147483647", ttl)
	}
	return nil
}

func setText(a sim.Attrs) string {
	if set := a.Str("set_identifier"); set != "" {
		return set
	}
	return "null"
}

func checkRecordValues(c *sim.Call) error {
	a := c.Attrs
	values := a.Strings("records")
	if a.Str("type") == "CNAME" && len(values) > 1 {
		return c.Refuse("records", "InvalidChangeBatch", "[Invalid Resource Record: 'FATAL problem: CNAMERRDATANotSingleton (CNAME has more than one value) encountered with '%s'']", strings.Join(values, ", "))
	}
	for _, v := range values {
		problem := ""
		switch a.Str("type") {
		case "A":
			if ip, err := netip.ParseAddr(v); err != nil || !ip.Is4() {
				problem = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"
			}
		case "AAAA":
			if ip, err := netip.ParseAddr(v); err != nil || !ip.Is6() {
				problem = "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"
			}
		case "CNAME":
			if !domainName.MatchString(v) {
				problem = "UnsupportedCharacter (Value contains unsupported characters)"
			}
		}
		if problem != "" {
			return c.Refuse("records", "InvalidChangeBatch", "[Invalid Resource Record: 'FATAL problem: %s encountered with '%s'']", problem, v)
		}
	}
	return nil
}

func checkRouting(c *sim.Call) error {
	a := c.Attrs
	policy, set := RoutingPolicy(a), a.Str("set_identifier")
	change := func(format string) error {
		return c.Refuse("set_identifier", "InvalidInput", "Invalid request: "+format+" in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	}
	switch {
	case policy != "" && set == "":
		return change("Missing field 'SetIdentifier'")
	case policy == "" && set != "":
		return change("Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found none")
	}
	if weighted := a.Block("weighted_routing_policy"); weighted != nil {
		if w := weighted.Int("weight"); w < 0 || w > 255 {
			return c.Refuse("weighted_routing_policy", "InvalidInput", "Value %d at 'Weight' failed to satisfy constraint: between 0 and 255", w)
		}
	}
	return nil
}

// checkNeighbours refuses a record that cannot stand beside those that the
// zone has. With allow_overwrite an equal one is replaced.
func checkNeighbours(c *sim.Call, zone *sim.Resource) error {
	a := c.Attrs
	name, typ := a.Str("fqdn"), a.Str("type")
	zoneName := strings.TrimSuffix(zone.Attrs.Str("name"), ".")
	if typ == "CNAME" && sameDomain(name, zoneName) {
		return c.Refuse("name", "InvalidChangeBatch", "[RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]", name, zoneName)
	}
	for _, other := range c.List("aws_route53_record", sim.Global) {
		o := other.Attrs
		if o.Str("zone_id") != zone.ID || o.Str("fqdn") != name || c.Resource != nil && other.Key == c.Resource.Key {
			continue
		}
		if err := checkNeighbour(c, other, zoneName); err != nil {
			return err
		}
	}
	return nil
}

// checkNeighbour looks at one record of the same name.
func checkNeighbour(c *sim.Call, other *sim.Resource, zoneName string) error {
	name, typ, otherType := c.Attrs.Str("fqdn"), c.Attrs.Str("type"), other.Attrs.Str("type")
	switch {
	case otherType != typ && typ == "CNAME":
		return c.Refuse("name", "InvalidChangeBatch", "[RRSet of type CNAME with DNS name %s. is not permitted as it conflicts with other records with the same DNS name in zone %s.]", name, zoneName)
	case otherType != typ && otherType == "CNAME":
		return c.Refuse("name", "InvalidChangeBatch", "[RRSet of type %s with DNS name %s. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s.]", typ, name, zoneName)
	case otherType != typ:
		return nil
	case other.Attrs.Str("set_identifier") == c.Attrs.Str("set_identifier"):
		return overwriteRecord(c, other)
	case RoutingPolicy(other.Attrs) != RoutingPolicy(c.Attrs):
		return c.Refuse("set_identifier", "InvalidChangeBatch",
			"[RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created because a RRSet with another routing policy exists with the same name and type.]", name, typ, setText(c.Attrs))
	}
	return nil
}

func overwriteRecord(c *sim.Call, other *sim.Resource) error {
	if c.Attrs.Bool("allow_overwrite") && c.Resource == nil {
		c.Remove(other)
		return nil
	}
	set := ""
	if id := c.Attrs.Str("set_identifier"); id != "" {
		set = ", set-identifier='" + id + "'"
	}
	return c.Refuse("name", "InvalidChangeBatch", "[Tried to create resource record set [name='%s.', type='%s'%s] but it already exists]",
		c.Attrs.Str("fqdn"), c.Attrs.Str("type"), set)
}
