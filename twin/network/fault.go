package network

// cut is a fault: what it matches does not get through.
type cut struct{ match func(Path) bool }

// Cut drops every packet on the paths that match, on top of what the account
// decides, until it is lifted: connections freeze at once, new ones are held.
// They go on within an interval of the lifting. The function is called within
// the network's lock.
func (n *Network) Cut(match func(Path) bool) (lift func()) {
	c := &cut{match}
	n.mu.Lock()
	n.cuts[c] = struct{}{}
	for f := range n.flows {
		f.freeze(c)
	}
	n.mu.Unlock()
	return func() {
		n.mu.Lock()
		delete(n.cuts, c)
		n.mu.Unlock()
	}
}

// freeze holds a connection that a cut matches; only judge thaws.
func (f *flow) freeze(c *cut) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open && c.match(f.path) {
		f.there.shut, f.back.shut = true, true
	}
}

// isCut tells whether a path is cut. The network is locked.
func (n *Network) isCut(p Path) bool {
	for c := range n.cuts {
		if c.match(p) {
			return true
		}
	}
	return false
}

// Reset ends the open connections on the paths that match, as a host does that
// lost its power and does not know them any more. What was on its way in them is
// gone: no host is left to send it again. A path that is only cut keeps it.
func (n *Network) Reset(match func(Path) bool) {
	for _, f := range n.all() {
		if path, open := f.route(); open && match(path) {
			f.abort()
		}
	}
}
