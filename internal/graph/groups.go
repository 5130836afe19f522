package graph

import (
	"cmp"
	"slices"
	"strings"
)

// group is alarms of one region that watch the same thing and tell the same
// topic: drawn as one.
type group struct {
	region string
	source string // ID of what they watch, "" where that is not a node
	topic  string // ID of what they tell, "" for none
	alarms []*Node
}

// groups are those of all alarms that no health check follows; the one that
// is followed stands for itself.
func groups(g *Graph) []group {
	var all []group
	for _, alarm := range g.Find(func(n Node) bool { return n.Kind == KindAlarm }) {
		if isFollowed(g, alarm.ID) {
			continue
		}
		key := group{region: alarm.Region, source: fromOf(g, Measures, alarm.ID), topic: toOf(g, Notifies, alarm.ID)}
		i := slices.IndexFunc(all, func(x group) bool {
			return x.region == key.region && x.source == key.source && x.topic == key.topic
		})
		if i < 0 {
			i = len(all)
			all = append(all, key)
		}
		all[i].alarms = append(all[i].alarms, alarm)
	}
	// Alarms that notify a person come first, since room may be short.
	slices.SortStableFunc(all, func(x, y group) int { return cmp.Compare(quiet(x), quiet(y)) })
	return all
}

func quiet(x group) int {
	if x.topic == "" {
		return 1
	}
	return 0
}

func isFollowed(g *Graph, alarm string) bool { return toOf(g, Follows, alarm) != "" }

// fromOf is where the first edge of a relation to a node comes from.
func fromOf(g *Graph, relation Relation, to string) string {
	for _, e := range g.edges(relation) {
		if e.To == to {
			return e.From
		}
	}
	return ""
}

// toOf is where the first edge of a relation from a node goes.
func toOf(g *Graph, relation Relation, from string) string {
	for _, e := range g.edges(relation) {
		if e.From == from {
			return e.To
		}
	}
	return ""
}

func (x group) ids() []string {
	ids := make([]string, len(x.alarms))
	for i, a := range x.alarms {
		ids[i] = a.ID
	}
	return ids
}

// names are the alarms' without the environment and without what they watch:
// the group's place says both.
func (x group) names(g *Graph) []string {
	watched := ""
	if source := g.Node(x.source); source != nil {
		watched = cmp.Or(string(source.Role), string(source.Kind)) + "-"
	}
	names := make([]string, len(x.alarms))
	for i, a := range x.alarms {
		names[i] = strings.TrimPrefix(g.short(a.Name), watched)
	}
	return names
}
