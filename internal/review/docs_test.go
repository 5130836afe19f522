package review_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/review"
)

const docs = "../../docs/review.md"

func readDocs(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(docs)
	require.NoError(t, err)
	return string(raw)
}

func TestDocs_HaveEveryPolicy(t *testing.T) {
	var want bytes.Buffer
	want.WriteString("| Policy | Severity | What is found | Why it matters | What to do |\n|---|---|---|---|---|\n")
	for _, p := range engine(t).Policies {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s | %s |\n", p.ID, p.Severity, p.Title, p.Reason, p.Remedy)
	}
	docpage.Check(t, docs, "policies", want.String())
}

func TestDocs_ShowWhatTheReviewSays(t *testing.T) {
	plans, err := recordings.Read("bad/replica-replaced", stacks...)
	require.NoError(t, err)
	said, _, _ := strings.Cut(page(t, reviewed(t, plans)), "\n<details>")
	docpage.Check(t, docs, "example of bad/replica-replaced", "\n````markdown\n"+said+"````\n\n")
}

func TestDocs_HaveEveryFieldOfTheDocument(t *testing.T) {
	text := readDocs(t)
	for _, kind := range []any{review.Document{}, review.Missing{}, review.Stack{}, review.Output{}, review.Resource{}, review.DataSource{}, review.Finding{}, review.Effect{}, review.Cost{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(kind)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "policy" {
				continue // of a finding: set by the review
			}
			require.Contains(t, text, "`"+name+"`", "%T.%s", kind, field.Name)
		}
	}
}

func TestDocs_HaveEveryExitCode(t *testing.T) {
	var rows [][]string
	for _, v := range []review.Verdict{review.Clean, review.Blocked, review.NeedsHuman} {
		rows = append(rows, []string{fmt.Sprint(v.ExitCode()), string(v), ""})
	}
	docpage.Rows(t, docs, "exit-codes", []string{"Exit code", "Verdict", "Means"}, append(rows, []string{fmt.Sprint(review.ExitUnusable), "none", ""}))
}

// The example of a policy works as it stands there.
func TestDocs_HaveAPolicyThatWorks(t *testing.T) {
	match := regexp.MustCompile("(?s)```rego\n(.*?)```").FindStringSubmatch(readDocs(t))
	require.Len(t, match, 2)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "class.rego"), []byte(match[1]), 0o600))
	e, err := review.NewEngine(t.Context(), dir)
	require.NoError(t, err)

	judge := func(recording string) []string {
		plans, err := recordings.Read(recording, stacks...)
		require.NoError(t, err)
		findings, err := e.Judge(t.Context(), planned(t, plans))
		require.NoError(t, err)
		var messages []string
		for _, f := range findings {
			if f.Policy == "acme-class" {
				require.Equal(t, review.Human, f.Severity)
				messages = append(messages, f.Message)
			}
		}
		return messages
	}
	require.Empty(t, judge("unchanged/as-deployed"))
	require.Equal(t, []string{"the primary primary-db-prod will be a db.r6g.xlarge."}, judge("bad/class-smaller"))
}
