package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// call is one call of a port: it takes time, may not get through, may be
// refused, and may have its effect without anyone hearing of it.
func (p *proc) call(ctx context.Context, path, op string, effect func() error) error {
	w := p.w
	if w.cut[path] {
		// Nothing answers: the caller waits as long as it is willing to.
		if end, ok := ctx.Deadline(); ok {
			p.pause(end.Sub(p.Now()))
		}
		return fmt.Errorf("%s: %w", op, ErrSilent)
	}
	p.kill(op, false)
	p.pause(w.between(10*time.Millisecond, 300*time.Millisecond))
	if err := p.stopped(ctx, path, op); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err := effect()
	p.kill(op, true)
	p.pause(w.between(10*time.Millisecond, 100*time.Millisecond))
	if ctx.Err() != nil || w.deaf[op] || w.chance(w.flaky/4) {
		err = ErrSilent // The answer is lost.
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// kill lets a test end the process at this call.
func (p *proc) kill(op string, after bool) {
	if p.w.onEffect != nil && p.w.onEffect(p, op, after) {
		panic(crashed{})
	}
}

// stopped is why a call has no effect, if it has none.
func (p *proc) stopped(ctx context.Context, path, op string) error {
	w := p.w
	switch {
	case w.cut[path] || ctx.Err() != nil:
		return ErrSilent
	case w.denied[op]:
		return ErrDenied
	case w.chance(w.flaky / 2):
		return ErrThrottled
	case w.chance(w.flaky / 4):
		w.upSince[path] = w.now // To the caller the path was down.
		return ErrSilent
	default:
		return nil
	}
}

// acts checks what must hold at every change of the database or the network.
func (p *proc) acts(op string) {
	if l := p.w.ledger.state.Lease; !p.w.skewed && l.Owner != p.name {
		p.w.fail("%s does %s while the lease is %q's", p.name, op, l.Owner)
	}
}

type modelLedger struct{ *proc }

func (l modelLedger) Read(ctx context.Context) (State, error) {
	var got State
	err := l.call(ctx, "ledger", "ledger-read", func() error { got = l.w.ledger.state.Clone(); return nil })
	return got, err
}

func (l modelLedger) Write(ctx context.Context, s State) error {
	return l.call(ctx, "ledger", "ledger-write", func() error {
		old := l.w.ledger.state
		if old.Version != s.Version {
			return ErrConflict
		}
		s = s.Clone()
		s.Version++
		l.w.ledger.state = s
		l.w.checkTransition(old, s)
		return nil
	})
}

func (l modelLedger) Append(ctx context.Context, _ Entry) error {
	return l.call(ctx, "ledger", "journal", func() error { return nil })
}

func (l modelLedger) History(context.Context, int) ([]Entry, error) { return nil, nil }

type modelPromoter struct{ *proc }

func (m modelPromoter) path(x Member) string {
	if x.Identifier == modelTopology.Primary.Identifier {
		return "region-api"
	}
	return "rds-local"
}

func (m modelPromoter) Inspect(ctx context.Context, x Member) (Instance, error) {
	var i Instance
	err := m.call(ctx, m.path(x), "inspect", func() error {
		t := m.w.instance(x)
		if !t.exists {
			return ErrNotFound
		}
		i = t.seen()
		return nil
	})
	return i, err
}

func (w *world) instance(x Member) *truth {
	if x.Identifier == modelTopology.Primary.Identifier {
		return &w.primary
	}
	return &w.replica
}

func (t truth) seen() Instance {
	return Instance{Exists: t.exists, ResourceID: t.id, Status: t.status, IsReplica: t.isReplica, RecoveryAt: t.recoveryAt}
}

func (m modelPromoter) Promote(ctx context.Context, _ Member) error {
	return m.call(ctx, "rds-local", "promote", func() error {
		w := m.w
		m.acts("promote")
		r := &w.replica
		switch {
		case !r.isReplica:
			return ErrNotReplica
		case r.status != "available" || !r.promoteAt.IsZero():
			return ErrBusy
		}
		w.checkPromotion()
		if w.swallow > 0 {
			w.swallow--
			return nil
		}
		if w.muteRDS > 0 {
			w.during(w.now, w.muteRDS, "rds-local")
		}
		w.sent = true
		w.promotions++
		r.promoteAt = w.now
		r.visibleAt = w.now.Add(w.between(0, 20*time.Second))
		r.doneAt = r.visibleAt.Add(w.between(20*time.Second, 4*time.Minute))
		r.writableAt = r.doneAt.Add(w.between(-10*time.Second, 15*time.Second))
		return nil
	})
}

type modelProver struct{ *proc }

func (m modelProver) Prove(ctx context.Context, _ Member) (Proof, error) {
	var got Proof
	err := m.call(ctx, "replica-sql", "prove", func() error {
		if !m.w.writable() {
			return ErrBusy
		}
		got = Proof{At: m.Now(), LSN: m.w.lsn, Timeline: 2}
		return nil
	})
	return got, err
}

type modelFencer struct{ *proc }

func (m modelFencer) Fence(ctx context.Context, _ Member) error {
	m.w.fenceTry = m.w.now
	m.w.fenceTries++
	first := m.w.fenceTries == 1
	return m.call(ctx, "ec2", "fence", func() error {
		m.acts("fence")
		m.w.checkFence(first)
		m.w.setFence(true)
		return nil
	})
}

func (m modelFencer) Unfence(ctx context.Context, _ Member) error {
	return m.call(ctx, "ec2", "unfence", func() error {
		m.acts("unfence")
		if m.w.sent {
			m.w.fail("un-fenced after a promotion was sent")
		}
		m.w.setFence(false)
		return nil
	})
}

func (m modelFencer) Fenced(ctx context.Context, _ Member) (bool, error) {
	var holds bool
	err := m.call(ctx, "ec2", "fenced", func() error { holds = m.w.fence.holds; return nil })
	return holds, err
}

func (w *world) setFence(on bool) {
	if w.fence.rule != on {
		w.fence.rule, w.fence.settles = on, w.now.Add(w.between(0, 12*time.Second))
	}
}

type modelSwitcher struct{ *proc }

func (m modelSwitcher) Agrees(ctx context.Context, x Member) (bool, error) {
	var agrees bool
	err := m.call(ctx, "route53", "weights-read", func() error { agrees = m.w.dns.weights == x.Site; return nil })
	return agrees, err
}

func (m modelSwitcher) SetWeights(ctx context.Context, x Member) error {
	return m.call(ctx, "route53", "weights", func() error {
		m.acts("weights")
		m.w.checkSwitch(x.Site)
		m.w.dns.weights = x.Site
		return nil
	})
}

type modelMetrics struct{ *proc }

func (m modelMetrics) Put(ctx context.Context, _ time.Time, values map[Metric]float64) error {
	return m.call(ctx, "metrics", "metrics", func() error {
		v, ok := values[ActiveWriter]
		if !ok {
			return nil
		}
		if v == 1 {
			m.w.checkSwitch(SiteReplica)
		}
		if bucket := m.w.now.Truncate(time.Minute); bucket.After(m.w.dns.bucket) {
			m.w.dns.bucket, m.w.dns.metric = bucket, v
		}
		m.w.dns.metric = max(m.w.dns.metric, v)
		return nil
	})
}

type modelPosture struct{ *proc }

func (m modelPosture) Restore(ctx context.Context, _ Member) error {
	return m.call(ctx, "rds-local", "restore", func() error { m.acts("restore"); m.w.replica.postured = true; return nil })
}

func (m modelPosture) DetachSecret(ctx context.Context) error {
	return m.call(ctx, "rds-local", "detach", func() error { m.acts("detach"); m.w.replica.secretAlone = true; return nil })
}

func (m modelPosture) Stop(ctx context.Context, _ Member) error {
	return m.call(ctx, "region-api", "stop", func() error {
		m.acts("stop")
		if m.w.replica.isReplica {
			return ErrHasReplicas
		}
		m.w.primary.stopped = true
		return nil
	})
}

type modelNotifier struct{ *proc }

func (m modelNotifier) Notify(ctx context.Context, n Notice) error {
	return m.call(ctx, "notify", "notify", func() error { m.w.notices = append(m.w.notices, n); return nil })
}

type modelObserver struct{ *proc }

// Sample looks at all paths. What is silent costs time, but not the others'
// answers.
func (m modelObserver) Sample(_ context.Context, t Target) Samples {
	w := m.w
	from := m.Now()
	took := 300 * time.Millisecond
	if w.cut["peering"] || w.cut["region-api"] || w.cut["witness"] || !w.primary.alive {
		took = 3 * time.Second
	}
	m.pause(took)
	at := m.Now()
	look := func(up bool, yes, no decide.Class) decide.Sample {
		s := decide.Sample{From: from, At: at, Class: yes}
		if !up {
			s.Class = no
		}
		return s
	}
	x := Samples{
		Witness:  look(w.up("witness"), decide.ClassOK, decide.ClassTimeout),
		RDSAPI:   look(w.up("region-api"), decide.ClassOK, decide.ClassTimeout),
		OtherAPI: look(w.up("ec2"), decide.ClassOK, decide.ClassTimeout),
	}
	if t.Writer.Site == SiteReplica {
		x.SQL = look(w.writable(), decide.ClassOK, decide.ClassTimeout)
		return x
	}
	x.SQL = look(w.primary.alive && w.up("peering"), decide.ClassOK, decide.ClassTimeout)
	if x.SQL.Class == decide.ClassOK && t.Heartbeat != nil {
		h := *t.Heartbeat
		h.LSN = w.lsn
		x.Acked = &h
	}
	m.local(&x, from, at)
	x.Readiness = &decide.Readiness{Green: true, At: at}
	return x
}

// local is what the guard learns in its own region, and from RDS.
func (m modelObserver) local(x *Samples, from, at time.Time) {
	w := m.w
	if w.up("region-api") {
		i := w.primary.seen()
		if !i.RecoveryAt.IsZero() {
			i.RecoveryAt = i.RecoveryAt.Add(m.skew)
		}
		x.Writer = &i
	}
	if w.up("rds-local") {
		i := w.replica.seen()
		x.Replica = &i
	}
	x.WAL = decide.Sample{From: from, At: at, Class: decide.ClassReplicaSilent}
	if !w.up("replica-sql") {
		return
	}
	heard := w.receivedAt.Add(m.skew)
	x.WAL.Heard, x.WAL.Class = heard, decide.ClassStreaming
	if at.Sub(heard) > 15*time.Second {
		x.WAL.Class = decide.ClassStale
	}
	x.Standby = &Standby{
		InRecovery: w.replica.inRecovery, ReplayLSN: w.lsn, ReceiveLSN: w.lsn, EndLSN: w.lsn, MessageAt: heard,
		ReplayedCommitAt: heard,
	}
	if behind := w.behind(); behind > 0 {
		x.Standby.ReplayedCommitAt, x.Standby.EndLSN = heard.Add(-behind), w.lsn+1
	}
}
