package network_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
	"github.com/pgdr/pgdr/twin/vpc"
)

const (
	golden  = "../../stacks/testdata/golden"
	primary = "us-east-1"
	replica = "eu-west-1"
	port    = 5432
	// soon is longer than what must happen takes, quiet is how long nothing
	// must happen: many intervals.
	soon  = 10 * time.Second
	quiet = 150 * time.Millisecond
)

// world is an account with the stacks, a server for each instance, and the
// network between.
type world struct {
	t       *testing.T
	cloud   *sim.Cloud
	net     *network.Network
	servers map[string]*server
	mu      sync.Mutex
}

func newWorld(t *testing.T) *world {
	t.Helper()
	watchGoroutines(t)
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(context.Background(), cloud, golden)
	require.NoError(t, err)
	w := &world{t: t, cloud: cloud, servers: map[string]*server{}}
	for _, id := range []string{"primary-db-dev", "replica-db-dev"} {
		w.servers[id] = newServer(t, id)
	}
	w.net = network.New(network.Options{Cloud: cloud, Port: port, Interval: 2 * time.Millisecond, Server: w.server})
	t.Cleanup(func() { require.NoError(t, w.net.Close()) })
	return w
}

func (w *world) server(_, identifier string) (netip.AddrPort, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.servers[identifier]
	if !ok {
		return netip.AddrPort{}, false
	}
	return s.addr, true
}

// watchGoroutines fails a test that leaves any of this package's goroutines.
func watchGoroutines(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		var stacks string
		for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			buf := make([]byte, 1<<20)
			stacks = string(buf[:runtime.Stack(buf, true)])
			if !strings.Contains(stacks, "twin/network.(*") {
				return
			}
		}
		t.Errorf("goroutines are left:\n%s", stacks)
	})
}

// server greets with its name and echoes lines.
type server struct {
	name string
	addr netip.AddrPort
	l    net.Listener
	mu   sync.Mutex
	// conns are the open connections, got all that arrived.
	conns []net.Conn
	got   strings.Builder
}

func newServer(t *testing.T, name string) *server {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{name: name, l: l, addr: netip.MustParseAddrPort(l.Addr().String())}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			go s.talk(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); s.hangUp() })
	return s
}

// stuck has the server of an instance hang with its queue full: the kernel
// answers no more packets that ask for a connection.
func (w *world) stuck(identifier string) {
	w.t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(w.t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(w.t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(w.t, err)
	in4, ok := name.(*syscall.SockaddrInet4)
	require.True(w.t, ok)
	addr := netip.AddrPortFrom(netip.AddrFrom4(in4.Addr), uint16(in4.Port)) //nolint:gosec // a port
	filler := net.Dialer{Timeout: quiet}
	for range 2 {
		c, err := filler.DialContext(w.t.Context(), "tcp", addr.String())
		if err != nil {
			break // full
		}
		w.t.Cleanup(func() { _ = c.Close() })
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.servers[identifier] = &server{name: identifier, addr: addr}
}

func (s *server) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintf(c, "%s\n", s.name)
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadString('\n')
		s.mu.Lock()
		s.got.WriteString(line)
		s.mu.Unlock()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, line)
	}
}

func (s *server) received() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

// say sends a line on every open connection.
func (s *server) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_, _ = io.WriteString(c, line+"\n")
	}
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

func (w *world) update(fn func(tx *sim.Tx)) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error { fn(tx); return nil }))
}

func named(tx *sim.Tx, typ, region, name string) *sim.Resource {
	for _, r := range tx.List(typ, region) {
		if r.Attrs.StringMap("tags")["Name"] == name {
			return r
		}
	}
	panic("no " + typ + " " + name)
}

// host is the host name of an instance.
func (w *world) host(identifier string) string {
	w.t.Helper()
	var host string
	w.update(func(tx *sim.Tx) {
		host = tx.FindBy("aws_db_instance", "", "identifier", identifier).Attrs.Str("address")
	})
	return host
}

func app(region, name string) network.Vantage {
	return network.Vantage{ID: "app " + region, Place: func(tx *sim.Tx) (vpc.Interface, error) {
		return vpc.Read(tx).OfClient(region, named(tx, "aws_vpc", region, name).ID, 0)
	}}
}

var (
	primaryApp = app(primary, "primary-vpc-dev")
	replicaApp = app(replica, "replica-vpc-dev")
	guard      = network.Vantage{ID: "guard", Place: func(tx *sim.Tx) (vpc.Interface, error) {
		subnet := named(tx, "aws_subnet", replica, "replica-guard-eu-west-1b-dev")
		return vpc.Interface{
			Region: replica, VPC: subnet.Attrs.Str("vpc_id"), Subnet: subnet.ID, Addr: netip.MustParseAddr("10.1.10.9"),
			Groups: []string{tx.FindBy("aws_security_group", replica, "name", "failover-function-sg-dev").ID},
		}, nil
	}}
)

// client is an application's connection.
type client struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func (w *world) connect(v network.Vantage, host string) (net.Conn, error) {
	w.t.Helper()
	addr, err := w.net.Addr(v, host)
	require.NoError(w.t, err)
	var d net.Dialer
	return d.DialContext(context.Background(), "tcp", addr.String())
}

// resets expects that no server answers, when connecting or right after it.
func (w *world) resets(v network.Vantage, host string) {
	w.t.Helper()
	c, err := w.connect(v, host)
	if err == nil {
		defer func() { _ = c.Close() }()
		require.NoError(w.t, c.SetReadDeadline(time.Now().Add(soon)))
		_, err = c.Read(make([]byte, 1))
	}
	require.ErrorIs(w.t, err, syscall.ECONNRESET)
}

func (w *world) dial(v network.Vantage, host string) *client {
	w.t.Helper()
	c, err := w.connect(v, host)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	return &client{w.t, c, bufio.NewReader(c)}
}

func (c *client) say(line string) {
	c.t.Helper()
	_, err := io.WriteString(c, line+"\n")
	require.NoError(c.t, err)
}

func (c *client) hears(want string) {
	c.t.Helper()
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(soon)))
	line, err := c.lines.ReadString('\n')
	require.NoError(c.t, err)
	require.Equal(c.t, want+"\n", line)
}

func (c *client) hearsNothing() {
	c.t.Helper()
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(quiet)))
	line, err := c.lines.ReadString('\n')
	var timeout net.Error
	require.Truef(c.t, errors.As(err, &timeout) && timeout.Timeout(), "found %q, %v; want silence", line, err)
}

// ends waits for the end of the connection and returns how it ended.
func (c *client) ends() error {
	c.t.Helper()
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(soon)))
	_, err := c.lines.ReadString('\n')
	require.Error(c.t, err)
	return err
}

func (c *client) talks() {
	c.t.Helper()
	c.say("ping")
	c.hears("ping")
}

func (w *world) count(v network.Vantage, host string) network.Count {
	w.t.Helper()
	for _, c := range w.net.Counts() {
		if c.Vantage == v.ID && c.Host == host {
			return c
		}
	}
	require.Fail(w.t, "no count", "%s to %s", v.ID, host)
	return network.Count{}
}

// fence puts up the guard's rules, in (false) and out (true).
func (w *world) fence(directions ...bool) (lift func()) {
	w.t.Helper()
	var acl string
	w.update(func(tx *sim.Tx) { acl = named(tx, "aws_network_acl", primary, "primary-database-dev").ID })
	for _, egress := range directions {
		from, to := port, port
		if egress {
			from, to = 1024, 65535
		}
		for number, cidr := range map[int]string{10: "10.1.9.0/24", 11: "10.1.10.0/24", 12: "10.1.11.0/24", 90: "0.0.0.0/0"} {
			action := "allow"
			if number == 90 {
				action = "deny"
			}
			resp := w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: "aws_network_acl_rule", Region: primary, Attrs: sim.Attrs{
				"network_acl_id": acl, "egress": egress, "rule_number": float64(number), "rule_action": action, "protocol": "6",
				"cidr_block": cidr, "from_port": float64(from), "to_port": float64(to),
			}})
			require.Nil(w.t, resp.Error)
		}
	}
	return func() {
		w.update(func(tx *sim.Tx) {
			for _, r := range tx.List("aws_network_acl_rule", primary) {
				if r.Attrs.Int("rule_number") == 90 {
					tx.Remove(r)
				}
			}
		})
	}
}
