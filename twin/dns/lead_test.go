package dns_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
)

// TestLeads_AreNotedThoughNobodyAsks has the name flip by its health check, and
// back by it.
func TestLeads_AreNotedThoughNobodyAsks(t *testing.T) {
	w := newWorld(t)
	leads := func() (hosts []string) {
		for _, l := range w.dns.Leads() {
			require.Equal(t, name, l.Name)
			require.Len(t, l.To, 1)
			hosts = append(hosts, l.To[0])
		}
		return hosts
	}
	becomes := func(hosts ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return len(leads()) == len(hosts) }, soon, time.Millisecond)
		require.Equal(t, hosts, leads())
	}
	old, fresh := w.endpoints[primary], w.endpoints[replica]
	becomes(old)

	var check string
	w.update(func(tx *sim.Tx) { check = tx.List("aws_route53_health_check", sim.Global)[0].ID })
	sick := func(is bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sick[check] = is
	}
	var looks atomic.Int32
	w.cloud.Evolve(func(*sim.Tx) { looks.Add(1) })
	w.clock.Advance(time.Minute)
	seen := looks.Load()
	require.Eventually(t, func() bool { return looks.Load() > seen+1 }, soon, time.Millisecond) // one is over that began after
	sick(true)
	becomes(old, fresh)
	require.Equal(t, w.clock.Now(), w.dns.Leads()[1].At)
	sick(false)
	becomes(old, fresh, old)
}
