package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guardclient"
	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/sim"
)

// guardActions are what is done to the guard, or told it.
func guardActions() map[string]action {
	return map[string]action{
		"command": {takes: []string{"event"}, says: "an operator sends {event}", do: func(ctx context.Context, s *stage, a arguments) error {
			return s.command(ctx, a["event"])
		}},
		"hint":          {takes: []string{"times"}, says: "{times} hints at once", do: hint},
		"kill-guard-at": plain("the guard will be killed at {steps}", func(s *stage, a arguments) { s.killAt(strings.Split(a["steps"], ",")) }, "steps"),
		"limit-guard": {takes: []string{"seconds"}, says: "the guard's time-out becomes {seconds} s", do: func(_ context.Context, s *stage, a arguments) error {
			n, err := strconv.Atoi(a["seconds"])
			if err != nil {
				return fmt.Errorf("seconds: found %q, want a number: %w", a["seconds"], errAction)
			}
			return s.world.Cloud.SetAttribute("aws_lambda_function", s.at().home, functionName(s.at().function), "timeout", n)
		}},
		"duplicate-messages": plain("SNS delivers everything twice", func(s *stage, _ arguments) { s.world.Duplicate(true) }),
		"deliver-once":       plain("SNS delivers once", func(s *stage, _ arguments) { s.world.Duplicate(false) }),
	}
}

// functionName is the last part of a function's ARN.
func functionName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// command sends the guard a command as drctl writes it, and notes what the guard
// refuses.
func (s *stage) command(ctx context.Context, text string) error {
	order := event.Parse([]byte(text), s.at().environment)
	if order.Kind != event.Order {
		return fmt.Errorf("event: found %s, want a command: %w", text, errAction)
	}
	written, err := guardclient.Event(order.Command)
	if err != nil {
		return err
	}
	a, err := s.ask(ctx, string(written))
	if a.Refusal != nil {
		s.record.refuse(string(a.Refusal.Name), s.world.Clock.Now())
	}
	return err
}

// ask sends the guard a command and notes nothing.
func (s *stage) ask(ctx context.Context, text string) (a command.Answer, err error) {
	raw, err := s.world.Invoke(ctx, s.at().function, []byte(text))
	if err != nil {
		return a, fmt.Errorf("invoke the guard: %w", err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("read the guard's answer: %w", err)
	}
	return a, nil
}

// armWithin bounds the time until the guard takes the order to arm.
const armWithin = 15 * time.Minute

// arm orders the guard to arm as soon as all is green: waiting the ten minutes
// after which it does so by itself would show nothing.
func (s *stage) arm(ctx context.Context) error {
	s.tell(s.world.Clock.Now(), report.LaneGuard, "is made ready and armed")
	until := s.world.Clock.Now().Add(armWithin)
	why := ""
	for s.world.Clock.Now().Before(until) {
		a, err := s.ask(ctx, `{"action":"arm","by":"drill"}`)
		switch {
		case err != nil:
			why = err.Error()
		case a.Refusal == nil:
			return nil
		default:
			why = a.Refusal.Reason
		}
		if err := s.world.Clock.Sleep(ctx, 10*time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the guard does not arm within %s: %s", armWithin, why)
}

// calmWithin bounds the wait for alarms to end that went off before the guard
// had prepared the database: one that stands already cannot go off.
const calmWithin = 10 * time.Minute

// calm waits until no alarm of a fault stands. One that stands for longer is not
// of the guard's making ready, and the drill goes on beside it.
func (s *stage) calm(ctx context.Context) {
	_ = s.poll(ctx, calmWithin, func() bool {
		return !slices.ContainsFunc(s.world.Cloud.Resources(alarms.Type), func(r sim.Resource) bool {
			name := r.Attrs.Str("alarm_name")
			return isFault(name) && s.world.Alarms.State(r.Region, name) == alarms.Alarm
		})
	})
}

// hint has an alarm of the guard's region go off several times at once: what
// wires it to the guard is what was applied.
func hint(_ context.Context, s *stage, a arguments) error {
	n, err := strconv.Atoi(a["times"])
	if err != nil || n < 1 {
		return fmt.Errorf("times: found %q, want a number: %w", a["times"], errAction)
	}
	for _, r := range s.world.Cloud.Resources(alarms.Type) {
		actions := r.Attrs.Strings("alarm_actions")
		if r.Region != s.at().home || len(actions) == 0 || r.Attrs.Str("namespace") != contract.NamespaceRDS {
			continue
		}
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				s.world.Topics.OnAlarm(alarms.Action{
					AlarmARN: r.ARN(), Region: r.Region, Name: r.Attrs.Str("alarm_name"), Old: alarms.OK, New: alarms.Alarm,
					Reason: "drill", ActionARN: actions[0], At: s.world.Clock.Now(), Attrs: r.Attrs, Configured: r.Created,
				})
			})
		}
		all.Wait()
		return nil
	}
	return fmt.Errorf("no alarm in %s tells anybody: %w", s.at().home, errAction)
}

// told are the subjects of what people were sent, in its order.
func (s *stage) told() []string {
	var all []string
	for _, m := range s.world.AWS.Messages() {
		if !slices.Contains(all, m.Subject) && !m.At.Before(s.record.began) {
			all = append(all, m.Subject)
		}
	}
	return all
}

// watchEvery is the pause between a drill's looks at the guard's record, in the
// machine's time: a step can be short.
const watchEvery = 10 * time.Millisecond

// watch notes what the guard's record says, again and again after a pause of the
// machine's time, until the context ends.
func (s *stage) watch(ctx context.Context, every time.Duration) {
	for ctx.Err() == nil {
		if s.at().table != "" {
			s.record.observe(s.ledger(), s.world.Clock.Now())
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// ledger is the guard's record; empty where there is none.
func (s *stage) ledger() engine.State {
	l, _, err := readLedger(s.world.Cloud, s.at().home, s.at().table)
	if err != nil {
		return engine.State{} // there is no table, or none yet
	}
	return l
}
