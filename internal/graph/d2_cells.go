package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// columns are a site's, from the gap outwards.
func (d *d2) columns(site Site) []column {
	var all []column
	if guard := d.g.first(KindGuard); guard != nil && guard.Region == site.Region {
		all = append(all, d.guard(guard), d.tools(site))
	}
	return append(all, d.database(site))
}

// guard is the guard's column: a row for each thing that it does.
func (d *d2) guard(n *Node) column {
	c := column{key: "guard", class: "guard", label: "Guard: " + d.g.short(n.Name), nodes: []string{n.ID}, rows: guardRows}
	row := func(row int, class, label string) {
		c.cells[row] = cell{key: fmt.Sprintf("row%d", row), class: class, label: label, nodes: []string{part(n.ID, row)}}
	}
	row(rowTell, "decides", "Notifies")
	row(rowMinute, "decides", "Runs on a schedule")
	row(rowAlarm, "decides", "Looks at once after an alarm")
	row(rowSelf, "sees", "1 Sees: am I cut off?")
	row(rowSee, "sees", "1 Sees: SQL, WAL, RDS's API")
	row(rowDecide, "decides", decision(n.Policy))
	row(rowFence, "does", "3 Fences")
	row(rowPromote, "does", "4 Promotes")
	row(rowSwitch, "does", "5 Switches DNS")
	return c
}

// decision says when the guard acts.
func decision(p *Policy) string {
	lines := []string{"2 Decides"}
	if p.Mode != "" {
		lines[0] += ", mode " + p.Mode
	}
	if p.InstanceFailedSeconds != "" && p.InstanceUnreachableSeconds != "" {
		lines = append(lines, fmt.Sprintf("instance lost: after %s to %s s", p.InstanceFailedSeconds, p.InstanceUnreachableSeconds))
	}
	if p.RegionSilentSeconds != "" && p.OnRegionSilent != "" {
		lines = append(lines, fmt.Sprintf("region silent: after %s s, %s", p.RegionSilentSeconds, p.OnRegionSilent))
	}
	if p.MaxDataLossSeconds != "" {
		lines = append(lines, fmt.Sprintf("data loss: at most %s s", p.MaxDataLossSeconds))
	}
	return strings.Join(lines, "\n")
}

// tools are what the guard works with, in its region.
func (d *d2) tools(site Site) column {
	c := column{key: "tools", rows: rowCount}
	here := inRegion(site.Region)
	if n := d.g.first(KindTopic, here, func(n Node) bool { return d.g.edge(Tells, "", n.ID) }); n != nil {
		c.cells[rowTell] = cell{"notices", "card", "Notices" + d.told(n.ID) + d.ownAlarms(), append(d.alarmIDs(KindGuard), n.ID)}
	}
	if n := d.g.first(KindSchedule, here); n != nil {
		c.cells[rowMinute] = cell{"schedule", "card", "Schedule\n" + n.Schedule, []string{n.ID}}
	}
	if n := d.g.first(KindLedger, here); n != nil {
		c.cells[rowDecide] = cell{"ledger", "card", "Ledger\n" + d.g.short(n.Name), []string{n.ID}}
	}
	c.cells[rowSwitch] = d.writerAlarm(site)
	if n := d.g.first(KindHealthCheck); n != nil {
		c.name = cell{"check", "card", "Health check\nfollows the alarm", []string{n.ID}}
	}
	return c
}

// writerAlarm is the alarm that a health check follows.
func (d *d2) writerAlarm(site Site) cell {
	n := d.g.first(KindAlarm, inRegion(site.Region), func(n Node) bool { return isFollowed(d.g, n.ID) })
	if n == nil {
		return cell{}
	}
	return cell{"writer", "card", fmt.Sprintf("Alarm %s\non %s/%s", d.g.short(n.Name), n.Metric.Namespace, n.Metric.Name), []string{n.ID}}
}

// told says how many people a topic reaches.
func (d *d2) told(topic string) string {
	for _, e := range d.g.edges(Tells) {
		if to := d.g.Node(e.To); e.From == topic && to.Kind == KindHumans {
			return fmt.Sprintf(", e-mail to %d", to.Count)
		}
	}
	return ""
}

// ownAlarms counts the alarms on the guard.
func (d *d2) ownAlarms() string {
	n := len(d.alarmIDs(KindGuard))
	if n == 0 {
		return ""
	}
	return "\n" + count(n, "alarm") + " on the guard"
}

// alarmIDs are those of the alarms on nodes of a kind.
func (d *d2) alarmIDs(kind Kind) []string {
	var ids []string
	for _, x := range groups(d.g) {
		if source := d.g.Node(x.source); source != nil && source.Kind == kind {
			ids = append(ids, x.ids()...)
		}
	}
	return ids
}

// database is the column of a site's database.
func (d *d2) database(site Site) column {
	n := d.g.first(KindDatabase, inRegion(site.Region))
	c := column{key: "database", class: "panel", label: d.g.short(n.Name), nodes: []string{n.ID}, rows: rowCount}
	if site.Role == RolePrimary {
		c.cells[rowTell] = cell{key: "failure", class: "failure", label: "It starts here: the instance\nor the region is lost"}
	}
	c.cells[rowAlarm] = d.alarms(n)
	if d.g.first(KindGuard) == nil || d.g.first(KindGuard).Region != site.Region {
		c.cells[rowSwitch] = d.writerAlarm(site)
	}
	zones := "single zone"
	if n.Database.MultiAZ {
		zones = "Multi-AZ"
	}
	c.cells[rowSee] = cell{"server", "server", engine(n.Database) + ", " + zones + "\n" + n.Database.Class, []string{part(n.ID, rowSee)}}
	if acl := d.g.Node(fromOf(d.g, Protects, n.ID)); acl != nil {
		c.cells[rowFence] = cell{"acl", "acl", "Network ACL\nof the database subnets", []string{acl.ID}}
	}
	if d.g.edge(Promotes, "", n.ID) {
		c.cells[rowPromote] = cell{"promoted", "server", "becomes the writer", []string{part(n.ID, rowPromote)}}
	}
	if d.g.edge(Replicates, n.ID, "") || d.g.edge(Replicates, "", n.ID) {
		c.cells[rowReplicate] = cell{"wal", "server", "WAL", []string{part(n.ID, rowReplicate)}}
	}
	c.cells[rowCopy] = d.copies(site)
	if r := d.g.first(KindRecord, func(r Node) bool { return r.Role == site.Role }); r != nil {
		label := fmt.Sprintf("%s record\nweight %s, TTL %s s", site.Role, r.Record.Weight, r.Record.TTL)
		c.name = cell{"record", "card", label, []string{r.ID}}
	}
	return c
}

// alarms are a database's, and the topic that they notify.
func (d *d2) alarms(db *Node) cell {
	for _, x := range groups(d.g) {
		if x.source == db.ID && x.topic != "" {
			label := count(len(x.alarms), "alarm") + d.told(x.topic) + ": " + strings.Join(x.names(d.g), ", ")
			return cell{"alarms", "card", wrap(label, alarmChars), append(x.ids(), x.topic)}
		}
	}
	return cell{}
}

// copies are a site's key and credentials.
func (d *d2) copies(site Site) cell {
	var found []string
	var nodes []string
	for _, kind := range []Kind{KindKey, KindSecret} {
		n := d.g.first(kind, inRegion(site.Region), func(n Node) bool { return n.Role == site.Role })
		if n != nil {
			found = append(found, map[Kind]string{KindKey: "Key", KindSecret: "Credentials"}[kind])
			nodes = append(nodes, n.ID)
		}
	}
	if len(found) == 0 {
		return cell{}
	}
	return cell{"copies", "card", strings.Join(found, ", "), nodes}
}

// gap is the column between the sites: what is in neither.
func (d *d2) gap() column {
	c := column{key: "gap", rows: rowCount}
	var regions, ids []string
	for _, n := range d.g.Find(func(n Node) bool { return n.Kind == KindWitness }) {
		regions, ids = append(regions, n.Name), append(ids, n.ID)
	}
	if len(ids) > 0 {
		c.cells[rowSelf] = cell{"witnesses", "card", "Witness regions\n" + strings.Join(regions, ", "), ids}
	}
	zone := d.g.first(KindZone)
	if zone == nil {
		return c
	}
	if d.g.edge(Weighs, "", zone.ID) {
		c.cells[rowSwitch] = cell{"weights", "does", "Weights of the records,\nbest effort", []string{part(zone.ID, rowSwitch)}}
	}
	c.name = cell{"zone", "zone", "Route 53, private zone " + zone.Name, []string{zone.ID}}
	return c
}

// engine is what a database runs.
func engine(db *Database) string {
	if db.Engine == "postgres" {
		return "PostgreSQL " + db.Version
	}
	return cmp.Or(db.Engine, "database") + " " + db.Version
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// edge says whether there is an edge of the relation; an empty ID is any.
func (g *Graph) edge(relation Relation, from, to string) bool {
	return slices.ContainsFunc(g.edges(relation), func(e Edge) bool {
		return (from == "" || e.From == from) && (to == "" || e.To == to)
	})
}
