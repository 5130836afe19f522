package vpc

// Connect says whether one interface can open a TCP connection to another, at a
// port: routes and network ACLs both ways, the opener's security groups out,
// the other's in.
func (n *Networks) Connect(from, to Interface, port int) Verdict {
	for _, i := range []Interface{from, to} {
		if what := n.gone(i); what != "" {
			return deny("%s: %s", i.Addr, what)
		}
	}
	if v := n.leaves(from, to, nil, port); !v.Allowed {
		return v
	}
	f := n.Flow(from, to, port)
	if !f.There.Allowed {
		return f.There
	}
	if v := n.enters(from, to, port); !v.Allowed {
		return v
	}
	return f.Back
}

// Flow says what becomes of the packets of a connection that was opened from
// one interface to a port of another: routes and network ACLs, no security
// groups.
func (n *Networks) Flow(from, to Interface, port int) Flow {
	for _, i := range []Interface{from, to} {
		if what := n.gone(i); what != "" {
			v := deny("%s: %s", i.Addr, what)
			return Flow{v, v}
		}
	}
	return Flow{There: n.packets(from, to, one(port)), Back: n.packets(to, from, clientPorts)}
}

// packets says whether packets with destination ports in a range arrive.
func (n *Networks) packets(from, to Interface, want ports) Verdict {
	way := n.way(from, to)
	if !way.Allowed {
		return way
	}
	if v := n.crosses(from, to, want); !v.Allowed {
		return v
	}
	return way
}
