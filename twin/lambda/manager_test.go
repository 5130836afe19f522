package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim"
)

func TestReconcile_DeploysWhatIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Reconcile())
		require.Equal(t, []string{arn}, w.Functions())
		require.Len(t, w.fake.configs, 1)
		cfg := w.fake.configs[0]
		require.Equal(t, map[string]string{"PGDR_ENVIRONMENT": "dev", "AWS_ACCESS_KEY_ID": key}, cfg.Variables)
		require.Equal(t, 55*time.Second, cfg.Timeout)
		require.EqualValues(t, 256<<20, cfg.Memory)
		require.Equal(t, []string{"/bin/true"}, cfg.Command)
		require.NoError(t, w.Reconcile())
		require.Len(t, w.fake.configs, 1, "nothing has changed")
	})
}

func TestReconcile_DeploysAnewWhatWasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Reconcile())
		for i, values := range []sim.Attrs{
			{"timeout": 60}, {"memory_size": 512}, {"code_sha256": "another"},
			{"environment": []sim.Attrs{{"variables": map[string]string{"PGDR_ENVIRONMENT": "prod"}}}},
		} {
			w.account.Set(Type, lambdatest.With("arn", arn), values)
			require.NoError(t, w.Reconcile())
			require.Len(t, w.fake.configs, i+2, "%v", values)
		}
		w.extra = map[string]string{"AWS_ACCESS_KEY_ID": "another"}
		_, err := w.Invoke(t.Context(), arn, nil)
		require.NoError(t, err)
		require.Len(t, w.fake.configs, 6, "an invocation looks too")
		require.Equal(t, "prod", w.fake.configs[5].Variables["PGDR_ENVIRONMENT"])
		require.Equal(t, "another", w.fake.configs[5].Variables["AWS_ACCESS_KEY_ID"])
	})
}

func TestReconcile_EndsWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Reconcile())
		w.account.Remove(Type, lambdatest.With("arn", arn))
		require.NoError(t, w.Reconcile())
		require.True(t, w.fake.closed.Load())
		require.Empty(t, w.Functions())
	})
}

func TestReconcile_NamesTheFunctionThatHasNoProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.extra = nil
		err := w.Reconcile()
		require.ErrorIs(t, err, errNoProgram)
		require.ErrorContains(t, err, arn)
	})
}

func TestInvoke_AnswersAndMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.do = func(ctx context.Context) (lambdaruntime.Result, error) {
			time.Sleep(90 * time.Second)
			return succeed(ctx)
		}
		a, err := w.Invoke(t.Context(), arn, []byte(`{}`))
		require.NoError(t, err)
		require.JSONEq(t, `{"action":"tick"}`, string(a.Payload))
		require.Empty(t, a.FunctionError)
		require.Equal(t, w.fake.ids[0], a.RequestID)
		require.Equal(t, []float64{1}, w.points("Invocations"))
		require.Equal(t, []float64{0}, w.points("Errors"))
		require.Equal(t, []float64{0}, w.points("Throttles"))
		require.Equal(t, []float64{90_000}, w.points("Duration"))
		for _, id := range w.metrics.IDs() {
			p, _ := w.metrics.Last(id)
			require.Equal(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), p.At.UTC(), "of the begin")
		}
	})
}

func TestInvoke_WordsWhatBefellTheSandboxAsLambdaDoes(t *testing.T) {
	for name, c := range map[string]struct {
		err      error
		typ, say string
	}{
		"time":   {fmt.Errorf("invoke: %w", lambdaruntime.ErrTimedOut), "Sandbox.Timedout", "Error: Task timed out after 55.00 seconds"},
		"memory": {&lambdaruntime.ExitError{State: "signal: killed", Cause: lambdaruntime.ErrMemory}, "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"},
		"exit":   {&lambdaruntime.ExitError{State: "exit status 1"}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 1"},
		"init":   {fmt.Errorf("%w: too slow", lambdaruntime.ErrInit), "Runtime.Unknown", "too slow"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fake.do = func(context.Context) (lambdaruntime.Result, error) { return lambdaruntime.Result{}, c.err }
				a, err := w.Invoke(t.Context(), arn, nil)
				require.NoError(t, err)
				require.Equal(t, "Unhandled", a.FunctionError)
				require.Equal(t, c.typ, a.Fault.Type)
				require.Contains(t, string(a.Payload), "RequestId: "+a.RequestID)
				require.Contains(t, string(a.Payload), c.say)
				require.Equal(t, []float64{1}, w.points("Errors"))
				require.Equal(t, c.typ, w.Invocations(arn)[0].ErrorType)
			})
		})
	}
}

func TestInvoke_RefusesByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, err := w.Invoke(t.Context(), arn+"x", nil)
		require.ErrorIs(t, err, ErrNoFunction)
		w.lose(lambdatest.Home)
		_, err = w.Invoke(t.Context(), arn, nil)
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorIs(t, w.Kill(arn), ErrNoFunction, "nothing runs")
		w.regain(lambdatest.Home)
		ctx, cancel := context.WithCancel(t.Context())
		w.fake.do = func(context.Context) (lambdaruntime.Result, error) {
			cancel()
			return lambdaruntime.Result{}, ctx.Err()
		}
		_, err = w.Invoke(ctx, arn, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, ErrClosed)
	})
}

func TestKill_EndsTheSandboxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Reconcile())
		require.NoError(t, w.Kill(arn))
		require.EqualValues(t, 1, w.fake.killed.Load())
		w.KillRegion(lambdatest.Away)
		require.EqualValues(t, 1, w.fake.killed.Load())
		w.KillRegion(lambdatest.Home)
		require.EqualValues(t, 2, w.fake.killed.Load())
	})
}

func TestMeasure_PublishesNothingInALostRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fake.do = func(ctx context.Context) (lambdaruntime.Result, error) {
			w.lose(lambdatest.Home)
			return succeed(ctx)
		}
		_, err := w.Invoke(t.Context(), arn, nil)
		require.NoError(t, err)
		require.Empty(t, w.metrics.IDs())
	})
}

func TestSend_NeedsAPermissionOfTheFunction(t *testing.T) {
	sns := Caller{Service: "sns.amazonaws.com", SourceARN: lambdatest.AwayAlarms}
	permission := lambdatest.With("statement_id", "primary-alarms")
	for name, c := range map[string]struct {
		from   Caller
		change func(w *world)
		want   error
	}{
		"as applied":          {sns, func(*world) {}, nil},
		"schedule":            {Caller{"events.amazonaws.com", lambdatest.RuleARN}, func(*world) {}, nil},
		"another source":      {Caller{"sns.amazonaws.com", lambdatest.Notices}, func(*world) {}, ErrNotPermitted},
		"another service":     {Caller{"events.amazonaws.com", lambdatest.AwayAlarms}, func(*world) {}, ErrNotPermitted},
		"no permission":       {sns, func(w *world) { w.account.Remove(typePermission, permission) }, ErrNotPermitted},
		"of an alias":         {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"qualifier": "live"}) }, ErrNotPermitted},
		"of another function": {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"function_name": "other"}) }, ErrNotPermitted},
		"by ARN":              {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"function_name": arn}) }, nil},
		"of another action": {sns, func(w *world) {
			w.account.Set(typePermission, permission, sim.Attrs{"action": "lambda:GetFunction"})
		}, ErrNotPermitted},
		"from any source": {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"source_arn": ""}) }, nil},
		"of a pattern": {sns, func(w *world) {
			w.account.Set(typePermission, permission, sim.Attrs{"source_arn": "arn:aws:sns:us-east-1:*:primary-*"})
		}, nil},
		"of this account": {sns, func(w *world) {
			w.account.Set(typePermission, permission, sim.Attrs{"source_account": "123456789012"})
		}, nil},
		"of another account": {sns, func(w *world) {
			w.account.Set(typePermission, permission, sim.Attrs{"source_account": "210987654321"})
		}, ErrNotPermitted},
		"for an account":         {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"principal": "123456789012"}) }, ErrNotPermitted},
		"on an organization":     {sns, func(w *world) { w.account.Set(typePermission, permission, sim.Attrs{"principal_org_id": "o-1"}) }, ErrUnsupported},
		"function is gone":       {sns, func(w *world) { w.account.Remove(Type, lambdatest.With("arn", arn)) }, ErrNoFunction},
		"function's region lost": {sns, func(w *world) { w.lose(lambdatest.Home) }, ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c.change(w)
				err := w.Send(c.from, arn, []byte(`{}`))
				synctest.Wait()
				if c.want == nil {
					require.NoError(t, err)
					require.Len(t, w.fake.tried(), 1)
					return
				}
				require.ErrorIs(t, err, c.want)
				require.Empty(t, w.fake.tried())
			})
		})
	}
}

func TestUnsupported_NamesWhatIsNotSimulated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Unsupported())
		w.account.Set(Type, lambdatest.With("arn", arn), sim.Attrs{
			"reserved_concurrent_executions": 5, "dead_letter_config": []sim.Attrs{{"target_arn": "arn:aws:sqs:eu-west-1:123456789012:q"}},
		})
		w.configureQueue(sim.Attrs{"qualifier": "live", "destination_config": []sim.Attrs{{
			"on_success": []sim.Attrs{{"destination": lambdatest.Notices}}, "on_failure": []sim.Attrs{{"destination": "arn:aws:sqs:eu-west-1:123456789012:q"}},
		}}})
		err := w.Unsupported()
		require.ErrorIs(t, err, ErrUnsupported)
		for _, what := range []string{"reserved_concurrent_executions: found 5", "dead_letter_config", "on_success", "on_failure", `qualifier: found "live"`} {
			require.ErrorContains(t, err, what)
		}
	})
}

func TestNew_NamesWhatIsMissing(t *testing.T) {
	_, err := New(Options{})
	for _, field := range []string{"cloud", "metrics", "clock", "program", "aws"} {
		require.ErrorContains(t, err, field+": missing")
	}
}

func TestLog_KeepsWholeLinesAndForgetsOldOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Reconcile())
		log := w.fake.configs[0].Log
		say := func(text string) {
			n, err := log.Write([]byte(text))
			require.NoError(t, err)
			require.Equal(t, len(text), n)
		}
		say("{\"msg\":\"one\"}\n{\"msg\":")
		time.Sleep(time.Second)
		say("\"two\"}\n")
		got := w.Log(arn)
		require.Len(t, got, 2)
		require.Equal(t, `{"msg":"two"}`, got[1].Text)
		require.Equal(t, time.Second, got[1].At.Sub(got[0].At))
		say(strings.Repeat("x", longestLine+10) + "\n")
		require.Len(t, w.Log(arn)[2].Text, longestLine)
		for range linesKept {
			say("more\n")
		}
		require.LessOrEqual(t, len(w.Log(arn)), linesKept)
		require.Empty(t, w.Log("another"))
	})
}

func TestTell_PassesOnAPanicThatIsNoHangUp(t *testing.T) {
	require.Panics(t, func() { _, _ = inProcess{panicking{errors.New("a bug")}}.Do(request(t)) })
}
