package network

import (
	"context"
	"net"
	"sync"

	"github.com/pgdr/pgdr/twin/vpc"
)

// flow is one connection of a client.
type flow struct {
	network  *Network
	listener *listener
	client   *net.TCPConn

	// mu is taken after the network's, never before it.
	mu sync.Mutex
	// changed is broadcast at every change of what follows.
	changed *sync.Cond
	server  *net.TCPConn
	path    Path
	// open: there was an answer to the client. Before that, opening is the
	// latest word on whether there may be one.
	open    bool
	opening *opening
	// there is from the client to the server, back the other way.
	there, back pipe
	// dead: nothing is passed any more.
	dead bool
}

func newFlow(n *Network, l *listener, client *net.TCPConn) *flow {
	f := &flow{network: n, listener: l, client: client}
	f.changed = sync.NewCond(&f.mu)
	f.there.shut, f.back.shut = true, true
	return f
}

// route is the path of a connection and whether it is open.
func (f *flow) route() (Path, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.path, f.open
}

// steer tells an open connection what becomes of its packets.
func (f *flow) steer(fate vpc.Flow, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.there.shut, f.back.shut = cut || !fate.There.Allowed, cut || !fate.Back.Allowed
	f.changed.Broadcast()
}

// answer tells a connection that waits whether it may be opened.
func (f *flow) answer(o opening) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opening = &o
	f.changed.Broadcast()
}

// abort ends a connection at once; both ends see it reset.
func (f *flow) abort() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = true
	reset(f.client)
	if f.server != nil {
		reset(f.server)
	}
	f.changed.Broadcast()
}

// reset closes a socket so that the other end learns of it by a reset.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // fails on a closed socket only
	_ = c.Close()
}

// serve sees a connection through to its end.
func (f *flow) serve() {
	var pumps sync.WaitGroup
	defer pumps.Wait()
	pumps.Go(func() { f.fill(&f.there, f.client) })
	f.network.judge([]*flow{f})
	if !f.connect() {
		f.abort()
		return
	}
	pumps.Go(func() { f.fill(&f.back, f.server) })
	pumps.Go(func() { f.drain(&f.there, f.server) })
	f.drain(&f.back, f.client)
	f.wait(func() bool { return f.there.done && f.back.done })
	// Both ends were passed on. What is still in flight is delivered.
	_ = f.client.Close()
	_ = f.server.Close()
}

// connect waits until the connection may be opened, and opens it. False: the
// client gave up, or no server is there.
func (f *flow) connect() bool {
	o := f.permitted()
	var server *net.TCPConn
	if o != nil {
		server = f.dial(o)
	}
	switch {
	case server != nil:
	case f.givenUp():
		f.network.count(f, func(c *Count) { c.GaveUp++ })
		return false
	case o != nil:
		f.network.count(f, func(c *Count) { c.Refused++ })
		return false
	default:
		return false // it was ended
	}
	if !f.begin(server, o.path) {
		reset(server) // ended meanwhile
		return false
	}
	f.network.count(f, func(c *Count) { c.Opened++ })
	return true
}

// dial connects to the instance's server, nil if none answers there, or none
// until the client gave up: where a server hangs with its queue full, packets
// of clients that are gone must not fill it again.
func (f *flow) dial(o *opening) *net.TCPConn {
	if o.err != nil {
		return nil
	}
	addr, running := f.network.options.Server(o.path.Region, o.path.Identifier)
	if !running {
		return nil
	}
	var d net.Dialer
	if own, ok := f.listener.Addr().(*net.TCPAddr); ok && f.listener.vantage.Seen && ownAddresses {
		d.LocalAddr = &net.TCPAddr{IP: own.IP}
	}
	ctx, end := f.whileWanted()
	defer end()
	c, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil
	}
	socket, _ := c.(*net.TCPConn) // which TCP dials give
	return socket
}

// whileWanted is a context that ends when the client gives up. The end is to be
// called.
func (f *flow) whileWanted() (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(f.network.ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		f.wait(func() bool { return f.there.ended != going || ctx.Err() != nil })
		cancel()
	})
	return ctx, func() {
		cancel()
		f.mu.Lock()
		f.changed.Broadcast()
		f.mu.Unlock()
		watch.Wait()
	}
}

// givenUp tells whether the client, and nothing else, ended the connection.
func (f *flow) givenUp() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.dead && f.there.ended != going
}

// permitted waits for leave to open the connection, or for word that no server is
// there. Nil: the client gave up, or the connection was ended.
func (f *flow) permitted() *opening {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.dead:
			return nil
		case f.there.ended != going:
			return nil
		case f.opening != nil && (f.opening.err != nil || f.opening.verdict.Allowed):
			return f.opening
		}
		f.changed.Wait()
	}
}

// begin joins the server to the connection.
func (f *flow) begin(server *net.TCPConn, path Path) bool {
	// A cut that was made meanwhile holds from the first byte on.
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	cut := f.network.isCut(path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return false
	}
	f.server, f.path, f.open = server, path, true
	f.there.shut, f.back.shut = cut, cut
	f.changed.Broadcast()
	return true
}

// wait waits for a condition, or for the end of the connection.
func (f *flow) wait(until func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.dead && !until() {
		f.changed.Wait()
	}
}
