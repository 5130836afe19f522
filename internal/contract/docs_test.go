package contract

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the tables of the docs anew")

// regions are those of the sites by default.
var regions = map[string]string{RolePrimary: "us-east-1", RoleReplica: "eu-west-1"}

// alarmTable is the table of docs/monitoring.md.
func alarmTable() string {
	var b strings.Builder
	b.WriteString("| Alarm | Region | Metric, and when | Who is notified | What to do |\n|---|---|---|---|---|\n")
	for _, a := range Alarms {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", a.Name, regions[a.Role], when(a), notified(a), Remedies[a.Name])
	}
	fmt.Fprintf(&b, "| `%s` | %s | `%s` at least 1, 1 min; missing data changes nothing | no one: Route 53 follows it | %s |\n",
		ActiveWriterAlarm, regions[RoleReplica], ActiveWriter, Remedies[ActiveWriterAlarm])
	return b.String()
}

func when(a Alarm) string {
	threshold := fmt.Sprint(a.Fixed)
	if a.Setting != "" {
		threshold = "`" + a.Setting + "`"
	}
	minutes := fmt.Sprint(a.Minutes)
	if a.Breaching != a.Minutes {
		minutes = fmt.Sprintf("%d of %d", a.Breaching, a.Minutes)
	}
	missing := ""
	if a.Missing == MissingBreaches {
		missing = " or missing"
	}
	words := map[string]string{Above: "above", AtLeast: "at least", Below: "below"}
	return fmt.Sprintf("`%s` %s %s%s, %s min", a.Metric, words[a.Comparison], threshold, missing, minutes)
}

func notified(a Alarm) string {
	if a.OfGuard() {
		return "humans"
	}
	return "humans, guard"
}

// TestDocs_AlarmsAreThoseOfTheTable holds docs/monitoring.md to the table; make
// golden writes it anew.
func TestDocs_AlarmsAreThoseOfTheTable(t *testing.T) {
	const path, begin, end = "../../docs/monitoring.md", "<!-- alarms: written by make golden -->\n", "<!-- end of alarms -->\n"
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(raw), begin)
	require.True(t, ok, "no mark %q", begin)
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "no mark %q", end)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+alarmTable()+end+after), 0o600))
		return
	}
	require.Equal(t, alarmTable(), table, "docs/monitoring.md is stale: run make golden")
}

func TestAlarms_EachHasARemedyAndOneName(t *testing.T) {
	names := map[string]bool{ActiveWriterAlarm: true}
	for _, a := range Alarms {
		require.False(t, names[a.Name], "%s stands twice", a.Name)
		names[a.Name] = true
		require.NotEmpty(t, Remedies[a.Name], "%s: say what to do", a.Name)
		require.LessOrEqual(t, a.Breaching, a.Minutes, a.Name)
	}
	for name := range Remedies {
		require.True(t, names[name], "a remedy for %s, and there is no such alarm", name)
	}
}
