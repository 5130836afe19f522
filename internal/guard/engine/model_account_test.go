package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/dynamodb/items"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// All that stands for AWS in a world is an account of the simulator, with this
// project's own stacks in it, and the wire in front of it. This file is what
// the model reads of that account, past the guard, and what it does to it.

const accessKey = "AKIAGUARD00000000001"

// deployment is an account with the stacks, from which every world is forked.
type deployment struct {
	cloud  *sim.Cloud
	config contract.Config
	guard  api.Principal
}

var deployed = sync.OnceValue(func() deployment {
	ctx := context.Background()
	cloud := must(simaws.New(sim.Options{Clock: clocktest.At(modelEpoch.Add(-24 * time.Hour)), Seed: 11}))
	stacks := must(simstacks.Apply(ctx, cloud, "../../../stacks/testdata/golden"))
	env := must(stacks.Environment(ctx))
	config := must(contract.Decode(func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}))
	// One is enough here, and is asked in an order that does not change.
	config.WitnessRegions = config.WitnessRegions[:1]
	return deployment{cloud, config, api.Principal{Role: stacks.Role().Str("arn"), Session: "guard", Function: stacks.FunctionARN()}}
})

// must is for what can only fail by a mistake in this test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// account is the simulated AWS account of one world.
type account struct {
	deployment
	server *api.Server
	// timing is what RDS takes in this world.
	timing lifecycle.Timing
	// renamed holds identifiers that are not those of the deployment any more.
	renamed map[engine.Site]string
}

func newAccount(from deployment, clock worldClock, o api.Options) *account {
	a := &account{deployment: from, timing: o.Timing}
	a.cloud = a.cloud.Fork(clock)
	o.Clock, o.TLS, o.Principals = clock, true, map[string]api.Principal{accessKey: a.guard}
	a.server = simaws.API(a.cloud, o)
	return a
}

// read and change are one look at the account, or one change of it.
func (a *account) read(fn func(tx *sim.Tx)) {
	_ = a.cloud.View(func(tx *sim.Tx) error { fn(tx); return nil })
}

func (a *account) change(fn func(tx *sim.Tx) error) {
	if err := a.cloud.Update(fn); err != nil {
		panic(err)
	}
}

// at finds a site's instance as it was deployed.
func (a *account) at(site engine.Site) contract.Instance {
	if site == engine.SitePrimary {
		return a.config.Primary
	}
	return a.config.Replica
}

func (a *account) find(tx *sim.Tx, site engine.Site) *sim.Resource {
	i := a.at(site)
	if now, renamed := a.renamed[site]; renamed {
		i.Identifier = now
	}
	return lifecycle.Find(tx, i.Region, i.Identifier)
}

// instance is RDS's own view of an instance.
func (a *account) instance(site engine.Site) (i engine.Instance) {
	a.read(func(tx *sim.Tx) {
		if r := a.find(tx, site); r != nil {
			i = engine.Instance{Exists: true, ResourceID: r.Attrs.Str("resource_id"), Status: r.Attrs.Str("status"), IsReplica: r.Attrs.Has("replicate_source_db")}
		}
	})
	return i
}

// force gives an instance a status, and ends whatever RDS does to it.
func (a *account) force(site engine.Site, status string) {
	a.change(func(tx *sim.Tx) error {
		lifecycle.Force(tx, a.find(tx, site), status)
		return nil
	})
}

// edit changes attributes of an instance as a rebuild by hand would.
func (a *account) edit(site engine.Site, attrs sim.Attrs) {
	a.change(func(tx *sim.Tx) error {
		tx.Edit(a.find(tx, site)).Attrs.Set(attrs)
		return nil
	})
}

// become makes another instance of the site's name, at rest, a replica of the
// instance at the other site if one is named.
func (a *account) become(site engine.Site, id string, source engine.Site) {
	a.force(site, lifecycle.Available)
	a.change(func(tx *sim.Tx) error {
		arn := ""
		if source != "" {
			arn = a.find(tx, source).ARN()
		}
		tx.Edit(a.find(tx, site)).Attrs.Set(sim.Attrs{"resource_id": id, "replicate_source_db": arn})
		return nil
	})
}

// rename gives an instance another identifier, as ModifyDBInstance does.
func (a *account) rename(site engine.Site, identifier string) {
	a.change(func(tx *sim.Tx) error { return lifecycle.Rename(tx, a.find(tx, site), identifier, a.timing) })
	a.renamed = map[engine.Site]string{site: identifier}
}

func (a *account) remove(site engine.Site) {
	a.change(func(tx *sim.Tx) error {
		tx.Remove(a.find(tx, site))
		return nil
	})
}

// postured tells whether the new writer has, or RDS is about to give it, what
// a primary has.
func (a *account) postured() (yes bool) {
	want := a.config.Database
	a.read(func(tx *sim.Tx) {
		r := a.find(tx, engine.SiteReplica)
		pending := lifecycle.PendingOf(r)
		multiAZ := r.Attrs.Bool("multi_az") || pending.MultiAZ != nil && *pending.MultiAZ
		yes = r.Attrs.Int("backup_retention_period") >= want.BackupRetentionDays && (multiAZ || !want.MultiAZ) &&
			(r.Attrs.Bool("deletion_protection") || !want.DeletionProtection)
	})
	return yes
}

// secretAlone tells whether the guard's region has a secret of its own.
func (a *account) secretAlone() (yes bool) {
	a.read(func(tx *sim.Tx) {
		r := secretsmanager.FindSecret(tx, a.config.Replica.Region, a.config.SecretARN)
		yes = r != nil && r.Region == a.config.Replica.Region
	})
	return yes
}

// replicateSecret makes the secret one with a replica again, as it was deployed.
func (a *account) replicateSecret() {
	var born *sim.Resource
	find := func(tx *sim.Tx) *sim.Resource {
		return tx.FindBy(typeSecret, a.config.Primary.Region, "arn", a.config.PrimarySecretARN)
	}
	_ = deployed().cloud.View(func(tx *sim.Tx) error { born = find(tx); return nil })
	a.change(func(tx *sim.Tx) error {
		if alone := tx.FindBy(typeSecret, a.config.Replica.Region, "arn", a.config.SecretARN); alone != nil {
			tx.Remove(alone)
		}
		tx.Edit(find(tx)).Attrs.Set(sim.Attrs{"replica": born.Attrs["replica"]})
		return nil
	})
}

const typeSecret = "aws_secretsmanager_secret"

// client is where the primary's applications are.
var client = netip.MustParseAddr("10.0.10.7")

// passable tells whether the network ACL lets packets of applications through
// to the database (in) and back (out).
func (a *account) passable() (in, out bool) {
	a.read(func(tx *sim.Tx) {
		acl := tx.Get("aws_network_acl", a.config.Primary.Region, a.config.PrimaryNetworkACLID)
		in = admits(ec2.ACLEntries(tx, acl, false), a.config.Database.Port)
		out = admits(ec2.ACLEntries(tx, acl, true), 50_000)
	})
	return in, out
}

// admits goes through the rules as a network ACL does: by number, and the
// first that fits decides.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func admits(entries []sim.Attrs, port int) bool {
	slices.SortFunc(entries, func(a, b sim.Attrs) int { return a.Int("rule_no") - b.Int("rule_no") })
	for _, e := range entries {
		net, err := netip.ParsePrefix(e.Str("cidr_block"))
		protocol := ec2.ProtocolNumber(e.Str("protocol"))
		ports := protocol == "-1" || protocol == "6" && e.Int("from_port") <= port && port <= e.Int("to_port")
		if err == nil && net.Contains(client) && ports {
			return e.Str("action") == "allow"
		}
	}
	return false
}

// weights is the site that the weights of the records point to, "" for none or
// both.
func (a *account) weights() (site engine.Site) {
	count := 0
	a.read(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_route53_record", sim.Global) {
			if r.Attrs.Str("fqdn") != a.config.DNS.RecordName || r.Attrs.Block("weighted_routing_policy").Int("weight") == 0 {
				continue
			}
			count++
			site = engine.SitePrimary
			if slices.Contains(r.Attrs.Strings("records"), a.config.Replica.Endpoint) {
				site = engine.SiteReplica
			}
		}
	})
	if count != 1 {
		return ""
	}
	return site
}

// activeWriter are the values of the metric that flips DNS.
func (a *account) activeWriter() []metrics.Point { return a.metric(contract.ActiveWriter) }

// metric are the values of one of the guard's.
func (a *account) metric(name contract.Metric) []metrics.Point {
	return a.server.Metrics().Points(metrics.ID{
		Region: a.config.Replica.Region, Namespace: a.config.MetricNamespace, Name: string(name),
		Dimensions: metrics.Dimensions(map[string]string{"Environment": a.config.Environment}),
	}, time.Time{}, time.Time{})
}

// alarmed tells whether the alarm takes the replica for the writer: the maximum
// of the last minute that has any value.
func (a *account) alarmed() bool {
	points := a.activeWriter()
	if len(points) == 0 {
		return false
	}
	minute := points[len(points)-1].At.Truncate(time.Minute)
	return slices.ContainsFunc(points, func(p metrics.Point) bool { return !p.At.Before(minute) && p.Value >= 1 })
}

// ledger is the guard's record as the table holds it.
func (a *account) ledger() (s engine.State) {
	a.read(func(tx *sim.Tx) {
		t := must(items.Find(tx, a.config.Replica.Region, a.config.LedgerTable))
		item := must(t.Get(items.Item{"pk": items.Value{"S": "guard"}, "sk": items.Value{"S": "state"}}))
		if item == nil {
			return
		}
		text, _ := item["state"].(items.Value)["S"].(string)
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			panic(err)
		}
	})
	return s
}

// deny takes actions away from the guard's role, and grant gives them back.
func (a *account) deny(name string, actions ...string) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"Deny","Effect":"Deny","Action":["%s"],"Resource":"*"}]}`, strings.Join(actions, `","`))
	a.change(func(tx *sim.Tx) error {
		role := tx.FindBy("aws_iam_role", sim.Global, "arn", a.guard.Role)
		tx.Put(&sim.Resource{
			Type: typeRolePolicy, Region: sim.Global, ID: role.ID + ":" + denialName(name),
			Attrs: sim.Attrs{"role": role.ID, "name": denialName(name), "policy": text},
		})
		return nil
	})
}

func (a *account) grant(name string) {
	a.change(func(tx *sim.Tx) error {
		if r := tx.FindBy(typeRolePolicy, sim.Global, "name", denialName(name)); r != nil {
			tx.Remove(r)
		}
		return nil
	})
}

const typeRolePolicy = "aws_iam_role_policy"

func denialName(name string) string { return "model-denies-" + name }

func primaryID() string { return deployed().config.Primary.ResourceID }
func replicaID() string { return deployed().config.Replica.ResourceID }
