package rds

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/iam/policy"
	"github.com/pgdr/pgdr/twin/sim/kms"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// API is the face of the service for SDKs.
func API() *api.Service {
	return &api.Service{
		Name: api.RDS, Prefix: "rds", Signing: "rds", Denied: "AccessDenied",
		Protocol:  api.QueryProtocol{Namespace: "http://rds.amazonaws.com/doc/2014-10-31/", Version: "2014-10-31"},
		Throttled: api.Error{Code: "Throttling", Message: "Rate exceeded"},
		Broken:    api.Error{Code: "InternalFailure", Message: "An internal error has occurred. Please try your query again at a later time.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){
			"DescribeDBInstances": describeInstances, "DescribeEvents": describeEvents, "DescribeDBParameters": describeParameters,
			"PromoteReadReplica": promoteReadReplica, "ModifyDBInstance": modifyInstance, "StopDBInstance": stopInstance,
		},
	}
}

func instanceARN(c *api.Call, identifier string) string {
	return c.ARN("rds", "db:"+strings.ToLower(identifier))
}

// instance finds an instance by its identifier, which RDS stores in lower case.
func instance(c *api.Call, tx *sim.Tx, identifier string) (*sim.Resource, error) {
	if r := lifecycle.Find(tx, c.Region, strings.ToLower(identifier)); r != nil {
		return r, nil
	}
	return nil, api.Refuse("DBInstanceNotFound", "DBInstance %s not found.", identifier)
}

type instancesResult struct {
	DBInstances []instanceXML `xml:"DBInstances>DBInstance"`
	Marker      string        `xml:",omitempty"`
}

func describeInstances(c *api.Call) (any, error) {
	if err := c.Only("DBInstanceIdentifier", "Filters.", "MaxRecords", "Marker"); err != nil {
		return nil, err
	}
	id := c.Text("DBInstanceIdentifier")
	fits, err := instanceFilters(c)
	if err != nil {
		return nil, err
	}
	var out instancesResult
	err = c.View(func(tx *sim.Tx) error {
		// Without an identifier RDS asks for the permission on all instances.
		scope := "*"
		if id != "" {
			scope = id
		}
		if err := c.Authorize(tx, "rds:DescribeDBInstances", instanceARN(c, scope), nil); err != nil {
			return err
		}
		if id != "" {
			r, err := instance(c, tx, id)
			if err != nil {
				return err
			}
			if fits(r) {
				out.DBInstances = []instanceXML{viewInstance(tx, r)}
			}
			return nil
		}
		for _, r := range tx.List(lifecycle.TypeInstance, c.Region) {
			if fits(r) {
				out.DBInstances = append(out.DBInstances, viewInstance(tx, r))
			}
		}
		var err error
		out.DBInstances, out.Marker, err = api.Page(c, out.DBInstances)
		return err
	})
	return out, err
}

// instanceFilters reads the filters of DescribeDBInstances: an instance fits that
// has one of the values of each. RDS answers with no instance where none fits,
// and not with DBInstanceNotFound.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
func instanceFilters(c *api.Call) (func(*sim.Resource) bool, error) {
	attribute := map[string]string{"dbi-resource-id": "resource_id", "db-instance-id": "identifier"}
	wanted := map[string][]string{}
	for i := 1; c.Form.Has(fmt.Sprintf("Filters.Filter.%d.Name", i)); i++ {
		prefix := fmt.Sprintf("Filters.Filter.%d.", i)
		name := c.Text(prefix + "Name")
		if attribute[name] == "" {
			return nil, api.Refuse("InvalidParameterValue", "Unrecognized filter name: %s", name)
		}
		wanted[attribute[name]] = c.Members(prefix + "Values.Value")
	}
	return func(r *sim.Resource) bool {
		for attr, values := range wanted {
			if !slices.Contains(values, r.Attrs.Str(attr)) {
				return false
			}
		}
		return true
	}, nil
}

type changedInstance struct {
	DBInstance instanceXML
}

// change authorizes an action on the instance that a call names, and does it.
func change(c *api.Call, action string, do func(tx *sim.Tx, r *sim.Resource) error) (any, error) {
	id, err := c.Need("DBInstanceIdentifier")
	if err != nil {
		return nil, err
	}
	var out changedInstance
	err = c.Update(func(tx *sim.Tx) error {
		r, missing := instance(c, tx, id)
		if err := c.Authorize(tx, action, instanceARN(c, id), tagsOf(tx, r)); err != nil {
			return err
		}
		if missing != nil {
			return missing
		}
		if err := do(tx, r); err != nil {
			return err
		}
		out.DBInstance = viewInstance(tx, tx.Get(r.Type, r.Region, r.Key))
		return nil
	})
	return out, err
}

// tagsOf are the tags of an instance as policies see them.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.SpecifyingCustomTags.html
func tagsOf(tx *sim.Tx, r *sim.Resource) policy.Context {
	if r == nil {
		return nil
	}
	tags := policy.Context{}
	for key, value := range tx.Show(r).StringMap("tags_all") {
		tags["rds:db-tag/"+strings.ToLower(key)] = []string{value}
		tags["aws:resourcetag/"+strings.ToLower(key)] = []string{value}
	}
	return tags
}

func promoteReadReplica(c *api.Call) (any, error) {
	if err := c.Only("DBInstanceIdentifier", "BackupRetentionPeriod", "PreferredBackupWindow"); err != nil {
		return nil, err
	}
	retention, err := c.Number("BackupRetentionPeriod")
	if err != nil {
		return nil, err
	}
	return change(c, "rds:PromoteReadReplica", func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Promote(tx, r, lifecycle.Promotion{Retention: retention, Window: c.Text("PreferredBackupWindow")}, c.Options.Timing)
	})
}

func modifyInstance(c *api.Call) (any, error) {
	if err := c.Only("DBInstanceIdentifier", "ApplyImmediately", "BackupRetentionPeriod", "MultiAZ", "DeletionProtection", "PreferredBackupWindow"); err != nil {
		return nil, err
	}
	m := lifecycle.Modification{Window: c.Text("PreferredBackupWindow")}
	var err error
	if m.Retention, err = c.Number("BackupRetentionPeriod"); err != nil {
		return nil, err
	}
	if m.MultiAZ, err = c.Truth("MultiAZ"); err != nil {
		return nil, err
	}
	if m.DeletionProtection, err = c.Truth("DeletionProtection"); err != nil {
		return nil, err
	}
	now, err := c.Truth("ApplyImmediately")
	if err != nil {
		return nil, err
	}
	m.Immediately = now != nil && *now
	return change(c, "rds:ModifyDBInstance", func(tx *sim.Tx, r *sim.Resource) error {
		if m.MultiAZ != nil && *m.MultiAZ {
			if err := mayEncryptStandby(c, tx, r); err != nil {
				return err
			}
		}
		return lifecycle.Modify(tx, r, m, c.Options.Timing)
	})
}

func stopInstance(c *api.Call) (any, error) {
	if err := c.Only("DBInstanceIdentifier"); err != nil {
		return nil, err
	}
	return change(c, "rds:StopDBInstance", func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Stop(tx, r, c.Options.Timing)
	})
}

type eventXML struct {
	SourceIdentifier string
	SourceType       string
	Message          string
	EventCategories  []string `xml:"EventCategories>EventCategory"`
	Date             api.ISOTime
	SourceArn        string
}

type eventsResult struct {
	Events []eventXML `xml:"Events>Event"`
	Marker string     `xml:",omitempty"`
}

// eventAge is for how long RDS keeps events.
const eventAge = 14 * 24 * time.Hour

// eventSpan is the time that DescribeEvents asks about: an hour unless it says
// otherwise.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html
func eventSpan(c *api.Call, now time.Time) (from, to time.Time, err error) {
	minutes, err := c.Number("Duration")
	if err != nil {
		return from, to, err
	}
	if from, err = c.Moment("StartTime"); err != nil {
		return from, to, err
	}
	if to, err = c.Moment("EndTime"); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = now
	}
	back := time.Hour
	if minutes != nil {
		back = time.Duration(*minutes) * time.Minute
	}
	switch {
	case back <= 0 || back > eventAge:
		return from, to, api.Refuse("InvalidParameterValue", "Duration: found %d minutes, want 1 to %d", *minutes, int(eventAge/time.Minute))
	case from.IsZero():
		from = now.Add(-back)
	}
	return from, to, nil
}

func describeEvents(c *api.Call) (any, error) {
	if err := c.Only("SourceIdentifier", "SourceType", "StartTime", "EndTime", "Duration", "EventCategories.", "MaxRecords", "Marker"); err != nil {
		return nil, err
	}
	id, kind := c.Text("SourceIdentifier"), c.Text("SourceType")
	if id != "" && kind == "" {
		return nil, api.Refuse("InvalidParameterCombination", "SourceType must be given with SourceIdentifier")
	}
	wanted := c.Members("EventCategories.EventCategory")
	var out eventsResult
	err := c.View(func(tx *sim.Tx) error {
		if err := c.Authorize(tx, "rds:DescribeEvents", "*", nil); err != nil {
			return err
		}
		from, to, err := eventSpan(c, tx.At)
		if err != nil {
			return err
		}
		for _, r := range tx.List(lifecycle.TypeInstance, c.Region) {
			if kind != "" && kind != "db-instance" || id != "" && r.Attrs.Str("identifier") != strings.ToLower(id) {
				continue
			}
			for _, e := range lifecycle.Events(r, from, to) {
				if len(wanted) == 0 || slices.ContainsFunc(e.Categories, func(have string) bool { return slices.Contains(wanted, have) }) {
					out.Events = append(out.Events, eventXML{r.Attrs.Str("identifier"), "db-instance", e.Message, e.Categories, api.ISOTime(e.At), r.ARN()})
				}
			}
		}
		slices.SortStableFunc(out.Events, func(a, b eventXML) int { return time.Time(a.Date).Compare(time.Time(b.Date)) })
		out.Events, out.Marker, err = api.Page(c, out.Events)
		return err
	})
	return out, err
}

// mayEncryptStandby checks that the caller may grant RDS the use of the key of
// the instance: RDS makes the standby's volume in the caller's name.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
func mayEncryptStandby(c *api.Call, tx *sim.Tx, r *sim.Resource) error {
	refusal, err := kms.UseKey(c, tx, kms.KeyUse{Ref: r.Attrs.Str("kms_key_id"), Via: "rds", Actions: []string{"kms:CreateGrant"}, ForAWS: true})
	if err != nil || refusal == nil {
		return err
	}
	return api.Refuse("KMSKeyNotAccessibleFault", "The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it. (%s)", r.Attrs.Str("kms_key_id"), refusal.Text)
}
