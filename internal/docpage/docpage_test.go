package docpage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// failures is a test that notes what fails.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, _ ...any) { f.texts = append(f.texts, format) }

func (f *failures) Failed() bool { return len(f.texts) > 0 }

// page writes a page, and tells what a check of it did.
func page(t *testing.T, text string, writing bool, check func(tb testing.TB, page string)) (after string, failed bool) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	was := *update
	*update = writing
	defer func() { *update = was }()
	f := &failures{TB: t}
	check(f, name)
	raw, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(raw), f.Failed()
}

const begin, end = "before\n<!-- table x: made from the code by make golden -->\n", "<!-- end x -->\nafter\n"

func TestRows_TakesNewValuesAndKeepsTheProse(t *testing.T) {
	rows := func(rows ...[]string) func(testing.TB, string) {
		return func(tb testing.TB, page string) {
			tb.Helper()
			Rows(tb, page, "x", []string{"Name", "Value", "Why"}, rows)
		}
	}
	const table = "| Name | Value | Why |\n|---|---|---|\n| a | 1. At most b. | because |\n"
	_, failed := page(t, begin+table+end, false, rows([]string{"a", "1…", ""}))
	require.False(t, failed)
	text, failed := page(t, begin+table+end, false, rows([]string{"a", "2…", ""}))
	require.True(t, failed, "the value is stale")
	require.Equal(t, begin+table+end, text)
	text, failed = page(t, begin+table+end, true, rows([]string{"a", "2…", ""}))
	require.False(t, failed)
	require.Equal(t, begin+"| Name | Value | Why |\n|---|---|---|\n| a | 2. At most b. | because |\n"+end, text)
	_, failed = page(t, begin+table+end, true, rows([]string{"a", "1", ""}, []string{"b", "3", ""}))
	require.True(t, failed, "the new row has no prose")
}

func TestUnder_WritesTheLineOfEachHeading(t *testing.T) {
	under := func(texts map[string]string) func(testing.TB, string) {
		return func(tb testing.TB, page string) {
			tb.Helper()
			Under(tb, page, "Next: ", texts)
		}
	}
	const text = "#### `a`\n\nProse.\n\nNext: old\n\n## Else\n\nNext: not ours\n"
	_, failed := page(t, text, false, under(map[string]string{"a": "new"}))
	require.True(t, failed)
	after, failed := page(t, text, true, under(map[string]string{"a": "new"}))
	require.False(t, failed)
	require.Equal(t, "#### `a`\n\nProse.\n\nNext: new\n\n## Else\n\nNext: not ours\n", after)
	_, failed = page(t, text, true, under(map[string]string{"a": "old", "b": "no heading"}))
	require.True(t, failed)
	_, failed = page(t, text, true, under(map[string]string{"b": "old"}))
	require.True(t, failed, "a heading that the code does not know")
}
