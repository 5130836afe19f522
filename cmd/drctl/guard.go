package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guardclient"
	"github.com/pgdr/pgdr/internal/version"
	"github.com/pgdr/pgdr/spec"
)

// dialer finds the way to a guard; [guardclient.Dial] does.
type dialer func(ctx context.Context, target guardclient.Target) (guardclient.Invoker, error)

// guardFlags choose which guard is asked, and how it answers.
type guardFlags struct {
	environment, project, region, by string
	json, verbose                    bool
	getenv                           func(string) string
	dial                             dialer
	// terminal tells whether a command's input or output is one.
	terminal func(stream any) bool
}

func guardCommand() *cobra.Command {
	return guardCommandTo(guardclient.Dial, os.Getenv, cli.IsTerminal)
}

func guardCommandTo(dial dialer, getenv func(string) string, terminal func(any) bool) *cobra.Command {
	flags := &guardFlags{dial: dial, getenv: getenv, terminal: terminal}
	cmd := &cobra.Command{
		Use:   "guard",
		Short: "Ask the deployed guard: status, check, failover, pause, arm, history",
		Long: "Invokes the function failover-function-<environment> in the replica's region. Everything is decided and done there, nothing on this machine. " +
			"docs/runbook.md tells what to type when.\n\n" +
			"Exit codes: 0 done or answered; 1 the guard could not be asked; 2 the guard refused, and the answer has the refusal's name; 3 a check found something bad; 4 the status says that an operator has to act; 130 following or watching was stopped.\n\n" +
			"On a terminal failover, disarm, abandon and arm --writer ask to type the environment's name; --yes is for scripts. " +
			"What changes something needs --environment. Colour is for terminals; NO_COLOR turns it off.",
	}
	cmd.PersistentFlags().StringVarP(&flags.environment, "environment", "e", "", "environment suffix; an order needs it, a question does not (default: ENVIRONMENT_SUFFIX, else dev)")
	cmd.PersistentFlags().StringVar(&flags.region, "region", "", "region of the guard (default: the replica's, from the environment's configuration)")
	cmd.PersistentFlags().StringVar(&flags.project, "project", ".", "the project's root; not needed with --environment and --region")
	cmd.PersistentFlags().StringVar(&flags.by, "by", "", "who asks, for the record (default: your user name)")
	cmd.PersistentFlags().BoolVar(&flags.json, "json", false, "print the function's answer as it is")
	cmd.PersistentFlags().BoolVar(&flags.verbose, "verbose", false, "print an error's whole cause, as the AWS SDK words it")
	cmd.AddCommand(
		flags.statusCommand(), flags.failoverCommand(), flags.pauseCommand(), flags.armCommand(), flags.historyCommand(),
		flags.command("check", "Check whether a failover could succeed now", func(ctx context.Context, o *guardclient.Operator) error { return o.Check(ctx) }),
		flags.order("resume", "End a pause", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Change(ctx, event.Command{Action: event.Resume})
		}),
		flags.confirmed("disarm", "Never promote until armed again", "The guard stops promoting until it is armed again.", event.Disarm),
		flags.confirmed("abandon", "Give a failover up that RDS never carries out", "The guard gives the failover up and is disarmed.", event.Abandon),
		flags.command("version", "Say which version is deployed", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Version(ctx, version.Version)
		}),
	)
	return cli.Group(cmd)
}

func (f *guardFlags) statusCommand() *cobra.Command {
	var follow, watch bool
	var cmd *cobra.Command
	cmd = f.command("status", "Say how things stand: a verdict, the next step, and why", func(ctx context.Context, o *guardclient.Operator) error {
		switch {
		case follow:
			return o.Follow(ctx)
		case watch:
			return o.Watch(ctx, f.terminal(cmd.OutOrStdout()))
		default:
			return o.Status(ctx)
		}
	})
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "follow the failover that is under way to its end")
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "print the status every 5 s until Ctrl-C; a terminal is repainted")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case follow && watch:
			return errors.New("--follow and --watch: found both, want one of them")
		case follow && f.json:
			return errors.New("--follow and --json: found both, want one of them: what is followed is told in words")
		case watch && f.json:
			return errors.New("--watch and --json: found both, want one of them: what is watched is told in words")
		}
		return nil
	}
	return cmd
}

func (f *guardFlags) failoverCommand() *cobra.Command {
	var with guardclient.Overrides
	var yes, dryRun bool
	var cmd *cobra.Command
	cmd = f.command("failover", "Say what a failover would do; once confirmed, do it and follow it", func(ctx context.Context, o *guardclient.Operator) error {
		if yes {
			return o.Failover(ctx, with)
		}
		if err := o.DryRun(ctx, with); err != nil || dryRun || f.json || !f.terminal(cmd.InOrStdin()) {
			return err
		}
		if err := f.confirm(ctx, cmd, o.Target, "The order starts the failover. It can't be taken back once it promotes."); err != nil {
			return err
		}
		return o.Failover(ctx, with)
	})
	cmd.Long = "It begins with a dry run: the guard looks, decides and changes nothing; the output says what would happen and what to type to do it. " +
		"On a terminal it then asks to type the environment's name, and gives the order; --dry-run ends before that. Elsewhere it ends there without --yes. " +
		"With --yes the order is given at once. An order is followed, a line a step. Ctrl-C stops the following, not the failover. With --json it neither asks nor follows."
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if dryRun && yes {
			return errors.New("--dry-run and --yes: found both, want one of them")
		}
		if dryRun {
			return nil
		}
		return needsEnvironment(cmd)
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking, for scripts")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing and ask nothing")
	cmd.Flags().BoolVar(&with.Force, "force", false, "without evidence, arming, pause and cooldown")
	cmd.Flags().BoolVar(&with.AllowDataLoss, "allow-data-loss", false, "over the limit of loss, or without knowing it")
	cmd.Flags().BoolVar(&with.Unfenced, "unfenced", false, "where fencing fails, too; the old primary may go on taking writes")
	cmd.Flags().BoolVar(&with.Unproven, "unproven", false, "turn DNS on RDS's word alone, where the new writer can't be asked")
	return cmd
}

func (f *guardFlags) pauseCommand() *cobra.Command {
	var reason string
	var length time.Duration
	cmd := f.order("pause", "Start no failover, and hold one that is not promoted yet", func(ctx context.Context, o *guardclient.Operator) error {
		return o.Change(ctx, event.Command{Action: event.Pause, Reason: reason, For: length})
	})
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("for") && (length < time.Second || length%time.Second != 0 || length > engine.PauseMost) {
			return fmt.Errorf("--for: found %s, want whole seconds, %s at most, for example 30m", length, engine.PauseMost)
		}
		return needsEnvironment(cmd)
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the operator who finds it paused")
	cmd.Flags().DurationVar(&length, "for", 0, "how long, at most 24h (default 1h); a pause always ends")
	_ = cmd.MarkFlagRequired("reason") // there is such a flag
	return cmd
}

func (f *guardFlags) armCommand() *cobra.Command {
	var writer string
	var yes bool
	var cmd *cobra.Command
	cmd = f.order("arm", "Arm now, if all is green; or name the writer after a rebuild", func(ctx context.Context, o *guardclient.Operator) error {
		if writer != "" && !yes {
			what := "The guard takes " + writer + " for the writer: DNS follows, and its fence is lifted."
			if err := f.confirm(ctx, cmd, o.Target, what); err != nil {
				return err
			}
		}
		return o.Change(ctx, event.Command{Action: event.Arm, Writer: writer})
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "name the writer without asking, for scripts")
	cmd.Flags().StringVar(&writer, "writer", "", "DbiResourceId of the instance that takes writes, db-…")
	return cmd
}

func (f *guardFlags) historyCommand() *cobra.Command {
	var limit int
	cmd := f.command("history", "List past failovers: the times of their steps, recovery and loss beside the objectives", func(ctx context.Context, o *guardclient.Operator) error {
		o.Objectives = f.objectives()
		return o.History(ctx, limit)
	})
	cmd.Flags().IntVar(&limit, "limit", 10, "how many, 1 to 50")
	return cmd
}

// exampleFlags end the examples of the commands.
var exampleFlags = map[string]string{
	"status":   "--follow",
	"pause":    `--reason "database maintenance" --for 30m`,
	"history":  "--limit 1",
	"failover": "--dry-run",
}

// order is a command that changes something: it has no default environment.
func (f *guardFlags) order(use, short string, do func(context.Context, *guardclient.Operator) error) *cobra.Command {
	cmd := f.command(use, short, do)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return needsEnvironment(cmd) }
	return cmd
}

// confirmed is an order that an operator confirms, unless it is a script's.
func (f *guardFlags) confirmed(use, short, what string, action event.Action) *cobra.Command {
	var yes bool
	var cmd *cobra.Command
	cmd = f.order(use, short, func(ctx context.Context, o *guardclient.Operator) error {
		if !yes {
			if err := f.confirm(ctx, cmd, o.Target, what); err != nil {
				return err
			}
		}
		return o.Change(ctx, event.Command{Action: action})
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking, for scripts")
	return cmd
}

// confirm asks on a terminal. The question goes to standard error, so that the
// output can be piped.
func (f *guardFlags) confirm(ctx context.Context, cmd *cobra.Command, t guardclient.Target, what string) error {
	if !f.terminal(cmd.InOrStdin()) {
		return fmt.Errorf("--yes: found none, and no terminal to confirm on; want --yes in a script; %w", guardclient.ErrUnconfirmed)
	}
	return guardclient.Confirm(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), t, what)
}

// needsEnvironment refuses an order that leaves its environment to a default:
// a variable of another day must not decide what is failed over.
func needsEnvironment(cmd *cobra.Command) error {
	if f := cmd.Flags().Lookup("environment"); f.Changed && f.Value.String() != "" {
		return nil
	}
	return fmt.Errorf("--environment: found none, want the environment that drctl guard %s is for, for example -e prod; an order has no default", cmd.Name())
}

// command is one that asks the guard.
func (f *guardFlags) command(use, short string, do func(context.Context, *guardclient.Operator) error) *cobra.Command {
	return &cobra.Command{
		Use:     use,
		Short:   short,
		Example: "  " + strings.TrimSpace("drctl guard "+use+" -e prod "+exampleFlags[use]),
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, err := f.target(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			invoker, err := f.dial(cmd.Context(), target)
			if err != nil {
				return f.exitOf(err)
			}
			o := &guardclient.Operator{Target: target, Invoker: invoker, Out: cmd.OutOrStdout(), JSON: f.json, By: f.who()}
			o.Paint = cli.PaintFor(f.getenv, f.terminal(o.Out))
			return f.exitOf(do(cmd.Context(), o))
		},
	}
}

// exitOf gives an error its exit code. What was told already is not printed
// again. The SDK's words of it are for who asks for them.
func (f *guardFlags) exitOf(err error) error {
	if err == nil {
		return nil
	}
	if cause := guardclient.Cause(err); cause != "" && (f.verbose || f.json) {
		err = fmt.Errorf("%w\n  Cause: %s", err, cause)
	}
	coded := &verdictError{code: guardclient.ExitCode(err), err: err}
	if guardclient.Told(err) {
		coded.err = nil
	}
	return coded
}

// target is the guard that is meant.
func (f *guardFlags) target(given func(flag string) bool) (guardclient.Target, error) {
	t := guardclient.Target{Environment: f.environment, Region: f.region}
	if t.Environment == "" || t.Region == "" {
		cfg, err := f.load()
		if err != nil {
			return t, fmt.Errorf("%w\n  Next: say which guard is meant with --project, or with --environment and --region", err)
		}
		t.Environment, t.Account = cfg.Environment, cfg.Account
		if t.Region == "" {
			t.Region = cfg.Sites.Replica.Region
		}
	}
	t.Flags = []string{"-e", t.Environment}
	for _, flag := range []struct{ name, value string }{{"region", f.region}, {"project", f.project}, {"by", f.by}} {
		if given(flag.name) {
			t.Flags = append(t.Flags, "--"+flag.name, guardclient.Quote(flag.value))
		}
	}
	return t, nil
}

// objectives are those of the environment's configuration, none outside of a
// project: the guard answers without one, too.
func (f *guardFlags) objectives() guardclient.Objectives {
	cfg, err := f.load()
	if err != nil {
		return guardclient.Objectives{}
	}
	rto, rpo := cfg.Derived().Objectives.Durations()
	return guardclient.Objectives{RTO: rto, RPO: rpo}
}

func (f *guardFlags) load() (spec.Config, error) {
	project, err := cli.Project(f.project)
	if err != nil {
		return spec.Config{}, err
	}
	return spec.Load(spec.LoadOptions{Dir: project, Env: f.getenv, Environment: f.environment})
}

// who is who asks: the flag, else the user's name on this machine.
func (f *guardFlags) who() string {
	if f.by != "" {
		return f.by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return f.getenv("USER")
}
