package drill

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/lambda"
)

func TestCount_TellsTicksTimeoutsAndOverlaps(t *testing.T) {
	zero := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return zero.Add(time.Duration(second) * time.Second) }
	ticks, timeouts, overlaps := count([]lambda.Invocation{ // in the order of their ends
		{At: at(30), Took: time.Second},
		{At: at(0), Took: 55 * time.Second, Source: fromSchedule},
		{At: at(60), Took: 25 * time.Second, Source: fromSchedule, ErrorType: "Sandbox.Timedout"},
		{At: at(120), Took: time.Second, Source: fromSchedule, ErrorType: "Runtime.ExitError"},
		{At: at(121), Took: time.Second, Source: fromSchedule},
	})
	require.Equal(t, []int{2, 1, 1}, []int{ticks, timeouts, overlaps})
}

func TestMoved_IsTheSwitchOrElseTheNewWritersFirstWrite(t *testing.T) {
	verified, switched := time.Unix(100, 0), time.Unix(160, 0)
	o := &outcomeOf{}
	require.Zero(t, o.moved())
	o.ledger.Last = &engine.Failover{Times: map[engine.Step]time.Time{engine.StepVerify: verified}}
	require.Equal(t, verified, o.moved(), "the name never led to the new writer, and still there are two")
	o.switched = switched
	require.Equal(t, switched, o.moved())
}

func TestShipped_ScenariosHoldForEachEnvironment(t *testing.T) {
	all, err := scenario.Shipped(Vocabulary())
	require.NoError(t, err)
	words := (&site{environment: "other", home: "eu-central-1", away: "us-west-2"}).words()
	for _, s := range all {
		s = s.Expand(words)
		for _, name := range append(s.Expect.Alarms, s.Expect.Quiet...) {
			require.Regexp(t, "-other$", name, s.Name)
		}
		for i, step := range s.Steps {
			if region := step.With["region"]; region != "" && step.With["service"] != "route53" { // whose control plane is in us-east-1
				require.Contains(t, []string{"eu-central-1", "us-west-2"}, region, "%s: step %d", s.Name, i+1)
			}
		}
		if s.Expect.Promotions > 0 {
			require.NotEmpty(t, s.Expect.Apps, s.Name)
		}
	}
}
