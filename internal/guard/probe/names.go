package probe

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// unresolvedError: a host has no address, and never had one in this process.
type unresolvedError struct {
	host string
	err  error
}

func (e *unresolvedError) Error() string { return fmt.Sprintf("resolve %s: %v", e.host, e.err) }
func (e *unresolvedError) Unwrap() error { return e.err }

// names resolves hosts and remembers the last addresses of each. DNS failing
// says nothing about a database, so a database whose name is not resolved is
// looked for where it last was. That is safe: an address that has passed to
// another machine answers with a certificate of another name, which counts as
// life, or not at all, which has to be so on the WAL path too.
type names struct {
	clock   engine.Clock
	resolve func(ctx context.Context, host string) ([]string, error)

	mu   sync.Mutex
	last map[string][]string
}

// lookup returns the host's addresses, and what to tell people when they are
// the last known ones.
func (n *names) lookup(ctx context.Context, host string) ([]string, string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, "", nil
	}
	ctx, cancel := n.clock.WithDeadline(ctx, n.clock.Now().Add(resolveTime))
	defer cancel()
	found, err := n.resolve(ctx, host)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no addresses")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		n.last[host] = found
		return found, "", nil
	}
	if last := n.last[host]; len(last) > 0 {
		return last, fmt.Sprintf("name not resolved (%v), tried its last known address", err), nil
	}
	return nil, "", &unresolvedError{host: host, err: err}
}
