package pgtest

import (
	"context"
	"net/netip"
	"time"
)

// startPatience bounds making one server.
const startPatience = time.Minute

// TB is what this package uses of *testing.T and *testing.B. It is spelled out
// so that programs which run drills don't link package testing.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(f func())
	Context() context.Context
}

// Run makes and starts a server that ends with the test. If the test has
// failed by then, it prints the server's log. Where PostgreSQL is missing the
// test fails; it is never skipped.
func Run(t TB, opts Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startPatience)
	defer cancel()
	s, err := New(ctx, opts)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	closeWith(t, s)
	return s
}

// RunReplica makes and starts a replica that ends with the test; see
// Server.NewReplica.
func RunReplica(t TB, of *Server, opts Options, via netip.AddrPort) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startPatience)
	defer cancel()
	s, err := of.NewReplica(ctx, opts, via)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	closeWith(t, s)
	return s
}

// RunRelay opens a relay that ends with the test.
func RunRelay(t TB, to netip.AddrPort) *Relay {
	t.Helper()
	r, err := NewRelay(t.Context(), to)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return r
}

// RunCA makes an authority.
func RunCA(t TB) *CA {
	t.Helper()
	ca, err := NewCA()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return ca
}

func closeWith(t TB, s *Server) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.Name(), s.Log())
		}
		if err := s.Close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
}
