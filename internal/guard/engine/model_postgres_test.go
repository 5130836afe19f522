package engine_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/awsapi/facts"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// postgres stands for the two PostgreSQL servers, which are no part of AWS:
// who takes connections and writes, and how far replication is. What the guard
// asks them for over SQL is tried on real servers elsewhere; here its answers
// are made from this.
type postgres struct {
	// alive: the primary takes connections, if RDS has not stopped it.
	alive bool
	lsn   uint64
	// receivedAt is the last moment at which the replica had all WAL.
	receivedAt time.Time
	// replayStop is since when the replica replays nothing.
	replayStop time.Time
	// full: clients hold all of the replica's connections.
	full bool
	// writableAt is when the promoted replica leaves recovery; zero before a
	// promotion.
	writableAt time.Time
}

// behind is how far replay is behind what was received.
func (g *postgres) behind() time.Duration {
	if g.replayStop.IsZero() {
		return 0
	}
	return max(0, g.receivedAt.Sub(g.replayStop))
}

// prover asks the promoted instance.
type prover struct{ p *process }

func (o prover) Prove(ctx context.Context, _ engine.Member) (engine.Proof, error) {
	p, w := o.p, o.p.w
	if !w.up(replicaSQL) {
		return engine.Proof{}, fmt.Errorf("prove: %w: %w", engine.ErrSilent, p.silence(ctx, false))
	}
	p.pause(w.between(10*time.Millisecond, 300*time.Millisecond))
	switch {
	case ctx.Err() != nil:
		return engine.Proof{}, fmt.Errorf("prove: %w", engine.ErrSilent)
	case !w.writable():
		return engine.Proof{}, fmt.Errorf("prove: %w", engine.ErrInRecovery)
	case w.pg.full:
		return engine.Proof{}, errors.New("prove: sorry, too many clients already (SQLSTATE 53300)")
	}
	return engine.Proof{At: p.Now(), LSN: w.pg.lsn, Timeline: 2}, nil
}

// fencer is the guard's own on the network ACL, and tries over SQL whether
// others get through, as the function's does. It notes when fencing is tried.
type fencer struct {
	engine.Fencer
	p *process
}

func (f fencer) Fence(ctx context.Context, m engine.Member) error {
	w := f.p.w
	w.fenceTry = w.now
	w.fenceTries++
	return f.Fencer.Fence(ctx, m)
}

var errPassable = errors.New("others get through the fence")

func (f fencer) Fenced(ctx context.Context, m engine.Member) (bool, error) {
	holds, err := f.Fencer.Fenced(ctx, m)
	if !holds || err != nil {
		return false, err
	}
	w := f.p.w
	f.p.pause(w.between(100*time.Millisecond, time.Second))
	if w.primaryUp() && w.up(peering) && !w.fence.holds {
		return false, errPassable
	}
	return true, nil
}

// observer looks at all paths at once, as the function's own does: at AWS
// through the guard's adapters, at the databases through the model. What is
// silent costs time, but not the others' answers.
type observer struct{ p *process }

// lookTime bounds a round of looking, checkEvery is the pause between two
// readiness checks of a process.
const (
	lookTime   = 5 * time.Second
	checkEvery = 5 * time.Minute
)

func (o observer) Sample(ctx context.Context, t engine.Target) engine.Samples {
	p, live := o.p, o.p.aws.Liveness
	if p.run != nil {
		p.w.looks = append(p.w.looks, p.w.now)
	}
	ctx, cancel := p.WithDeadline(ctx, p.Now().Add(lookTime))
	defer cancel()
	var x engine.Samples
	var longest time.Duration
	look := func(do func()) {
		p.looking = true
		do()
		longest = max(longest, p.ahead)
		p.looking, p.ahead = false, 0
	}
	look(func() { o.databases(&x, t) })
	look(func() { x.RDSAPI, x.Writer = live.RDS(ctx, t.Writer) })
	look(func() { x.OtherAPI = live.Other(ctx, t.Writer.Site) })
	look(func() { x.Witness = live.Witness(ctx) })
	if t.Replica != (engine.Member{}) {
		look(func() { x.Replica = live.Instance(ctx, t.Replica) })
	}
	if p.checked.IsZero() || p.Now().Sub(p.checked) >= checkEvery {
		p.checked = p.Now()
		x.Readiness = o.readiness(ctx, look)
	}
	p.pause(longest)
	return x
}

// databases is what the two servers say.
func (o observer) databases(x *engine.Samples, t engine.Target) {
	p, w := o.p, o.p.w
	from := p.Now()
	silent := func() decide.Sample {
		return decide.Sample{From: from, At: from.Add(3 * time.Second), Class: decide.ClassTimeout}
	}
	answer := decide.Sample{From: from, At: from.Add(200 * time.Millisecond), Class: decide.ClassOK}
	p.ahead = 200 * time.Millisecond
	reached := w.writable()
	if t.Writer.Site != engine.SiteReplica {
		reached = w.primaryUp() && w.up(peering)
	}
	if x.SQL = answer; !reached {
		x.SQL, p.ahead = silent(), 3*time.Second
	}
	if t.Writer.Site == engine.SiteReplica {
		return
	}
	if reached && t.Heartbeat != nil {
		h := *t.Heartbeat
		h.LSN = w.pg.lsn
		x.Acked = &h
	}
	o.standby(x, answer)
}

// standby is what the replica says of itself.
func (o observer) standby(x *engine.Samples, answer decide.Sample) {
	p, w := o.p, o.p.w
	x.WAL = answer
	x.WAL.Class = decide.ClassReplicaSilent
	if !w.up(replicaSQL) {
		return
	}
	heard := w.pg.receivedAt.Add(p.skew)
	x.WAL.Heard, x.WAL.Class = heard, decide.ClassStreaming
	if answer.At.Sub(heard) > 15*time.Second {
		x.WAL.Class = decide.ClassStale
	}
	lsn := w.pg.lsn
	x.Standby = &engine.Standby{
		InRecovery: !w.writable(), ReplayLSN: lsn, ReceiveLSN: lsn, EndLSN: lsn, MessageAt: heard, ReplayedCommitAt: heard,
	}
	if behind := w.pg.behind(); behind > 0 {
		x.Standby.ReplayedCommitAt, x.Standby.EndLSN = heard.Add(-behind), lsn+1
	}
}

// readiness reads the facts and has them judged. The permissions, which are
// asked for in many goroutines, have tests of their own.
func (o observer) readiness(ctx context.Context, look func(func())) *decide.Readiness {
	p, read, c := o.p, o.p.aws.Readiness, o.p.w.aws.config
	top := awsapi.Topology(c)
	var f readiness.Facts
	look(func() { f.Primary.Value, f.Primary.Err = read.Database(ctx, top.Primary) })
	look(func() { f.Replica.Value, f.Replica.Err = read.Database(ctx, top.Replica) })
	look(func() { f.PrimarySecret.Value, f.PrimarySecret.Err = read.PrimarySecret(ctx) })
	look(func() { f.RegionalSecret.Value, f.RegionalSecret.Err = read.RegionalSecret(ctx) })
	look(func() { f.HealthCheck.Value, f.HealthCheck.Err = read.HealthCheck(ctx) })
	look(func() { f.Alarm.Value, f.Alarm.Err = read.Alarm(ctx) })
	look(func() { f.Records.Value, f.Records.Err = read.Records(ctx) })
	look(func() { f.Fence.Value, f.Fence.Err = read.Fence(ctx) })
	for _, at := range []struct {
		site       engine.Site
		db         readiness.Fact[facts.Database]
		parameters *readiness.Fact[map[string]facts.Parameter]
		key        *readiness.Fact[facts.Key]
	}{
		{engine.SitePrimary, f.Primary, &f.PrimaryParameters, &f.PrimaryKey},
		{engine.SiteReplica, f.Replica, &f.ReplicaParameters, &f.ReplicaKey},
	} {
		if at.parameters.Err, at.key.Err = at.db.Err, at.db.Err; at.db.Err != nil {
			continue
		}
		look(func() {
			at.parameters.Value, at.parameters.Err = read.Parameters(ctx, at.site, at.db.Value.ParameterGroup)
		})
		look(func() { at.key.Value, at.key.Err = read.Key(ctx, at.db.Value.KeyARN) })
	}
	failing := readiness.Failing(readiness.Assess(f, readiness.Expected{
		Environment: c.Environment, MetricNamespace: c.MetricNamespace, BackupRetentionDays: c.Database.BackupRetentionDays,
		DeletionProtection: c.Database.DeletionProtection, ReplicaRegion: c.Replica.Region, HealthCheckID: c.DNS.HealthCheckID,
		AlarmName: c.ActiveWriterAlarm, TTL: c.DNS.TTL, PrimaryEndpoint: c.Primary.Endpoint, ReplicaEndpoint: c.Replica.Endpoint,
	}))
	return &decide.Readiness{Green: len(failing) == 0, Failing: failing, At: p.Now()}
}
