package network

import (
	"cmp"
	"slices"
)

// Count tells what became of the connections from a vantage to a host.
type Count struct {
	Vantage, Host string
	// Open, Frozen (in one direction or both) and Held are as of now; the
	// others since the start.
	Open, Frozen, Held      int
	Opened, Refused, GaveUp int
	// Because is why a connection was last held.
	Because string
}

// Counts returns the counts of all listeners, by vantage and host.
func (n *Network) Counts() []Count {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := map[spot]Count{}
	for at, c := range n.counts {
		now[at] = *c
	}
	for f := range n.flows {
		c := now[f.listener.spot]
		f.mu.Lock()
		switch {
		case !f.open:
			c.Held++
		case f.there.shut || f.back.shut:
			c.Frozen++
		default:
			c.Open++
		}
		f.mu.Unlock()
		now[f.listener.spot] = c
	}
	out := make([]Count, 0, len(now))
	for _, c := range now {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Vantage, b.Vantage), cmp.Compare(a.Host, b.Host)) })
	return out
}

func (n *Network) count(f *flow, change func(*Count)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n.counts[f.listener.spot])
}

func (p Path) key() string { return p.From.Key() + " > " + p.To.Key() }
