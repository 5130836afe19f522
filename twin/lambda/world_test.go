package lambda

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/lambda/lambdatest"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/simclock"
)

const (
	golden = "../../stacks/testdata/golden"
	key    = "AKIAGUARD00000000001"
)

// fake stands for the sandboxes of a function: a program that does as it is
// told.
type fake struct {
	mu      sync.Mutex
	configs []lambdaruntime.Config
	ids     []string
	times   []time.Time
	killed  atomic.Int32
	closed  atomic.Bool
	do      func(ctx context.Context) (lambdaruntime.Result, error)
}

func (f *fake) InvokeAs(ctx context.Context, id string, _ []byte) (lambdaruntime.Result, error) {
	f.mu.Lock()
	f.ids, f.times = append(f.ids, id), append(f.times, time.Now())
	do := f.do
	f.mu.Unlock()
	return do(ctx)
}

func (f *fake) Redeploy(cfg lambdaruntime.Config) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.configs = append(f.configs, cfg)
	return nil
}

func (f *fake) Kill() { f.killed.Add(1) }

func (f *fake) Close() { f.closed.Store(true) }

// will has it do something else from the next invocation on.
func (f *fake) will(do func(ctx context.Context) (lambdaruntime.Result, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.do = do
}

// tried returns when it was invoked.
func (f *fake) tried() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.times)
}

func succeed(context.Context) (lambdaruntime.Result, error) {
	return lambdaruntime.Result{Payload: []byte(`{"action":"tick"}`)}, nil
}

func fail(context.Context) (lambdaruntime.Result, error) {
	return lambdaruntime.Result{Fault: &lambdaruntime.Fault{Type: "errorString", Message: "no good"}}, nil
}

// world is an applied account with a function, in a bubble.
type world struct {
	*Manager
	t       *testing.T
	account *lambdatest.Account
	metrics *metrics.Store
	aws     *api.Server
	fake    *fake
	lost    sync.Map
	extra   map[string]string
}

var errNoProgram = errors.New("no program")

func newWorld(t *testing.T) *world {
	t.Helper()
	clock, err := simclock.New(time.Now(), time.Now(), 1)
	require.NoError(t, err)
	w := &world{
		t: t, account: lambdatest.Apply(t, golden, clock), metrics: &metrics.Store{}, fake: &fake{do: succeed},
		extra: map[string]string{"AWS_ACCESS_KEY_ID": key},
	}
	w.aws = simaws.API(w.account.Cloud, api.Options{Clock: clock, Principals: map[string]api.Principal{
		key: {Role: lambdatest.Role, Session: lambdatest.Name, Function: lambdatest.ARN},
	}})
	w.Manager, err = newManager(Options{
		Cloud: w.account.Cloud, Metrics: w.metrics, Clock: clock, AWS: w.aws,
		Down: func(region string) bool { _, lost := w.lost.Load(region); return lost },
		Program: func(sim.Resource) ([]string, map[string]string, error) {
			if w.extra == nil {
				return nil, nil, errNoProgram
			}
			return []string{"/bin/true"}, w.extra, nil
		},
	}, func(cfg lambdaruntime.Config) (sandboxes, error) {
		return w.fake, w.fake.Redeploy(cfg)
	})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func (w *world) lose(region string)   { w.lost.Store(region, true) }
func (w *world) regain(region string) { w.lost.Delete(region) }

// points are the values of one of Lambda's metrics of the function.
func (w *world) points(name string) []float64 {
	id := metrics.ID{
		Region: lambdatest.Home, Namespace: "AWS/Lambda", Name: name, Dimensions: metrics.Dimensions(map[string]string{"FunctionName": lambdatest.Name}),
	}
	var out []float64
	for _, p := range w.metrics.Points(id, time.Time{}, time.Time{}) {
		out = append(out, p.Value)
	}
	return out
}
