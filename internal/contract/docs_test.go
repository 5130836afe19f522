package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/docpage"
)

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

func TestDocs_AlarmsOutputsAndPermissions(t *testing.T) {
	docpage.Check(t, "../../docs/monitoring.md", "alarms", alarmTable())
	docpage.Check(t, "../../docs/configuration.md", "outputs", outputTable())
	docpage.Check(t, "../../docs/guard.md", "permissions", permissionTable())
}

func outputTable() string {
	var b strings.Builder
	b.WriteString("| Output | Stack | What it is |\n|---|---|---|\n")
	for _, role := range []string{RolePrimary, RoleReplica} {
		for _, o := range Outputs[role] {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.Name, role, o.Description)
		}
	}
	return b.String()
}

func permissionTable() string {
	var b strings.Builder
	b.WriteString("| Policy, statement | Actions | What for | Asked by `check` |\n|---|---|---|---|\n")
	for _, g := range Grants {
		asked, why := "yes", "to "+g.Why
		switch {
		case g.Deny:
			asked, why = "no: a denial", "denied: Lambda does this, the guard's code never"
		case g.Unasked != "":
			asked = "no: " + g.Unasked
		}
		fmt.Fprintf(&b, "| `%s`, `%s` | `%s` | %s | %s |\n", g.Policy, g.Sid, strings.Join(g.Actions, "`, `"), why, asked)
	}
	return b.String()
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
