package diagnose_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/twin/diagnose"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// change is one change of the stacks, at one edge.
type change struct {
	// verb: "remove" and "re-point" for expressions, "omit" and "misname" for
	// names that are written out, "unset" and "set" for values, "switch" for
	// what is off by default, "unorder" for a dependency, "move" for the region of a resource, "drop"
	// for a resource as a whole.
	verb string
	edge
	to        string
	documents simstacks.Documents
}

func (c change) String() string {
	text := c.verb + " " + c.edge.String()
	if c.to != "" {
		text += " -> " + c.to
	}
	return text
}

// changed lists the changes of a kind of edges.
var changed = map[string]func(d simstacks.Documents) []change{
	"references": func(d simstacks.Documents) []change {
		var out []change
		for _, e := range references(d) {
			out = append(out, change{verb: "remove", edge: e, documents: e.remove(d)})
			for _, to := range e.alternatives(d) {
				out = append(out, change{verb: "re-point", edge: e, to: to, documents: e.repoint(d, to)})
			}
		}
		return out
	},
	"names": func(d simstacks.Documents) []change {
		var out []change
		for _, e := range literals(d) {
			to := misname(e.ref)
			out = append(out, change{verb: "omit", edge: e, documents: e.remove(d)}, change{verb: "misname", edge: e, to: to, documents: e.change(d, to)})
		}
		return out
	},
	"values": func(d simstacks.Documents) []change {
		var out []change
		for _, v := range values(d) {
			to := otherValue(v.edge, v.was)
			out = append(out, change{verb: "unset", edge: v.edge, documents: v.remove(d)},
				change{verb: "set", edge: v.edge, to: toText(to), documents: v.change(d, to)})
		}
		return out
	},
	"switches": func(d simstacks.Documents) []change {
		var out []change
		for _, s := range switches(d) {
			out = append(out, change{verb: "switch", edge: s.edge, to: toText(s.to), documents: s.change(d, s.to)})
		}
		return out
	},
	"orders": func(d simstacks.Documents) []change {
		var out []change
		for _, e := range orders(d) {
			out = append(out, change{verb: "unorder", edge: e, documents: e.remove(d)})
		}
		return out
	},
	"resources": func(d simstacks.Documents) []change {
		var out []change
		for _, e := range providers(d) {
			e.path, e.ref = nil, "the resource itself"
			out = append(out, change{verb: "drop", edge: e, documents: e.drop(d)})
		}
		return out
	},
	"regions": func(d simstacks.Documents) []change {
		var out []change
		for _, e := range providers(d) {
			to := elsewhere(e.ref)
			out = append(out, change{verb: "move", edge: e, to: to, documents: e.change(d, to)})
		}
		return out
	},
}

// fewest of each kind: an enumeration that finds fewer has lost some.
var fewest = map[string]int{"references": 340, "names": 330, "regions": 150, "resources": 150, "values": 230, "switches": 35, "orders": 16}

// applied applies stacks to an empty account, as a deployment would with a
// person to notify: without one the notices are unread, which is a finding of
// its own.
func applied(t *testing.T, d simstacks.Documents, zip string) (*sim.Cloud, error) {
	t.Helper()
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	_, err = d.Apply(t.Context(), cloud, zip)
	return cloud, err
}

// withPerson adds what the stacks have where a person is configured.
func withPerson(t *testing.T) simstacks.Documents {
	t.Helper()
	d, err := simstacks.Load(golden)
	require.NoError(t, err)
	for name := range d.Replica.Resource["aws_sns_topic"] {
		if strings.HasPrefix(name, "notice-topic") {
			d.Replica.Resource["aws_sns_topic_subscription"]["person"] = map[string]any{
				"topic_arn": "${aws_sns_topic." + name + ".arn}", "protocol": "email", "endpoint": "oncall@example.com", "provider": "aws.replica",
			}
		}
	}
	return d
}

// TestDiagnose_EveryEdgeOfTheStacksCounts takes out, re-points and misnames
// each reference of the stacks, one at a time. Each change must be refused when
// it is applied or found by the diagnosis, or be listed in exempt with the
// reason why it makes no difference.
func TestDiagnose_EveryEdgeOfTheStacksCounts(t *testing.T) {
	tier.Usual(t, "it applies the stacks some 1,200 times")
	d, zip := withPerson(t), archive(t)
	cloud, err := applied(t, d, zip)
	require.NoError(t, err)
	require.Empty(t, examine(t, cloud).Findings, "the stacks as they are")

	var mu sync.Mutex
	used, fired := make([]int, len(exempt)), map[string]bool{}
	t.Run("kinds", func(t *testing.T) {
		for kind, list := range changed {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				changes := list(d)
				edges := map[string]bool{}
				refused, found, without := 0, 0, 0
				for _, c := range changes {
					edges[c.edge.String()] = true
					cloud, err := applied(t, c.documents, zip)
					if err != nil {
						requireRefusal(t, c, err)
						refused++
						continue
					}
					findings := examine(t, cloud).Findings
					mu.Lock()
					for _, f := range findings {
						fired[f.ID] = true
					}
					mu.Unlock()
					if len(findings) > 0 {
						found++
						continue
					}
					without++
					mu.Lock()
					excuse(t, c, used)
					mu.Unlock()
				}
				require.GreaterOrEqual(t, len(edges), fewest[kind])
				t.Logf("%d edges, %d changes: %d refused, %d found, %d make no difference", len(edges), len(changes), refused, found, without)
			})
		}
	})
	for i, n := range used {
		if n == 0 {
			t.Errorf("nothing is exempt by %s", exempt[i].pattern)
		}
	}
	for _, c := range broken() {
		for _, id := range c.want {
			fired[id] = true
		}
	}
	for _, id := range diagnose.IDs() {
		if !fired[id] {
			t.Errorf("nothing is ever found by the name %s", id)
		}
	}
}

// requireRefusal wants AWS or Terraform to have refused a change, with a named error. What
// the laying out of the stacks does not know is no refusal.
func requireRefusal(t *testing.T, c change, err error) {
	t.Helper()
	var answer *simapi.Error
	if errors.Is(err, simstacks.ErrReference) || errors.As(err, &answer) && answer.Code != "" {
		return
	}
	t.Errorf("neither AWS nor Terraform refuses %s: %v", c, err)
}

// excuse notes the exemption of a change that made no difference.
func excuse(t *testing.T, c change, used []int) {
	t.Helper()
	for i, e := range exempt {
		if e.pattern.MatchString(c.String()) {
			used[i]++
			return
		}
	}
	t.Errorf("no error and no finding: %s", c)
}
