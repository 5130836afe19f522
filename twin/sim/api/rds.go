package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

func rdsService() *service {
	return &service{
		name: RDS, prefix: "rds", signing: "rds", denied: "AccessDenied",
		protocol:  queryProtocol{namespace: "http://rds.amazonaws.com/doc/2014-10-31/", version: "2014-10-31"},
		throttled: Error{Code: "Throttling", Message: "Rate exceeded"},
		broken:    Error{Code: "InternalFailure", Message: "An internal error has occurred. Please try your query again at a later time.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){
			"DescribeDBInstances": describeInstances, "DescribeEvents": describeEvents, "DescribeDBParameters": describeParameters,
			"PromoteReadReplica": promoteReadReplica, "ModifyDBInstance": modifyInstance, "StopDBInstance": stopInstance,
		},
	}
}

func instanceARN(c *call, identifier string) string {
	return c.arn("rds", "db:"+strings.ToLower(identifier))
}

// instance finds an instance by its identifier, which RDS stores in lower case.
func (c *call) instance(tx *sim.Tx, identifier string) (*sim.Resource, error) {
	if r := lifecycle.Find(tx, c.region, strings.ToLower(identifier)); r != nil {
		return r, nil
	}
	return nil, refuse("DBInstanceNotFound", "DBInstance %s not found.", identifier)
}

type instancesResult struct {
	DBInstances []instanceXML `xml:"DBInstances>DBInstance"`
	Marker      string        `xml:",omitempty"`
}

func describeInstances(c *call) (any, error) {
	if err := c.only("DBInstanceIdentifier", "Filters.", "MaxRecords", "Marker"); err != nil {
		return nil, err
	}
	id := c.text("DBInstanceIdentifier")
	fits, err := instanceFilters(c)
	if err != nil {
		return nil, err
	}
	var out instancesResult
	err = c.view(func(tx *sim.Tx) error {
		// Without an identifier RDS asks for the permission on all instances.
		scope := "*"
		if id != "" {
			scope = id
		}
		if err := c.authorize(tx, "rds:DescribeDBInstances", instanceARN(c, scope), nil); err != nil {
			return err
		}
		if id != "" {
			r, err := c.instance(tx, id)
			if err != nil {
				return err
			}
			if fits(r) {
				out.DBInstances = []instanceXML{viewInstance(tx, r)}
			}
			return nil
		}
		for _, r := range tx.List(lifecycle.TypeInstance, c.region) {
			if fits(r) {
				out.DBInstances = append(out.DBInstances, viewInstance(tx, r))
			}
		}
		var err error
		out.DBInstances, out.Marker, err = page(c, out.DBInstances)
		return err
	})
	return out, err
}

// instanceFilters reads the filters of DescribeDBInstances: an instance fits that
// has one of the values of each. RDS answers with no instance where none fits,
// and not with DBInstanceNotFound.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
func instanceFilters(c *call) (func(*sim.Resource) bool, error) {
	attribute := map[string]string{"dbi-resource-id": "resource_id", "db-instance-id": "identifier"}
	wanted := map[string][]string{}
	for i := 1; c.form.Has(fmt.Sprintf("Filters.Filter.%d.Name", i)); i++ {
		prefix := fmt.Sprintf("Filters.Filter.%d.", i)
		name := c.text(prefix + "Name")
		if attribute[name] == "" {
			return nil, refuse("InvalidParameterValue", "Unrecognized filter name: %s", name)
		}
		wanted[attribute[name]] = c.members(prefix + "Values.Value")
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
func (c *call) change(action string, do func(tx *sim.Tx, r *sim.Resource) error) (any, error) {
	id, err := c.need("DBInstanceIdentifier")
	if err != nil {
		return nil, err
	}
	var out changedInstance
	err = c.update(func(tx *sim.Tx) error {
		if err := c.authorize(tx, action, instanceARN(c, id), nil); err != nil {
			return err
		}
		r, err := c.instance(tx, id)
		if err != nil {
			return err
		}
		if err := do(tx, r); err != nil {
			return err
		}
		out.DBInstance = viewInstance(tx, tx.Get(r.Type, r.Region, r.Key))
		return nil
	})
	return out, err
}

func promoteReadReplica(c *call) (any, error) {
	if err := c.only("DBInstanceIdentifier", "BackupRetentionPeriod", "PreferredBackupWindow"); err != nil {
		return nil, err
	}
	retention, err := c.number("BackupRetentionPeriod")
	if err != nil {
		return nil, err
	}
	return c.change("rds:PromoteReadReplica", func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Promote(tx, r, lifecycle.Promotion{Retention: retention, Window: c.text("PreferredBackupWindow")}, c.options.Timing)
	})
}

func modifyInstance(c *call) (any, error) {
	if err := c.only("DBInstanceIdentifier", "ApplyImmediately", "BackupRetentionPeriod", "MultiAZ", "DeletionProtection", "PreferredBackupWindow"); err != nil {
		return nil, err
	}
	m := lifecycle.Modification{Window: c.text("PreferredBackupWindow")}
	var err error
	if m.Retention, err = c.number("BackupRetentionPeriod"); err != nil {
		return nil, err
	}
	if m.MultiAZ, err = c.truth("MultiAZ"); err != nil {
		return nil, err
	}
	if m.DeletionProtection, err = c.truth("DeletionProtection"); err != nil {
		return nil, err
	}
	now, err := c.truth("ApplyImmediately")
	if err != nil {
		return nil, err
	}
	m.Immediately = now != nil && *now
	return c.change("rds:ModifyDBInstance", func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Modify(tx, r, m, c.options.Timing)
	})
}

func stopInstance(c *call) (any, error) {
	if err := c.only("DBInstanceIdentifier"); err != nil {
		return nil, err
	}
	return c.change("rds:StopDBInstance", func(tx *sim.Tx, r *sim.Resource) error {
		return lifecycle.Stop(tx, r, c.options.Timing)
	})
}

type eventXML struct {
	SourceIdentifier string
	SourceType       string
	Message          string
	EventCategories  []string `xml:"EventCategories>EventCategory"`
	Date             isoTime
	SourceArn        string
}

type eventsResult struct {
	Events []eventXML `xml:"Events>Event"`
	Marker string     `xml:",omitempty"`
}

// eventAge is for how long RDS keeps events.
const eventAge = 14 * 24 * time.Hour

// span is the time that DescribeEvents asks about: an hour unless it says
// otherwise.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html
func (c *call) span(now time.Time) (from, to time.Time, err error) {
	minutes, err := c.number("Duration")
	if err != nil {
		return from, to, err
	}
	if from, err = c.moment("StartTime"); err != nil {
		return from, to, err
	}
	if to, err = c.moment("EndTime"); err != nil {
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
		return from, to, refuse("InvalidParameterValue", "Duration: found %d minutes, want 1 to %d", *minutes, int(eventAge/time.Minute))
	case from.IsZero():
		from = now.Add(-back)
	}
	return from, to, nil
}

func describeEvents(c *call) (any, error) {
	if err := c.only("SourceIdentifier", "SourceType", "StartTime", "EndTime", "Duration", "EventCategories.", "MaxRecords", "Marker"); err != nil {
		return nil, err
	}
	id, kind := c.text("SourceIdentifier"), c.text("SourceType")
	if id != "" && kind == "" {
		return nil, refuse("InvalidParameterCombination", "SourceType must be given with SourceIdentifier")
	}
	wanted := c.members("EventCategories.EventCategory")
	var out eventsResult
	err := c.view(func(tx *sim.Tx) error {
		if err := c.authorize(tx, "rds:DescribeEvents", "*", nil); err != nil {
			return err
		}
		from, to, err := c.span(tx.At)
		if err != nil {
			return err
		}
		for _, r := range tx.List(lifecycle.TypeInstance, c.region) {
			if kind != "" && kind != "db-instance" || id != "" && r.Attrs.Str("identifier") != strings.ToLower(id) {
				continue
			}
			for _, e := range lifecycle.Events(r, from, to) {
				if len(wanted) == 0 || slices.ContainsFunc(e.Categories, func(have string) bool { return slices.Contains(wanted, have) }) {
					out.Events = append(out.Events, eventXML{r.Attrs.Str("identifier"), "db-instance", e.Message, e.Categories, isoTime(e.At), r.ARN()})
				}
			}
		}
		slices.SortStableFunc(out.Events, func(a, b eventXML) int { return time.Time(a.Date).Compare(time.Time(b.Date)) })
		out.Events, out.Marker, err = page(c, out.Events)
		return err
	})
	return out, err
}
