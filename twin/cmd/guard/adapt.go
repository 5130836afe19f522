package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/pgdr/pgdr/internal/guard/assembly"
	"github.com/pgdr/pgdr/twin/simclock"
)

// The variables of a build for local simulation. AWS's endpoints are named by
// the SDK's own AWS_ENDPOINT_URL.
const (
	// variableClock holds a clock as [simclock.Parse] reads it. The local
	// Lambda gives deadlines on the same clock.
	variableClock = "PGDR_TWIN_CLOCK"
	// variableRoots is a file of PEM certificates to trust.
	variableRoots = "PGDR_TWIN_ROOTS"
	// variableHosts says where host names lead: "name=address:port,...". Each
	// address must be there once.
	variableHosts = "PGDR_TWIN_HOSTS"
)

// adapt puts the guard into a simulation: on its clock, among its databases.
func adapt(o *assembly.Options) error {
	clock, err := simclock.Parse(os.Getenv(variableClock))
	if err != nil {
		return fmt.Errorf("%s: %w", variableClock, err)
	}
	o.Clock, o.Elapsed = clock, clock.Elapsed
	if o.Roots, err = readRoots(os.Getenv(variableRoots)); err != nil {
		return fmt.Errorf("%s: %w", variableRoots, err)
	}
	hosts, err := readHosts(os.Getenv(variableHosts))
	if err != nil {
		return fmt.Errorf("%s: %w", variableHosts, err)
	}
	o.Resolve, o.Dial = hosts.resolve, hosts.dial
	return nil
}

func readRoots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the simulation's own file
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("found no certificate in %s, want PEM", file)
	}
	return pool, nil
}

// hosts lead names to addresses, and addresses to the ports that are listened
// on there, whatever port is asked for.
type hosts struct {
	names map[string]netip.Addr
	ports map[netip.Addr]netip.AddrPort
}

func readHosts(text string) (hosts, error) {
	h := hosts{names: map[string]netip.Addr{}, ports: map[netip.Addr]netip.AddrPort{}}
	for _, entry := range strings.Split(text, ",") {
		name, where, _ := strings.Cut(entry, "=")
		at, err := netip.ParseAddrPort(where)
		if err != nil || name == "" || !at.Addr().IsLoopback() {
			return hosts{}, fmt.Errorf("found %q, want name=address:port with an address of this machine", entry)
		}
		h.names[name], h.ports[at.Addr()] = at.Addr(), at
	}
	return h, nil
}

// errUnknownHost: nothing outside the simulation is reached by mistake.
var errUnknownHost = errors.New("no host of the simulation")

func (h hosts) resolve(_ context.Context, host string) ([]string, error) {
	at, ok := h.names[host]
	if !ok {
		return nil, &net.DNSError{Err: errUnknownHost.Error(), Name: host, IsNotFound: true}
	}
	return []string{at.String()}, nil
}

func (h hosts) dial(ctx context.Context, network, address string) (net.Conn, error) {
	asked, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	at, ok := h.ports[asked.Addr()]
	if !ok {
		return nil, fmt.Errorf("dial %q: %w", address, errUnknownHost)
	}
	return (&net.Dialer{}).DialContext(ctx, network, at.String())
}
