package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// guard is the function that may promote a database.
type guard struct {
	function   *resource
	statements []statement
	// environment are its variables.
	environment object
}

// addGuard finds the guard by what it may do, and what belongs to it.
func (b *builder) addGuard() error {
	var failure error
	var found []string
	b.each("aws_lambda_function", func(r *resource) {
		statements, err := b.permissions(r)
		if err != nil {
			failure = err
			return
		}
		if len(b.permitted(r, statements, contract.ActPromote)) == 0 {
			return
		}
		found = append(found, r.id())
		environment, _ := first(r.body["environment"]).(object)
		variables, _ := environment["variables"].(object)
		b.guard = guard{function: r, statements: statements, environment: variables}
	})
	if failure != nil {
		return failure
	}
	if len(found) > 1 {
		return fmt.Errorf("%w: %s may all promote a replica (%s), one function is wanted", ErrForeign, strings.Join(found, ", "), contract.ActPromote)
	}
	if len(found) == 1 {
		b.addGuardNodes()
	}
	return nil
}

func (b *builder) addGuardNodes() {
	r := b.guard.function
	n := b.add(KindGuard, r, r.text("function_name"))
	n.Policy = b.guard.policy()
	config, _ := first(r.body["vpc_config"]).(object)
	for _, ref := range b.refs(r.stack, config["subnet_ids"]) {
		n.Subnets = append(n.Subnets, ref.resource.id())
	}
	for _, ref := range b.permitted(r, b.guard.statements, contract.ActWriteLedger) {
		if ref.resource.kind == "aws_dynamodb_table" {
			b.add(KindLedger, ref.resource, ref.resource.text("name"))
		}
	}
	b.each("aws_cloudwatch_event_target", func(target *resource) {
		if !b.refersTo(target, "arn", r) {
			return
		}
		for _, rule := range b.targets(target, "rule") {
			b.add(KindSchedule, rule, rule.text("name")).Schedule = rule.text("schedule_expression")
		}
	})
	for _, region := range strings.Split(text(b.guard.environment[contract.VarWitnesses]), ",") {
		if region != "" {
			b.put(Node{ID: "witness/" + region, Kind: KindWitness, Name: region, Region: region})
		}
	}
}

func (g guard) policy() *Policy {
	get := func(field string) string { return text(g.environment[contract.PolicyVariable(field)]) }
	return &Policy{
		Mode:                       get("mode"),
		OnRegionSilent:             get("on_region_silent"),
		InstanceFailedSeconds:      get("instance_failed_seconds"),
		InstanceUnreachableSeconds: get("instance_unreachable_seconds"),
		RegionSilentSeconds:        get("region_silent_seconds"),
		MaxDataLossSeconds:         get("max_data_loss_seconds"),
		Port:                       text(g.environment[contract.VarPort]),
	}
}

// rights are the permissions that make an edge from the guard to what they
// are given on.
var rights = []struct {
	action   string
	relation Relation
}{
	{contract.ActSeeDatabases, Describes},
	{contract.ActPromote, Promotes},
	{contract.ActFence, Fences},
	{contract.ActSetWeights, Weighs},
	{contract.ActWriteLedger, Remembers},
	{contract.ActSendNotice, Tells},
}

func (b *builder) linkGuard() {
	if b.guard.function == nil {
		return
	}
	id := b.guard.function.id()
	for _, right := range rights {
		for _, ref := range b.permitted(b.guard.function, b.guard.statements, right.action) {
			b.link(id, ref.resource.id(), right.relation)
		}
	}
	for _, ref := range b.permitted(b.guard.function, b.guard.statements, contract.ActReadCredentials) {
		secret := ref.resource.id()
		if ref.region != ref.resource.region() {
			secret = secretIn(ref.resource, ref.region)
		}
		b.link(id, secret, Reads)
	}
	for _, n := range b.graph.Find(func(n Node) bool { return n.Kind == KindWitness }) {
		b.link(id, n.ID, Witnesses)
	}
	b.each("aws_cloudwatch_event_target", func(target *resource) {
		for _, rule := range b.ids(target, "rule") {
			b.linkWaker(target, rule)
		}
	})
	b.linkMetrics(id)
	b.linkProbes(id)
	b.linkEgress(id)
}

// linkMetrics links the guard to the alarms on the metrics it may publish.
func (b *builder) linkMetrics(id string) {
	own := text(b.guard.environment[contract.VarNamespace])
	allowed := slices.ContainsFunc(b.guard.statements, func(s statement) bool {
		for _, names := range s.Condition {
			if values, ok := names[contract.KeyNamespace]; ok && !slices.Contains(values, own) {
				return false
			}
		}
		return s.allows(contract.ActPublishMetrics)
	})
	if !allowed || own == "" {
		return
	}
	followed := map[string]bool{}
	for _, e := range b.graph.edges(Follows) {
		followed[e.From] = true
	}
	for _, alarm := range b.graph.Find(func(n Node) bool { return n.Kind == KindAlarm }) {
		switch {
		case alarm.Metric.Namespace != own:
		case followed[alarm.ID]:
			b.link(id, alarm.ID, Publishes)
		default:
			b.link(id, alarm.ID, Measures)
		}
	}
}

// linkProbes links the guard to the databases whose address it is given, if
// packets from each of its subnets find the way.
func (b *builder) linkProbes(id string) {
	for _, ref := range b.refs(b.guard.function.stack, b.guard.environment) {
		db := b.node(ref.resource.id())
		if ref.attr != "address" || db == nil || db.Kind != KindDatabase {
			continue
		}
		if via, ok := b.pathToAll(b.node(id).Subnets, db.Subnets); ok {
			b.link(id, db.ID, Probes).Via = via
		}
	}
}

// pathToAll wants a path from each subnet to each: a database may move to
// any of its subnets, and a function may run in any of its own.
func (b *builder) pathToAll(from, to []string) (via string, ok bool) {
	for _, x := range from {
		for _, y := range to {
			if via, ok = b.path(x, y); !ok {
				return "", false
			}
		}
	}
	return via, ok
}

// linkEgress links the guard to the NAT gateways of its subnets.
func (b *builder) linkEgress(id string) {
	for _, subnet := range b.node(id).Subnets {
		r := b.subnet(subnet)
		if r == nil {
			continue
		}
		for _, route := range b.routes(r) {
			for _, nat := range b.ids(route, "nat_gateway_id") {
				b.link(id, nat, Egress)
			}
		}
	}
}
