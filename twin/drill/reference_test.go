package drill

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/alarms"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/world"
)

func atMinute(minutes int, seconds time.Duration) time.Time {
	return time.Date(2026, 3, 1, 12, minutes, 0, 0, time.UTC).Add(seconds)
}

func TestNextEvaluation_IsTheSecondOfTheAppliedAlarms(t *testing.T) {
	for now, want := range map[time.Time]time.Time{
		atMinute(0, 0):                               atMinute(0, world.AlarmOffset),
		atMinute(0, world.AlarmOffset):               atMinute(1, world.AlarmOffset),
		atMinute(0, world.AlarmOffset+1):             atMinute(1, world.AlarmOffset),
		atMinute(0, 59*time.Second+time.Millisecond): atMinute(1, world.AlarmOffset),
	} {
		require.Equal(t, want, nextEvaluation(now), now)
	}
}

func TestUntilSecond_StrikesAtThatSecondWhateverTimeItGotReady(t *testing.T) {
	for _, second := range []time.Duration{0, 12 * time.Second, 24 * time.Second, 36 * time.Second, 48 * time.Second} {
		for ready := time.Duration(0); ready < time.Minute; ready += 7 * time.Second {
			now := atMinute(3, ready)
			wait := untilSecond(now, second)
			strikes := now.Add(wait)
			require.Equal(t, second, strikes.Sub(strikes.Truncate(time.Minute)), "ready at %s", ready)
			require.GreaterOrEqual(t, wait, time.Minute, "ready at %s", ready)
			require.Less(t, wait, 2*time.Minute, "ready at %s", ready)
		}
	}
}

// alarmAfter tells how long after the loss of its metric the usual alarm is in
// alarm. The last value was published at minute 9.
func alarmAfter(t *testing.T, exact bool) time.Duration {
	t.Helper()
	settings := usualAlarm("primary-db-dev", exact)
	var points []metrics.Point
	for minute := range 10 {
		points = append(points, metrics.Point{At: atMinute(minute, 0), Value: 3, Count: 1})
	}
	lost := atMinute(10, 0)
	for now := nextEvaluation(lost); now.Before(lost.Add(time.Hour)); now = nextEvaluation(now) {
		if state, _ := alarms.Evaluate(settings, points, now, alarms.OK); state == alarms.Alarm {
			return now.Sub(lost)
		}
	}
	require.Fail(t, "no alarm within an hour")
	return 0
}

// One value within the threshold is enough to keep the alarm from filling in
// what is missing; it stays until it has left what the alarm looks at.
func TestUsualAlarm_WaitsForTheLastValueToLeaveItsRange(t *testing.T) {
	require.Equal(t, 5*time.Minute+world.AlarmOffset, alarmAfter(t, false), "a range of 5 periods, as in AWS's example")
	require.Equal(t, 3*time.Minute+world.AlarmOffset, alarmAfter(t, true), "a range of its 3 periods")
}

func TestUsualAlarm_IsInAlarmForAnIdleDatabaseToo(t *testing.T) {
	settings := usualAlarm("primary-db-dev", false)
	var points []metrics.Point
	for minute := range 10 {
		points = append(points, metrics.Point{At: atMinute(minute, 0), Value: 0, Count: 1})
	}
	state, _ := alarms.Evaluate(settings, points, atMinute(10, 0), alarms.OK)
	require.Equal(t, alarms.Alarm, state)
}

func TestUsualConfiguration_TakesTheHealthCheckAwayAndSetsTheTTL(t *testing.T) {
	removed, ttl := []string{}, []string{}
	for _, c := range usualConfiguration() {
		switch c.Path[len(c.Path)-1] {
		case "health_check_id":
			require.True(t, c.Remove)
			removed = append(removed, c.Stack)
		case "ttl":
			require.Equal(t, usualTTL, c.Set)
			ttl = append(ttl, c.Stack)
		}
	}
	require.Equal(t, []string{"primary"}, removed, "only the primary's record has one")
	require.Equal(t, []string{"primary", "replica"}, ttl)
}
