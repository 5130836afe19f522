package network_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

func TestNetwork_CarriesBytesBothWays(t *testing.T) {
	w := newWorld(t)
	for _, v := range []network.Vantage{primaryApp, replicaApp, guard} {
		for _, id := range []string{"primary-db-dev", "replica-db-dev"} {
			c := w.dial(v, w.host(id))
			c.hears(id)
			c.talks()
			long := strings.Repeat("x", 300<<10)
			c.say(long)
			c.hears(long)
		}
	}
}

func TestNetwork_EachVantageAndHostHasItsOwnAddress(t *testing.T) {
	w := newWorld(t)
	seen := map[netip.AddrPort]bool{}
	for _, v := range []network.Vantage{primaryApp, replicaApp} {
		for _, host := range []string{"a.example", "b.example"} {
			addr, err := w.net.Addr(v, host)
			require.NoError(t, err)
			again, err := w.net.Addr(v, host)
			require.NoError(t, err)
			require.Equal(t, addr, again)
			require.False(t, seen[addr])
			seen[addr] = true
			if runtime.GOOS == "linux" {
				require.EqualValues(t, port, addr.Port())
			}
		}
	}
}

func TestNetwork_ResetsWhereNobodyIs(t *testing.T) {
	w := newWorld(t)
	w.resets(primaryApp, "nobody.example")

	host := w.host("primary-db-dev")
	w.mu.Lock()
	s := w.servers["primary-db-dev"]
	delete(w.servers, "primary-db-dev")
	w.mu.Unlock()
	w.resets(primaryApp, host) // the server does not run

	w.mu.Lock()
	w.servers["primary-db-dev"] = s
	w.mu.Unlock()
	w.dial(primaryApp, host).hears("primary-db-dev")
	require.NoError(t, s.l.Close())
	w.resets(primaryApp, host) // the server does not listen

	c := w.count(primaryApp, host)
	require.Equal(t, 2, c.Refused)
	require.Equal(t, 1, c.Opened)
}

func TestNetwork_PassesOnTheEndsOfConnections(t *testing.T) {
	w := newWorld(t)
	c := w.dial(primaryApp, w.host("primary-db-dev"))
	c.hears("primary-db-dev")
	w.servers["primary-db-dev"].hangUp()
	require.ErrorIs(t, c.ends(), io.EOF)

	c = w.dial(primaryApp, w.host("replica-db-dev"))
	c.hears("replica-db-dev")
	c.say("last words")
	require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
	c.hears("last words")
	require.ErrorIs(t, c.ends(), io.EOF)
}

func TestNetwork_OpenConnectionsOutliveTheirSecurityGroupRule(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	open := w.dial(primaryApp, host)
	open.hears("primary-db-dev")
	w.update(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_vpc_security_group_ingress_rule", primary) {
			tx.Remove(r)
		}
	})
	late := w.dial(primaryApp, host)
	late.hearsNothing()
	open.talks()
	require.Eventually(t, func() bool { return w.count(primaryApp, host).Held == 1 }, soon, time.Millisecond)
	count := w.count(primaryApp, host)
	require.Equal(t, 1, count.Open)
	require.Contains(t, count.Because, "primary-db-sg-dev")
}

func TestNetwork_TheFenceFreezesOpenConnectionsButTheGuards(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	mine, its := w.dial(primaryApp, host), w.dial(guard, host)
	mine.hears("primary-db-dev")
	its.hears("primary-db-dev")

	lift := w.fence(false, true)
	require.Eventually(t, func() bool { return w.count(primaryApp, host).Frozen == 1 }, soon, time.Millisecond)
	mine.say("too late")
	mine.hearsNothing()
	require.NotContains(t, w.servers["primary-db-dev"].received(), "too late")
	its.talks()
	w.dial(guard, host).hears("primary-db-dev")
	late := w.dial(primaryApp, host)
	late.hearsNothing()

	lift()
	mine.hears("too late")
	late.hears("primary-db-dev")
}

func TestNetwork_AFenceOfOneDirectionLetsTheOtherPass(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	c := w.dial(primaryApp, host)
	c.hears("primary-db-dev")
	w.fence(false)
	require.Eventually(t, func() bool { return w.count(primaryApp, host).Frozen == 1 }, soon, time.Millisecond)
	// What the server says is still heard.
	s := w.servers["primary-db-dev"]
	s.mu.Lock()
	_, err := io.WriteString(s.conns[0], "acknowledged\n")
	s.mu.Unlock()
	require.NoError(t, err)
	c.hears("acknowledged")
	c.say("more")
	c.hearsNothing()
	require.NotContains(t, s.received(), "more")
}

func TestNetwork_FrozenConnectionsDoNotShowTheirEnd(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	c := w.dial(primaryApp, host)
	c.hears("primary-db-dev")
	lift := w.net.Cut(func(p network.Path) bool { return p.Identifier == "primary-db-dev" })
	w.servers["primary-db-dev"].hangUp()
	c.hearsNothing()
	lift()
	require.ErrorIs(t, c.ends(), io.EOF)
}

func TestNetwork_HoldsConnectionsWithoutARouteUntilThereIsOne(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	c := w.dial(replicaApp, host)
	c.hears("primary-db-dev")
	var removed []*sim.Resource
	w.update(func(tx *sim.Tx) {
		for _, r := range tx.List("aws_route", replica) {
			if r.Attrs.Str("vpc_peering_connection_id") != "" {
				removed = append(removed, r)
				tx.Remove(r)
			}
		}
	})
	require.Eventually(t, func() bool { return w.count(replicaApp, host).Frozen == 1 }, soon, time.Millisecond)
	c.say("anyone?")
	c.hearsNothing()
	late := w.dial(replicaApp, host)
	late.hearsNothing()
	w.dial(primaryApp, host).hears("primary-db-dev")
	w.dial(replicaApp, w.host("replica-db-dev")).hears("replica-db-dev")
	w.update(func(tx *sim.Tx) {
		for _, r := range removed {
			tx.Put(r)
		}
	})
	c.hears("anyone?")
	late.hears("primary-db-dev")
}

func TestNetwork_HeldConnectionsGoWithTheirClient(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	w.net.Cut(func(network.Path) bool { return true })
	for _, silent := range []bool{true, false} {
		c := w.dial(primaryApp, host)
		if !silent {
			c.say("hello?") // as every PostgreSQL client does
		}
		require.Eventually(t, func() bool { return w.count(primaryApp, host).Held == 1 }, soon, time.Millisecond)
		require.NoError(t, c.Close())
		require.Eventually(t, func() bool { return w.count(primaryApp, host).Held == 0 }, soon, time.Millisecond)
	}
	require.Equal(t, 2, w.count(primaryApp, host).GaveUp)
	require.Empty(t, w.servers["primary-db-dev"].received())
}

func TestNetwork_ConnectionsThatAHangingServerDoesNotTakeGoWithTheirClient(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	w.stuck("primary-db-dev")
	c := w.dial(primaryApp, host)
	c.say("hello?")
	c.hearsNothing()
	require.NoError(t, c.Close())
	require.Eventually(t, func() bool { return w.count(primaryApp, host).GaveUp == 1 }, soon, time.Millisecond)
	require.Zero(t, w.count(primaryApp, host).Opened)
}

func TestCut_StopsWhatItMatchesAndNothingElse(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	far, near := w.dial(replicaApp, host), w.dial(primaryApp, host)
	far.hears("primary-db-dev")
	near.hears("primary-db-dev")
	lift := w.net.Cut(func(p network.Path) bool { return p.From.Region != p.To.Region })
	far.say("cut")
	far.hearsNothing()
	near.talks()
	late := w.dial(replicaApp, host)
	late.hearsNothing()
	require.Eventually(t, func() bool { return w.count(replicaApp, host).Because == "the path is cut" }, soon, time.Millisecond)
	w.dial(replicaApp, w.host("replica-db-dev")).hears("replica-db-dev")
	lift()
	far.hears("cut")
	late.hears("primary-db-dev")
}

func TestReset_EndsConnectionsWithWhatWasOnItsWay(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	far, other := w.dial(replicaApp, host), w.dial(replicaApp, w.host("replica-db-dev"))
	far.hears("primary-db-dev")
	other.hears("replica-db-dev")
	lift := w.net.Cut(func(p network.Path) bool { return p.To.Region == primary })
	w.servers["primary-db-dev"].say("acknowledged, and never sent again")
	far.hearsNothing()
	w.net.Reset(func(p network.Path) bool { return p.To.Region == primary })
	lift()
	require.ErrorIs(t, far.ends(), syscall.ECONNRESET)
	other.talks()
	w.dial(replicaApp, host).hears("primary-db-dev")
}

func TestCut_TwoOverlapUntilBothAreLifted(t *testing.T) {
	w := newWorld(t)
	c := w.dial(replicaApp, w.host("primary-db-dev"))
	c.hears("primary-db-dev")
	one := w.net.Cut(func(p network.Path) bool { return p.From.Region == replica })
	two := w.net.Cut(func(p network.Path) bool { return p.To.Region == primary })
	one()
	c.say("still cut")
	c.hearsNothing()
	two()
	c.hears("still cut")
}

func TestNetwork_HoldsWhileTheVantageHasNoPlace(t *testing.T) {
	w := newWorld(t)
	lost := network.Vantage{ID: "lost", Place: func(*sim.Tx) (vpc.Interface, error) { return vpc.Interface{}, vpc.ErrNoPlace }}
	host := w.host("primary-db-dev")
	w.dial(lost, host).hearsNothing()
	require.Eventually(t, func() bool { return strings.Contains(w.count(lost, host).Because, vpc.ErrNoPlace.Error()) }, soon, time.Millisecond)
}

func TestClose_EndsEverything(t *testing.T) {
	w := newWorld(t)
	host := w.host("primary-db-dev")
	open := w.dial(primaryApp, host)
	open.hears("primary-db-dev")
	w.net.Cut(func(network.Path) bool { return true })
	held := w.dial(primaryApp, host)
	held.hearsNothing()
	addr, err := w.net.Addr(primaryApp, host)
	require.NoError(t, err)
	require.NoError(t, w.net.Close())
	require.Error(t, open.ends())
	require.Error(t, held.ends())
	var d net.Dialer
	_, err = d.DialContext(context.Background(), "tcp", addr.String())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	_, err = w.net.Addr(primaryApp, "another.example")
	require.ErrorIs(t, err, network.ErrClosed)
	require.NoError(t, w.net.Close(), "once more")
}
