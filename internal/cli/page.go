package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of this project's programs. Code 1 is any other error.
const (
	ExitDone = 0
	// ExitFailed is an error, a plan that the review blocks, or a drill that
	// was held and failed.
	ExitFailed = 1
	// ExitDecide wants a person or a next step: there are changes, the review
	// needs a human, or the guard refused.
	ExitDecide = 2
	// ExitNoVerdict says that what was asked for could not be judged or held,
	// or that a check found something bad.
	ExitNoVerdict = 3
	// ExitAct says that an operator has to act.
	ExitAct = 4
	// ExitInterrupted is the shell's own code for Ctrl-C.
	ExitInterrupted = 130
)

// ExitCodes are all exit codes, for the page of commands.
var ExitCodes = []struct {
	Code    int
	Command string
	Meaning string
}{
	{ExitDone, "all", "done, answered, clean"},
	{ExitFailed, "all", "an error, which is printed"},
	{ExitFailed, "drctl review", "the plan is blocked"},
	{ExitFailed, "twin drill", "a drill was held and failed"},
	{ExitDecide, "drctl plan, twin plan", "there are changes (with --detailed-exitcode)"},
	{ExitDecide, "drctl apply", "something was applied; plan and review again"},
	{ExitDecide, "drctl review", "a human has to decide"},
	{ExitDecide, "drctl drift", "AWS differs from the configuration, or protection decayed"},
	{ExitDecide, "drctl guard", "the guard refused, and said why"},
	{ExitNoVerdict, "drctl review", "no verdict: a plan, a policy or a flag cannot be used"},
	{ExitNoVerdict, "drctl validate", "the provider could not be downloaded, so nothing was validated"},
	{ExitNoVerdict, "drctl drift", "no verdict: a plan, a check's answer or a flag cannot be used"},
	{ExitNoVerdict, "drctl guard check", "a check found something bad"},
	{ExitNoVerdict, "twin drill", "a drill could not be held"},
	{ExitAct, "drctl guard status", "an operator has to act; the first two lines say on what"},
	{ExitInterrupted, "drctl guard", "you stopped following or watching; the failover goes on"},
}

// CodesTable is [ExitCodes] in Markdown.
func CodesTable() string {
	var b strings.Builder
	b.WriteString("| Code | Command | Meaning |\n|---|---|---|\n")
	for _, c := range ExitCodes {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", c.Code, c.Command, c.Meaning)
	}
	return b.String()
}

// CommandsTable lists the commands below root in Markdown, each with the first
// of its examples.
func CommandsTable(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("| Command | What it does | For example |\n|---|---|---|\n")
	for _, cmd := range Runnable(root) {
		first, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", cmd.CommandPath(), cmd.Short, first)
	}
	return b.String()
}

// Runnable are the commands below root that do something themselves.
func Runnable(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if cmd.HasSubCommands() {
			all = append(all, Runnable(cmd)...)
		} else {
			all = append(all, cmd)
		}
	}
	return all
}
