package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Relay is a TCP path to a server that can be cut or frozen.
type Relay struct {
	to     string
	listen net.Listener
	done   sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	frozen bool
	closed bool
	// thawed is broadcast when bytes may flow again, or never will.
	thawed *sync.Cond
}

// NewRelay opens a path to an address, on a loopback address of its own.
func NewRelay(ctx context.Context, to netip.AddrPort) (*Relay, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(loopback(), "0"))
	if err != nil {
		return nil, fmt.Errorf("open a relay to %s: %w", to, err)
	}
	r := &Relay{to: to.String(), listen: l, conns: map[net.Conn]struct{}{}}
	r.thawed = sync.NewCond(&r.mu)
	r.done.Add(1)
	go r.accept(context.WithoutCancel(ctx))
	return r, nil
}

// Addr is where the relay listens.
func (r *Relay) Addr() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(r.listen.Addr().String()) // a listener's own address can be read
	return addr
}

// Freeze holds all bytes, in both directions, and closes nothing: what a path
// looks like whose packets are dropped. New connections are accepted, because
// the kernel does that, and hold too.
func (r *Relay) Freeze() { r.setFrozen(true) }

// Thaw lets what was held go on.
func (r *Relay) Thaw() { r.setFrozen(false) }

func (r *Relay) setFrozen(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = on
	r.thawed.Broadcast()
}

// Cut closes the connections that there are. New ones get through.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		_ = c.Close() // the other side sees it closed either way
	}
}

// Close ends the relay; from then on its address refuses connections.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed, r.frozen = true, false
	r.thawed.Broadcast()
	r.mu.Unlock()
	err := r.listen.Close()
	r.Cut()
	r.done.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the relay to %s: %w", r.to, err)
	}
	return nil
}

func (r *Relay) accept(ctx context.Context) {
	defer r.done.Done()
	for {
		c, err := r.listen.Accept()
		if err != nil {
			return // closed
		}
		r.done.Add(1)
		go r.serve(ctx, c)
	}
}

func (r *Relay) serve(ctx context.Context, client net.Conn) {
	defer r.done.Done()
	if !r.keep(client) {
		return
	}
	defer r.drop(client)
	r.pass()
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", r.to)
	if err != nil || !r.keep(server) {
		return // the client sees its connection closed
	}
	defer r.drop(server)
	r.done.Add(1)
	go func() {
		defer r.done.Done()
		r.copy(client, server)
	}()
	r.copy(server, client)
}

// copy moves bytes while the relay passes them, and passes on the end.
func (r *Relay) copy(to, from net.Conn) {
	defer func() { _ = to.Close() }() // which ends the copy in the other direction
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		r.pass()
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// pass waits while the relay is frozen.
func (r *Relay) pass() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.frozen {
		r.thawed.Wait()
	}
}

// keep registers a connection, or closes it when the relay is closed.
func (r *Relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = c.Close()
		return false
	}
	r.conns[c] = struct{}{}
	return true
}

func (r *Relay) drop(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	_ = c.Close() // closed twice does no harm
}
