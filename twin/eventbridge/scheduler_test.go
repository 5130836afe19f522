package eventbridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/twin/eventbridge"
	"github.com/pgdr/pgdr/twin/lambda"
	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/simclock"
)

const golden = "../../stacks/testdata/golden"

// receiver stands for Lambda: it takes events, or refuses them.
type receiver struct {
	mu     sync.Mutex
	err    error
	tries  []time.Duration
	events []string
	from   lambda.Caller
	begun  time.Time
}

func (l *receiver) Send(from lambda.Caller, _ string, payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries = append(l.tries, time.Since(l.begun))
	if l.err != nil {
		return l.err
	}
	l.from = from
	l.events = append(l.events, string(payload))
	return nil
}

func (l *receiver) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *receiver) taken() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// seconds after which Lambda was tried.
func (l *receiver) seconds() []float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []float64
	for _, d := range l.tries {
		out = append(out, d.Seconds())
	}
	return out
}

// world is an applied account in a bubble, whose rules run.
type world struct {
	*eventbridge.Scheduler
	t       *testing.T
	account *lambdatest.Account
	lambda  *receiver
	lost    sync.Map
}

var (
	rule   = lambdatest.With("name", lambdatest.Rule)
	target = lambdatest.With("rule", lambdatest.Rule)
)

const (
	typeRule   = "aws_cloudwatch_event_rule"
	typeTarget = "aws_cloudwatch_event_target"
)

func bubble(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock, err := simclock.New(time.Now(), time.Now(), 1)
		require.NoError(t, err)
		w := &world{t: t, account: lambdatest.Apply(t, golden, clock), lambda: &receiver{begun: time.Now()}}
		w.Scheduler, err = eventbridge.New(eventbridge.Options{
			Cloud: w.account.Cloud, Clock: clock, Lambda: w.lambda, Down: func(region string) bool { _, lost := w.lost.Load(region); return lost },
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		test(w)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// pass lets minutes pass, and a second more.
func pass(minutes int) {
	time.Sleep(time.Duration(minutes)*time.Minute + time.Second)
	synctest.Wait()
}

// reasons of all firings.
func (w *world) reasons() []eventbridge.Reason {
	var out []eventbridge.Reason
	for _, f := range w.Firings() {
		out = append(out, f.Reason)
	}
	return out
}

func TestRun_GivesTheGuardATickEachMinute(t *testing.T) {
	bubble(t, func(w *world) {
		pass(3)
		require.Equal(w.t, []float64{60, 120, 180}, w.lambda.seconds())
		require.Equal(w.t, lambda.Caller{Service: "events.amazonaws.com", SourceARN: lambdatest.RuleARN}, w.lambda.from)
		var got map[string]any
		require.NoError(w.t, json.Unmarshal([]byte(w.lambda.taken()[0]), &got))
		require.NotEmpty(w.t, got["id"])
		delete(got, "id")
		require.Equal(w.t, map[string]any{
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012", "time": "2000-01-01T00:01:00Z",
			"region": "eu-west-1", "resources": []any{lambdatest.RuleARN}, "detail": map[string]any{},
		}, got)
		require.Equal(w.t, event.Tick, event.Parse([]byte(w.lambda.taken()[0]), "dev").Kind)
		f := w.Firings()[2]
		require.Equal(w.t, eventbridge.Delivered, f.Outcome)
		require.Equal(w.t, "guard", f.Target)
		require.Equal(w.t, 3*time.Minute, f.Due.Sub(w.lambda.begun))
	})
}

func TestRun_RunsARuleThatIsMadeLaterFromItsMakingOn(t *testing.T) {
	bubble(t, func(w *world) {
		time.Sleep(10 * time.Second)
		w.account.Create(typeRule, lambdatest.Home, map[string]any{"name": "other", "schedule_expression": "rate(2 minutes)"})
		w.account.Create(typeTarget, lambdatest.Home, map[string]any{"rule": "other", "target_id": "t", "arn": lambdatest.ARN, "input": `{"action":"status"}`})
		pass(4)
		require.Equal(w.t, []float64{60, 120, 130, 180, 240, 250}, w.lambda.seconds())
		require.Equal(w.t, `{"action":"status"}`, w.lambda.taken()[2], "a constant input replaces the event")
	})
}

func TestRun_RunsNothingOfADisabledRule(t *testing.T) {
	bubble(t, func(w *world) {
		pass(1)
		w.account.Set(typeRule, rule, sim.Attrs{"state": "DISABLED"})
		pass(5)
		require.Len(w.t, w.lambda.taken(), 1)
		w.account.Set(typeRule, rule, sim.Attrs{"state": "ENABLED"})
		pass(1)
		require.Len(w.t, w.lambda.taken(), 2)
	})
}

func TestRun_RunsNothingInALostRegionAndMakesNothingUp(t *testing.T) {
	bubble(t, func(w *world) {
		w.lost.Store(lambdatest.Home, true)
		pass(5)
		require.Empty(w.t, w.lambda.seconds())
		w.lost.Delete(lambdatest.Home)
		pass(1)
		require.Equal(w.t, []float64{360}, w.lambda.seconds())
		require.Len(w.t, w.Firings(), 1)
	})
}

func TestRun_EndsWithTheRule(t *testing.T) {
	bubble(t, func(w *world) {
		pass(1)
		w.account.Remove(typeRule, rule)
		pass(5)
		require.Len(w.t, w.lambda.taken(), 1)
	})
}

func TestRun_NamesWhyATargetDidNotGetItsEvent(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(w *world)
		reason eventbridge.Reason
	}{
		"no target":             {func(w *world) { w.account.Remove(typeTarget, target) }, eventbridge.NoTarget},
		"of another rule":       {func(w *world) { w.account.Set(typeTarget, target, sim.Attrs{"rule": "other"}) }, eventbridge.NoTarget},
		"a topic":               {func(w *world) { w.account.Set(typeTarget, target, sim.Attrs{"arn": lambdatest.Notices}) }, eventbridge.TargetUnsupported},
		"no permission":         {func(w *world) { w.lambda.refuse(lambda.ErrNotPermitted) }, eventbridge.PermissionMissing},
		"no function":           {func(w *world) { w.lambda.refuse(lambda.ErrNoFunction) }, eventbridge.FunctionMissing},
		"not available":         {func(w *world) { w.lambda.refuse(lambda.ErrUnavailable) }, eventbridge.TargetUnavailable},
		"refused for no reason": {func(w *world) { w.lambda.refuse(errors.New("out of order")) }, eventbridge.TargetRefused},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c.spoil(w)
				pass(1)
				require.Equal(t, []eventbridge.Reason{c.reason}, w.reasons())
				f := w.Firings()[0]
				require.Equal(t, eventbridge.Undelivered, f.Outcome, "the target's retry policy: none")
				require.NotEmpty(t, f.Detail)
			})
		})
	}
}

func (w *world) policy(values sim.Attrs) {
	w.account.Set(typeTarget, target, sim.Attrs{"retry_policy": []sim.Attrs{values}})
}

func TestRun_RetriesAsTheTargetSays(t *testing.T) {
	for name, c := range map[string]struct {
		policy sim.Attrs
		want   []float64
	}{
		"twice":      {sim.Attrs{"maximum_retry_attempts": 2, "maximum_event_age_in_seconds": 3600}, []float64{60, 61, 63}},
		"for 10 s":   {sim.Attrs{"maximum_retry_attempts": 100, "maximum_event_age_in_seconds": 10}, []float64{60, 61, 63, 67}},
		"none given": {sim.Attrs{"maximum_event_age_in_seconds": 60}, []float64{60, 61, 63, 67, 75, 91}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.policy(c.policy)
				w.lambda.refuse(lambda.ErrUnavailable)
				pass(1)
				w.account.Set(typeRule, rule, sim.Attrs{"state": "DISABLED"})
				pass(60)
				require.Equal(t, c.want, w.lambda.seconds())
				all := w.Firings()
				require.Equal(t, eventbridge.Waiting, all[0].Outcome)
				require.Equal(t, eventbridge.Undelivered, all[1].Outcome)
				require.Len(t, all, 2)
			})
		})
	}
}

func TestRun_DeliversAtARetry(t *testing.T) {
	bubble(t, func(w *world) {
		w.policy(sim.Attrs{"maximum_retry_attempts": 5, "maximum_event_age_in_seconds": 3600})
		w.lambda.refuse(lambda.ErrUnavailable)
		pass(1)
		w.lambda.refuse(nil)
		w.lost.Store(lambdatest.Home, true)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Empty(w.t, w.lambda.taken(), "nothing is tried while the region is lost")
		w.lost.Delete(lambdatest.Home)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(w.t, w.lambda.taken(), 1)
		require.Equal(w.t, eventbridge.Delivered, w.Firings()[1].Outcome)
	})
}

func TestUnsupported_NamesRulesAndTargets(t *testing.T) {
	bubble(t, func(w *world) {
		require.NoError(w.t, w.Unsupported())
		w.account.Create(typeRule, lambdatest.Away, map[string]any{"name": "nightly", "schedule_expression": "cron(0 3 * * ? *)"})
		w.account.Create(typeRule, lambdatest.Away, map[string]any{"name": "pattern", "event_pattern": `{"source":["aws.rds"]}`})
		w.account.Create(typeRule, lambdatest.Away, map[string]any{"name": "aeon", "schedule_expression": "rate(99999 days)"})
		w.account.Set(typeTarget, target, sim.Attrs{"input_path": "$.detail"})
		err := w.Unsupported()
		require.ErrorIs(w.t, err, eventbridge.ErrUnsupported)
		for _, what := range []string{"rule nightly in us-east-1: schedule_expression", "rule pattern in us-east-1: event_pattern", "rule aeon", "target guard of rule failover-schedule-dev in eu-west-1: input_path"} {
			require.ErrorContains(w.t, err, what)
		}
		w.account.Set(typeTarget, target, sim.Attrs{"input_path": "", "dead_letter_config": []sim.Attrs{{"arn": "arn:aws:sqs:eu-west-1:123456789012:q"}}})
		require.ErrorContains(w.t, w.Unsupported(), "dead_letter_config")
	})
}

func TestNew_NamesWhatIsMissing(t *testing.T) {
	_, err := eventbridge.New(eventbridge.Options{})
	require.ErrorContains(t, err, "cloud, clock, lambda")
}
