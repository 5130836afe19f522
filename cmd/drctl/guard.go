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
	json                             bool
	getenv                           func(string) string
	dial                             dialer
}

func guardCommand() *cobra.Command { return guardCommandTo(guardclient.Dial, os.Getenv) }

func guardCommandTo(dial dialer, getenv func(string) string) *cobra.Command {
	flags := &guardFlags{dial: dial, getenv: getenv}
	cmd := &cobra.Command{
		Use:   "guard",
		Short: "Ask the deployed guard: status, check, failover, pause, arm, history",
		Long: "Invokes the function failover-function-<environment> in the replica's region. Everything is decided and done there, nothing on this machine. " +
			"docs/runbook.md tells what to type when.\n\n" +
			"Exit codes: 0 done or answered; 1 the guard could not be asked; 2 the guard refused, and the answer has the refusal's name; 3 a check found something bad; 130 following was stopped.",
	}
	cmd.PersistentFlags().StringVarP(&flags.environment, "environment", "e", "", "environment suffix (default: ENVIRONMENT_SUFFIX, else dev)")
	cmd.PersistentFlags().StringVar(&flags.region, "region", "", "region of the guard (default: the replica's, from the environment's configuration)")
	cmd.PersistentFlags().StringVar(&flags.project, "project", ".", "the project's root; not needed with --environment and --region")
	cmd.PersistentFlags().StringVar(&flags.by, "by", "", "who asks, for the record (default: your user name)")
	cmd.PersistentFlags().BoolVar(&flags.json, "json", false, "print the function's answer as it is")
	cmd.AddCommand(
		flags.statusCommand(), flags.failoverCommand(), flags.pauseCommand(), flags.armCommand(), flags.historyCommand(),
		flags.command("check", "Check whether a failover could succeed now", func(ctx context.Context, o *guardclient.Operator) error { return o.Check(ctx) }),
		flags.command("resume", "End a pause", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Change(ctx, event.Command{Action: event.Resume})
		}),
		flags.command("disarm", "Never promote until armed again", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Change(ctx, event.Command{Action: event.Disarm})
		}),
		flags.command("abandon", "Give a failover up that RDS never carries out", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Change(ctx, event.Command{Action: event.Abandon})
		}),
		flags.command("version", "Say which version is deployed", func(ctx context.Context, o *guardclient.Operator) error {
			return o.Version(ctx, version.Version)
		}),
	)
	return cli.Group(cmd)
}

func (f *guardFlags) statusCommand() *cobra.Command {
	var follow bool
	cmd := f.command("status", "Say how things stand, in ten lines", func(ctx context.Context, o *guardclient.Operator) error {
		if follow {
			return o.Follow(ctx)
		}
		return o.Status(ctx)
	})
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "follow the failover that is under way to its end")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if follow && f.json {
			return errors.New("--follow and --json: found both, want one of them: what is followed is told in words")
		}
		return nil
	}
	return cmd
}

func (f *guardFlags) failoverCommand() *cobra.Command {
	var with guardclient.Overrides
	var yes bool
	cmd := f.command("failover", "Say what a failover would do; with --yes do it and follow it", func(ctx context.Context, o *guardclient.Operator) error {
		if yes {
			return o.Failover(ctx, with)
		}
		return o.DryRun(ctx, with)
	})
	cmd.Long = "Without --yes it is a dry run: the guard looks, decides and changes nothing; the output says what would happen and what to type to do it. " +
		"With --yes the order is given and followed, a line a step. Ctrl-C stops the following, not the failover. With --json it is not followed."
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	cmd.Flags().BoolVar(&with.Force, "force", false, "without evidence, arming, pause and cooldown")
	cmd.Flags().BoolVar(&with.AllowDataLoss, "allow-data-loss", false, "over the limit of loss, or without knowing it")
	cmd.Flags().BoolVar(&with.Unfenced, "unfenced", false, "where fencing fails, too; the old primary may go on taking writes")
	cmd.Flags().BoolVar(&with.Unproven, "unproven", false, "turn DNS on RDS's word alone, where the new writer can't be asked")
	return cmd
}

func (f *guardFlags) pauseCommand() *cobra.Command {
	var reason string
	var length time.Duration
	cmd := f.command("pause", "Start no failover, and hold one that is not promoted yet", func(ctx context.Context, o *guardclient.Operator) error {
		return o.Change(ctx, event.Command{Action: event.Pause, Reason: reason, For: length})
	})
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("for") && (length < time.Second || length%time.Second != 0 || length > engine.PauseMost) {
			return fmt.Errorf("--for: found %s, want whole seconds, %s at most, for example 30m", length, engine.PauseMost)
		}
		return nil
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the operator who finds it paused")
	cmd.Flags().DurationVar(&length, "for", 0, "how long, at most 24h (default 1h); a pause always ends")
	_ = cmd.MarkFlagRequired("reason") // there is such a flag
	return cmd
}

func (f *guardFlags) armCommand() *cobra.Command {
	var writer string
	cmd := f.command("arm", "Arm now, if all is green; or name the writer after a rebuild", func(ctx context.Context, o *guardclient.Operator) error {
		return o.Change(ctx, event.Command{Action: event.Arm, Writer: writer})
	})
	cmd.Flags().StringVar(&writer, "writer", "", "DbiResourceId of the instance that takes writes, db-…")
	return cmd
}

func (f *guardFlags) historyCommand() *cobra.Command {
	var limit int
	cmd := f.command("history", "List past failovers with the times of their steps", func(ctx context.Context, o *guardclient.Operator) error {
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
	"failover": "--yes",
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
				return err
			}
			o := &guardclient.Operator{Target: target, Invoker: invoker, Out: cmd.OutOrStdout(), JSON: f.json, By: f.who()}
			return exitOf(do(cmd.Context(), o))
		},
	}
}

// exitOf gives an error its exit code. What was told already is not printed
// again.
func exitOf(err error) error {
	if err == nil {
		return nil
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
