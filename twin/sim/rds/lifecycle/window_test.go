package lifecycle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNextWindow_IsTheNextOneInUTC(t *testing.T) {
	monday := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for window, want := range map[string]time.Time{
		"sun:02:00-sun:02:30": time.Date(2026, 6, 7, 2, 0, 0, 0, time.UTC),
		"Mon:12:30-Mon:13:00": time.Date(2026, 6, 1, 12, 30, 0, 0, time.UTC),
		"mon:12:00-mon:12:30": time.Date(2026, 6, 8, 12, 0, 0, 0, time.UTC),
		"mon:11:59-mon:12:30": time.Date(2026, 6, 8, 11, 59, 0, 0, time.UTC),
		"sat:23:45-sun:00:15": time.Date(2026, 6, 6, 23, 45, 0, 0, time.UTC),
		"":                    time.Date(2026, 6, 7, 5, 0, 0, 0, time.UTC),
	} {
		require.Equal(t, want, nextWindow(monday, window), window)
		require.Equal(t, want, nextWindow(monday.In(time.FixedZone("", 7200)), window), "the window is in UTC, wherever the clock is")
	}
}

func TestValidWindow_IsHalfAnHourOrMore(t *testing.T) {
	for window, want := range map[string]bool{
		"02:00-02:30": true, "23:45-00:15": true, "02:00-02:29": false, "24:00-01:00": false, "2:00-3:00": false, "": false,
	} {
		require.Equal(t, want, validWindow(window), window)
	}
}
