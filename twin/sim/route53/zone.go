package route53

import (
	"regexp"
	"strings"

	"github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"

	"github.com/pgdr/pgdr/twin/sim"
)

// service is its name in the SDK's errors.
const service = "Route 53"

func zoneKinds() map[string]*sim.Kind {
	return map[string]*sim.Kind{
		"aws_route53_zone": {
			Schema:  resource.AwsRoute53ZoneSchema,
			Traits:  route53ZoneTraits(),
			Example: `{"name":"db-dev.internal","vpc":[{"vpc_id":"vpc-1"}]}`,
			Service: service, Global: true, CreateOp: "CreateHostedZone", UpdateOp: "AssociateVPCWithHostedZone", DeleteOp: "DeleteHostedZone",
			MissingCode: "NoSuchHostedZone", MissingText: "No hosted zone found with ID: %s",
			Create: createZone, Update: updateZone, Remove: removeZone, Show: showZone,
		},
		"aws_route53_zone_association": {
			Schema:  resource.AwsRoute53ZoneAssociationSchema,
			Traits:  route53ZoneAssociationTraits(),
			Example: `{"zone_id":"Z1","vpc_id":"vpc-1"}`,
			Service: service, Global: true, CreateOp: "AssociateVPCWithHostedZone", UpdateOp: "AssociateVPCWithHostedZone", DeleteOp: "DisassociateVPCFromHostedZone",
			MissingCode: "VPCAssociationNotFound", MissingText: "The specified VPC is not associated with the hosted zone: %s",
			Create: createZoneAssociation, Remove: removeZoneAssociation, ImportID: importZoneAssociation,
		},
	}
}

var domainName = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)

func createZone(c *sim.Call) (string, error) {
	a := c.Attrs
	name := a.Str("name")
	if !domainName.MatchString(name) || len(name) > 255 {
		return "", c.Refuse("name", "InvalidDomainName", "The domain name %s is not valid.", name)
	}
	id := "Z" + c.NewText(sim.UpperDigits, 20)
	if err := completeZoneVPCs(c, id); err != nil {
		return "", err
	}
	a.Defaults(sim.Attrs{"comment": "Managed by Terraform", "delegation_set_id": "", "force_destroy": false})
	servers := []string{"ns-0.awsdns-00.com.", "ns-1024.awsdns-00.org.", "ns-1536.awsdns-00.co.uk.", "ns-512.awsdns-00.net."}
	if len(a.Blocks("vpc")) == 0 {
		n := c.NewText("123456789", 2)
		servers = []string{
			"ns-10" + n + ".awsdns-" + n + ".org", "ns-15" + n + ".awsdns-" + n + ".co.uk", "ns-2" + n + ".awsdns-" + n + ".com", "ns-7" + n + ".awsdns-" + n + ".net",
		}
	}
	a.Set(sim.Attrs{
		"arn": "arn:" + sim.Partition + ":route53:::hostedzone/" + id, "zone_id": id, "name_servers": servers, "primary_name_server": servers[0],
	})
	return id, nil
}

// completeZoneVPCs checks the VPCs of a private zone and fills in the region
// of those that were given without.
func completeZoneVPCs(c *sim.Call, zone string) error {
	out := []any{}
	for _, vpc := range c.Attrs.Blocks("vpc") {
		vpc = vpc.Clone()
		if !vpc.Has("vpc_region") {
			vpc["vpc_region"] = c.ProviderRegion
		}
		if err := checkZoneVPC(c, zone, c.Attrs.Str("name"), vpc); err != nil {
			return err
		}
		out = append(out, map[string]any(vpc))
	}
	c.Attrs["vpc"] = out
	return nil
}

// checkZoneVPC refuses a VPC that is not there, or that another zone of the
// same name answers for already.
func checkZoneVPC(c *sim.Call, zone, name string, vpc sim.Attrs) error {
	id, regionName := vpc.Str("vpc_id"), vpc.Str("vpc_region")
	if c.Get("aws_vpc", regionName, id) == nil {
		return c.Refuse("vpc", "InvalidVPCId", "The VPC: %s in region %s that you provided doesn't exist, or you don't own it.", id, regionName)
	}
	for _, other := range c.List("aws_route53_zone", sim.Global) {
		if other.ID == zone || !sameDomain(other.Attrs.Str("name"), name) {
			continue
		}
		for _, taken := range zoneVPCs(c.Tx, other) {
			if taken.Str("vpc_id") == id {
				return c.Refuse("vpc", "ConflictingDomainExists",
					"The VPC %s in region %s has already been associated with the hosted zone %s with the same domain name.", id, regionName, other.ID)
			}
		}
	}
	return nil
}

func sameDomain(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// zoneVPCs returns the VPCs that a zone answers for: those of its own blocks
// and those of association resources.
func zoneVPCs(tx *sim.Tx, zone *sim.Resource) []sim.Attrs {
	out := zone.Attrs.Blocks("vpc")
	for _, a := range tx.List("aws_route53_zone_association", sim.Global) {
		if a.Attrs.Str("zone_id") == zone.ID {
			out = append(out, sim.Attrs{"vpc_id": a.Attrs.Str("vpc_id"), "vpc_region": a.Attrs.Str("vpc_region")})
		}
	}
	return out
}

// showZone lists every VPC, associations included: that is why a zone whose
// associations are resources of their own must ignore changes of "vpc".
func showZone(tx *sim.Tx, r *sim.Resource) sim.Attrs {
	a := r.Attrs.Clone()
	a.Set(sim.Attrs{"vpc": zoneVPCs(tx, r)})
	return a
}

// updateZone: a VPC that is taken out of the blocks is disassociated, even if
// it was an association resource that had added it.
func updateZone(c *sim.Call) error {
	if !c.Changed("vpc") {
		return nil
	}
	if len(c.Was.Blocks("vpc")) > 0 && len(c.Attrs.Blocks("vpc")) == 0 {
		return c.During("DisassociateVPCFromHostedZone").Refuse("vpc", "LastVPCAssociation",
			"The VPC that you are trying to disassociate from the private hosted zone is the last VPC that is associated with the hosted zone.")
	}
	if err := completeZoneVPCs(c, c.Resource.ID); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, vpc := range c.Attrs.Blocks("vpc") {
		wanted[vpc.Str("vpc_id")] = true
	}
	for _, a := range c.List("aws_route53_zone_association", sim.Global) {
		if a.Attrs.Str("zone_id") == c.Resource.ID && !wanted[a.Attrs.Str("vpc_id")] {
			c.Remove(a)
		}
	}
	own := []any{}
	for _, vpc := range c.Attrs.Blocks("vpc") {
		if c.Get("aws_route53_zone_association", sim.Global, associationID(c.Resource.ID, vpc.Str("vpc_id"), vpc.Str("vpc_region"))) == nil {
			own = append(own, map[string]any(vpc))
		}
	}
	c.Attrs["vpc"] = own
	return nil
}

func removeZone(c *sim.Call) error {
	records := c.List("aws_route53_record", sim.Global)
	for _, r := range records {
		if r.Attrs.Str("zone_id") != c.Resource.ID {
			continue
		}
		if !c.Attrs.Bool("force_destroy") {
			return c.Refuse("", "HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so cannot be deleted.")
		}
		c.Remove(r)
	}
	for _, a := range c.List("aws_route53_zone_association", sim.Global) {
		if a.Attrs.Str("zone_id") == c.Resource.ID {
			c.Remove(a)
		}
	}
	return nil
}

func associationID(zone, vpc, regionName string) string { return zone + ":" + vpc + ":" + regionName }

func createZoneAssociation(c *sim.Call) (string, error) {
	a := c.Attrs
	zone, err := c.Need("zone_id", "aws_route53_zone", sim.Global, a.Str("zone_id"))
	if err != nil {
		return "", err
	}
	a.Default("vpc_region", c.ProviderRegion)
	vpcs := zoneVPCs(c.Tx, zone)
	if len(vpcs) == 0 {
		return "", c.Refuse("zone_id", "PublicZoneVPCAssociation",
			"You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support associating a VPC with a public hosted zone.")
	}
	if err := checkZoneVPC(c, zone.ID, zone.Attrs.Str("name"), a); err != nil {
		return "", err
	}
	for _, vpc := range vpcs {
		if vpc.Str("vpc_id") == a.Str("vpc_id") {
			return "", c.Refuse("vpc_id", "ConflictingDomainExists",
				"The VPC %s in region %s has already been associated with the hosted zone %s with the same domain name.", a.Str("vpc_id"), a.Str("vpc_region"), zone.ID)
		}
	}
	a["owning_account"] = c.Account()
	return associationID(zone.ID, a.Str("vpc_id"), a.Str("vpc_region")), nil
}

func removeZoneAssociation(c *sim.Call) error {
	zone := c.Get("aws_route53_zone", sim.Global, c.Attrs.Str("zone_id"))
	if zone != nil && len(zoneVPCs(c.Tx, zone)) == 1 {
		return c.Refuse("", "LastVPCAssociation",
			"The VPC that you are trying to disassociate from the private hosted zone is the last VPC that is associated with the hosted zone.")
	}
	return nil
}

func importZoneAssociation(tx *sim.Tx, _, text string) string {
	for _, r := range tx.List("aws_route53_zone_association", sim.Global) {
		if r.ID == text || strings.HasPrefix(r.ID, text+":") {
			return r.Key
		}
	}
	return text
}
