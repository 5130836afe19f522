package route53

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

// recordsOf lists the record sets of a zone in Route 53's order, with those
// that every zone has.
func recordsOf(tx *sim.Tx, zone *sim.Resource) []recordXML {
	all := ownRecords(zone)
	for _, r := range tx.List(typeRecord, sim.Global) {
		if r.Attrs.Str("zone_id") == zone.ID {
			all = append(all, viewRecord(r))
		}
	}
	slices.SortFunc(all, func(a, b recordXML) int {
		return cmp.Or(compareNames(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.SetIdentifier, b.SetIdentifier))
	})
	return all
}

// ownRecords are the NS and SOA records that Route 53 makes for a zone.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
func ownRecords(zone *sim.Resource) []recordXML {
	name := strings.TrimSuffix(zone.Attrs.Str("name"), ".") + "."
	long, short := 172800, 900
	ns := recordXML{Name: name, Type: "NS", TTL: &long}
	for _, server := range zone.Attrs.Strings("name_servers") {
		ns.Records = append(ns.Records, valueXML{strings.TrimSuffix(server, ".") + "."})
	}
	soa := strings.TrimSuffix(zone.Attrs.Str("primary_name_server"), ".") + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
	return []recordXML{ns, {Name: name, Type: "SOA", TTL: &short, Records: []valueXML{{soa}}}}
}

// compareNames compares domain names by their labels from the last to the
// first, as Route 53 sorts them.
func compareNames(a, b string) int {
	x, y := strings.Split(strings.ToLower(a), "."), strings.Split(strings.ToLower(b), ".")
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Compare(x, y)
}
