package lifecycle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var dayWindow = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$`)

const (
	day           = 24 * time.Hour
	shortestSpan  = 30 * time.Minute
	defaultWindow = "sun:05:00-sun:05:30"
)

// validWindow tells whether a text is a daily window of 30 minutes or more.
func validWindow(text string) bool {
	m := dayWindow.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	return (clockTime(m[3]+":"+m[4])-clockTime(m[1]+":"+m[2])+day)%day >= shortestSpan
}

// clockTime is the time of day of hh24:mi; the patterns leave only digits.
func clockTime(text string) time.Duration {
	hours, minutes, _ := strings.Cut(text, ":")
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// nextWindow is when a weekly window (ddd:hh24:mi-ddd:hh24:mi in UTC) next
// begins after a moment.
func nextWindow(after time.Time, window string) time.Time {
	start, _, _ := strings.Cut(strings.ToLower(window), "-")
	name, clock, _ := strings.Cut(start, ":")
	weekday := slices.Index(days, name)
	if weekday < 0 {
		return nextWindow(after, defaultWindow)
	}
	after = after.UTC()
	midnight := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, time.UTC)
	at := midnight.AddDate(0, 0, (weekday-int(after.Weekday())+7)%7).Add(clockTime(clock))
	if !at.After(after) {
		at = at.AddDate(0, 0, 7)
	}
	return at
}
