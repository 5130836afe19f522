package guardclient

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// golden compares a text with testdata/<name>.
func golden(t *testing.T, name, got string) {
	t.Helper()
	docpage.File(t, filepath.Join("testdata", name+".txt"), got)
}

var (
	prod = Target{Environment: "prod", Region: "eu-west-1", Account: "123456789012", Flags: []string{"-e", "prod"}}
	at   = time.Date(2026, 11, 23, 3, 12, 45, 0, time.UTC)

	primary = engine.Member{Site: engine.SitePrimary, Identifier: "primary-db-prod", ResourceID: "db-PRIMARY"}
	replica = engine.Member{Site: engine.SiteReplica, Identifier: "replica-db-prod", ResourceID: "db-REPLICA"}
)

func ago(d time.Duration) time.Time { return at.Add(-d) }

func answering(class decide.Class, age time.Duration) decide.Path {
	return decide.Path{LastSample: ago(age), LastPositive: ago(age), Class: class}
}

func silent(class decide.Class, since, age time.Duration) decide.Path {
	return decide.Path{LastSample: ago(age), LastPositive: ago(since + time.Second), SilentSince: ago(since), Class: class}
}

// healthy is a quiet night.
func healthy() engine.View {
	return engine.View{
		State: engine.State{
			Version: 4711, Epoch: 2, Writer: primary, Replica: replica,
			Arming: decide.Arming{ArmedFor: "db-PRIMARY", ArmedAt: ago(70 * time.Hour)},
			Watch: engine.Watch{
				SQL: answering(decide.ClassOK, 3*time.Second), WAL: answering(decide.ClassStreaming, 3*time.Second),
				RDSAPI: answering(decide.ClassOK, 12*time.Second), OtherAPI: answering(decide.ClassOK, 12*time.Second), Witness: answering(decide.ClassOK, 12*time.Second),
				Primary: decide.Primary{ResourceID: "db-PRIMARY", Status: "available", StatusAt: ago(12 * time.Second)},
				Replica: decide.Replica{ResourceID: "db-REPLICA", Exists: true, IsReplica: true, Status: "available", StatusAt: ago(12 * time.Second)},
			},
		},
		Decision: decide.Decision{
			Verdict: decide.Nothing, Evidence: decide.EvidenceAlive, At: at,
			Refusals: []refusal.Refusal{refusal.New(refusal.PrimaryAlive, "the primary answers SQL and takes writes")},
			Loss:     decide.Loss{Known: true, Lower: 0, Upper: 4200 * time.Millisecond, Bytes: 512},
		},
	}
}

// darkRegion is a night on which the primary's region is silent.
func darkRegion(verdict decide.Verdict, refusals ...refusal.Refusal) engine.View {
	v := healthy()
	w := &v.State.Watch
	w.SQL, w.WAL = silent(decide.ClassTimeout, 100*time.Second, 4*time.Second), silent(decide.ClassStale, 98*time.Second, 4*time.Second)
	w.RDSAPI, w.OtherAPI = silent(decide.ClassTimeout, 95*time.Second, 4*time.Second), silent(decide.ClassTimeout, 95*time.Second, 4*time.Second)
	v.Decision = decide.Decision{
		Verdict: verdict, Evidence: decide.EvidenceSilent, At: at, Since: ago(95 * time.Second), Until: at.Add(25 * time.Second),
		Refusals: refusals, Loss: decide.Loss{Known: true, Lower: 1500 * time.Millisecond, Upper: 6 * time.Second, Bytes: 90210},
	}
	return v
}

// failover is one that has got as far as the step, and took ten seconds for
// each before it.
func failover(step engine.Step) *engine.Failover {
	f := &engine.Failover{
		ID: "failover-3-20261123T031245Z", Epoch: 3, Step: step, From: primary, To: replica, ClaimedAt: at, Deadline: at.Add(15 * time.Minute),
		Decision: darkRegion(decide.Promote).Decision, Times: map[engine.Step]time.Time{},
	}
	for i, s := range order[:slices.Index(order, step)] {
		f.Times[s] = at.Add(time.Duration(i) * 10 * time.Second)
	}
	return f
}

// fake is a guard that answers from a script.
type fake struct {
	mu      sync.Mutex
	asked   []string
	repeats []bool
	// order is how the context of an order stood when it was answered.
	order error
	// answer is what a command is answered with.
	answer func(c event.Command) (command.Answer, error)
}

func (f *fake) orderEnded() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.order
}

func (f *fake) Invoke(ctx context.Context, raw []byte, again bool) ([]byte, error) {
	e := event.Parse(raw, "prod")
	f.mu.Lock()
	f.asked, f.repeats = append(f.asked, string(raw)), append(f.repeats, again)
	f.mu.Unlock()
	if e.Kind != event.Order {
		return json.Marshal(command.Answer{Action: "ignored", Refusal: e.Refusal})
	}
	a, err := f.answer(e.Command)
	if e.Command.Action == event.Failover {
		f.mu.Lock()
		f.order = ctx.Err()
		f.mu.Unlock()
	}
	if err != nil {
		return nil, err
	}
	a.Action = string(e.Command.Action)
	return json.Marshal(a)
}

// operatorOf is a person before a guard.
func operatorOf(answer func(c event.Command) (command.Answer, error)) (*Operator, *fake, *bytes.Buffer) {
	f, out := &fake{answer: answer}, &bytes.Buffer{}
	return &Operator{Target: prod, Invoker: f, Out: out, By: "ann"}, f, out
}

// always answers every command with the same.
func always(a command.Answer) func(event.Command) (command.Answer, error) {
	return func(event.Command) (command.Answer, error) { return a, nil }
}

func refuse(name refusal.Name, reason string) *refusal.Refusal {
	r := refusal.New(name, "%s", reason)
	return &r
}
