package sim

import (
	"maps"
	"slices"
	"time"
)

// Resource is one object of the account.
type Resource struct {
	// Type is the Terraform type, for example "aws_db_instance".
	Type string `json:"type"`
	// Region it lives in, or [Global].
	Region string `json:"region"`
	// ID is Terraform's id of it.
	ID string `json:"id"`
	// Key tells apart what has the same id, such as two functions'
	// permissions with one statement id. It is the ID for most types.
	Key string `json:"key"`
	// Attrs have the shape of the type's Terraform schema.
	Attrs Attrs `json:"attrs"`
	// Hidden is what AWS knows of it and Terraform does not show: a secret's
	// value, an alarm's state.
	Hidden Attrs `json:"hidden,omitempty"`
	// Created is when it was made.
	Created time.Time `json:"created"`
}

// ARN returns the attribute "arn".
func (r *Resource) ARN() string { return r.Attrs.Str("arn") }

func (r *Resource) clone() *Resource {
	c := *r
	c.Attrs, c.Hidden = r.Attrs.Clone(), r.Hidden.Clone()
	return &c
}

// Retained is what AWS keeps of something that was deleted: a key in its
// waiting period, a secret that can be restored, a final snapshot.
type Retained struct {
	Resource
	// Until is when it vanishes by itself; zero means never.
	Until time.Time `json:"until,omitzero"`
}

// state is all that the account holds. Resources are replaced, never changed
// in place, so that a transaction can be taken back.
type state struct {
	Version   int
	Account   string
	Seed      uint64
	Counter   uint64
	Resources map[string]*Resource
	Retained  []Retained
	// Calls counts those that [Tx.Count] was told of.
	Calls map[string]int `json:",omitempty"`
	// index are the keys of each type, sorted. It is built when it is asked
	// for and dropped, never changed, when a key comes or goes.
	index map[string][]string
}

func storeKey(typ, regionName, key string) string {
	return typ + "\x00" + regionName + "\x00" + key
}

func (r *Resource) storeKey() string { return storeKey(r.Type, r.Region, r.Key) }

// list returns the resources of a type, or all for "", in a stable order.
func (s *state) list(typ string) []*Resource {
	keys := s.keysOf(typ)
	out := make([]*Resource, len(keys))
	for i, key := range keys {
		out[i] = s.Resources[key]
	}
	return out
}

func (s *state) keysOf(typ string) []string {
	if typ == "" {
		return slices.Sorted(maps.Keys(s.Resources))
	}
	if s.index == nil {
		s.index = map[string][]string{}
		for _, key := range slices.Sorted(maps.Keys(s.Resources)) {
			of := s.Resources[key].Type
			s.index[of] = append(s.index[of], key)
		}
	}
	return s.index[typ]
}

// set puts a resource under its key; nil takes the one away that is there.
func (s *state) set(key string, r *Resource) {
	if _, there := s.Resources[key]; there != (r != nil) {
		s.index = nil
	}
	if r == nil {
		delete(s.Resources, key)
		return
	}
	s.Resources[key] = r
}

// NoEnd keeps a retained thing for ever.
var NoEnd time.Time

// Tx is one atomic access to the account. What it returns must not be changed,
// except what [Tx.Edit] returns.
type Tx struct {
	st *state
	// types that the account knows.
	types Types
	// At is the time of the whole transaction.
	At   time.Time
	undo map[string]*Resource
	was  []Retained
	// counter is what the counter of ids was.
	counter uint64
	// retained tells whether the list of retained things was changed.
	retained bool
	// counted are the calls of this transaction.
	counted []string
}

func newTx(st *state, types Types, at time.Time) *Tx {
	return &Tx{st: st, types: types, At: at, undo: map[string]*Resource{}, was: st.Retained, counter: st.Counter}
}

// touched tells whether there is anything to keep.
func (tx *Tx) touched() bool {
	return len(tx.undo) > 0 || tx.retained || len(tx.counted) > 0 || tx.st.Counter != tx.counter
}

// rollback takes back every change. Ids that were given out stay used.
func (tx *Tx) rollback() {
	for key, r := range tx.undo {
		tx.st.set(key, r)
	}
	tx.st.Retained = tx.was
	for _, call := range tx.counted {
		tx.st.Calls[call]--
	}
}

// Count notes a call that Terraform's face made of AWS and that leaves no other
// trace, such as the reading of a secret. [Summary] has the numbers.
func (tx *Tx) Count(call string) {
	if tx.st.Calls == nil {
		tx.st.Calls = map[string]int{}
	}
	tx.st.Calls[call]++
	tx.counted = append(tx.counted, call)
}

func (tx *Tx) remember(key string) {
	if _, done := tx.undo[key]; !done {
		tx.undo[key] = tx.st.Resources[key]
	}
}

// Account returns the 12-digit account id.
func (tx *Tx) Account() string { return tx.st.Account }

// Get returns a resource by its key (for most types its id), nil if there is
// none.
func (tx *Tx) Get(typ, regionName, key string) *Resource {
	return tx.st.Resources[storeKey(typ, regionName, key)]
}

// List returns the resources of a type in a region, in a stable order; an
// empty region means all.
func (tx *Tx) List(typ, regionName string) []*Resource {
	return slices.DeleteFunc(tx.st.list(typ), func(r *Resource) bool {
		return regionName != "" && r.Region != regionName
	})
}

// Find returns the first resource of a type in a region (empty: any) that the
// predicate holds for, nil if there is none.
func (tx *Tx) Find(typ, regionName string, match func(Attrs) bool) *Resource {
	for _, r := range tx.List(typ, regionName) {
		if match(r.Attrs) {
			return r
		}
	}
	return nil
}

// FindBy is Find by the value of one string attribute.
func (tx *Tx) FindBy(typ, regionName, attr, value string) *Resource {
	if value == "" {
		return nil
	}
	return tx.Find(typ, regionName, func(a Attrs) bool { return a.Str(attr) == value })
}

// Put adds a resource or replaces the one with its key.
func (tx *Tx) Put(r *Resource) {
	if r.Key == "" {
		r.Key = r.ID
	}
	if r.Created.IsZero() {
		r.Created = tx.At
	}
	if r.Hidden == nil {
		r.Hidden = Attrs{}
	}
	key := r.storeKey()
	tx.remember(key)
	tx.st.set(key, r.clone())
}

// Edit returns a copy of a stored resource that takes its place at once, so
// that changes to it are changes of the account.
func (tx *Tx) Edit(r *Resource) *Resource {
	key := r.storeKey()
	tx.remember(key)
	c := r.clone()
	tx.st.set(key, c)
	return c
}

// Remove takes a resource out of the account.
func (tx *Tx) Remove(r *Resource) {
	key := r.storeKey()
	tx.remember(key)
	tx.st.set(key, nil)
}

// Retain keeps what is left of a deleted resource; a zero time keeps it for
// ever.
func (tx *Tx) Retain(r *Resource, until time.Time) {
	tx.retained = true
	tx.st.Retained = append(slices.Clip(tx.st.Retained), Retained{*r.clone(), until})
}

// FindRetained returns what is left of a deleted resource, nil if nothing is.
func (tx *Tx) FindRetained(typ, regionName string, match func(Attrs) bool) *Retained {
	for i, r := range tx.st.Retained {
		if r.Type == typ && (regionName == "" || r.Region == regionName) && match(r.Attrs) {
			return &tx.st.Retained[i]
		}
	}
	return nil
}

// expire drops retained things whose time is over.
func (tx *Tx) expire() {
	kept := make([]Retained, 0, len(tx.st.Retained))
	for _, r := range tx.st.Retained {
		if r.Until.IsZero() || tx.At.Before(r.Until) {
			kept = append(kept, r)
		}
	}
	if len(kept) != len(tx.st.Retained) {
		tx.retained = true
		tx.st.Retained = kept
	}
}
