package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

var (
	now0 = ModelEpoch
	top0 = Topology{
		Primary: Member{Site: SitePrimary, Identifier: "p"},
		Replica: Member{Site: SiteReplica, Identifier: "r"},
	}
)

func atBirth() Samples {
	return Samples{
		Writer:  &Instance{Exists: true, ResourceID: "db-A", Status: "available"},
		Replica: &Instance{Exists: true, ResourceID: "db-B", Status: "available", IsReplica: true},
	}
}

func TestObserve_LearnsTheWriterOnlyFromInstancesAsAtBirth(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(*Samples)
		want  string
	}{
		"as at birth":                   {func(*Samples) {}, "db-A"},
		"no word of the primary":        {func(x *Samples) { x.Writer = nil }, ""},
		"no word of the replica":        {func(x *Samples) { x.Replica = nil }, ""},
		"no replica":                    {func(x *Samples) { x.Replica.Exists = false }, ""},
		"a promoted replica":            {func(x *Samples) { x.Replica.IsReplica = false }, ""},
		"a replica that left recovery":  {func(x *Samples) { x.Standby = &Standby{InRecovery: false} }, ""},
		"a primary that is a replica":   {func(x *Samples) { x.Writer.IsReplica = true }, ""},
		"a primary that does not exist": {func(x *Samples) { x.Writer.Exists = false }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := atBirth()
			c.alter(&x)
			var s State
			s.observe(ModelPolicy(), top0, x, now0)
			if s.Writer.ResourceID != c.want {
				t.Fatalf("writer %+v, want %q", s.Writer, c.want)
			}
		})
	}
}

func TestObserve_FollowsARebuiltPrimaryAndDisarms(t *testing.T) {
	s := State{Arming: decide.Arming{ArmedFor: "db-A"}}
	s.observe(ModelPolicy(), top0, atBirth(), now0)
	x := atBirth()
	x.Writer.ResourceID = "db-C"
	s.observe(ModelPolicy(), top0, x, now0.Add(time.Minute))
	if s.Writer.ResourceID != "db-C" || s.Arming.ArmedFor != "" {
		t.Fatalf("writer %+v, arming %+v", s.Writer, s.Arming)
	}
}

func TestObserve_NeverTakesAnotherWriterOnAfterAFailover(t *testing.T) {
	s := State{Writer: Member{Site: SiteReplica, ResourceID: "db-B"}}
	s.observe(ModelPolicy(), top0, atBirth(), now0)
	if s.Writer.ResourceID != "db-B" {
		t.Fatalf("writer %+v", s.Writer)
	}
}

func TestObserve_TakesAnInstanceOfAnotherIDForGone(t *testing.T) {
	s := State{Writer: Member{Site: SitePrimary, ResourceID: "db-A"}}
	x := atBirth()
	x.Writer.ResourceID, x.Replica = "db-C", nil
	s.observe(ModelPolicy(), top0, x, now0)
	if o := s.observation(now0); !o.Primary.Gone || o.Primary.ResourceID != "db-A" {
		t.Fatalf("primary %+v", o.Primary)
	}
}

func TestObserve_KeepsWhatWasNotAnswered(t *testing.T) {
	var s State
	s.observe(ModelPolicy(), top0, atBirth(), now0)
	before := s.Watch
	s.observe(ModelPolicy(), top0, Samples{}, now0.Add(time.Minute))
	if diff := cmp.Diff(before, s.Watch); diff != "" {
		t.Fatalf("an empty round changed what is known:\n%s", diff)
	}
}

func TestFollow_AnIdleReplicaStaysCaughtUp(t *testing.T) {
	p := follow(decide.Positions{}, Standby{ReplayLSN: 100, EndLSN: 100, MessageAt: now0}, now0)
	p = follow(p, Standby{ReplayLSN: 100, EndLSN: 100, MessageAt: now0.Add(time.Hour)}, now0.Add(time.Hour))
	if !p.CaughtUpAt.Equal(now0.Add(time.Hour)) {
		t.Fatalf("caught up at %s", p.CaughtUpAt)
	}
	p = follow(p, Standby{ReplayLSN: 100, EndLSN: 101, MessageAt: now0.Add(2 * time.Hour)}, now0.Add(2*time.Hour))
	if !p.CaughtUpAt.Equal(now0.Add(time.Hour)) {
		t.Fatalf("caught up at %s though a byte is missing", p.CaughtUpAt)
	}
}

// A replica that lags, and a primary whose keepalive tells how far it has sent.
func TestFollow_AKeepaliveInABacklogDoesNotMakeTheReplicaCaughtUp(t *testing.T) {
	at := func(s int) time.Time { return now0.Add(time.Duration(s) * time.Second) }
	p := follow(decide.Positions{}, Standby{ReplayLSN: 100, EndLSN: 100, MessageAt: at(0)}, at(0))
	p.Acked = decide.Heartbeat{Seq: 2, At: at(5), LSN: 500}
	p = follow(p, Standby{ReplayLSN: 200, EndLSN: 200, MessageAt: at(10)}, at(10))
	p = follow(p, Standby{ReplayLSN: 499, EndLSN: 300, MessageAt: at(20)}, at(20))
	if !p.CaughtUpAt.Equal(at(0)) {
		t.Fatalf("caught up at %s with WAL missing that was acknowledged before", p.CaughtUpAt)
	}
	o := decide.Observation{Positions: p, WAL: decide.Path{LastPositive: at(20)}}
	if l := decide.EstimateLoss(o); l.Upper != 20*time.Second {
		t.Fatalf("up to %s may be lost, want all since the replica had everything", l.Upper)
	}
	p = follow(p, Standby{ReplayLSN: 500, EndLSN: 500, MessageAt: at(30)}, at(30))
	if !p.CaughtUpAt.Equal(at(30)) {
		t.Fatalf("caught up at %s though nothing is known to be missing", p.CaughtUpAt)
	}
}

// An order as in observe: what was acknowledged in this round counts already.
func TestObserve_MeasuresTheReplicaByTheHeartbeatOfTheSameRound(t *testing.T) {
	var s State
	x := atBirth()
	x.Acked = &decide.Heartbeat{Seq: 1, At: now0, LSN: 500}
	x.Standby = &Standby{InRecovery: true, ReplayLSN: 499, EndLSN: 499, MessageAt: now0}
	s.observe(ModelPolicy(), top0, x, now0)
	if !s.Watch.Positions.CaughtUpAt.IsZero() {
		t.Fatalf("positions %+v", s.Watch.Positions)
	}
}

func TestFollow_NeverGoesBack(t *testing.T) {
	p := follow(decide.Positions{}, Standby{Replayed: decide.Heartbeat{Seq: 5}, ReplayedCommitAt: now0}, now0)
	p = follow(p, Standby{Replayed: decide.Heartbeat{Seq: 4}, ReplayedCommitAt: now0.Add(-time.Hour)}, now0)
	if p.Replayed.Seq != 5 || !p.ReplayedCommitAt.Equal(now0) {
		t.Fatalf("positions %+v", p)
	}
}

func TestGauges_ClaimNothingAboutWhatIsNotKnown(t *testing.T) {
	var s State
	s.observe(ModelPolicy(), top0, atBirth(), now0)
	late := now0.Add(2 * decide.StatusFresh)
	v := s.gauges(late)
	for _, m := range []contract.Metric{contract.ReplicaReady, contract.Unprotected, contract.HeartbeatLag, contract.ActiveWriter} {
		if _, there := v[m]; there {
			t.Errorf("%s is published though nothing is known of it", m)
		}
	}
	if v[contract.GuardTick] != 1 || v[contract.PrimaryReachable] != 0 {
		t.Errorf("gauges %v", v)
	}
}

func TestGauges_TellWhatStands(t *testing.T) {
	var s State
	x := atBirth()
	at := func(c decide.Class) decide.Sample { return decide.Sample{From: now0, At: now0, Class: c} }
	x.SQL, x.WAL = at(decide.ClassDiskFull), at(decide.ClassStreaming)
	x.Standby = &Standby{InRecovery: true, ReplayLSN: 1, ReplayedCommitAt: now0.Add(-7 * time.Second)}
	s.observe(ModelPolicy(), top0, x, now0)
	s.owe(DebtFence, Member{}, now0)
	want := map[contract.Metric]float64{
		contract.GuardTick: 1, contract.PrimaryReachable: 1, contract.PrimaryNotWritable: 1, contract.FencingOwed: 1, contract.ReplicaReady: 1, contract.Unprotected: 0, contract.HeartbeatLag: 7,
	}
	if diff := cmp.Diff(want, s.gauges(now0)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s.Writer = Member{Site: SiteReplica}
	if v := s.gauges(now0); v[contract.Unprotected] != 1 || v[contract.ReplicaReady] != 0 {
		t.Errorf("after a failover: %v", v)
	}
}

func TestObserve_RDSMayHaveBeenAtWorkUntilItSaysOtherwise(t *testing.T) {
	var s State
	for i, c := range []struct {
		status string
		told   bool
		want   int // the look, from 1 on, until which it may have been at work
	}{
		{"available", true, 0},
		{"maintenance", true, 2},
		{"maintenance", false, 2},
		{"available", true, 4},
		{"available", true, 4},
		{"failed", true, 4},
	} {
		x := atBirth()
		if x.Writer.Status = c.status; !c.told {
			x.Writer = nil
		}
		s.observe(ModelPolicy(), top0, x, now0.Add(time.Duration(i+1)*time.Second))
		want := time.Time{}
		if c.want > 0 {
			want = now0.Add(time.Duration(c.want) * time.Second)
		}
		if got := s.Watch.Primary.WorkAt; !got.Equal(want) {
			t.Errorf("look %d: at work until %s, want %s", i+1, got, want)
		}
	}
}

// TestFollow_CountsWALThatWasReceivedAndNotReplayedAsHad: a promotion replays
// it, and ends a pause of the replay.
func TestFollow_CountsWALThatWasReceivedAndNotReplayedAsHad(t *testing.T) {
	was := decide.Positions{
		Acked: decide.Heartbeat{Seq: 40, At: now0, LSN: 900}, Replayed: decide.Heartbeat{Seq: 10, At: now0.Add(-10 * time.Minute)},
		ReplayedCommitAt: now0.Add(-10 * time.Minute),
	}
	for name, c := range map[string]struct {
		receive, end uint64
		upper        time.Duration
		bytes        uint64
	}{
		"all of it":                     {950, 950, 3 * time.Second, 0},
		"the heartbeat, and not all":    {950, 960, 5 * time.Second, 0},
		"the heartbeat, no receiver":    {900, 0, 5 * time.Second, 0},
		"not even the heartbeat":        {850, 960, 10*time.Minute + 5*time.Second, 50},
		"nothing more than is replayed": {100, 960, 10*time.Minute + 5*time.Second, 800},
	} {
		p := follow(was, Standby{InRecovery: true, Replayed: was.Replayed, ReceiveLSN: c.receive, ReplayLSN: 100, EndLSN: c.end, MessageAt: now0.Add(2 * time.Second)}, now0)
		l := decide.EstimateLoss(decide.Observation{Positions: p, SQL: decide.Path{LastPositive: now0.Add(5 * time.Second)}})
		if !l.Known || l.Upper != c.upper || l.Bytes != c.bytes || (l.Lower > 0) != (c.bytes > 0) {
			t.Errorf("%s: loss %+v, want up to %s and %d bytes", name, l, c.upper, c.bytes)
		}
	}
}
