package dns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/sim"
)

func TestTargets_AreWhatMayBeAnswered(t *testing.T) {
	w := newWorld(t)
	ask := func(region, host string, healthy bool) ([]string, error) {
		var out []string
		var err error
		require.NoError(t, w.cloud.View(func(tx *sim.Tx) error {
			out, err = dns.Targets(tx, w.vpcs[region], host, func(string) bool { return healthy })
			return nil
		}))
		return out, err
	}
	for _, region := range []string{primary, replica} {
		for healthy, want := range map[bool]string{true: primary, false: replica} {
			got, err := ask(region, name, healthy)
			require.NoError(t, err)
			require.Equal(t, []string{w.endpoints[want]}, got)
		}
	}
	w.weigh("replica-dev", 1)
	got, err := ask(primary, name, true)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{w.endpoints[primary], w.endpoints[replica]}, got, "in force at once")

	_, err = ask(primary, "nothing.db-dev.internal", true)
	require.ErrorIs(t, err, dns.ErrNoName)
	_, err = ask(primary, "www.example.com", true)
	require.ErrorIs(t, err, dns.ErrNoName)
	w.update(func(tx *sim.Tx) {
		tx.Remove(tx.List("aws_route53_zone_association", "")[0])
		tx.Edit(tx.Get("aws_vpc", primary, w.vpcs[primary])).Attrs["enable_dns_support"] = false
	})
	_, err = ask(replica, name, true)
	require.ErrorIs(t, err, dns.ErrNoName)
	_, err = ask(primary, name, true)
	require.ErrorIs(t, err, dns.ErrNoResolver)
}
