package drill

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// killer kills the guard once in each of some steps: when it has written down
// what it is about to do there, and does not know yet that this was stored.
type killer struct {
	mu    sync.Mutex
	steps []engine.Step
	// token is that of the lease that the write before had.
	token int64
}

// intended are the steps before whose side effect the guard writes an intent.
var intended = []engine.Step{
	engine.StepFence, engine.StepPromote, engine.StepVerify, engine.StepSwitch, engine.StepPosture, engine.StepSecret, engine.StepNotify,
}

// due takes the ledger as it was just written, and returns the step at which
// the guard is to be killed now; "" for none. A step without an intent has
// begun with the first write in it that does more than take the lease.
func (k *killer) due(l engine.State) engine.Step {
	k.mu.Lock()
	defer k.mu.Unlock()
	acquired := l.Lease.Token != k.token
	k.token = l.Lease.Token
	f := l.Failover
	if f == nil || acquired {
		return ""
	}
	step := f.Step
	switch {
	case slices.Contains(k.steps, engine.StepClaim):
		step = engine.StepClaim // the first write of a failover is its claim
	case slices.Contains(intended, step) && (f.Intent == nil || f.Intent.Step != step):
		return ""
	}
	if !slices.Contains(k.steps, step) {
		return ""
	}
	k.steps = slices.DeleteFunc(k.steps, func(s engine.Step) bool { return s == step })
	return step
}

// killAt kills the guard once in each of the steps.
func (s *stage) killAt(steps []string) {
	k := &killer{}
	for _, step := range steps {
		k.steps = append(k.steps, engine.Step(step))
	}
	s.world.See(func(r api.Record) {
		if r.Service != api.DynamoDB || r.Operation != "PutItem" || r.Code != "" {
			return
		}
		step := k.due(s.ledger())
		if step == "" {
			return
		}
		says := fmt.Sprintf("is killed at %s", step)
		if err := s.world.KillGuard(s.at().function); err != nil {
			says = fmt.Sprintf("cannot be killed at %s: %v", step, err)
		} else {
			s.record.kill(string(step))
		}
		s.record.mark(s.world.Clock.Now(), report.Mark{Lane: report.LaneGuard, Text: says, Bad: true})
	})
}
