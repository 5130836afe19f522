package assembly

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

// slowCheck ends when it is told how, or when its time is up.
type slowCheck struct {
	began chan struct{}
	ends  chan readiness.Verdict
	over  chan error
}

func newSlowCheck() *slowCheck {
	return &slowCheck{began: make(chan struct{}, 9), ends: make(chan readiness.Verdict), over: make(chan error, 9)}
}

func (c *slowCheck) Check(ctx context.Context) ([]readiness.Finding, error) {
	c.began <- struct{}{}
	verdict, err := readiness.Unknown, error(nil)
	select {
	case verdict = <-c.ends:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.over <- err
	return []readiness.Finding{{Check: readiness.CheckAlarm, Verdict: verdict}, {Check: readiness.CheckRecords, Verdict: readiness.OK}}, err
}

// surveyed is an observer whose paths answer at once.
func surveyed() (*clocktest.Hand, *slowCheck, *observer) {
	clock, check := handClock(), newSlowCheck()
	return clock, check, &observer{clock: clock, sql: quick{}, api: quick{}, survey: &survey{clock: clock, check: check}}
}

type quick struct{}

func (quick) Sample(context.Context, engine.Target) engine.Samples { return engine.Samples{} }
func (quick) RDS(context.Context, engine.Member) (decide.Sample, *engine.Instance) {
	return decide.Sample{}, nil
}
func (quick) Other(context.Context, engine.Site) decide.Sample         { return decide.Sample{} }
func (quick) Witness(context.Context) decide.Sample                    { return decide.Sample{} }
func (quick) Instance(context.Context, engine.Member) *engine.Instance { return nil }

// settled waits until the check under way has been judged.
func settled(o *observer) {
	if over := o.survey.underWay(); over != nil {
		<-over
	}
}

func TestSurvey_ReportsACheckWithTheLookInWhichItEnds(t *testing.T) {
	clock, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	defer end()
	began := clock.Now()
	for range 3 {
		require.Nil(t, o.Sample(ctx, target).Readiness, "the look waits for the check, or makes one up")
		clock.Advance(5 * time.Second)
	}
	<-check.began
	require.Empty(t, check.began, "two checks at once")
	check.ends <- readiness.OK
	settled(o)
	require.Equal(t, &decide.Readiness{Green: true, At: began}, o.Sample(ctx, target).Readiness)
	require.Nil(t, o.Sample(ctx, target).Readiness, "reported twice")
}

func TestSurvey_TellsWhatFailsFromWhatIsNotKnown(t *testing.T) {
	for verdict, want := range map[readiness.Verdict]decide.Readiness{
		readiness.OK:      {Green: true},
		readiness.Failed:  {Failing: []string{readiness.CheckAlarm}},
		readiness.Unknown: {Unknown: []string{readiness.CheckAlarm}},
	} {
		_, check, o := surveyed()
		ctx, end := during(t.Context(), beside)
		o.Sample(ctx, target)
		check.ends <- verdict
		settled(o)
		got := o.Sample(ctx, target).Readiness
		require.NotNil(t, got)
		want.At = got.At
		require.Equal(t, want, *got)
		end()
	}
}

func TestSurvey_IsDueEachMinuteAndSoonerWhereSomethingWasNotRead(t *testing.T) {
	for verdict, pause := range map[readiness.Verdict]time.Duration{
		readiness.OK: checkEvery, readiness.Failed: checkEvery, readiness.Unknown: checkAgain,
	} {
		t.Run(string(verdict), func(t *testing.T) {
			clock, check, o := surveyed()
			ctx, end := during(t.Context(), beside)
			defer end()
			o.Sample(ctx, target)
			<-check.began
			check.ends <- verdict
			settled(o)
			clock.Advance(pause - time.Second)
			o.Sample(ctx, target)
			require.Nil(t, o.survey.underWay(), "too soon")
			clock.Advance(time.Second)
			o.Sample(ctx, target)
			<-check.began
		})
	}
}

// TestSurvey_IsMadeEveryTenMinutesOnceTheGuardHasSettled, by whichever process:
// each check is some forty management events.
func TestSurvey_IsMadeEveryTenMinutesOnceTheGuardHasSettled(t *testing.T) {
	clock, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	defer end()
	settledAt := target
	settledAt.Settled = true
	look := func() bool {
		o.Sample(ctx, settledAt)
		return o.survey.underWay() != nil
	}
	finish := func(v readiness.Verdict) {
		<-check.began
		check.ends <- v
		settled(o)
	}
	require.True(t, look(), "the first of this process, and none in the ledger")
	finish(readiness.OK)
	clock.Advance(checkSettled - time.Second)
	require.False(t, look(), "too soon")
	clock.Advance(time.Second)
	require.True(t, look())
	finish(readiness.Unknown)
	clock.Advance(checkEvery - time.Second)
	require.False(t, look(), "what could not be read is asked again after a minute")
	clock.Advance(time.Second)
	require.True(t, look())
	finish(readiness.OK)

	fresh := &observer{clock: clock, sql: quick{}, api: quick{}, survey: &survey{clock: clock, check: check}}
	settledAt.Checked = clock.Now()
	clock.Advance(checkSettled - time.Second)
	fresh.Sample(ctx, settledAt)
	require.Nil(t, fresh.survey.underWay(), "another process has made it")
	clock.Advance(time.Second)
	fresh.Sample(ctx, settledAt)
	require.NotNil(t, fresh.survey.underWay())
	<-check.began
	check.ends <- readiness.OK
	require.Less(t, checkSettled+checkTime, decide.ReadinessFresh, "what arms rests on a check of now")
}

func TestSurvey_EndsACheckThatOverrunsAndCountsWhatItRead(t *testing.T) {
	clock, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	defer end()
	o.Sample(ctx, target)
	<-check.began
	clock.Advance(checkTime - time.Second)
	require.Nil(t, o.Sample(ctx, target).Readiness)
	require.Empty(t, check.over, "ended before its time")
	clock.Advance(time.Second)
	require.ErrorIs(t, <-check.over, context.DeadlineExceeded)
	settled(o)
	require.Equal(t, []string{readiness.CheckAlarm}, o.Sample(ctx, target).Readiness.Unknown)
}

func TestSurvey_NothingRunsOnBetweenInvocations(t *testing.T) {
	_, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	o.Sample(ctx, target)
	<-check.began
	end()
	require.Len(t, check.over, 1, "the check goes on after the invocation")
	require.Nil(t, o.survey.underWay())

	// It was cut off, which tells nothing, and so the next begins at once.
	ctx, end = during(t.Context(), beside)
	defer end()
	require.Nil(t, o.Sample(ctx, target).Readiness)
	<-check.began
	check.ends <- readiness.OK
	settled(o)
	require.True(t, o.Sample(ctx, target).Readiness.Green)
}

func TestSurvey_AnEndThatCameAfterTheLastLookIsToldInTheNextInvocation(t *testing.T) {
	clock, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	o.Sample(ctx, target)
	began := clock.Now()
	check.ends <- readiness.OK
	settled(o)
	end()
	clock.Advance(20 * time.Second)
	ctx, end = during(t.Context(), beside)
	defer end()
	require.Equal(t, &decide.Readiness{Green: true, At: began}, o.Sample(ctx, target).Readiness)
}

func TestSurvey_ALookThatAwaitsItsCheckGetsOneOfNow(t *testing.T) {
	clock, check, o := surveyed()
	ctx, end := during(t.Context(), beside)
	o.Sample(ctx, target)
	<-check.began
	check.ends <- readiness.Failed
	settled(o)
	end()
	clock.Advance(time.Second) // none is due
	ctx, end = during(t.Context(), awaited)
	defer end()
	got := make(chan *decide.Readiness, 1)
	go func() { got <- o.Sample(ctx, target).Readiness }()
	<-check.began
	check.ends <- readiness.OK
	require.Equal(t, &decide.Readiness{Green: true, At: clock.Now()}, <-got)
}

func TestSurvey_ALookWithoutAnInvocationOfItsOwnMakesNoCheck(t *testing.T) {
	_, check, o := surveyed()
	require.Nil(t, o.Sample(t.Context(), target).Readiness)
	require.Nil(t, o.survey.underWay())
	require.Empty(t, check.began)
}
