package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
	"github.com/pgdr/pgdr/internal/guardclient"
)

// onCall is a person with a guard that answers everything the same.
type onCall struct {
	answer command.Answer
	err    error
	// terminal: they sit at one, and type this when asked.
	terminal bool
	typed    string
	variable map[string]string
	// refuseOrder: the guard refuses a failover that is no dry run.
	refuseOrder bool
	// question is what was printed to ask them.
	question string
	// dialled is whom they asked, asked what.
	dialled guardclient.Target
	asked   []event.Command
}

func (c *onCall) Invoke(_ context.Context, raw []byte, _ bool) ([]byte, error) {
	e := event.Parse(raw, "dev")
	c.asked = append(c.asked, e.Command)
	if c.err != nil {
		return nil, c.err
	}
	a := c.answer
	if c.refuseOrder && e.Command.Action == event.Failover && !e.Command.DryRun {
		a = command.Answer{Refusal: &refusal.Refusal{Name: refusal.Paused, Reason: "paused", Next: "resume"}}
	}
	a.Action = string(e.Command.Action)
	return json.Marshal(a)
}

// types types a command and returns what is printed, and the exit code.
func (c *onCall) types(t *testing.T, args ...string) (string, int, error) {
	t.Helper()
	var out, question bytes.Buffer
	cmd := guardCommandTo(func(_ context.Context, target guardclient.Target) (guardclient.Invoker, error) {
		c.dialled = target
		return c, nil
	}, func(name string) string { return c.variable[name] }, func(any) bool { return c.terminal })
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(c.typed))
	cmd.SetOut(&out)
	cmd.SetErr(&question)
	err := cmd.ExecuteContext(t.Context())
	c.question = question.String()
	code := 0
	var coded *verdictError
	switch {
	case errors.As(err, &coded):
		code = coded.code
		err = coded.err // what main prints
	case err != nil:
		code = 1
	}
	return out.String(), code, err
}

func quiet() command.Answer {
	at := time.Date(2026, 11, 23, 3, 12, 45, 0, time.UTC)
	st := engine.State{Writer: engine.Member{Site: engine.SitePrimary, ResourceID: "db-P"}, Arming: decide.Arming{ArmedFor: "db-P"}}
	st.Watch.SQL.LastSample = at
	return command.Answer{View: &engine.View{State: st, Decision: decide.Decision{Verdict: decide.Nothing, Evidence: decide.EvidenceAlive, At: at}}}
}

func TestGuard_AsksTheFunctionOfTheEnvironmentInTheReplicasRegion(t *testing.T) {
	dir := project(t, "sites: {replica: {region: eu-central-1}}\nguard: {witness_regions: [us-west-2, eu-west-1]}\naccount: \"123456789012\"\n")
	c := &onCall{answer: quiet()}
	out, code, err := c.types(t, "status", "--project", dir)
	require.NoError(t, err)
	require.Zero(t, code)
	require.Contains(t, out, "dev: failover-function-dev in eu-central-1, account 123456789012")
	require.Equal(t, guardclient.Target{Environment: "dev", Region: "eu-central-1", Account: "123456789012", Flags: []string{"-e", "dev", "--project", guardclient.Quote(dir)}}, c.dialled)
	_, _, err = c.types(t, "status", "--project", dir, "--region", "eu-west-2")
	require.NoError(t, err)
	require.Equal(t, "eu-west-2", c.dialled.Region)
}

func TestGuard_NeedsNoProjectWithEnvironmentAndRegion(t *testing.T) {
	c := &onCall{answer: quiet()}
	_, _, err := c.types(t, "status", "-e", "prod", "--region", "eu-west-1", "--project", "/nowhere")
	require.NoError(t, err)
	require.Equal(t, "prod", c.dialled.Environment)
	require.Equal(t, "eu-west-1", c.dialled.Region)
	_, code, err := c.types(t, "status", "-e", "prod", "--project", t.TempDir())
	require.Equal(t, 1, code)
	require.ErrorContains(t, err, "--environment and --region")
}

func TestGuard_SendsWhatWasTyped(t *testing.T) {
	where := []string{"-e", "dev", "--region", "eu-west-1", "--by", "ann"}
	for line, want := range map[string]event.Command{
		"version":                       {Action: event.Version},
		"status":                        {Action: event.Status},
		"check":                         {Action: event.Check},
		"history":                       {Action: event.History, Limit: 10},
		"history --limit 3":             {Action: event.History, Limit: 3},
		"failover":                      {Action: event.Failover, DryRun: true},
		"failover --force":              {Action: event.Failover, DryRun: true, Force: true},
		"failover --json --yes":         {Action: event.Failover},
		"failover --json --yes --force": {Action: event.Failover, Force: true},
		"failover --json --yes --allow-data-loss --unfenced --unproven": {Action: event.Failover, AllowDataLoss: true, Unfenced: true, Unproven: true},
		"pause --reason upgrade":          {Action: event.Pause, Reason: "upgrade"},
		"pause --reason upgrade --for 1h": {Action: event.Pause, Reason: "upgrade", For: 3600e9},
		"resume":                          {Action: event.Resume},
		"arm":                             {Action: event.Arm},
		"arm --writer db-X --yes":         {Action: event.Arm, Writer: "db-X"},
		"abandon --yes":                   {Action: event.Abandon},
		"disarm --yes":                    {Action: event.Disarm},
		"failover --dry-run":              {Action: event.Failover, DryRun: true},
	} {
		c := &onCall{answer: quiet()}
		_, _, _ = c.types(t, append(strings.Fields(line), where...)...)
		want.By = "ann"
		require.NotEmpty(t, c.asked, line)
		require.Equal(t, want, c.asked[0], line)
	}
}

func TestGuard_SaysWhoAsks(t *testing.T) {
	c := &onCall{answer: quiet()}
	_, _, err := c.types(t, "status", "-e", "dev", "--region", "eu-west-1")
	require.NoError(t, err)
	require.NotEmpty(t, c.asked[0].By, "the user of this machine")
}

func TestGuard_EndsWithTheCodeOfTheAnswer(t *testing.T) {
	refused := quiet()
	refused.Refusal = &refusal.Refusal{Name: refusal.NotGreen, Reason: "no replica", Next: "Make one."}
	disarmed := quiet()
	disarmed.View.State.Arming.Held = true
	bad := quiet()
	bad.Findings = []readiness.Finding{{Check: "records", Verdict: readiness.Failed, Reason: "gone"}}
	for name, c := range map[string]struct {
		onCall  *onCall
		command string
		code    int
		told    bool
	}{
		"answered":  {&onCall{answer: quiet()}, "status", 0, true},
		"refused":   {&onCall{answer: refused}, "arm", 2, true},
		"to act":    {&onCall{answer: disarmed}, "status", 4, true},
		"bad check": {&onCall{answer: bad}, "check", 3, true},
		"unasked":   {&onCall{err: &guardclient.AskError{Problem: "no answer"}}, "status", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			out, code, err := c.onCall.types(t, c.command, "-e", "dev", "--region", "eu-west-1")
			require.Equal(t, c.code, code)
			require.Equal(t, c.told, err == nil, "nothing is told twice, nothing not at all: %v", err)
			require.Equal(t, c.told, out != "")
		})
	}
}

func TestGuard_RefusesWhatCannotBeMeant(t *testing.T) {
	for line, want := range map[string]string{
		"pause":                         "reason",
		"pause --reason x --for 0s":     "--for: found 0s, want whole seconds",
		"pause --reason x --for 1500ms": "--for: found 1.5s",
		"pause --reason x --for 24h1s":  "--for: found 24h0m1s, want whole seconds, 24h0m0s at most",
		"status --follow --json":        "--follow and --json",
		"status --watch --json":         "--watch and --json",
		"status --follow --watch":       "--follow and --watch",
		"failover --dry-run --yes":      "--dry-run and --yes",
		"failover prod":                 "unknown command",
		"failover --allow_data_loss":    "unknown flag",
		"history --limit many":          "--limit",
	} {
		c := &onCall{answer: quiet()}
		_, code, err := c.types(t, append(strings.Fields(line), "-e", "dev", "--region", "eu-west-1")...)
		require.Equal(t, 1, code, line)
		require.ErrorContains(t, err, want, line)
		require.Empty(t, c.asked, line)
	}
}

// runbook is the page for the engineer on call.
func runbook(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	return string(page)
}

// command lines of drctl, in code blocks and in the text.
var drctlLine = regexp.MustCompile("(?m)`(drctl [^`]+)`|^ *(drctl .*)$")

func TestRunbook_HasOnlyCommandsThatParse(t *testing.T) {
	found := 0
	for _, m := range drctlLine.FindAllStringSubmatch(runbook(t), -1) {
		line := m[1] + m[2]
		line, _, _ = strings.Cut(line, " #")
		words := shellWords(line)[1:]
		require.NoError(t, parses(root(), words), line)
		found++
	}
	require.Greater(t, found, 20)
	require.Error(t, parses(root(), []string{"guard", "failover", "--now"}))
	require.Error(t, parses(root(), []string{"guard", "fail"}))
	require.Error(t, parses(root(), []string{"guard", "pause", "--for", "1h"}))
}

// parses does all that cobra does with a line before it runs it.
func parses(root *cobra.Command, words []string) error {
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := cmd.ValidateRequiredFlags(); err != nil {
		return err
	}
	if !cmd.Runnable() {
		return errors.New("it is no command by itself")
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// shellWords are the words of a line; a quoted one may have spaces.
func shellWords(line string) []string {
	var quote rune
	words := strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		}
		return quote == 0 && unicode.IsSpace(r)
	})
	for i, w := range words {
		words[i] = strings.Trim(w, `'"`)
	}
	return words
}

func TestRunbook_TellsOfEveryAlarmAndEveryNotice(t *testing.T) {
	page := runbook(t)
	alarms, err := os.ReadFile("../../docs/monitoring.md")
	require.NoError(t, err)
	names := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(string(alarms), -1)
	require.Greater(t, len(names), 10)
	for _, m := range names {
		require.Contains(t, page, "`"+m[1]+"`", "docs/monitoring.md has the alarm")
	}
	subjects := subjectsOfNotices(t)
	require.Greater(t, len(subjects), 8)
	for _, subject := range subjects {
		require.Contains(t, page, "| "+subject, "the guard has the notice")
	}
}

// subjectsOfNotices are those that the guard words, up to what differs: the
// fifth argument of each call of newNotice, or what is put together for it.
func subjectsOfNotices(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../internal/guard/engine/*.go")
	require.NoError(t, err)
	call := regexp.MustCompile(`newNotice\(Notice\w+, (?:fmt\.Sprintf\([^\n]*?\)|[^,]*), [^,]*, [^,]*, (?:fmt\.Sprintf\()?"([^"%]+)`)
	ofTwo := map[string][]string{ // files with a call whose subject is one of two
		"notice.go":  {"refuses to fail over", "asks whether to fail over"},
		"trouble.go": {"the primary does not answer, and its WAL flows", "the primary is silent while RDS is at work on it"},
	}
	var subjects []string
	calls := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		calls += strings.Count(string(text), "newNotice(Notice")
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			subjects = append(subjects, strings.TrimSpace(m[1]))
		}
		for _, subject := range ofTwo[filepath.Base(file)] {
			require.Contains(t, string(text), subject)
			subjects = append(subjects, subject)
		}
	}
	require.Equal(t, calls+len(ofTwo), len(subjects), "a call for each subject, but for those with one of two: %v", subjects)
	return subjects
}

func TestRunbook_LinksLeadSomewhereAndSomethingLeadsHere(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([a-z./-]+\.md)(#[a-z0-9-]+)?\)`).FindAllStringSubmatch(runbook(t), -1) {
		_, err := os.Stat(filepath.Join("../../docs", m[1]))
		require.NoError(t, err)
	}
	monitoring, err := os.ReadFile("../../docs/monitoring.md")
	require.NoError(t, err)
	require.Contains(t, string(monitoring), "(runbook.md)")
}
