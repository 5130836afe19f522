package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// builder turns resources into nodes and what they say of each other into
// edges. All nodes come first, then edges: an edge to what is not a node is
// dropped.
type builder struct {
	*estate
	graph *Graph
	nodes map[string]int // index in graph.Nodes, by ID
	guard guard
}

// build makes the graph of the stacks of one environment.
func build(stacks []*stack) (*Graph, error) {
	b := &builder{estate: &estate{stacks: stacks}, graph: &Graph{}, nodes: map[string]int{}}
	if err := b.checkStates(); err != nil {
		return nil, err
	}
	for _, s := range stacks {
		b.graph.Stacks = append(b.graph.Stacks, s.name)
		b.graph.Environment = cmp.Or(b.graph.Environment, text(s.tags["Environment"]))
	}
	if err := b.addDatabases(); err != nil {
		return nil, err
	}
	b.addNetwork()
	b.addKeys()
	b.addNames()
	b.addMonitoring()
	if err := b.addGuard(); err != nil {
		return nil, err
	}
	b.linkDatabases()
	b.linkNetwork()
	b.linkKeys()
	b.linkNames()
	b.linkMonitoring()
	b.linkGuard()
	b.sort()
	return b.graph, nil
}

// add makes a node of a resource and returns it to be filled.
func (b *builder) add(kind Kind, r *resource, name string) *Node {
	return b.put(Node{ID: r.id(), Kind: kind, Name: name, Region: r.region()})
}

func (b *builder) put(n Node) *Node {
	if _, ok := b.nodes[n.ID]; !ok {
		b.nodes[n.ID] = len(b.graph.Nodes)
		b.graph.Nodes = append(b.graph.Nodes, n)
	}
	return b.node(n.ID)
}

// node is for filling at once: a pointer does not outlive the next put.
func (b *builder) node(id string) *Node {
	if i, ok := b.nodes[id]; ok {
		return &b.graph.Nodes[i]
	}
	return nil
}

// link adds an edge once, and only between nodes.
func (b *builder) link(from, to string, relation Relation) *Edge {
	if b.node(from) == nil || b.node(to) == nil {
		return &Edge{}
	}
	for i := range b.graph.Edges {
		e := &b.graph.Edges[i]
		if e.From == from && e.To == to && e.Relation == relation {
			return e
		}
	}
	b.graph.Edges = append(b.graph.Edges, Edge{From: from, To: to, Relation: relation, Step: steps[relation]})
	return &b.graph.Edges[len(b.graph.Edges)-1]
}

// ids are the nodes' IDs of what an argument refers to.
func (b *builder) ids(r *resource, argument string) []string {
	var ids []string
	for _, target := range b.targets(r, argument) {
		ids = append(ids, target.id())
	}
	return ids
}

// parent is the first node that an argument refers to, else "".
func (b *builder) parent(r *resource, argument string) string {
	for _, id := range b.ids(r, argument) {
		if b.node(id) != nil {
			return id
		}
	}
	return ""
}

func (b *builder) sort() {
	slices.SortFunc(b.graph.Nodes, func(x, y Node) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(b.graph.Edges, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.Relation, y.Relation), cmp.Compare(x.To, y.To))
	})
}

// addDatabases also finds the two sites: a site is where a database is, and
// its role is the database's.
func (b *builder) addDatabases() error {
	sites := map[Role]string{}
	var found []string
	b.each("aws_db_instance", func(r *resource) {
		role := RolePrimary
		if len(b.targets(r, "replicate_source_db")) > 0 {
			role = RoleReplica
		}
		n := b.add(KindDatabase, r, r.text("identifier"))
		n.Role = role
		n.Database = &Database{
			Engine:  r.text("engine"),
			Version: r.text("engine_version"),
			Class:   r.text("instance_class"),
			MultiAZ: r.text("multi_az") == "true",
		}
		for _, group := range b.targets(r, "db_subnet_group_name") {
			n.Subnets = append(n.Subnets, b.ids(group, "subnet_ids")...)
		}
		sites[role] = n.Region
		found = append(found, fmt.Sprintf("%s %s in %q", role, n.Name, n.Region))
	})
	if len(found) != 2 || len(sites) != 2 || sites[RolePrimary] == sites[RoleReplica] {
		what := strings.Join(found, ", ")
		return fmt.Errorf("%w: found databases: %s; wanted: a primary and its replica, each in a region of its own (stacks: %s): synthesize both stacks of one environment with `make synth`",
			ErrForeign, cmp.Or(what, "none"), strings.Join(b.graph.Stacks, ", "))
	}
	for _, role := range []Role{RolePrimary, RoleReplica} {
		b.graph.Sites = append(b.graph.Sites, Site{Role: role, Region: sites[role]})
	}
	return nil
}

func (b *builder) linkDatabases() {
	b.each("aws_db_instance", func(r *resource) {
		for _, source := range b.targets(r, "replicate_source_db") {
			b.link(source.id(), r.id(), Replicates)
			from, to := b.node(source.id()), b.node(r.id())
			if from != nil && from.Database != nil {
				to.Database.Engine = cmp.Or(to.Database.Engine, from.Database.Engine)
				to.Database.Version = cmp.Or(to.Database.Version, from.Database.Version)
			}
		}
	})
}
