package sim

import (
	"net/netip"
	"slices"
	"strings"
)

func recordKinds() map[string]*kind {
	return map[string]*kind{
		"aws_route53_record": {
			service: route53, global: true, createOp: "ChangeResourceRecordSets", updateOp: "ChangeResourceRecordSets", deleteOp: "ChangeResourceRecordSets",
			missingCode: "InvalidChangeBatch", missingText: "[Tried to find resource record set %s but it was not found]",
			create: createRecord, update: updateRecord,
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

// policyOf returns the routing policy of a record, "" for a simple one.
func policyOf(a Attrs) string {
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

// fullName is the absolute name of a record, lower case, without the last dot.
func fullName(name, zone string) string {
	name, zone = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(zone, "."))
	switch {
	case name == "":
		return zone
	case name == zone, strings.HasSuffix(name, "."+zone):
		return name
	}
	return name + "." + zone
}

func createRecord(c *call) (string, error) {
	a := c.attrs
	zone, err := c.need("zone_id", "aws_route53_zone", Global, a.Str("zone_id"))
	if err != nil {
		return "", err
	}
	a["fqdn"] = fullName(a.Str("name"), zone.Attrs.Str("name"))
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

func updateRecord(c *call) error {
	zone, err := c.need("zone_id", "aws_route53_zone", Global, c.attrs.Str("zone_id"))
	if err != nil {
		return err
	}
	return checkRecord(c, zone)
}

func checkRecord(c *call, zone *Resource) error {
	for _, check := range []func(*call) error{checkRecordShape, checkRecordValues, checkRouting} {
		if err := check(c); err != nil {
			return err
		}
	}
	if id := c.attrs.Str("health_check_id"); id != "" {
		if _, err := c.need("health_check_id", "aws_route53_health_check", Global, id); err != nil {
			return err
		}
	}
	return checkNeighbours(c, zone)
}

func checkRecordShape(c *call) error {
	a := c.attrs
	if !slices.Contains(recordTypes, a.Str("type")) {
		return c.refuse("type", "InvalidInput", "Invalid record type %s", a.Str("type"))
	}
	if !domainName.MatchString(a.Str("fqdn")) {
		return c.refuse("name", "InvalidChangeBatch", "[Invalid domain name: %s]", a.Str("fqdn"))
	}
	alias := a.Block("alias")
	switch {
	case alias == nil && len(a.Strings("records")) == 0:
		return c.refuse("records", "InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	case alias != nil && (len(a.Strings("records")) > 0 || a["ttl"] != nil):
		return c.refuse("alias", "InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	case alias == nil && a["ttl"] == nil:
		return c.refuse("ttl", "InvalidInput", "Invalid request: Missing field 'TTL' in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			a.Str("fqdn"), a.Str("type"), setText(a))
	}
	if ttl := a.Int("ttl"); ttl < 0 || ttl > 2147483647 {
		return c.refuse("ttl", "InvalidInput", "Value %d at 'TTL' failed to satisfy constraint: between 0 and 2147483647", ttl)
	}
	return nil
}

func setText(a Attrs) string {
	if set := a.Str("set_identifier"); set != "" {
		return set
	}
	return "null"
}

func checkRecordValues(c *call) error {
	a := c.attrs
	values := a.Strings("records")
	if a.Str("type") == "CNAME" && len(values) > 1 {
		return c.refuse("records", "InvalidChangeBatch", "[Invalid Resource Record: 'FATAL problem: CNAMERRDATANotSingleton (CNAME has more than one value) encountered with '%s'']", strings.Join(values, ", "))
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
			return c.refuse("records", "InvalidChangeBatch", "[Invalid Resource Record: 'FATAL problem: %s encountered with '%s'']", problem, v)
		}
	}
	return nil
}

func checkRouting(c *call) error {
	a := c.attrs
	policy, set := policyOf(a), a.Str("set_identifier")
	change := func(format string) error {
		return c.refuse("set_identifier", "InvalidInput", "Invalid request: "+format+" in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
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
			return c.refuse("weighted_routing_policy", "InvalidInput", "Value %d at 'Weight' failed to satisfy constraint: between 0 and 255", w)
		}
	}
	return nil
}

// checkNeighbours refuses a record that cannot stand beside those that the
// zone has. With allow_overwrite an equal one is replaced.
func checkNeighbours(c *call, zone *Resource) error {
	a := c.attrs
	name, typ := a.Str("fqdn"), a.Str("type")
	zoneName := strings.TrimSuffix(zone.Attrs.Str("name"), ".")
	if typ == "CNAME" && sameDomain(name, zoneName) {
		return c.refuse("name", "InvalidChangeBatch", "[RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]", name, zoneName)
	}
	for _, other := range c.List("aws_route53_record", Global) {
		o := other.Attrs
		if o.Str("zone_id") != zone.ID || o.Str("fqdn") != name || c.res != nil && other.Key == c.res.Key {
			continue
		}
		if err := checkNeighbour(c, other, zoneName); err != nil {
			return err
		}
	}
	return nil
}

// checkNeighbour looks at one record of the same name.
func checkNeighbour(c *call, other *Resource, zoneName string) error {
	name, typ, otherType := c.attrs.Str("fqdn"), c.attrs.Str("type"), other.Attrs.Str("type")
	switch {
	case otherType != typ && typ == "CNAME":
		return c.refuse("name", "InvalidChangeBatch", "[RRSet of type CNAME with DNS name %s. is not permitted as it conflicts with other records with the same DNS name in zone %s.]", name, zoneName)
	case otherType != typ && otherType == "CNAME":
		return c.refuse("name", "InvalidChangeBatch", "[RRSet of type %s with DNS name %s. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s.]", typ, name, zoneName)
	case otherType != typ:
		return nil
	case other.Attrs.Str("set_identifier") == c.attrs.Str("set_identifier"):
		return overwriteRecord(c, other)
	case policyOf(other.Attrs) != policyOf(c.attrs):
		return c.refuse("set_identifier", "InvalidChangeBatch",
			"[RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created because a RRSet with another routing policy exists with the same name and type.]", name, typ, setText(c.attrs))
	}
	return nil
}

func overwriteRecord(c *call, other *Resource) error {
	if c.attrs.Bool("allow_overwrite") && c.res == nil {
		c.Remove(other)
		return nil
	}
	set := ""
	if id := c.attrs.Str("set_identifier"); id != "" {
		set = ", set-identifier='" + id + "'"
	}
	return c.refuse("name", "InvalidChangeBatch", "[Tried to create resource record set [name='%s.', type='%s'%s] but it already exists]",
		c.attrs.Str("fqdn"), c.attrs.Str("type"), set)
}
