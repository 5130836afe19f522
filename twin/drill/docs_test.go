package drill

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/diagnose"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// expected is the last column of a scenario's line.
func expected(e scenario.Expect) string {
	words := []string{"nothing promoted"}
	if e.Promotions > 0 {
		words = []string{"promoted once", "fence `" + e.Fence + "`"}
	}
	for _, name := range e.Refusals {
		words = append(words, "refusal `"+name+"`")
	}
	for _, name := range e.Alarms {
		words = append(words, "alarm `"+strings.TrimSuffix(name, "-{environment}")+"`")
	}
	if e.Unfenced && e.Promotions > 0 {
		words = append(words, "the new instance not fenced")
	}
	return strings.Join(words, ", ")
}

// TestDocs holds docs/twin.md and what there is together.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/twin.md")
	require.NoError(t, err)
	docs := string(text)
	known := Vocabulary()
	shipped, err := scenario.Shipped(known)
	require.NoError(t, err)
	for _, s := range shipped {
		line := "| `" + s.Name + "` | " + s.Title + " | " + expected(s.Expect) + " |\n"
		require.True(t, strings.Contains(docs, line), "the scenario's line: %s", line)
	}
	for name, takes := range known.Actions {
		arguments := "–"
		if len(takes) > 0 {
			arguments = "`" + strings.Join(takes, "`, `") + "`"
		}
		require.Contains(t, docs, "| `"+name+"` | "+arguments+" |", "the action's line")
	}
	faults, warnings, told := strings.Cut(docs, "\nWarnings do not,")
	require.True(t, told)
	for _, id := range diagnose.Named(diagnose.Fault) {
		require.Contains(t, faults, "| `"+id+"` |", "the fault's line")
	}
	for _, id := range diagnose.Named(diagnose.Warning) {
		require.Contains(t, warnings, "| `"+id+"` |", "the warning's line")
	}
	for field := range reflect.TypeFor[scenario.Scenario]().Fields() {
		require.Regexp(t, "(?m)^\\|.*`"+field.Tag.Get("yaml")+"`.* \\| ", docs, "the scenario's field's line")
	}
	for field := range reflect.TypeFor[scenario.Expect]().Fields() {
		require.Regexp(t, "(?m)^\\|.*`"+field.Tag.Get("yaml")+"`.* \\| ", docs, "the expectation's line")
	}
	for field := range reflect.TypeFor[scenario.App]().Fields() {
		require.Contains(t, docs, "`"+field.Tag.Get("yaml")+"`", "the expectation of an application")
	}
	for _, words := range scenario.Placeholders {
		require.Contains(t, docs, "`"+words+"`", "the placeholder")
	}
	for _, name := range known.Conditions {
		require.Contains(t, docs, "`"+name, "the condition")
	}
}
