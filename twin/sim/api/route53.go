package api

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
)

const typeZone, typeRecord, typeHealthCheck = "aws_route53_zone", "aws_route53_record", "aws_route53_health_check"

func route53Service() *service {
	return &service{
		name: Route53, prefix: "route53", signing: "route53", global: true, denied: "AccessDenied",
		protocol: restProtocol{namespace: "https://route53.amazonaws.com/doc/2013-04-01/", routes: []route{
			{http.MethodGet, "ListResourceRecordSets", regexp.MustCompile(`^/2013-04-01/hostedzone/(?P<id>[A-Z0-9]+)/rrset$`)},
			{http.MethodPost, "ChangeResourceRecordSets", regexp.MustCompile(`^/2013-04-01/hostedzone/(?P<id>[A-Z0-9]+)/rrset/?$`)},
			{http.MethodGet, "GetChange", regexp.MustCompile(`^/2013-04-01/change/(?P<id>[A-Z0-9]+)$`)},
			{http.MethodGet, "GetHealthCheck", regexp.MustCompile(`^/2013-04-01/healthcheck/(?P<id>[A-Za-z0-9-]+)$`)},
		}},
		throttled: Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:    Error{Code: "ServiceUnavailable", Message: "The service is temporarily unavailable.", Status: http.StatusServiceUnavailable},
		operations: map[string]func(*call) (any, error){
			"ListResourceRecordSets": listRecords, "ChangeResourceRecordSets": changeRecords,
			"GetChange": getChange, "GetHealthCheck": getHealthCheck,
		},
	}
}

// globalARN names a resource of Route 53, which has neither region nor account.
func globalARN(resource string) string {
	return sim.ARN{Partition: "aws", Service: "route53", Resource: resource}.String()
}

// zone finds the hosted zone that a call names, once the caller may act on it.
func (c *call) zone(tx *sim.Tx, authorized error) (*sim.Resource, error) {
	if authorized != nil {
		return nil, authorized
	}
	if zone := tx.Get(typeZone, sim.Global, c.path["id"]); zone != nil {
		return zone, nil
	}
	return nil, refuse("NoSuchHostedZone", "No hosted zone found with ID: %s", c.path["id"])
}

// recordXML is a record set, in requests and in answers.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
type recordXML struct {
	Name          string
	Type          string
	SetIdentifier string     `xml:",omitempty"`
	Weight        *int       `xml:",omitempty"`
	TTL           *int       `xml:",omitempty"`
	Records       []valueXML `xml:"ResourceRecords>ResourceRecord,omitempty"`
	HealthCheckID string     `xml:"HealthCheckId,omitempty"`
	Others        []otherXML `xml:",any"`
}

type valueXML struct{ Value string }

// otherXML is an element that the simulator does not know.
type otherXML struct {
	XMLName xml.Name
}

type recordsResult struct {
	Records        []recordXML `xml:"ResourceRecordSets>ResourceRecordSet"`
	IsTruncated    bool
	MaxItems       int
	NextName       string `xml:"NextRecordName,omitempty"`
	NextType       string `xml:"NextRecordType,omitempty"`
	NextIdentifier string `xml:"NextRecordIdentifier,omitempty"`
}

// maxRecords is how many record sets one answer lists.
const maxRecords = 300

func viewRecord(r *sim.Resource) recordXML {
	a := r.Attrs
	v := recordXML{Name: a.Str("fqdn") + ".", Type: a.Str("type"), SetIdentifier: a.Str("set_identifier"), HealthCheckID: a.Str("health_check_id")}
	if a["ttl"] != nil {
		ttl := a.Int("ttl")
		v.TTL = &ttl
	}
	if weighted := a.Block("weighted_routing_policy"); weighted != nil {
		weight := weighted.Int("weight")
		v.Weight = &weight
	}
	for _, value := range a.Strings("records") {
		v.Records = append(v.Records, valueXML{value})
	}
	return v
}

func listRecords(c *call) (any, error) {
	limit := maxRecords
	if text := c.text("maxitems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, refuse("InvalidInput", "maxitems: found %q, want a whole number of 1 or more", text)
		}
		limit = min(n, maxRecords)
	}
	out := recordsResult{MaxItems: limit}
	err := c.view(func(tx *sim.Tx) error {
		zone, err := c.zone(tx, c.authorize(tx, "route53:ListResourceRecordSets", globalARN("hostedzone/"+c.path["id"]), nil))
		if err != nil {
			return err
		}
		for _, v := range recordsOf(tx, zone) {
			if !c.reached(v) {
				continue
			}
			if len(out.Records) == limit {
				out.IsTruncated, out.NextName, out.NextType, out.NextIdentifier = true, v.Name, v.Type, v.SetIdentifier
				return nil
			}
			out.Records = append(out.Records, v)
		}
		return nil
	})
	return out, err
}

// reached tells whether a record is at or behind the place where the list is to
// begin.
func (c *call) reached(v recordXML) bool {
	name := strings.ToLower(strings.TrimSuffix(c.text("name"), ".")) + "."
	if name == "." {
		return true
	}
	if order := compareNames(v.Name, name); order != 0 {
		return order > 0
	}
	if kind := c.text("type"); v.Type != kind {
		return v.Type > kind
	}
	return v.SetIdentifier >= c.text("identifier")
}
