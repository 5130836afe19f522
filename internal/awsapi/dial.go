package awsapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Bounds of making a connection. They are real time, as networks are.
const (
	lookupTimeout = time.Second
	// dialShare is the least that one of several addresses gets.
	dialShare      = 500 * time.Millisecond
	dialTimeout    = 2 * time.Second
	tlsTimeout     = 2 * time.Second
	idleConnection = 50 * time.Second
)

// NewHTTPClient is the client for all calls: the SDK's own, which follows no
// redirects and heeds AWS_CA_BUNDLE, with a transport for the guard. It speaks
// HTTP/1.1 only, since there a request that timed out takes its connection with
// it: with HTTP/2 the next one would wait on the same dead connection. It heeds
// no proxy: one that answers for a region that is gone would be a lie.
func NewHTTPClient() *awshttp.BuildableClient {
	d := &dialer{lookup: net.DefaultResolver.LookupHost, dial: (&net.Dialer{}).DialContext}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.DialContext = d.DialContext
		t.TLSHandshakeTimeout = tlsTimeout
		t.ForceAttemptHTTP2 = false
		t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		// The SDK copies its transport on the way here, and a copy has already
		// put h2 among what it offers in the handshake: a server that takes it
		// up would then be spoken to in HTTP/1.1 all the same.
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
		t.MaxIdleConnsPerHost = 4
		t.IdleConnTimeout = idleConnection
	})
}

// dialer falls back on the addresses that a name last had where the name can't
// be resolved any more: the loss of DNS is not the loss of what it names.
type dialer struct {
	lookup func(ctx context.Context, host string) ([]string, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	known map[string][]string
}

// DialContext is for http.Transport.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	addresses, err := d.resolve(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var faults []error
	for i, ip := range addresses {
		conn, err := d.try(ctx, network, net.JoinHostPort(ip, port), len(addresses)-i)
		if err == nil {
			return conn, nil
		}
		faults = append(faults, err)
	}
	return nil, errors.Join(faults...)
}

func (d *dialer) resolve(ctx context.Context, host string) ([]string, error) {
	if net.ParseIP(host) != nil {
		return []string{host}, nil
	}
	c, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addresses, err := d.lookup(c, host)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil && len(addresses) > 0 {
		if d.known == nil {
			d.known = map[string][]string{}
		}
		d.known[host] = slices.Clone(addresses)
		return addresses, nil
	}
	if last, ok := d.known[host]; ok {
		return slices.Clone(last), nil
	}
	if dns := (*net.DNSError)(nil); !errors.As(err, &dns) {
		err = &net.DNSError{Err: fmt.Sprint(err), Name: host, IsTimeout: c.Err() != nil}
	}
	return nil, err
}

// try gives one of several addresses its share of the time, so that one that
// swallows everything does not hide the next.
func (d *dialer) try(ctx context.Context, network, address string, left int) (net.Conn, error) {
	limit := dialTimeout
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, max(time.Until(end)/time.Duration(left), dialShare))
	}
	c, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return d.dial(c, network, address)
}
