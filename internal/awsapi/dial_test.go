package awsapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// network answers for addresses and refuses the rest; some swallow everything.
type network struct {
	dialled []string
	up      string
	swallow string
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.dialled = append(n.dialled, address)
	if ctx.Err() != nil {
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	}
	switch address {
	case n.up:
		a, b := net.Pipe()
		_ = b.Close()
		return a, nil
	case n.swallow:
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	default:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
}

func lookup(addresses ...string) func(context.Context, string) ([]string, error) {
	return func(context.Context, string) ([]string, error) { return addresses, nil }
}

func noDNS(context.Context, string) ([]string, error) {
	return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
}

func reach(d *dialer, address string) error {
	conn, err := d.DialContext(context.Background(), "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

func TestDialer_KeepsTheLastAddressesOfANameThatIsLost(t *testing.T) {
	n := &network{up: "192.0.2.1:443"}
	d := &dialer{lookup: lookup("192.0.2.1"), dial: n.dial}
	if err := reach(d, "rds.us-east-1.amazonaws.com:443"); err != nil {
		t.Fatalf("dial: %v", err)
	}
	d.lookup = noDNS
	if err := reach(d, "rds.us-east-1.amazonaws.com:443"); err != nil {
		t.Errorf("without DNS: %v, want the last known address", err)
	}
	if err := reach(d, "sts.us-east-1.amazonaws.com:443"); classOf(err) != decide.ClassResolveFailed {
		t.Errorf("a name never resolved: %v, want resolve-failed", err)
	}
}

func TestDialer_ALookupThatHangsIsNotTheOtherSidesSilence(t *testing.T) {
	n := &network{}
	d := &dialer{dial: n.dial, lookup: func(ctx context.Context, _ string) ([]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	err := reach(d, "rds.us-east-1.amazonaws.com:443")
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsTimeout || classOf(err) != decide.ClassResolveFailed || len(n.dialled) != 0 {
		t.Errorf("got %v, want a lookup that timed out and no dial", err)
	}
}

func TestDialer_TriesEachAddress(t *testing.T) {
	n := &network{up: "192.0.2.3:443", swallow: "192.0.2.1:443"}
	d := &dialer{lookup: lookup("192.0.2.1", "192.0.2.2", "192.0.2.3"), dial: n.dial}
	ctx, cancel := context.WithTimeout(context.Background(), 1800*time.Millisecond)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", "x.example:443")
	if err != nil {
		t.Fatalf("dial: %v, want the third address", err)
	}
	_ = conn.Close()
	if want := []string{"192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"}; !slices.Equal(n.dialled, want) {
		t.Errorf("dialled %v, want %v", n.dialled, want)
	}
}

func TestDialer_AsksNobodyAboutAnAddress(t *testing.T) {
	n := &network{up: "127.0.0.1:443"}
	d := &dialer{dial: n.dial, lookup: func(context.Context, string) ([]string, error) {
		t.Error("looked an address up")
		return nil, nil
	}}
	if err := reach(d, "127.0.0.1:443"); err != nil {
		t.Errorf("dial: %v", err)
	}
	if err := reach(d, "127.0.0.1:444"); classOf(err) != decide.ClassRefused {
		t.Errorf("got %v, want refused", err)
	}
}

func TestNewHTTPClient_SpeaksHTTP1AndHeedsNoProxy(t *testing.T) {
	tr := NewHTTPClient().GetTransport()
	if tr.ForceAttemptHTTP2 || tr.TLSNextProto == nil || len(tr.TLSNextProto) != 0 {
		t.Error("speaks HTTP/2, where a dead connection outlives a request that timed out on it")
	}
	if tr.Proxy != nil {
		t.Error("heeds a proxy")
	}
}

// A server that offers HTTP/2 gets no client that agrees to it and then speaks
// HTTP/1.1.
func TestNewHTTPClient_SpeaksWhatItAgreedTo(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := NewHTTPClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest's own
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("ask a server that offers h2: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Proto != "HTTP/1.1" || resp.TLS.NegotiatedProtocol == "h2" {
		t.Errorf("spoke %s after agreeing on %q; want HTTP/1.1", resp.Proto, resp.TLS.NegotiatedProtocol)
	}
}
