package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// ErrClosed is returned once the network is closed.
var ErrClosed = errors.New("network is closed")

// Network is a set of listeners and the connections that came to them.
type Network struct {
	options Options
	ctx     context.Context //nolint:containedctx // the network's own life
	end     context.CancelFunc
	done    sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	listeners map[spot]*listener
	flows     map[*flow]struct{}
	cuts      map[*cut]struct{}
	counts    map[spot]*Count
}

// spot is one host name seen from one vantage.
type spot struct{ vantage, host string }

type listener struct {
	spot
	vantage Vantage
	net.Listener
}

// New starts a network. Close ends it.
func New(o Options) *Network {
	if o.Interval <= 0 {
		o.Interval = Interval
	}
	n := &Network{
		options: o, listeners: map[spot]*listener{}, flows: map[*flow]struct{}{}, cuts: map[*cut]struct{}{}, counts: map[spot]*Count{},
	}
	n.ctx, n.end = context.WithCancel(context.Background())
	n.done.Add(1)
	go n.watch()
	return n
}

// Addr is where a database's host name is found from a vantage. The listener is
// opened at the first call and kept until Close, whether or not there is such a
// database. A vantage is known by its ID: its first Place stays.
func (n *Network) Addr(v Vantage, host string) (netip.AddrPort, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := spot{v.ID, host}
	if n.closed {
		return netip.AddrPort{}, fmt.Errorf("listen for %s to %s: %w", v.ID, host, ErrClosed)
	}
	l, ok := n.listeners[at]
	if !ok {
		socket, err := n.listen()
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("listen for %s to %s: %w", v.ID, host, err)
		}
		l = &listener{at, v, socket}
		n.listeners[at] = l
		n.counts[at] = &Count{Vantage: v.ID, Host: host}
		n.done.Add(1)
		go n.accept(l)
	}
	addr, err := netip.ParseAddrPort(l.Listener.Addr().String())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read the address of %s to %s: %w", v.ID, host, err)
	}
	return addr, nil
}

// tries is how many addresses are drawn until one is free.
const tries = 20

// listen opens a listener on an address of its own.
func (n *Network) listen() (net.Listener, error) {
	port := n.options.Port
	if !ownAddresses {
		port = 0
	}
	var lc net.ListenConfig
	for try := 1; ; try++ {
		l, err := lc.Listen(n.ctx, "tcp4", netip.AddrPortFrom(loopback(), port).String())
		if err == nil || try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
}

func (n *Network) accept(l *listener) {
	defer n.done.Done()
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		socket, ok := c.(*net.TCPConn)
		if !ok {
			_ = c.Close() // not from a TCP listener
			continue
		}
		f := newFlow(n, l, socket)
		n.mu.Lock()
		if n.closed {
			n.mu.Unlock()
			_ = c.Close() // the network ends
			return
		}
		n.flows[f] = struct{}{}
		n.done.Add(1)
		n.mu.Unlock()
		go func() {
			defer n.done.Done()
			f.serve()
			n.mu.Lock()
			delete(n.flows, f)
			n.mu.Unlock()
		}()
	}
}

// watch judges all connections again and again.
func (n *Network) watch() {
	defer n.done.Done()
	tick := time.NewTicker(n.options.Interval)
	defer tick.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
			n.judge(n.all())
		}
	}
}

// all returns the connections that there are.
func (n *Network) all() []*flow {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*flow, 0, len(n.flows))
	for f := range n.flows {
		out = append(out, f)
	}
	return out
}

// Close ends every listener and connection and waits until nothing is left.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	n.end()
	var errs []error
	for _, l := range n.listeners {
		errs = append(errs, l.Close())
	}
	n.listeners = map[spot]*listener{}
	for f := range n.flows {
		f.abort()
	}
	n.mu.Unlock()
	n.done.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the network: %w", err)
	}
	return nil
}
