package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeIssues stands for GitHub's issues: a file each, by number; the first line is
// its state, the second its author.
var fakeIssues = ghProgram(`	--raw-field) case "$2" in state=*) state=${2#state=} ;; esac; shift ;;
`, `"GET repos/acme/db/issues?state=open&per_page=100")
	author=$(sed -E 's/.*login == "([^"]*)".*/\1/' <<<"$filter")
	mark=$(sed -E 's/.*startswith\("([^"]*)"\).*/\1/' <<<"$filter")
	for file in $(ls "$COMMENTS" | sort -n); do
		if [ "$(head -n 1 "$COMMENTS/$file")" = open ] && [ "$(sed -n 2p "$COMMENTS/$file")" = "$author" ] && [[ $(sed 1,2d "$COMMENTS/$file") == "$mark"* ]]; then echo "$file"; fi
	done ;;
"POST repos/acme/db/issues")
	{ echo open; echo 'github-actions[bot]'; cat "$body"; } >"$COMMENTS/$(($(ls "$COMMENTS" | wc -l) + 1))" ;;
"PATCH repos/acme/db/issues/"*)
	id=${path##*/}
	[ -e "$COMMENTS/$id" ] || { echo "gh: no issue $id" >&2; exit 1; }
	{ echo "$state"; echo 'github-actions[bot]'; cat "$body"; } >"$COMMENTS/$id" ;;
`)

func newDrift(t *testing.T) *ci {
	t.Helper()
	c := newCI(t)
	raw, err := os.ReadFile("../scripts/ci-drift.sh")
	require.NoError(t, err)
	c.program(filepath.Join(c.project, "scripts", "ci-drift.sh"), string(raw))
	c.program(filepath.Join(c.bin, "gh"), fakeIssues)
	return c
}

// drift lays an environment's report.
func (c *ci) drift(environment, code, text string) {
	c.plan(environment, "drift.json", "{\n  \"exit_code\": "+code+",\n")
	c.plan(environment, "drift.md", text)
}

// issue is the text of one, with its state and author.
func (c *ci) issue(id string) string {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.comments, id))
	require.NoError(c.t, err)
	return string(raw)
}

func TestCIDrift_OpensOneIssueWritesItAnewAndClosesIt(t *testing.T) {
	c := newDrift(t)
	others := []string{"open\nsomebody\n<!-- pgdr drift -->\nmine\n", "open\ngithub-actions[bot]\nCoverage: 80 %\n", "closed\ngithub-actions[bot]\n<!-- pgdr drift -->\nold\n"}
	for i, text := range others {
		require.NoError(t, os.WriteFile(filepath.Join(c.comments, string(rune('1'+i))), []byte(text), 0o600))
	}
	c.drift("dev", "0", "## Drift of dev: none\n")
	c.drift("prod", "0", "## Drift of prod: none\n")
	out, code := c.make("ci-drift-issue")
	require.Zero(t, code, out)
	c.requireComments(3) // nothing differs: no issue is opened

	c.drift("prod", "2", "## Drift of prod: 1 found\n")
	for range 2 { // the second time in place of the first
		out, code = c.make("ci-drift-issue")
		require.Zero(t, code, out)
		c.requireComments(4)
		require.Equal(t, "open\ngithub-actions[bot]\n<!-- pgdr drift -->\n## Drift of dev: none\n\n## Drift of prod: 1 found\n\n"+
			"<sub>A run writes this issue anew each day, and closes it when nothing differs. [The last run](https://github.example/run/7).</sub>\n", c.issue("4"))
	}

	c.drift("prod", "0", "## Drift of prod: none\n")
	out, code = c.make("ci-drift-issue")
	require.Zero(t, code, out)
	c.requireComments(4)
	require.Contains(t, c.issue("4"), "closed\n")
	require.Contains(t, c.issue("4"), "## Drift of prod: none\n")
	for i, text := range others {
		require.Equal(t, text, c.issue(string(rune('1'+i))))
	}
}

// answers stands for a drctl: plans are made, the guard's check ends with a code,
// and drift notes what it was given.
func (c *ci) answers(code, said string) {
	c.program(filepath.Join(c.project, "bin", "drctl"), "#!/bin/sh\ncase \"$1\" in\nplan) exit 0 ;;\n"+
		"guard) echo '"+said+"'; echo 'the guard is away' >&2; exit "+code+" ;;\n"+
		"drift) echo \"$@\" >ARGS; cp plans/dev/check.json GIVEN; echo '## Drift' >plans/dev/drift.md ;;\nesac\n")
}

// A check that found something bad has an answer all the same; a guard that gives
// none has the error's words in its place.
func TestDriftTarget_HandsOnTheAnswerOrWhatWasSaidInItsPlace(t *testing.T) {
	c := newDrift(t)
	c.program(filepath.Join(c.bin, "go"), "#!/bin/sh\n") // drctl is there already
	for _, name := range []string{"bin", "node_modules"} {
		require.NoError(t, os.MkdirAll(filepath.Join(c.project, name), 0o750))
	}
	for _, name := range []string{"package.json", "package-lock.json", "node_modules/.package-lock.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(c.project, name), nil, 0o600))
	}
	for code, given := range map[string]string{"0": "{}\n", "3": "{}\n", "1": "the guard is away\n", "2": "the guard is away\n"} {
		c.answers(code, "{}")
		c.plan("dev", "drift.json", "of another run")
		out, got := c.make("drift", "ENV=dev")
		require.Zero(t, got, "%s: %s", code, out)
		require.Contains(t, out, "## Drift\n")
		raw, err := os.ReadFile(filepath.Join(c.project, "GIVEN"))
		require.NoError(t, err)
		require.Equal(t, given, string(raw), code)
		raw, err = os.ReadFile(filepath.Join(c.project, "ARGS"))
		require.NoError(t, err)
		require.Equal(t, "drift --plan plans/dev --check plans/dev/check.json --into plans/dev --accept-drift\n", string(raw))
		require.NoFileExists(t, filepath.Join(c.project, "plans", "dev", "drift.json"), "of another run")
	}
}

// What is not known closes nothing.
func TestCIDrift_KeepsTheIssueOpenWithoutAVerdict(t *testing.T) {
	c := newDrift(t)
	c.drift("dev", "0", "## Drift of dev: none\n")
	c.drift("prod", "2", "## Drift of prod: 1 found\n")
	_, code := c.make("ci-drift-issue")
	require.Zero(t, code)
	require.NoError(t, os.RemoveAll(filepath.Join(c.project, "plans", "prod")))
	out, code := c.make("ci-drift-issue")
	require.NotZero(t, code)
	require.Contains(t, out, "an environment has no verdict")
	c.requireComments(1)
	require.Contains(t, c.issue("1"), "open\n")
	require.Contains(t, c.issue("1"), "## Drift of prod: not known\n")
}

func TestCIDrift_RefusesWhatIsNoEnvironment(t *testing.T) {
	c := newDrift(t)
	for _, name := range []string{`../x`, `a$b`, `["dev","Prod"]`} {
		c.env = append(c.env, "ENVIRONMENTS="+name)
		out, code := c.make("ci-drift-issue")
		require.NotZero(t, code)
		require.Contains(t, out, "want names of environments")
		c.requireComments(0)
	}
}
