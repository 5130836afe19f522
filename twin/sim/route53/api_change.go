package route53

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

type changeBatch struct {
	ChangeBatch struct {
		Comment string
		Changes []changeXML `xml:"Changes>Change"`
	}
}

type changeXML struct {
	Action string
	Record recordXML `xml:"ResourceRecordSet"`
}

type changeInfo struct {
	ID          string `xml:"Id"`
	Status      string
	SubmittedAt api.ISOTime
	Comment     string `xml:",omitempty"`
}

type changeResult struct {
	ChangeInfo changeInfo
}

// submitted is a change as its zone keeps it.
type submitted struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
}

const (
	hiddenChanges = "changes"
	// changesKept bounds the changes that a zone remembers.
	changesKept = 100
	badBatch    = "InvalidChangeBatch"
)

// changeRecords makes all changes of a batch, or none. The answer is PENDING:
// Route 53's servers learn of it later.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
func changeRecords(c *api.Call) (any, error) {
	var in changeBatch
	if err := c.DecodeXML(&in); err != nil {
		return nil, err
	}
	var out changeResult
	err := c.Update(func(tx *sim.Tx) error {
		zone, err := zone(c, tx, c.Authorize(tx, "route53:ChangeResourceRecordSets", globalARN("hostedzone/"+c.Path["id"]), batchContext(in)))
		if err != nil {
			return err
		}
		if len(in.ChangeBatch.Changes) == 0 {
			return api.Refuse("InvalidInput", "Invalid request: the change batch has no changes")
		}
		for _, change := range in.ChangeBatch.Changes {
			if err := changeRecord(tx, zone, change); err != nil {
				return err
			}
		}
		if err := sameTTLs(tx, zone, in); err != nil {
			return err
		}
		s := submitted{ID: "C" + strings.ToUpper(tx.NewHex(20)), At: tx.At, Comment: in.ChangeBatch.Comment}
		remember(tx, zone, s)
		out.ChangeInfo = info(c, s, tx.At)
		return nil
	})
	return out, err
}

// batchContext is what policies are told of a batch. Names are normalized:
// lower case, and without the last dot.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
func batchContext(in changeBatch) policy.Context {
	ctx := policy.Context{}
	add := func(key, value string) { ctx[key] = append(ctx[key], value) }
	for _, change := range in.ChangeBatch.Changes {
		add("route53:changeresourcerecordsetsnormalizedrecordnames", strings.ToLower(strings.TrimSuffix(change.Record.Name, ".")))
		add("route53:changeresourcerecordsetsrecordtypes", change.Record.Type)
		add("route53:changeresourcerecordsetsactions", change.Action)
	}
	return ctx
}

func changeRecord(tx *sim.Tx, zone *sim.Resource, change changeXML) error {
	if len(change.Record.Others) > 0 {
		return api.Refuse(api.CodeUnsupported, "the simulator does not know the element %s of a record set", change.Record.Others[0].XMLName.Local)
	}
	old := findRecord(tx, zone, change.Record)
	switch change.Action {
	case "CREATE":
		if old != nil {
			return api.Refuse(badBatch, "[Tried to create resource record set %s but it already exists]", describeSet(change.Record))
		}
	case "UPSERT":
	case "DELETE":
		return deleteRecord(tx, change.Record, old)
	default:
		return api.Refuse("InvalidInput", "Invalid request: Action: found %q, want CREATE, DELETE or UPSERT", change.Action)
	}
	attrs := recordAttrs(zone, change.Record)
	if old == nil {
		_, err := tx.Do(simapi.OpCreate, simapi.Request{Type: typeRecord, Region: api.GlobalRegion, Attrs: attrs})
		return err
	}
	all := old.Attrs.Clone()
	all.Set(attrs)
	// The name that Terraform gave stays: it may be a short form.
	all["name"] = old.Attrs["name"]
	_, err := tx.Do(simapi.OpUpdate, simapi.Request{Type: typeRecord, Region: api.GlobalRegion, ID: old.ID, Prior: old.Attrs, Attrs: all})
	return err
}

func deleteRecord(tx *sim.Tx, record recordXML, old *sim.Resource) error {
	if old == nil {
		return api.Refuse(badBatch, "[Tried to delete resource record set %s but it was not found]", describeSet(record))
	}
	have := viewRecord(old)
	have.Name, record.Name = strings.ToLower(have.Name), strings.ToLower(strings.TrimSuffix(record.Name, "."))+"."
	if fmt.Sprint(jsonOf(have)) != fmt.Sprint(jsonOf(record)) {
		return api.Refuse(badBatch, "[Tried to delete resource record set %s but the values provided do not match the current values]", describeSet(record))
	}
	tx.Remove(old)
	return nil
}

func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	api.Must(err)
	return string(raw)
}

// findRecord returns the record set with the name, type and set identifier.
func findRecord(tx *sim.Tx, zone *sim.Resource, record recordXML) *sim.Resource {
	name := RecordName(record.Name, zone.Attrs.Str("name"))
	return tx.Find(typeRecord, sim.Global, func(a sim.Attrs) bool {
		return a.Str("zone_id") == zone.ID && a.Str("fqdn") == name && a.Str("type") == record.Type && a.Str("set_identifier") == record.SetIdentifier
	})
}

// recordAttrs are the attributes that a record set is described by.
func recordAttrs(zone *sim.Resource, record recordXML) sim.Attrs {
	a := sim.Attrs{
		"zone_id": zone.ID, "name": strings.TrimSuffix(record.Name, "."), "type": record.Type, "records": nil, "ttl": nil,
		"set_identifier": nil, "health_check_id": nil, "weighted_routing_policy": []any{},
	}
	if record.TTL != nil {
		a["ttl"] = float64(*record.TTL)
	}
	values := []any{}
	for _, v := range record.Records {
		values = append(values, v.Value)
	}
	if len(values) > 0 {
		a["records"] = values
	}
	if record.SetIdentifier != "" {
		a["set_identifier"] = record.SetIdentifier
	}
	if record.HealthCheckID != "" {
		a["health_check_id"] = record.HealthCheckID
	}
	if record.Weight != nil {
		a["weighted_routing_policy"] = []any{map[string]any{"weight": float64(*record.Weight)}}
	}
	return a
}

func describeSet(record recordXML) string {
	text := fmt.Sprintf("[name='%s.', type='%s'", strings.TrimSuffix(record.Name, "."), record.Type)
	if record.SetIdentifier != "" {
		text += fmt.Sprintf(", set-identifier='%s'", record.SetIdentifier)
	}
	return text + "]"
}

// sameTTLs: records of one name and type that are chosen from by weight have
// one TTL.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
func sameTTLs(tx *sim.Tx, zone *sim.Resource, in changeBatch) error {
	for _, change := range in.ChangeBatch.Changes {
		name := RecordName(change.Record.Name, zone.Attrs.Str("name"))
		var ttls []int
		for _, r := range tx.List(typeRecord, sim.Global) {
			if a := r.Attrs; a.Str("zone_id") == zone.ID && a.Str("fqdn") == name && a.Str("type") == change.Record.Type && a["ttl"] != nil {
				ttls = append(ttls, a.Int("ttl"))
			}
		}
		slices.Sort(ttls)
		if ttls = slices.Compact(ttls); len(ttls) > 1 {
			return api.Refuse(badBatch, "[The record sets %s of one group have different TTLs: %v]", describeSet(change.Record), ttls)
		}
	}
	return nil
}

func changesOf(zone *sim.Resource) []submitted {
	var all []submitted
	if text := zone.Hidden.Str(hiddenChanges); text != "" {
		api.Must(json.Unmarshal([]byte(text), &all))
	}
	return all
}

func remember(tx *sim.Tx, zone *sim.Resource, s submitted) {
	all := append(changesOf(zone), s)
	tx.Edit(zone).Hidden.Set(sim.Attrs{hiddenChanges: jsonOf(all[max(0, len(all)-changesKept):])})
}

func info(c *api.Call, s submitted, now time.Time) changeInfo {
	status := "PENDING"
	if now.Sub(s.At) >= c.Options.Propagation {
		status = "INSYNC"
	}
	return changeInfo{ID: "/change/" + s.ID, Status: status, SubmittedAt: api.ISOTime(s.At), Comment: s.Comment}
}

func getChange(c *api.Call) (any, error) {
	var out changeResult
	err := c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "route53:GetChange", globalARN("change/"+c.Path["id"]), nil); err != nil {
			return err
		}
		for _, zone := range tx.List(typeZone, sim.Global) {
			for _, s := range changesOf(zone) {
				if s.ID == c.Path["id"] {
					out.ChangeInfo = info(c, s, tx.At)
					return nil
				}
			}
		}
		return api.Refuse("NoSuchChange", "A change with the specified change ID does not exist: %s", c.Path["id"])
	})
	return out, err
}
