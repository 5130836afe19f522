package dns

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/recent"
)

// leadsKept bounds what is remembered of leads.
const leadsKept = 1000

// Lead is a change of where a weighted name leads, with or without a query.
type Lead struct {
	// At is when, on the Cloud's clock, to within [Options.Interval].
	At time.Time
	// Name without the last dot.
	Name string
	// To are the values of the records of which any may be answered, sorted.
	To []string
}

// follows notes where each weighted name leads now, if that has changed.
func (s *Server) follows(zones []zone, at time.Time) {
	type key struct{ zone, name string }
	groups := map[key][]record{}
	for _, z := range zones {
		for _, r := range z.records {
			if r.policy == weighted {
				k := key{z.id, r.name}
				groups[k] = append(groups[k], r)
			}
		}
	}
	for k, records := range groups {
		able, _ := candidates(records, s.options.Healthy)
		var to []string
		for _, r := range able {
			for _, value := range r.values {
				to = append(to, plain(value))
			}
		}
		slices.Sort(to)
		s.lead(k.zone, Lead{At: at, Name: k.name, To: slices.Compact(to)})
	}
}

func (s *Server) lead(zone string, l Lead) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := zone + " " + l.Name
	if was, known := s.leading[at]; known && slices.Equal(was, l.To) {
		return
	}
	s.leading[at] = l.To
	s.leads = recent.Append(s.leads, leadsKept, l)
}

// Leads are the changes of where weighted names lead, the oldest first.
func (s *Server) Leads() []Lead {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.leads)
}
