package alarms_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
	"github.com/pgdr/pgdr/twin/simclock"
)

const home, away = "eu-west-1", "us-east-1"

// world is the project's own stacks in an account; it lives in a bubble, whose
// clock stands still while anything runs.
type world struct {
	t       *testing.T
	clock   simclock.Clock
	cloud   *sim.Cloud
	metrics *metrics.Store
	// down holds the regions that are lost; the evaluator reads it beside the test.
	down sync.Map
	told []alarms.Action
	*alarms.Evaluator
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	w := &world{t: t, clock: clock, metrics: &metrics.Store{}}
	w.cloud, err = simaws.New(sim.Options{Clock: clock, Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(t.Context(), w.cloud, "../../stacks/testdata/golden")
	require.NoError(t, err)
	w.Evaluator, err = alarms.New(alarms.Options{
		Cloud: w.cloud, Metrics: w.metrics, Clock: clock, Offset: 5 * time.Second,
		Down: w.lost, Notify: func(a alarms.Action) { w.told = append(w.told, a) },
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
	return w
}

func (w *world) lost(region string) bool {
	_, down := w.down.Load(region)
	return down
}

// pass publishes a value at the begin of each minute and lets the minutes
// pass; the last evaluation is of the last of them.
func (w *world) pass(minutes int, id metrics.ID, value float64) {
	w.t.Helper()
	for range minutes {
		w.metrics.Put(id, metrics.Point{At: time.Now(), Value: value, Count: 1})
		time.Sleep(time.Minute)
	}
	time.Sleep(6 * time.Second)
	synctest.Wait()
	time.Sleep(54 * time.Second)
}

func replicaLag() metrics.ID {
	return metrics.ID{Region: home, Namespace: "AWS/RDS", Name: "ReplicaLag", Dimensions: metrics.Dimensions(map[string]string{"DBInstanceIdentifier": "replica-db-dev"})}
}

func guardMetric(name string) metrics.ID {
	return metrics.ID{Region: home, Namespace: "PGDR/dev", Name: name, Dimensions: metrics.Dimensions(map[string]string{"Environment": "dev"})}
}

func TestRun_ChangesStatesAndTellsTheActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pass(3, replicaLag(), 1)
		require.Equal(t, alarms.OK, w.State(home, "replica-lag-dev"))
		require.Equal(t, alarms.Insufficient, w.State(away, "primary-cpu-dev"), "no data")
		w.told = nil
		w.pass(3, replicaLag(), 100)
		require.Equal(t, alarms.Alarm, w.State(home, "replica-lag-dev"))
		require.Len(t, w.told, 1, "once a change")
		a := w.told[0]
		require.Equal(t, [2]alarms.State{alarms.OK, alarms.Alarm}, [2]alarms.State{a.Old, a.New})
		require.Equal(t, "arn:aws:sns:eu-west-1:123456789012:replica-db-alarm-topic-dev", a.ActionARN)
		require.Equal(t, "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:replica-lag-dev", a.AlarmARN)
		require.Contains(t, a.Reason, "100.0")
		w.pass(4, replicaLag(), 1)
		require.Equal(t, alarms.OK, w.told[len(w.told)-1].New, "and the other way")
		var names []string
		for _, c := range w.Changes() {
			if c.Name == "replica-lag-dev" {
				names = append(names, string(c.Old)+">"+string(c.New))
			}
		}
		require.Equal(t, []string{"INSUFFICIENT_DATA>OK", "OK>ALARM", "ALARM>OK"}, names)
	})
}

func TestRun_RaisesGuardSilentWhenItsMetricStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pass(6, guardMetric("GuardTick"), 1)
		require.Equal(t, alarms.OK, w.State(home, "guard-silent-dev"))
		stopped := time.Now()
		for w.State(home, "guard-silent-dev") != alarms.Alarm && time.Since(stopped) < time.Hour {
			time.Sleep(time.Minute)
		}
		require.InDelta(t, 6, time.Since(stopped).Minutes(), 1.1, "five periods and what the evaluation range holds beyond them")
	})
}

func TestRun_LeavesActiveWriterAsItIsWithoutData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pass(2, guardMetric("ActiveWriter"), 1)
		require.Equal(t, alarms.Alarm, w.State(home, "active-writer-dev"))
		time.Sleep(time.Hour)
		require.Equal(t, alarms.Alarm, w.State(home, "active-writer-dev"))
	})
}

// docs/upgrade.md: the primary's stack gives the alarm another namespace some
// minutes before the guard publishes there.
func TestRun_LeavesActiveWriterAsItIsInANamespaceWithoutData(t *testing.T) {
	for _, writer := range []struct {
		value float64
		state alarms.State
	}{{0, alarms.OK}, {1, alarms.Alarm}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			rename := func(namespace string) {
				require.NoError(t, w.cloud.SetAttribute("aws_cloudwatch_metric_alarm", home, "active-writer-dev", "namespace", namespace))
			}
			rename("PGDR")
			old := guardMetric("ActiveWriter")
			old.Namespace = "PGDR"
			w.pass(2, old, writer.value)
			require.Equal(t, writer.state, w.State(home, "active-writer-dev"))
			changes := len(w.Changes())
			rename("PGDR/dev")
			w.pass(10, old, writer.value)
			require.Equal(t, writer.state, w.State(home, "active-writer-dev"))
			w.pass(3, guardMetric("ActiveWriter"), writer.value)
			require.Equal(t, writer.state, w.State(home, "active-writer-dev"))
			for _, c := range w.Changes()[changes:] {
				require.NotEqual(t, "active-writer-dev", c.Name)
			}
		})
	}
}

func TestTick_LeavesALostRegionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.down.Store(home, true)
		w.pass(3, replicaLag(), 100)
		require.Equal(t, alarms.Insufficient, w.State(home, "replica-lag-dev"))
		require.Empty(t, w.told)
		w.down.Delete(home)
		time.Sleep(time.Minute)
		require.Equal(t, alarms.Alarm, w.State(home, "replica-lag-dev"), "once it is back")
	})
}

func TestTick_KeepsActionsToItselfWhereTheyAreDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
			tx.Edit(tx.Get(alarms.Type, home, "replica-lag-dev")).Attrs.Set(sim.Attrs{"actions_enabled": false})
			return nil
		}))
		w.pass(3, replicaLag(), 100)
		require.Equal(t, alarms.Alarm, w.State(home, "replica-lag-dev"))
		for _, a := range w.told {
			require.NotEqual(t, "replica-lag-dev", a.Name)
		}
	})
}

func TestMessage_HasCloudWatchsShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pass(3, replicaLag(), 100)
		i := 0
		for w.told[i].Name != "replica-lag-dev" {
			i++
		}
		a := w.told[i]
		require.Equal(t, `ALARM: "replica-lag-dev" in EU (Ireland)`, a.Subject())
		body, err := a.Message()
		require.NoError(t, err)
		require.JSONEq(t, `{
			"AlarmName": "replica-lag-dev", "AWSAccountId": "123456789012",
			"AlarmDescription": "The replica is behind: a failover now would lose this many seconds of writes.",
			"AlarmConfigurationUpdatedTimestamp": "2000-01-01T00:00:00.000+0000", "StateChangeTime": "2000-01-01T00:02:05.000+0000",
			"NewStateValue": "ALARM", "OldStateValue": "INSUFFICIENT_DATA",
			"NewStateReason": `+quoted(t, a.Reason)+`,
			"Region": "EU (Ireland)", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:replica-lag-dev",
			"OKActions": ["arn:aws:sns:eu-west-1:123456789012:replica-db-alarm-topic-dev"],
			"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:replica-db-alarm-topic-dev"], "InsufficientDataActions": [],
			"Trigger": {
				"MetricName": "ReplicaLag", "Namespace": "AWS/RDS", "StatisticType": "Statistic", "Statistic": "MAXIMUM", "Unit": null,
				"Dimensions": [{"name": "DBInstanceIdentifier", "value": "replica-db-dev"}], "Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2,
				"ComparisonOperator": "GreaterThanThreshold", "Threshold": 60, "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": ""
			}
		}`, body)
	})
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	raw, err := json.Marshal(text)
	require.NoError(t, err)
	return string(raw)
}

func TestUnsupported_NamesTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Unsupported())
		resp := w.cloud.Do(t.Context(), simapi.OpCreate, simapi.Request{Type: alarms.Type, Region: home, Attrs: map[string]any{
			"alarm_name": "slow", "namespace": "PGDR/dev", "metric_name": "M", "extended_statistic": "p99", "period": 60.0, "evaluation_periods": 1.0,
			"comparison_operator": "LessThanThreshold", "threshold": 1.0,
		}})
		require.Nil(t, resp.Error)
		err := w.Unsupported()
		require.ErrorIs(t, err, alarms.ErrUnsupported)
		require.ErrorContains(t, err, "alarm slow in eu-west-1: extended_statistic")
		require.NoError(t, w.Tick())
		require.Equal(t, alarms.Insufficient, w.State(home, "slow"))
	})
}

func TestNew_NamesWhatIsWrong(t *testing.T) {
	_, err := alarms.New(alarms.Options{Offset: time.Minute})
	require.ErrorContains(t, err, "cloud, metrics, clock")
	require.ErrorContains(t, err, "offset: found 1m0s")
}
