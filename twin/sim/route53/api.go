package route53

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

const typeZone, typeRecord, typeHealthCheck = "aws_route53_zone", "aws_route53_record", "aws_route53_health_check"

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.Route53, Prefix: "route53", Signing: "route53", Global: true, Denied: "AccessDenied",
		Protocol: api.RESTProtocol{Namespace: "https://route53.amazonaws.com/doc/2013-04-01/", Routes: []api.Route{
			{Method: http.MethodGet, Operation: "ListResourceRecordSets", Path: regexp.MustCompile(`^/2013-04-01/hostedzone/(?P<id>[A-Z0-9]+)/rrset$`)},
			{Method: http.MethodPost, Operation: "ChangeResourceRecordSets", Path: regexp.MustCompile(`^/2013-04-01/hostedzone/(?P<id>[A-Z0-9]+)/rrset/?$`)},
			{Method: http.MethodGet, Operation: "GetChange", Path: regexp.MustCompile(`^/2013-04-01/change/(?P<id>[A-Z0-9]+)$`)},
			{Method: http.MethodGet, Operation: "GetHealthCheck", Path: regexp.MustCompile(`^/2013-04-01/healthcheck/(?P<id>[A-Za-z0-9-]+)$`)},
		}},
		Throttled: api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:    api.Error{Code: "ServiceUnavailable", Message: "The service is temporarily unavailable.", Status: http.StatusServiceUnavailable},
		Operations: map[string]func(*api.Call) (any, error){
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
func zone(c *api.Call, tx *sim.Tx, authorized error) (*sim.Resource, error) {
	if authorized != nil {
		return nil, authorized
	}
	if zone := tx.Get(typeZone, sim.Global, c.Path["id"]); zone != nil {
		return zone, nil
	}
	return nil, api.Refuse("NoSuchHostedZone", "No hosted zone found with ID: %s", c.Path["id"])
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

func listRecords(c *api.Call) (any, error) {
	limit := maxRecords
	if text := c.Text("maxitems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, api.Refuse("InvalidInput", "maxitems: found %q, want a whole number of 1 or more", text)
		}
		limit = min(n, maxRecords)
	}
	out := recordsResult{MaxItems: limit}
	err := c.View(func(tx *sim.Tx) error {
		zone, err := zone(c, tx, c.Authorize(tx, "route53:ListResourceRecordSets", globalARN("hostedzone/"+c.Path["id"]), nil))
		if err != nil {
			return err
		}
		for _, v := range recordsOf(tx, zone) {
			if !reached(c, v) {
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
func reached(c *api.Call, v recordXML) bool {
	name := strings.ToLower(strings.TrimSuffix(c.Text("name"), ".")) + "."
	if name == "." {
		return true
	}
	if order := compareNames(v.Name, name); order != 0 {
		return order > 0
	}
	if kind := c.Text("type"); v.Type != kind {
		return v.Type > kind
	}
	return v.SetIdentifier >= c.Text("identifier")
}
