package ec2

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

const (
	typeACL     = "aws_network_acl"
	typeACLRule = "aws_network_acl_rule"
)

// entryLimit is how many rules an ACL has room for in each direction, EC2's own
// last one included.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const entryLimit = 20

// API is the face of the service for SDKs.
func API(o api.Options) *api.Service {
	return &api.Service{
		Name: api.EC2, Prefix: "ec2", Signing: "ec2", Denied: "UnauthorizedOperation",
		Denial: "You are not authorized to perform this operation. ", State: api.NewHistory[aclView](o.Staleness.EC2),
		Protocol:  api.EC2Protocol{QueryProtocol: api.QueryProtocol{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/", Version: "2016-11-15"}},
		Throttled: api.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable},
		Broken:    api.Error{Code: "InternalError", Message: "An internal error has occurred", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){
			"DescribeNetworkAcls": describeACLs, "CreateNetworkAclEntry": createACLEntry, "DeleteNetworkAclEntry": deleteACLEntry,
		},
	}
}

// acls are how ACLs were described before they changed.
func acls(c *api.Call) *api.History[aclView] { return c.Service.State.(*api.History[aclView]) }

type aclSet struct {
	XMLName xml.Name  `xml:"networkAclSet"`
	Items   []aclView `xml:"item"`
}

// aclView is a network ACL as EC2 describes it.
type aclView struct {
	ID           string           `xml:"networkAclId"`
	VPC          string           `xml:"vpcId"`
	Owner        string           `xml:"ownerId"`
	Default      bool             `xml:"default"`
	Entries      []entryXML       `xml:"entrySet>item"`
	Associations []associationXML `xml:"associationSet>item"`
}

type entryXML struct {
	RuleNumber int       `xml:"ruleNumber"`
	Protocol   string    `xml:"protocol"`
	RuleAction string    `xml:"ruleAction"`
	Egress     bool      `xml:"egress"`
	CIDR       string    `xml:"cidrBlock,omitempty"`
	IPv6CIDR   string    `xml:"ipv6CidrBlock,omitempty"`
	Ports      *portsXML `xml:"portRange"`
}

type portsXML struct {
	From int `xml:"from"`
	To   int `xml:"to"`
}

type associationXML struct {
	ACL    string `xml:"networkAclId"`
	Subnet string `xml:"subnetId"`
}

// lastRule is the number of the rule that EC2 itself puts behind all others: it
// denies what no rule spoke of.
const lastRule = 32767

func viewACL(tx *sim.Tx, r *sim.Resource) aclView {
	v := aclView{ID: r.ID, VPC: r.Attrs.Str("vpc_id"), Owner: tx.Account()}
	for _, egress := range []bool{true, false} {
		for _, e := range ACLEntries(tx, r, egress) {
			v.Entries = append(v.Entries, viewEntry(e, egress))
		}
		v.Entries = append(v.Entries, entryXML{RuleNumber: lastRule, Protocol: "-1", RuleAction: "deny", Egress: egress, CIDR: "0.0.0.0/0"})
	}
	slices.SortStableFunc(v.Entries, func(a, b entryXML) int { return a.RuleNumber - b.RuleNumber })
	for _, subnet := range tx.Show(r).Strings("subnet_ids") {
		v.Associations = append(v.Associations, associationXML{r.ID, subnet})
	}
	return v
}

func viewEntry(e sim.Attrs, egress bool) entryXML {
	v := entryXML{
		RuleNumber: e.Int("rule_no"), Protocol: ProtocolNumber(e.Str("protocol")), RuleAction: strings.ToLower(e.Str("action")),
		Egress: egress, CIDR: e.Str("cidr_block"), IPv6CIDR: e.Str("ipv6_cidr_block"),
	}
	if v.Protocol == "6" || v.Protocol == "17" {
		v.Ports = &portsXML{e.Int("from_port"), e.Int("to_port")}
	}
	return v
}

func aclKey(region, id string) string { return region + "/" + id }

func describeACLs(c *api.Call) (any, error) {
	if err := c.Only("NetworkAclId."); err != nil {
		return nil, err
	}
	wanted := c.Members("NetworkAclId")
	var out aclSet
	err := c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "ec2:DescribeNetworkAcls", "*", nil); err != nil {
			return err
		}
		for _, id := range wanted {
			if tx.Get(typeACL, c.Region, id) == nil {
				return api.Refuse("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", id)
			}
		}
		for _, r := range tx.List(typeACL, c.Region) {
			if len(wanted) > 0 && !slices.Contains(wanted, r.ID) {
				continue
			}
			v := viewACL(tx, r)
			if was, ok := acls(c).Stale(aclKey(c.Region, r.ID), tx.At); ok {
				v = was
			}
			out.Items = append(out.Items, v)
		}
		return nil
	})
	return out, err
}

type doneXML struct {
	XMLName xml.Name `xml:"return"`
	Value   bool     `xml:",chardata"`
}

// changeACL authorizes an action on the ACL that a call names, and does it.
func changeACL(c *api.Call, action string, do func(tx *sim.Tx, acl *sim.Resource, number int, egress bool) error) (any, error) {
	id, err := c.Need("NetworkAclId")
	if err != nil {
		return nil, err
	}
	number, err := c.Number("RuleNumber")
	if err != nil {
		return nil, err
	}
	egress, err := c.Truth("Egress")
	if err != nil {
		return nil, err
	}
	if number == nil || egress == nil {
		return nil, api.Refuse("MissingParameter", "The request must contain the parameters ruleNumber and egress")
	}
	err = c.Update(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, action, c.ARN("ec2", "network-acl/"+id), nil); err != nil {
			return err
		}
		acl := tx.Get(typeACL, c.Region, id)
		if acl == nil {
			return api.Refuse("InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", id)
		}
		was := viewACL(tx, acl)
		if err := do(tx, acl, *number, *egress); err != nil {
			return err
		}
		acls(c).Changed(aclKey(c.Region, id), tx.At, was)
		return nil
	})
	return doneXML{Value: true}, err
}

func createACLEntry(c *api.Call) (any, error) {
	if err := c.Only("NetworkAclId", "RuleNumber", "Egress", "Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "PortRange."); err != nil {
		return nil, err
	}
	from, err := c.Number("PortRange.From")
	if err != nil {
		return nil, err
	}
	to, err := c.Number("PortRange.To")
	if err != nil {
		return nil, err
	}
	return changeACL(c, "ec2:CreateNetworkAclEntry", func(tx *sim.Tx, acl *sim.Resource, number int, egress bool) error {
		if n := len(ACLEntries(tx, acl, egress)) + 1; n >= entryLimit && findEntry(tx, acl, number, egress) < 0 {
			return api.Refuse("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached: %d", n)
		}
		attrs := sim.Attrs{
			"network_acl_id": acl.ID, "rule_number": float64(number), "egress": egress, "protocol": c.Text("Protocol"), "rule_action": c.Text("RuleAction"),
		}
		for name, value := range map[string]string{"cidr_block": c.Text("CidrBlock"), "ipv6_cidr_block": c.Text("Ipv6CidrBlock")} {
			if value != "" {
				attrs[name] = value
			}
		}
		for name, value := range map[string]*int{"from_port": from, "to_port": to} {
			if value != nil {
				attrs[name] = float64(*value)
			}
		}
		_, err := tx.Do(simapi.OpCreate, simapi.Request{Type: typeACLRule, Region: c.Region, Attrs: attrs})
		return err
	})
}

// findEntry returns the place of a rule among an ACL's entries, -1 if there is
// none with its number.
func findEntry(tx *sim.Tx, acl *sim.Resource, number int, egress bool) int {
	return slices.IndexFunc(ACLEntries(tx, acl, egress), func(e sim.Attrs) bool { return e.Int("rule_no") == number })
}

func deleteACLEntry(c *api.Call) (any, error) {
	if err := c.Only("NetworkAclId", "RuleNumber", "Egress"); err != nil {
		return nil, err
	}
	return changeACL(c, "ec2:DeleteNetworkAclEntry", func(tx *sim.Tx, acl *sim.Resource, number int, egress bool) error {
		if findEntry(tx, acl, number, egress) < 0 {
			return api.Refuse("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %s does not exist", describeRule(number, egress))
		}
		for _, r := range tx.List(typeACLRule, c.Region) {
			if a := r.Attrs; a.Str("network_acl_id") == acl.ID && a.Int("rule_number") == number && a.Bool("egress") == egress {
				tx.Remove(r)
				return nil
			}
		}
		removeInline(tx, acl, number, egress)
		return nil
	})
}

// removeInline removes an entry that is a block of the ACL itself.
func removeInline(tx *sim.Tx, acl *sim.Resource, number int, egress bool) {
	direction := "ingress"
	if egress {
		direction = "egress"
	}
	left := slices.DeleteFunc(acl.Attrs.Blocks(direction), func(e sim.Attrs) bool { return e.Int("rule_no") == number })
	tx.Edit(acl).Attrs.Set(sim.Attrs{direction: left})
}

func describeRule(number int, egress bool) string {
	if egress {
		return fmt.Sprintf("%d (egress)", number)
	}
	return strconv.Itoa(number)
}
