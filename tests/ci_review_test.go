package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ci is a project folder with the script, plans of a run, and a pull request on
// a GitHub of our own.
type ci struct {
	t       *testing.T
	project string
	bin     string
	// comments are a file each, by id; its first line is the author.
	comments string
	env      []string
}

// ghProgram is a gh that answers calls of the API: flags are cases for more flags
// than those of all scripts, answers the cases of method and path.
func ghProgram(flags, answers string) string {
	return `#!/usr/bin/env bash
set -euo pipefail
[ "$1" = api ] || { echo "gh: no $1 here" >&2; exit 1; }
shift
method=GET body= state=open filter= path=
while [ $# -gt 0 ]; do
	case "$1" in
	--paginate | --silent) ;;
	--method) method=$2; shift ;;
	--jq) filter=$2; shift ;;
	--field) body=${2#body=@}; shift ;;
` + flags + `	*) path=$1 ;;
	esac
	shift
done
case "$method $path" in
` + answers + `*) echo "gh: no $method $path here" >&2; exit 1 ;;
esac
`
}

// fakeGH stands for GitHub: it keeps comments, as a real gh would show and change
// them.
var fakeGH = ghProgram("", `"GET repos/acme/db/issues/12/comments?per_page=100")
	author=$(sed -E 's/.*login == "([^"]*)".*/\1/' <<<"$filter")
	mark=$(sed -E 's/.*startswith\("([^"]*)"\).*/\1/' <<<"$filter")
	for file in $(ls "$COMMENTS" | sort -n); do
		if [ "$(head -n 1 "$COMMENTS/$file")" = "$author" ] && [[ $(sed 1d "$COMMENTS/$file") == "$mark"* ]]; then echo "$file"; fi
	done ;;
"POST repos/acme/db/issues/12/comments")
	{ echo 'github-actions[bot]'; cat "$body"; } >"$COMMENTS/$(($(ls "$COMMENTS" | wc -l) + 1))" ;;
"PATCH repos/acme/db/issues/comments/"*)
	id=${path##*/}
	[ -e "$COMMENTS/$id" ] || { echo "gh: no comment $id" >&2; exit 1; }
	{ echo 'github-actions[bot]'; cat "$body"; } >"$COMMENTS/$id" ;;
`)

func newCI(t *testing.T) *ci {
	t.Helper()
	dir := t.TempDir()
	c := &ci{t: t, project: filepath.Join(dir, "project"), bin: filepath.Join(dir, "bin"), comments: filepath.Join(dir, "comments")}
	for _, folder := range []string{filepath.Join(c.project, "scripts"), filepath.Join(c.project, "plans"), c.bin, c.comments} {
		require.NoError(t, os.MkdirAll(folder, 0o750))
	}
	for from, to := range map[string]string{"../scripts/ci-review.sh": "scripts/ci-review.sh", "../Makefile": "Makefile"} {
		raw, err := os.ReadFile(from)
		require.NoError(t, err)
		c.program(filepath.Join(c.project, to), string(raw))
	}
	c.program(filepath.Join(c.bin, "gh"), fakeGH)
	c.env = append(os.Environ(), "PATH="+c.bin+":"+os.Getenv("PATH"), "COMMENTS="+c.comments,
		"PR_NUMBER=12", "GH_REPO=acme/db", "COMMIT=0a1b2c3", "RUN_URL=https://github.example/run/7", `ENVIRONMENTS=["dev", "prod"]`, "GITHUB_STEP_SUMMARY=")
	return c
}

func (c *ci) program(file, text string) {
	c.t.Helper()
	require.NoError(c.t, os.WriteFile(file, []byte(text), 0o700))
}

// plan lays a file of an environment's folder.
func (c *ci) plan(environment, name, text string) {
	c.t.Helper()
	folder := filepath.Join(c.project, "plans", environment)
	require.NoError(c.t, os.MkdirAll(folder, 0o750))
	require.NoError(c.t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
}

// make runs a target and returns what it said.
func (c *ci) make(target string, variables ...string) (out string, code int) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "make", append([]string{"--no-print-directory", target}, variables...)...)
	cmd.Dir, cmd.Env = c.project, c.env
	return run(c.t, cmd)
}

// comment is the text of one, without its author.
func (c *ci) comment(id string) string {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.comments, id))
	require.NoError(c.t, err)
	_, text, _ := strings.Cut(string(raw), "\n")
	return text
}

func (c *ci) requireComments(count int) {
	c.t.Helper()
	all, err := os.ReadDir(c.comments)
	require.NoError(c.t, err)
	require.Len(c.t, all, count)
}

// said is what comment.md begins with.
func said(environment, verdict string) string {
	return "<!-- pgdr review " + environment + " -->\n## Plan review of " + environment + ": " + verdict + "\n"
}

func TestCIComment_IsOneForEachEnvironmentAndNamesTheCommit(t *testing.T) {
	c := newCI(t)
	c.plan("dev", "comment.md", said("dev", "CLEAN"))
	c.plan("prod", "comment.md", said("prod", "BLOCKED"))
	for range 2 { // the second time in place of the first
		out, code := c.make("ci-comment")
		require.Zero(t, code, out)
		c.requireComments(2)
		require.Equal(t, said("dev", "CLEAN")+"\n<sub>Of commit `0a1b2c3`. [The run](https://github.example/run/7).</sub>\n", c.comment("1"))
		require.Contains(t, c.comment("2"), "prod: BLOCKED")
	}
}

// Comments of others, and other comments of the same robot, are left alone.
func TestCIComment_ChangesOnlyItsOwn(t *testing.T) {
	c := newCI(t)
	others := []string{"github-actions[bot]\nCoverage: 80 %\n", "somebody\n" + said("dev", "CLEAN"), "github-actions[bot]\n> " + said("dev", "CLEAN"), "github-actions[bot]\n" + said("develop", "CLEAN")}
	for i, text := range others {
		require.NoError(t, os.WriteFile(filepath.Join(c.comments, string(rune('1'+i))), []byte(text), 0o600))
	}
	for _, id := range []string{"5", "6"} { // a race of two runs may have left two
		require.NoError(t, os.WriteFile(filepath.Join(c.comments, id), []byte("github-actions[bot]\n"+said("dev", "CLEAN")), 0o600))
	}
	c.plan("dev", "comment.md", said("dev", "BLOCKED"))
	out, code := c.make("ci-comment", `ENVIRONMENTS=dev`)
	require.Zero(t, code, out)
	c.requireComments(6)
	require.Contains(t, c.comment("5"), "dev: BLOCKED")
	for i, text := range others {
		raw, err := os.ReadFile(filepath.Join(c.comments, string(rune('1'+i))))
		require.NoError(t, err)
		require.Equal(t, text, string(raw))
	}
}

// A later push whose plan fails must not leave the verdict of the one before.
func TestCIComment_SaysThatThereIsNoReview(t *testing.T) {
	c := newCI(t)
	c.plan("dev", "comment.md", said("dev", "CLEAN"))
	c.plan("prod", "comment.md", said("prod", "CLEAN"))
	_, code := c.make("ci-comment")
	require.Zero(t, code)
	require.NoError(t, os.RemoveAll(filepath.Join(c.project, "plans")))
	c.plan("prod", "plans.json", "{}")
	out, code := c.make("ci-comment")
	require.Zero(t, code, out)
	c.requireComments(2)
	require.Contains(t, c.comment("1"), said("dev", "NONE")+"\nNo review of dev: the plan failed.")
	require.Contains(t, c.comment("2"), said("prod", "NONE")+"\nNo review of prod: the plans were made, and reviewing them failed.")
}

func TestCIComment_RefusesWhatIsNoEnvironment(t *testing.T) {
	c := newCI(t)
	for _, name := range []string{`../x`, `a$b`, `x") or true or ("`, `["dev","Prod"]`} {
		c.env = append(c.env, "ENVIRONMENTS="+name)
		out, code := c.make("ci-comment")
		require.NotZero(t, code)
		require.Contains(t, out, "want names of environments")
		c.requireComments(0)
	}
}

func TestCISummary_SaysWhatFailed(t *testing.T) {
	c := newCI(t)
	out, _ := c.make("ci-summary", "ENV=dev")
	require.Contains(t, out, "No review of dev: the plan failed.")
	c.plan("dev", "plans.json", "{}")
	out, _ = c.make("ci-summary", "ENV=dev")
	require.Contains(t, out, "No review of dev: the plans were made, and reviewing them failed.")
	c.plan("dev", "review.md", "all is well\n")
	out, _ = c.make("ci-summary", "ENV=dev")
	require.Equal(t, "all is well\n", out)
}

// reviewer stands for a drctl that ends with a code; go "builds" it.
func (c *ci) reviewer(code string) {
	c.t.Helper()
	c.program(filepath.Join(c.bin, "go"), "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\nprintf '#!/bin/sh\\necho \"$@\" >ARGS\\nexit "+code+"\\n' >\"$2\"\nchmod +x \"$2\"\n")
}

// Go ends a crash with 2, which is also the code of "needs a human".
func TestCIReview_PassesOnNothingButAVerdict(t *testing.T) {
	c := newCI(t)
	require.NoError(t, os.MkdirAll(filepath.Join(c.project, "bin"), 0o750))
	for code, passes := range map[string]bool{"0": true, "1": false, "2": false, "3": false, "137": false} {
		c.plan("dev", "review.json", `{"verdict":"clean"}`)
		c.reviewer(code)
		out, got := c.make("ci-review", "ENV=dev")
		require.Equal(t, passes, got == 0, "%s: %s", code, out)
		require.NoFileExists(t, filepath.Join(c.project, "plans", "dev", "review.json"), "a verdict of another run")
	}
}

func TestCIReview_TakesFurtherPolicies(t *testing.T) {
	c := newCI(t)
	require.NoError(t, os.MkdirAll(filepath.Join(c.project, "bin"), 0o750))
	c.reviewer("0")
	out, code := c.make("ci-review", "ENV=dev", "POLICIES=ours theirs")
	require.Zero(t, code, out)
	given, err := os.ReadFile(filepath.Join(c.project, "ARGS"))
	require.NoError(t, err)
	require.Equal(t, "review --plan plans/dev --project . --policy ours --policy theirs --into plans/dev --accept-human\n", string(given))

	out, code = c.make("review", "--old-file=deps", "ENV=dev", "POLICIES=ours")
	require.Zero(t, code, out)
	given, err = os.ReadFile(filepath.Join(c.project, "ARGS"))
	require.NoError(t, err)
	require.Equal(t, "review --plan .twin/dev/plans --project . --policy ours\n", string(given))
}

// TestCIReview_RefusesATruncatedPlan runs the real command.
func TestCIReview_RefusesATruncatedPlan(t *testing.T) {
	plans := t.TempDir()
	list, err := json.Marshal(map[string]any{"environment": "dev", "stacks": map[string]string{"primary": "changes", "replica": "changes"}})
	require.NoError(t, err)
	for name, text := range map[string]string{"plans.json": string(list), "primary.json": "{", "replica.json": "{", "review.md": "CLEAN", "comment.md": "CLEAN", "review.json": "{}"} {
		require.NoError(t, os.WriteFile(filepath.Join(plans, name), []byte(text), 0o600))
	}
	cmd := exec.CommandContext(t.Context(), "make", "-C", "..", "--no-print-directory", "ci-review", "PLANS="+plans, "BIN="+t.TempDir())
	out, code := run(t, cmd)
	require.NotZero(t, code)
	require.Contains(t, out, "primary.json: ends in the middle of the JSON")
	for _, name := range []string{"review.md", "comment.md", "review.json"} {
		require.NoFileExists(t, filepath.Join(plans, name))
	}
}
