package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/drill/app"
)

// condition tells whether something holds now; word is what follows a colon.
type condition func(s *stage, word string) bool

// conditions returns what a scenario may wait for; the key is the condition's
// name.
func conditions() map[string]condition {
	return map[string]condition{
		"failed-over": func(s *stage, _ string) bool { return outcome(s.ledger()) == engine.OutcomeDone },
		"aborted":     func(s *stage, _ string) bool { return outcome(s.ledger()) == engine.OutcomeAborted },
		"fenced": func(s *stage, _ string) bool {
			l := s.ledger()
			return l.Last != nil && l.Last.Fence == engine.FenceConfirmed
		},
		"no-debts": func(s *stage, _ string) bool { l := s.ledger(); return l.Last != nil && len(l.Debts) == 0 },
		"armed":    func(s *stage, _ string) bool { return s.ledger().Arming.ArmedFor != "" },
		"step:": func(s *stage, word string) bool {
			l := s.ledger()
			return l.Failover != nil && string(l.Failover.Step) == word
		},
		"refused:": func(s *stage, word string) bool { return slices.Contains(s.record.refusals(), word) },
		"alarm:": func(s *stage, word string) bool {
			return slices.Contains(s.alarmsSince(s.record.disaster()), word)
		},
		"writes:": func(s *stage, word string) bool { return s.writes(word) },
		"moved:": func(s *stage, word string) bool {
			return s.writes(word) && s.lastServer(word) == s.at().databases[contract.RoleReplica].identifier
		},
		"applied": func(s *stage, _ string) bool { return s.survey() == nil },
	}
}

// outcome of the last failover, "" if there was none.
func outcome(l engine.State) engine.Outcome {
	if l.Last == nil {
		return ""
	}
	return l.Last.Outcome
}

// recently is how fresh an application's last write must be to say that it
// writes.
const recently = 15 * time.Second

// writes tells whether an application has had a write acknowledged lately,
// sent after the disaster.
func (s *stage) writes(id string) bool {
	now := s.world.Clock.Now()
	for _, a := range s.apps {
		log := a.Log()
		if log.ID != id || len(log.Acks) == 0 {
			continue
		}
		last := log.Acks[len(log.Acks)-1]
		return now.Sub(last.At) <= recently && last.Sent.After(s.record.disaster())
	}
	return false
}

// letWrite waits until every well-behaved application writes, or has had the time
// to: what they do in the end is not told by a moment in which the machine was
// busy.
func (s *stage) letWrite(ctx context.Context) {
	idle := func(a *app.App) bool { log := a.Log(); return !log.Sticky && !s.writes(log.ID) }
	until := s.world.Clock.Now().Add(recently)
	for slices.ContainsFunc(s.apps, idle) && s.world.Clock.Now().Before(until) && ctx.Err() == nil {
		_ = s.world.Clock.Sleep(ctx, time.Second) // the loop looks at the context
	}
}

// lastServer is the instance that acknowledged an application's last write.
func (s *stage) lastServer(id string) string {
	for _, a := range s.apps {
		if log := a.Log(); log.ID == id && len(log.Acks) > 0 {
			return log.Acks[len(log.Acks)-1].Server
		}
	}
	return ""
}

// defaultWithin bounds a wait that is not bounded.
const defaultWithin = 20 * time.Minute

// await waits until a condition holds.
func (s *stage) await(ctx context.Context, name, word string, within time.Duration) error {
	if within == 0 {
		within = defaultWithin
	}
	holds := conditions()[name]
	if err := s.poll(ctx, within, func() bool { return holds(s, word) }); err != nil {
		return fmt.Errorf("%w: %s%s", err, name, word)
	}
	return nil
}

// poll waits until something holds; its error says that it did not in time.
func (s *stage) poll(ctx context.Context, within time.Duration, holds func() bool) error {
	until := s.world.Clock.Now().Add(within)
	for !holds() {
		if s.world.Clock.Now().After(until) {
			return fmt.Errorf("not within %s", within)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
	return nil
}

// pollEvery is the pause between two looks at a condition, in the machine's
// time.
const pollEvery = 20 * time.Millisecond
