package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guardclient"
)

// sent are the commands that reached the guard and change something.
func (c *onCall) sent() []event.Action {
	var all []event.Action
	for _, a := range c.asked {
		if a.Action != event.Status && !a.DryRun {
			all = append(all, a.Action)
		}
	}
	return all
}

var where = []string{"-e", "prod", "--region", "eu-west-1"}

func TestOrders_OnATerminalAreConfirmedWithTheEnvironmentsName(t *testing.T) {
	for line, action := range map[string]event.Action{"disarm": event.Disarm, "abandon": event.Abandon, "arm --writer db-X": event.Arm} {
		for typed, confirmed := range map[string]bool{"prod\n": true, "prod": true, " prod \n": true, "dev\n": false, "y\n": false, "PROD\n": false, "": false} {
			c := &onCall{answer: quiet(), terminal: true, typed: typed}
			_, code, err := c.types(t, append(strings.Fields(line), where...)...)
			require.Contains(t, c.question, "Type the environment's name, prod, to confirm: ", line)
			if confirmed {
				require.NoError(t, err)
				require.Equal(t, []event.Action{action}, c.sent(), "%s, typed %q", line, typed)
				continue
			}
			require.Equal(t, 1, code)
			require.ErrorContains(t, err, "nothing was sent")
			require.Empty(t, c.asked, "%s, typed %q", line, typed)
		}
	}
}

func TestOrders_WithoutATerminalWantYes(t *testing.T) {
	for _, line := range []string{"disarm", "abandon", "arm --writer db-X"} {
		c := &onCall{answer: quiet(), typed: "prod\n"}
		_, code, err := c.types(t, append(strings.Fields(line), where...)...)
		require.Equal(t, 1, code)
		require.ErrorContains(t, err, "--yes")
		require.Empty(t, c.asked, line)
		require.Empty(t, c.question, line)
	}
}

func TestOrders_WithYesAskNothing(t *testing.T) {
	for _, line := range []string{"disarm --yes", "abandon --yes", "arm --writer db-X --yes", "arm", "resume", "pause --reason x"} {
		c := &onCall{answer: quiet(), terminal: true}
		_, _, err := c.types(t, append(strings.Fields(line), where...)...)
		require.NoError(t, err, line)
		require.Len(t, c.sent(), 1, line)
		require.Empty(t, c.question, line)
	}
}

func TestFailover_OnATerminalIsADryRunAndThenAQuestion(t *testing.T) {
	promote, refuse := quiet(), quiet()
	promote.View.Decision.Verdict = decide.Promote
	refuse.View.Decision.Verdict = decide.Refuse
	for name, c := range map[string]struct {
		*onCall
		line    string
		asked   bool
		ordered bool
	}{
		"another name":  {&onCall{answer: promote, terminal: true, typed: "dev\n"}, "failover", true, false},
		"dry run":       {&onCall{answer: promote, terminal: true, typed: "prod\n"}, "failover --dry-run", false, false},
		"json":          {&onCall{answer: promote, terminal: true, typed: "prod\n"}, "failover --json", false, false},
		"no terminal":   {&onCall{answer: promote, typed: "prod\n"}, "failover", false, false},
		"yes in a pipe": {&onCall{answer: promote}, "failover --yes --json", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _ = c.types(t, append(strings.Fields(c.line), where...)...)
			require.Equal(t, c.asked, c.question != "")
			require.Equal(t, c.ordered, len(c.sent()) == 1, c.asked)
			require.NotEmpty(t, c.onCall.asked, "the guard was asked")
		})
	}
	// The guard refuses the confirmed order, which ends the following.
	confirmed := &onCall{answer: promote, terminal: true, typed: "prod\n"}
	confirmed.answer.Refusal = nil
	confirmed.err = nil
	confirmed.refuseOrder = true
	_, code, _ := confirmed.types(t, append([]string{"failover"}, where...)...)
	require.Equal(t, guardclient.ExitRefused, code)
	require.Equal(t, []event.Action{event.Failover}, confirmed.sent())
}

func TestOrders_HaveNoDefaultEnvironment(t *testing.T) {
	dir := project(t, "")
	for _, line := range []string{"failover", "failover --yes", "disarm --yes", "abandon --yes", "arm", "arm --writer db-X --yes", "pause --reason x", "resume", "resume --environment="} {
		c := &onCall{answer: quiet(), variable: map[string]string{"ENVIRONMENT_SUFFIX": "dev"}}
		_, code, err := c.types(t, append(strings.Fields(line), "--project", dir)...)
		require.Equal(t, 1, code, line)
		require.ErrorContains(t, err, "--environment: found none", line)
		require.Empty(t, c.asked, line)
	}
	for _, line := range []string{"status", "check", "history", "version", "failover --dry-run"} {
		c := &onCall{answer: quiet()}
		_, _, _ = c.types(t, append(strings.Fields(line), "--project", dir)...)
		require.NotEmpty(t, c.asked, "%s is a question", line)
	}
}

func TestStatus_IsColouredOnATerminalOnly(t *testing.T) {
	for name, c := range map[string]struct {
		terminal bool
		variable map[string]string
		coloured bool
	}{
		"terminal":      {true, nil, true},
		"pipe":          {false, nil, false},
		"NO_COLOR":      {true, map[string]string{"NO_COLOR": "1"}, false},
		"dumb terminal": {true, map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, err := (&onCall{answer: quiet(), terminal: c.terminal, variable: c.variable}).types(t, append([]string{"status"}, where...)...)
			require.NoError(t, err)
			require.Equal(t, c.coloured, strings.HasPrefix(out, "\x1b[1;32mOK: armed\x1b[0m\n"), "%q", out)
			require.Equal(t, !c.coloured, strings.HasPrefix(out, "OK: armed\n"), "%q", out)
		})
	}
}

func TestGuard_KeepsTheCauseForWhoAsks(t *testing.T) {
	cause := errors.New("the whole cause")
	for flag, kept := range map[string]bool{"": false, "--verbose": true, "--json": true} {
		c := &onCall{err: &guardclient.AskError{Problem: "no answer", Err: cause}}
		_, code, err := c.types(t, append(strings.Fields("status "+flag), where...)...)
		require.Equal(t, 1, code)
		require.Equal(t, kept, strings.Contains(err.Error(), "Cause: the whole cause"), flag)
	}
}

func TestHistory_SetsActualTimesAgainstTheObjectivesOfTheConfiguration(t *testing.T) {
	dir := project(t, "objectives: {rto: 5m, rpo: 90s}\n")
	c := &onCall{answer: quiet()}
	at := time.Date(2026, 11, 23, 3, 12, 45, 0, time.UTC)
	f := engine.Failover{ID: "failover-1", Outcome: engine.OutcomeDone, ClaimedAt: at, EndedAt: at.Add(8 * time.Minute), Times: map[engine.Step]time.Time{engine.StepSwitch: at.Add(6 * time.Minute)}}
	f.Decision.Since = at.Add(-2 * time.Minute)
	f.Decision.Loss = decide.Loss{Known: true, Upper: 4 * time.Second}
	c.answer.History = []engine.Entry{{ID: f.ID, Failover: f}}
	out, code, err := c.types(t, "history", "-e", "dev", "--project", dir)
	require.NoError(t, err)
	require.Zero(t, code)
	require.Contains(t, out, "recovery 8m0s from the first silence to the switch of the name; objective 5m0s: MISSED by 3m0s\n")
	require.Contains(t, out, "at least 0 bytes of WAL; objective 1m30s: met\n")
	out, _, err = c.types(t, "history", "-e", "dev", "--region", "eu-west-1", "--project", "/nowhere")
	require.NoError(t, err)
	require.Contains(t, out, "recovery 8m0s from the first silence to the switch of the name\n", "without a project no objective is known")
}
