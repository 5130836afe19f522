package health_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/health"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
	"github.com/pgdr/pgdr/twin/simclock"
)

const home, away = "eu-west-1", "us-east-1"

// world is the project's own stacks in an account, in a bubble with a clock of
// its own.
type world struct {
	t       *testing.T
	cloud   *sim.Cloud
	metrics *metrics.Store
	// down holds the regions that are lost; the checker reads it beside the test.
	down sync.Map
	// id is that of the one health check.
	id string
	*health.Checker
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	w := &world{t: t, metrics: &metrics.Store{}}
	w.cloud, err = simaws.New(sim.Options{Clock: clock, Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(t.Context(), w.cloud, "../../stacks/testdata/golden")
	require.NoError(t, err)
	checks := w.cloud.Resources(health.Type)
	require.Len(t, checks, 1)
	w.id = checks[0].ID
	w.Checker, err = health.New(health.Options{
		Cloud: w.cloud, Metrics: w.metrics, Clock: clock, Down: w.lost,
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

// publish publishes ActiveWriter once a minute for some minutes.
func (w *world) publish(minutes int, value float64) {
	w.t.Helper()
	id := metrics.ID{Region: home, Namespace: "PGDR/dev", Name: "ActiveWriter", Dimensions: metrics.Dimensions(map[string]string{"Environment": "dev"})}
	for range minutes {
		w.metrics.Put(id, metrics.Point{At: time.Now(), Value: value, Count: 1})
		w.wait()
	}
}

func (w *world) wait() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func (w *world) set(typ, id string, values sim.Attrs) {
	w.t.Helper()
	require.NoError(w.t, w.cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List(typ, "") {
			if r.ID == id {
				tx.Edit(r).Attrs.Set(values)
			}
		}
		return nil
	}))
}

func TestHealthy_FollowsTheMetricNotTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.True(t, w.Healthy(w.id), "new, without data")
		w.publish(2, 0)
		require.True(t, w.Healthy(w.id))
		w.publish(1, 1)
		require.False(t, w.Healthy(w.id), "nobody evaluates alarms here")
		w.publish(2, 0)
		require.True(t, w.Healthy(w.id))
		changes := w.Changes()
		require.Len(t, changes, 2)
		require.False(t, changes[0].Healthy)
		require.Contains(t, changes[0].Reason, "1.0")
		require.True(t, changes[1].Healthy)
	})
}

func TestHealthy_KeepsItsLastStatusWithoutData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(1, 1)
		time.Sleep(5 * time.Hour)
		require.False(t, w.Healthy(w.id))
	})
}

// docs/upgrade.md: Route 53 takes the alarm over again with a namespace in which
// nothing is published yet.
func TestHealthy_KeepsItsLastStatusInANamespaceWithoutData(t *testing.T) {
	for _, writer := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.publish(2, writer)
			require.Equal(t, writer == 0, w.Healthy(w.id))
			require.NoError(t, w.cloud.SetAttribute("aws_cloudwatch_metric_alarm", home, "active-writer-dev", "namespace", "PGDR/elsewhere"))
			check := w.cloud.Resources(health.Type)[0]
			planned := check.Attrs.Clone()
			planned["triggers"] = map[string]any{"metric": "PGDR/elsewhere/ActiveWriter"}
			answer := w.cloud.Do(t.Context(), simapi.OpUpdate, simapi.Request{Type: health.Type, Region: away, ID: w.id, Attrs: planned, Prior: check.Attrs})
			require.Nil(t, answer.Error)
			w.publish(10, 1-writer)
			require.Equal(t, writer == 0, w.Healthy(w.id), "it looks elsewhere now")
		})
	}
}

func TestHealthy_TakesTheConfiguredStatusWithoutData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(1, 1)
		w.set(health.Type, w.id, sim.Attrs{"insufficient_data_health_status": "Healthy"})
		require.False(t, w.Healthy(w.id), "there is data")
		time.Sleep(10 * time.Minute)
		require.True(t, w.Healthy(w.id))
		w.set(health.Type, w.id, sim.Attrs{"insufficient_data_health_status": "Unhealthy"})
		w.wait()
		require.False(t, w.Healthy(w.id))
	})
}

func TestHealthy_NeedsNothingOfRoute53sRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(2, 0)
		w.down.Store(away, true)
		w.publish(1, 1)
		require.False(t, w.Healthy(w.id))
	})
}

func TestHealthy_ReadsNoMetricsOfALostRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(2, 0)
		w.down.Store(home, true)
		w.publish(3, 1)
		require.True(t, w.Healthy(w.id), "the last known status")
		w.down.Delete(home)
		w.wait()
		require.False(t, w.Healthy(w.id))
	})
}

func TestHealthy_GoesByTheCopyOfTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.set(alarms.Type, "active-writer-dev", sim.Attrs{"threshold": 100.0})
		w.publish(1, 1)
		require.False(t, w.Healthy(w.id), "Route 53 does not follow the edit")
	})
}

func TestHealthy_InvertsAndDisables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(1, 1)
		w.set(health.Type, w.id, sim.Attrs{"invert_healthcheck": true})
		require.True(t, w.Healthy(w.id))
		w.set(health.Type, w.id, sim.Attrs{"invert_healthcheck": false, "disabled": true})
		require.True(t, w.Healthy(w.id), "what is disabled is healthy")
		w.set(health.Type, w.id, sim.Attrs{"invert_healthcheck": true})
		require.False(t, w.Healthy(w.id), "unless it is inverted")
	})
}

func TestHealthy_CountsWhatIsGoneAsHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.True(t, newWorld(t).Healthy("00000000-0000-0000-0000-000000000000"))
	})
}

func TestUnsupported_NamesTheCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.Unsupported())
		resp := w.cloud.Do(t.Context(), simapi.OpCreate, simapi.Request{Type: health.Type, Region: away, Attrs: map[string]any{
			"type": "TCP", "ip_address": "192.0.2.1", "port": 5432.0,
		}})
		require.Nil(t, resp.Error)
		err := w.Unsupported()
		require.ErrorIs(t, err, health.ErrUnsupported)
		require.ErrorContains(t, err, "health check "+resp.ID+`: type: found "TCP"`)
	})
}

func TestNew_NamesWhatIsWrong(t *testing.T) {
	_, err := health.New(health.Options{})
	require.ErrorContains(t, err, "cloud, metrics, clock")
	cloud, err := simaws.New(sim.Options{})
	require.NoError(t, err)
	_, err = health.New(health.Options{Cloud: cloud, Metrics: &metrics.Store{}, Clock: simclock.Clock{}, Every: -time.Second})
	require.ErrorContains(t, err, "every: found -1s")
}
