package engine

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
)

// publish puts all gauges, twice a minute, from the ledger as it was just read
// and written. Without that it is not called, so that a guess about the writer
// is never published.
func (s *session) publish(ctx context.Context) {
	now := s.e.ports.Clock.Now()
	if !s.published.IsZero() && now.Sub(s.published) < publishEvery {
		return
	}
	values := s.st.gauges(now)
	maps.Copy(values, s.st.writerGauge())
	maps.Copy(values, s.st.armedGauge(now))
	if s.put(ctx, now, values) {
		s.published = now
	}
}

// writerGauge is the metric that flips DNS; nothing while the writer is not
// known.
func (s *State) writerGauge() map[contract.Metric]float64 {
	switch {
	case s.Writer.Site == SitePrimary && !s.turned():
		return map[contract.Metric]float64{contract.ActiveWriter: 0}
	case s.Writer.Site == SitePrimary, s.Writer.Site == SiteReplica:
		return map[contract.Metric]float64{contract.ActiveWriter: 1}
	default:
		return nil
	}
}

// armedGauge tells whether the guard would act, by the ledger. After a failover
// there is nothing to arm for, which Unprotected tells.
func (s *State) armedGauge(now time.Time) map[contract.Metric]float64 {
	if s.Writer.Site == SiteReplica {
		return map[contract.Metric]float64{contract.NotArmed: 0}
	}
	a := s.Arming
	armed := !a.Held && a.ArmedFor != "" && a.ArmedFor == s.Writer.ResourceID
	return map[contract.Metric]float64{contract.NotArmed: yes(!armed || s.Pause.Active(now))}
}

// gauges are those that hold without the ledger, too.
func (s *State) gauges(now time.Time) map[contract.Metric]float64 {
	w := s.Watch
	v := map[contract.Metric]float64{contract.GuardTick: 1}
	reachable := w.SQL.Answers(now)
	v[contract.PrimaryReachable] = yes(reachable)
	v[contract.PrimaryNotWritable] = yes(reachable && w.SQL.Class.Unwritable())
	v[contract.FencingOwed] = yes(s.owes(DebtFence))
	ready, known := s.replicaReady(now)
	if known {
		v[contract.ReplicaReady], v[contract.Unprotected] = yes(ready), yes(!ready)
	}
	if l := decide.EstimateLoss(s.observation(now)); l.Known && ready {
		v[contract.HeartbeatLag] = l.Upper.Seconds()
	}
	return v
}

// replicaReady: there is a replica of the writer that could take over. Where
// RDS does not tell, it is not known, and nothing is claimed either way.
func (s *State) replicaReady(now time.Time) (ready, known bool) {
	r := s.Watch.Replica
	switch {
	case s.Writer.Site == SiteReplica:
		return false, true
	case r.StatusAt.IsZero() || now.Sub(r.StatusAt) > decide.StatusFresh:
		return false, false
	default:
		return r.Exists && r.IsReplica && decide.Ready(r.Status), true
	}
}

func (s *State) owes(kind DebtKind) bool {
	_, owed := s.Debts[kind]
	return owed
}

// put publishes and tells whether that worked; the next round tries again.
func (s *session) put(ctx context.Context, at time.Time, values map[contract.Metric]float64) bool {
	c, cancel := s.bound(ctx)
	defer cancel()
	err := s.e.ports.Metrics.Put(c, at, values)
	if err != nil {
		s.e.log.Warn("publish metrics", slog.Any("error", err))
	}
	return err == nil
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
