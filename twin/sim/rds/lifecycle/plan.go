package lifecycle

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
)

// TypeInstance is the Terraform type that this package is about.
const TypeInstance = "aws_db_instance"

// What an instance keeps unseen.
const (
	hiddenPlan    = "plan"
	hiddenEvents  = "events"
	hiddenPending = "pending"
)

// step is something that will have happened to an instance at a moment.
type step struct {
	At time.Time `json:"at"`
	// Begins is when the instance begins to be occupied by what the step
	// belongs to.
	Begins time.Time `json:"begins"`
	// Status that it takes, "" if it keeps the one it has.
	Status string `json:"status,omitempty"`
	// Set are attributes that it takes.
	Set sim.Attrs `json:"set,omitempty"`
	// Applied are the pending values that it takes.
	Applied *Pending `json:"applied,omitempty"`
	// Promoted: it has no replication source any more.
	Promoted bool `json:"promoted,omitempty"`
	// Event that it records.
	Event *Event `json:"event,omitempty"`
}

// script builds a plan: each step at a moment after the one before.
type script struct {
	at, begins time.Time
	steps      []step
}

func begin(at time.Time) *script { return &script{at: at, begins: at} }

// rest lets the instance be from here on until a later moment.
func (s *script) rest(d time.Duration) *script {
	s.after(d)
	s.begins = s.at
	return s
}

// after moves on.
func (s *script) after(d time.Duration) *script {
	s.at = s.at.Add(d)
	return s
}

func (s *script) do(st step) *script {
	st.At, st.Begins = s.at, s.begins
	s.steps = append(s.steps, st)
	return s
}

func (s *script) status(name string) *script { return s.do(step{Status: name}) }

func (s *script) event(e Event) *script {
	e.At = s.at
	return s.do(step{Event: &e})
}

// load reads what an instance keeps unseen. What cannot be read was not
// written by this package.
func load[T any](r *sim.Resource, name string) T {
	var v T
	text := r.Hidden.Str(name)
	if text == "" {
		return v
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(fmt.Sprintf("lifecycle: %s of instance %s: %v", name, r.ID, err))
	}
	return v
}

func store(r *sim.Resource, name string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("lifecycle: %s of instance %s: %v", name, r.ID, err))
	}
	text := string(raw)
	if text == "[]" || text == "{}" {
		text = ""
	}
	r.Hidden.Set(sim.Attrs{name: text})
}

// schedule adds steps to what an instance has before it.
func schedule(tx *sim.Tx, r *sim.Resource, s *script) *sim.Resource {
	r = tx.Edit(latest(tx, r))
	plan := append(load[[]step](r, hiddenPlan), s.steps...)
	slices.SortStableFunc(plan, func(a, b step) int { return a.At.Compare(b.At) })
	store(r, hiddenPlan, plan)
	return settle(tx, r)
}

// Settle does what is due in the whole account. It is for
// [sim.Cloud.Evolve].
func Settle(tx *sim.Tx) {
	for _, r := range tx.List(TypeInstance, "") {
		settle(tx, r)
	}
}

// settle does what is due with one instance, and returns it as it is now.
func settle(tx *sim.Tx, r *sim.Resource) *sim.Resource {
	plan := load[[]step](r, hiddenPlan)
	due := 0
	for due < len(plan) && !plan[due].At.After(tx.At) {
		due++
	}
	if due == 0 {
		return r
	}
	r = tx.Edit(r)
	for _, s := range plan[:due] {
		s.apply(r)
	}
	store(r, hiddenPlan, plan[due:])
	return r
}

func (s step) apply(r *sim.Resource) {
	if s.Status != "" {
		r.Attrs.Set(sim.Attrs{"status": s.Status})
	}
	if s.Promoted {
		r.Attrs.Set(sim.Attrs{"replicate_source_db": ""})
		r.Hidden.Set(sim.Attrs{"replication": nil})
	}
	r.Attrs.Set(s.Set)
	if s.Applied != nil {
		r.Attrs.Set(s.Applied.attrs())
		store(r, hiddenPending, PendingOf(r).without(*s.Applied))
	}
	if s.Event != nil {
		record(r, *s.Event)
	}
}

// busy tells whether the instance is occupied by something that was begun and
// is not at its end.
func busy(r *sim.Resource, now time.Time) bool {
	return slices.ContainsFunc(load[[]step](r, hiddenPlan), func(s step) bool { return !s.Begins.After(now) })
}

// unplan drops what has not begun.
func unplan(r *sim.Resource, now time.Time) {
	store(r, hiddenPlan, slices.DeleteFunc(load[[]step](r, hiddenPlan), func(s step) bool { return s.Begins.After(now) }))
}

// Force gives an instance a status, as a fault of RDS's own would, and drops
// whatever was to happen to it.
func Force(tx *sim.Tx, r *sim.Resource, status string) {
	r = tx.Edit(latest(tx, r))
	store(r, hiddenPlan, []step{})
	store(r, hiddenPending, Pending{})
	r.Attrs.Set(sim.Attrs{"status": status})
	if status == Failed {
		record(r, eventFailed.on(tx.At))
	}
}

// latest returns an instance as it is in the transaction now: the caller's may
// be of before an earlier change.
func latest(tx *sim.Tx, r *sim.Resource) *sim.Resource {
	return tx.Get(r.Type, r.Region, r.Key)
}

// Find returns an instance by its identifier, nil if the region has none.
func Find(tx *sim.Tx, region, identifier string) *sim.Resource {
	return tx.FindBy(TypeInstance, region, "identifier", identifier)
}
