package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

const (
	golden  = "../../stacks/testdata/golden"
	primary = "us-east-1"
	replica = "eu-west-1"
	name    = "db.db-dev.internal"
	soon    = 10 * time.Second
)

// clock is moved by hand.
type world struct {
	t     *testing.T
	clock *clocktest.Hand
	cloud *sim.Cloud
	dns   *dns.Server
	// vpcs and endpoints by region.
	vpcs, endpoints map[string]string
	mu              sync.Mutex
	sick            map[string]bool
	nowhere         bool
}

var addresses = map[string]netip.Addr{primary: netip.MustParseAddr("127.128.0.1"), replica: netip.MustParseAddr("127.128.0.2")}

func newWorld(t *testing.T, change ...func(*dns.Options)) *world {
	t.Helper()
	watchGoroutines(t)
	w := &world{
		t: t, clock: clocktest.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)),
		vpcs: map[string]string{}, endpoints: map[string]string{}, sick: map[string]bool{},
	}
	var err error
	w.cloud, err = simaws.New(sim.Options{Seed: 3, Clock: w.clock})
	require.NoError(t, err)
	_, err = simstacks.Apply(context.Background(), w.cloud, golden)
	require.NoError(t, err)
	for _, region := range []string{primary, replica} {
		w.update(func(tx *sim.Tx) {
			w.vpcs[region] = tx.List("aws_vpc", region)[0].ID
			w.endpoints[region] = tx.List("aws_db_instance", region)[0].Attrs.Str("address")
		})
	}
	o := dns.Options{Cloud: w.cloud, Address: w.address, Healthy: w.healthy, Interval: time.Millisecond, Seed: 1}
	for _, fn := range change {
		fn(&o)
	}
	w.dns = dns.New(o)
	t.Cleanup(func() { require.NoError(t, w.dns.Close()) })
	return w
}

func (w *world) address(_, host string) (netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for region, endpoint := range w.endpoints {
		if endpoint == host && !w.nowhere {
			return addresses[region], nil
		}
	}
	return netip.Addr{}, errors.New("no way to " + host)
}

func (w *world) healthy(check string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.sick[check]
}

// ail makes the primary's health check unhealthy.
func (w *world) ail() {
	var id string
	w.update(func(tx *sim.Tx) { id = tx.List("aws_route53_health_check", "")[0].ID })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sick[id] = true
}

func (w *world) update(fn func(tx *sim.Tx)) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error { fn(tx); return nil }))
}

func (w *world) create(typ string, attrs sim.Attrs) {
	w.t.Helper()
	resp := w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: typ, Region: primary, Attrs: attrs})
	require.Nil(w.t, resp.Error)
}

func (w *world) zone() string {
	var id string
	w.update(func(tx *sim.Tx) { id = tx.List("aws_route53_zone", "")[0].ID })
	return id
}

// weigh sets the weight of a record.
func (w *world) weigh(set string, weight int) {
	w.t.Helper()
	w.update(func(tx *sim.Tx) {
		r := tx.FindBy("aws_route53_record", "", "set_identifier", set)
		tx.Edit(r).Attrs["weighted_routing_policy"] = []any{map[string]any{"weight": float64(weight)}}
	})
	w.settle()
}

// settle waits until the server has looked at the account after now.
func (w *world) settle() {
	w.t.Helper()
	_, err := w.exchange("udp", primary, name, miekg.TypeA)
	require.NoError(w.t, err)
}

func (w *world) exchange(network, region, host string, typ uint16) (*miekg.Msg, error) {
	w.t.Helper()
	addr, err := w.dns.Resolver(w.vpcs[region])
	require.NoError(w.t, err)
	query := new(miekg.Msg)
	query.SetQuestion(miekg.Fqdn(host), typ)
	c := miekg.Client{Net: network, Timeout: soon}
	answer, _, err := c.Exchange(query, addr.String())
	return answer, err
}

func (w *world) ask(region, host string, typ uint16) *miekg.Msg {
	w.t.Helper()
	answer, err := w.exchange("udp", region, host, typ)
	require.NoError(w.t, err)
	return answer
}

// leads expects the name to lead to the instance of a region, seen from both
// VPCs.
func (w *world) leads(to string) {
	w.t.Helper()
	for _, from := range []string{primary, replica} {
		a := w.ask(from, name, miekg.TypeA)
		require.Equal(w.t, miekg.RcodeSuccess, a.Rcode)
		require.Len(w.t, a.Answer, 2, "from %s: %s", from, a)
		require.Equal(w.t, w.endpoints[to]+".", a.Answer[0].(*miekg.CNAME).Target, "from %s", from)
		require.EqualValues(w.t, 5, a.Answer[0].Header().Ttl)
		require.Equal(w.t, addresses[to].String(), a.Answer[1].(*miekg.A).A.String())
		require.EqualValues(w.t, 5, a.Answer[1].Header().Ttl)
		require.True(w.t, a.RecursionAvailable)
	}
}

func watchGoroutines(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		var stacks string
		for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			buf := make([]byte, 1<<20)
			stacks = string(buf[:runtime.Stack(buf, true)])
			if !strings.Contains(stacks, "twin/dns.(*") && !strings.Contains(stacks, "miekg/dns.(*Server)") {
				return
			}
		}
		t.Errorf("goroutines are left:\n%s", stacks)
	})
}

func TestServer_LeadsToThePrimaryFromBothVPCs(t *testing.T) {
	newWorld(t).leads(primary)
}

func TestServer_FollowsTheHealthCheckAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ail()
	w.leads(replica)
}

func TestServer_FollowsTheWeightsAlone(t *testing.T) {
	w := newWorld(t)
	w.weigh("primary-dev", 0)
	w.weigh("replica-dev", 100)
	w.clock.Advance(dns.Propagation)
	w.leads(replica)
}

func TestServer_GivesTheOldAnswerUntilAChangeIsInForce(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(time.Hour)
	w.weigh("primary-dev", 0)
	w.clock.Advance(10 * time.Second)
	w.weigh("replica-dev", 100)
	w.leads(primary)
	w.clock.Advance(20*time.Second - time.Millisecond)
	w.leads(primary)
	w.clock.Advance(time.Millisecond) // both weigh nothing: either may answer
	a := w.ask(primary, name, miekg.TypeCNAME)
	require.Len(t, a.Answer, 1)
	w.clock.Advance(10 * time.Second)
	w.leads(replica)
}

// The change is noticed by looking, not by being asked.
func TestServer_CountsFromTheChangeNotFromTheQuestion(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) {
		tx.Edit(tx.FindBy("aws_route53_record", "", "set_identifier", "primary-dev")).Attrs["health_check_id"] = nil
		tx.Edit(tx.FindBy("aws_route53_record", "", "set_identifier", "primary-dev")).Attrs["weighted_routing_policy"] = []any{map[string]any{"weight": 0.0}}
		tx.Edit(tx.FindBy("aws_route53_record", "", "set_identifier", "replica-dev")).Attrs["weighted_routing_policy"] = []any{map[string]any{"weight": 1.0}}
	})
	var looks atomic.Int32
	w.cloud.Evolve(func(*sim.Tx) { looks.Add(1) })
	require.Eventually(t, func() bool { return looks.Load() > 1 }, soon, time.Millisecond)
	w.clock.Advance(dns.Propagation)
	w.leads(replica)
}

func TestServer_AnswersOnlyInTheVPCsOfAZone(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) { tx.Remove(tx.List("aws_route53_zone_association", "")[0]) })
	w.settle()
	w.leads(primary)
	w.clock.Advance(dns.Propagation)
	require.Equal(t, miekg.RcodeRefused, w.ask(replica, name, miekg.TypeA).Rcode)
	require.Equal(t, miekg.RcodeSuccess, w.ask(primary, name, miekg.TypeA).Rcode)
}

func TestServer_TheVPCsSettingsCount(t *testing.T) {
	w := newWorld(t)
	set := func(attribute string) {
		w.update(func(tx *sim.Tx) { tx.Edit(tx.Get("aws_vpc", replica, w.vpcs[replica])).Attrs[attribute] = false })
	}
	set("enable_dns_hostnames")
	require.Equal(t, miekg.RcodeRefused, w.ask(replica, name, miekg.TypeA).Rcode, "no private zones")
	require.Equal(t, miekg.RcodeSuccess, w.ask(replica, w.endpoints[replica], miekg.TypeA).Rcode)
	set("enable_dns_support")
	addr, err := w.dns.Resolver(w.vpcs[replica])
	require.NoError(t, err)
	query := new(miekg.Msg)
	query.SetQuestion(miekg.Fqdn(name), miekg.TypeA)
	c := miekg.Client{Timeout: 200 * time.Millisecond}
	_, _, err = c.Exchange(query, addr.String())
	var silent net.Error
	require.True(t, errors.As(err, &silent) && silent.Timeout(), "found %v, want silence", err)
	require.Equal(t, miekg.RcodeSuccess, w.ask(primary, name, miekg.TypeA).Rcode)
}

func TestServer_SaysWhatThereIsNot(t *testing.T) {
	w := newWorld(t)
	cases := map[string]struct {
		host string
		typ  uint16
		code int
		// answers and authorities that come with it.
		answers, authorities int
	}{
		"a name that the zone lacks":      {"nothing.db-dev.internal", miekg.TypeA, miekg.RcodeNameError, 0, 1},
		"the zone's own name":             {"db-dev.internal", miekg.TypeA, miekg.RcodeSuccess, 0, 1},
		"the zone's SOA":                  {"db-dev.internal", miekg.TypeSOA, miekg.RcodeSuccess, 1, 0},
		"the zone's name servers":         {"db-dev.internal", miekg.TypeNS, miekg.RcodeSuccess, 4, 0},
		"IPv6 of the database":            {name, miekg.TypeAAAA, miekg.RcodeSuccess, 1, 0},
		"an instance":                     {w.endpoints[replica], miekg.TypeA, miekg.RcodeSuccess, 1, 0},
		"an instance that is not there":   {"other-db." + strings.SplitN(w.endpoints[replica], ".", 2)[1], miekg.TypeA, miekg.RcodeNameError, 0, 0},
		"a name that is no host's":        {"primary-db-dev", miekg.TypeA, miekg.RcodeNameError, 0, 0},
		"a name of somebody else":         {"www.example.com", miekg.TypeA, miekg.RcodeRefused, 0, 0},
		"a name that only ends like ours": {"xdb-dev.internal", miekg.TypeA, miekg.RcodeRefused, 0, 0},
		"any case":                        {"DB.db-DEV.internal", miekg.TypeA, miekg.RcodeSuccess, 2, 0},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			a := w.ask(primary, c.host, c.typ)
			require.Equal(t, miekg.RcodeToString[c.code], miekg.RcodeToString[a.Rcode])
			require.Len(t, a.Answer, c.answers, "%s", a)
			require.Len(t, a.Ns, c.authorities, "%s", a)
		})
	}
}

func TestServer_ANameThatLeadsNowhereIsNoName(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *sim.Tx) {
		tx.Edit(tx.FindBy("aws_route53_record", "", "set_identifier", "primary-dev")).Attrs["records"] = []any{"primary-db-dev"}
	})
	w.settle()
	w.clock.Advance(dns.Propagation)
	a := w.ask(primary, name, miekg.TypeA)
	require.Equal(t, miekg.RcodeNameError, a.Rcode)
	require.Len(t, a.Answer, 1)

	w.update(func(tx *sim.Tx) { tx.Remove(tx.List("aws_db_instance", replica)[0]) })
	require.Equal(t, miekg.RcodeNameError, w.ask(primary, w.endpoints[replica], miekg.TypeA).Rcode)
}

func TestServer_FailsWhereThereIsNoAddress(t *testing.T) {
	w := newWorld(t)
	w.mu.Lock()
	w.nowhere = true
	w.mu.Unlock()
	require.Equal(t, miekg.RcodeServerFailure, w.ask(primary, name, miekg.TypeA).Rcode)
	answers := w.dns.Answers()
	require.Contains(t, answers[len(answers)-1].Problem, "no way to")
}

func TestServer_OtherRecordsOfAZone(t *testing.T) {
	w := newWorld(t, func(o *dns.Options) { o.Propagation = time.Nanosecond })
	zone := w.zone()
	record := func(host, typ string, more sim.Attrs) {
		attrs := sim.Attrs{"zone_id": zone, "name": host, "type": typ, "ttl": 60.0}
		for k, v := range more {
			attrs[k] = v
		}
		w.create("aws_route53_record", attrs)
	}
	record("a.db-dev.internal", "A", sim.Attrs{"records": []any{"10.0.0.1", "10.0.0.2"}})
	record("six.db-dev.internal", "AAAA", sim.Attrs{"records": []any{"fd00::1"}})
	record("far.db-dev.internal", "CNAME", sim.Attrs{"records": []any{"www.example.com"}})
	record("loop.db-dev.internal", "CNAME", sim.Attrs{"records": []any{"loop.db-dev.internal"}})
	record("text.db-dev.internal", "TXT", sim.Attrs{"records": []any{"hello"}})
	record("fail.db-dev.internal", "A", sim.Attrs{"records": []any{"10.0.0.1"}, "set_identifier": "x", "failover_routing_policy": []any{map[string]any{"type": "PRIMARY"}}})
	record("deep.er.db-dev.internal", "A", sim.Attrs{"records": []any{"10.0.0.3"}})
	w.settle()
	w.clock.Advance(time.Second)
	for host, want := range map[string]struct {
		typ     uint16
		code    int
		answers int
	}{
		"a.db-dev.internal":    {miekg.TypeA, miekg.RcodeSuccess, 2},
		"six.db-dev.internal":  {miekg.TypeAAAA, miekg.RcodeSuccess, 1},
		"far.db-dev.internal":  {miekg.TypeA, miekg.RcodeServerFailure, 1},
		"loop.db-dev.internal": {miekg.TypeA, miekg.RcodeServerFailure, 9},
		"text.db-dev.internal": {miekg.TypeTXT, miekg.RcodeServerFailure, 0},
		"fail.db-dev.internal": {miekg.TypeA, miekg.RcodeServerFailure, 0},
		"er.db-dev.internal":   {miekg.TypeA, miekg.RcodeSuccess, 0},
	} {
		a := w.ask(primary, host, want.typ)
		require.Equal(t, miekg.RcodeToString[want.code], miekg.RcodeToString[a.Rcode], host)
		require.Len(t, a.Answer, want.answers, host)
	}
}

func TestServer_SharesByWeightAndRepeats(t *testing.T) {
	var counts []int
	for range 2 {
		t.Run("with one seed", func(t *testing.T) {
			w := newWorld(t, func(o *dns.Options) { o.Propagation = time.Nanosecond; o.Seed = 7 })
			w.weigh("primary-dev", 1)
			w.weigh("replica-dev", 3)
			w.clock.Advance(time.Second)
			replicas := 0
			for range 200 {
				if w.ask(primary, name, miekg.TypeCNAME).Answer[0].(*miekg.CNAME).Target == w.endpoints[replica]+"." {
					replicas++
				}
			}
			counts = append(counts, replicas)
		})
	}
	require.InDelta(t, 150, counts[0], 25)
	require.Equal(t, counts[0], counts[1])
}

func TestServer_AnswersOverTCPToo(t *testing.T) {
	w := newWorld(t)
	a, err := w.exchange("tcp", replica, name, miekg.TypeA)
	require.NoError(t, err)
	require.Len(t, a.Answer, 2)
}

func TestServer_RemembersTheLatestAnswers(t *testing.T) {
	w := newWorld(t, func(o *dns.Options) { o.Kept = 3 })
	for _, host := range []string{"one.example", "two.example", "three.example", name} {
		w.clock.Advance(time.Second)
		w.ask(replica, host, miekg.TypeA)
	}
	answers := w.dns.Answers()
	require.Len(t, answers, 3)
	require.Equal(t, "two.example", answers[0].Name)
	require.Equal(t, "REFUSED", answers[0].Code)
	require.Equal(t, dns.Answer{
		At: w.clock.Now(), VPC: w.vpcs[replica], Name: name, Type: "A", Code: "NOERROR", Set: "primary-dev",
		Host: w.endpoints[primary], Addr: addresses[primary],
	}, answers[2])
}

func TestServer_OfNoVPCIsSilentAndClosedOnesListenNoMore(t *testing.T) {
	w := newWorld(t)
	addr, err := w.dns.Resolver(w.vpcs[primary])
	require.NoError(t, err)
	again, err := w.dns.Resolver(w.vpcs[primary])
	require.NoError(t, err)
	require.Equal(t, addr, again)
	require.NoError(t, w.dns.Close())
	var d net.Dialer
	_, err = d.DialContext(context.Background(), "tcp", addr.String())
	require.Error(t, err)
	_, err = w.dns.Resolver("vpc-0")
	require.ErrorIs(t, err, dns.ErrClosed)
}
