package dns

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/route53"
)

// zone is a private hosted zone as the data plane knows it.
type zone struct {
	id, name string
	// server is the first of its name servers.
	server  string
	servers []string
	vpcs    []string
	records []record
}

// record is one resource record set.
type record struct {
	name, typ string
	// set, weight and check of a weighted record; policy is "" for a simple one.
	policy, set, check string
	weight             int
	ttl                uint32
	values             []string
	alias              bool
}

// version is what the control plane held from a moment on.
type version struct {
	since time.Time
	zones []zone
}

// plane is the data plane: what of the control plane's states is in force.
type plane struct {
	delay time.Duration
	// versions, the oldest first. The first one is in force from the start.
	versions []version
}

// update takes the control plane's state; unchanged ones are not kept.
func (p *plane) update(at time.Time, zones []zone) {
	if last := len(p.versions) - 1; last >= 0 && reflect.DeepEqual(p.versions[last].zones, zones) {
		return
	}
	p.versions = append(p.versions, version{at, zones})
}

// inForce returns the zones by which queries are answered at a moment, and
// forgets older ones.
func (p *plane) inForce(at time.Time) []zone {
	for len(p.versions) > 1 && !at.Before(p.versions[1].since.Add(p.delay)) {
		p.versions = p.versions[1:]
	}
	if len(p.versions) == 0 {
		return nil
	}
	return p.versions[0].zones
}

// readZones reads the private zones of an account.
func readZones(tx *sim.Tx) []zone {
	var out []zone
	for _, r := range tx.List("aws_route53_zone", sim.Global) {
		shown := tx.Show(r)
		z := zone{
			id: r.ID, name: plain(r.Attrs.Str("name")), server: r.Attrs.Str("primary_name_server"), servers: r.Attrs.Strings("name_servers"),
		}
		for _, vpc := range shown.Blocks("vpc") {
			z.vpcs = append(z.vpcs, vpc.Str("vpc_id"))
		}
		for _, rec := range tx.List("aws_route53_record", sim.Global) {
			if rec.Attrs.Str("zone_id") == r.ID {
				z.records = append(z.records, readRecord(rec.Attrs, z.name))
			}
		}
		out = append(out, z)
	}
	return out
}

func readRecord(a sim.Attrs, zone string) record {
	return record{
		name: route53.RecordName(a.Str("name"), zone), typ: a.Str("type"), policy: route53.RoutingPolicy(a), set: a.Str("set_identifier"),
		check: a.Str("health_check_id"), weight: a.Block("weighted_routing_policy").Int("weight"),
		ttl: uint32(a.Int("ttl")), values: a.Strings("records"), alias: a.Block("alias") != nil, // #nosec G115 -- Route 53 bounds TTLs
	}
}

// plain is a name in lower case without the last dot.
func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func within(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }

// zoneFor returns the zone that answers for a name in a VPC: the one with the
// longest name.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
func zoneFor(zones []zone, vpc, name string) (zone, bool) {
	var best zone
	found := false
	for _, z := range zones {
		if slices.Contains(z.vpcs, vpc) && within(name, z.name) && (!found || len(z.name) > len(best.name)) {
			best, found = z, true
		}
	}
	return best, found
}
