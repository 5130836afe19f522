package sim

import (
	"maps"
	"slices"
)

// Fork returns an account that is as this one is now, in memory only and with a
// clock of its own; nil means this account's. What is done to one does not show
// in the other. It costs little, since resources are replaced and never changed
// in place: so a test can lay its stacks out once and begin a thousand times.
func (c *Cloud) Fork(clock Clock) *Cloud {
	c.mu.Lock()
	defer c.mu.Unlock()
	if clock == nil {
		clock = c.clock
	}
	st := *c.st
	st.Resources, st.Retained = maps.Clone(c.st.Resources), slices.Clone(c.st.Retained)
	return &Cloud{clock: clock, types: c.types, st: &st, evolve: c.evolve}
}
