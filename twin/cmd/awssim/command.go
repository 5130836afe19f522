package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/daemon"
)

// settings are the flags of all commands.
type settings struct {
	dir     string
	account string
	seed    uint64
	json    bool
}

func newCommand() *cobra.Command {
	var s settings
	root := &cobra.Command{
		Use:           "awssim",
		Short:         "The simulated AWS account that local deployments apply to",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&s.dir, "dir", "", "directory of the account: its state, socket and log (required)")
	if err := root.MarkPersistentFlagRequired("dir"); err != nil {
		panic(err) // the flag is defined in the line above
	}
	root.AddCommand(serveCommand(&s), startCommand(&s), stopCommand(&s), statusCommand(&s))
	return root
}

func accountFlags(cmd *cobra.Command, s *settings) *cobra.Command {
	cmd.Flags().StringVar(&s.account, "account", "", "account id, 12 digits (default: that of the directory, else "+sim.DefaultAccount+")")
	cmd.Flags().Uint64Var(&s.seed, "seed", 0, "seed of a new account's ids, for repeatable ones (0: random)")
	return cmd
}

func serveCommand(s *settings) *cobra.Command {
	return accountFlags(&cobra.Command{
		Use:   "serve",
		Short: "Serve the account in the foreground until SIGTERM or an interrupt",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := daemon.At(s.dir)
			if err != nil {
				return err
			}
			return daemon.Serve(cmd.Context(), place, sim.Options{Account: s.account, Seed: s.seed})
		},
	}, s)
}

func startCommand(s *settings) *cobra.Command {
	return accountFlags(&cobra.Command{
		Use:   "start",
		Short: "Make sure that a process serves the account, and wait until it answers",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := daemon.At(s.dir)
			if err != nil {
				return err
			}
			arguments := []string{"serve", "--dir", place.Dir, "--account", s.account, "--seed", strconv.FormatUint(s.seed, 10)}
			status, started, err := daemon.Start(cmd.Context(), place, arguments)
			if err != nil {
				return err
			}
			word := "runs already"
			if started {
				word = "started"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "simulated account %s %s (pid %d) at %s\n", status.Summary.Account, word, status.PID, status.Socket)
			return err
		},
	}, s)
}

func stopCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop the account's process, if there is one; its state stays",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := daemon.At(s.dir)
			if err != nil {
				return err
			}
			stopped, err := daemon.Stop(cmd.Context(), place)
			if err != nil {
				return err
			}
			word := "was not running"
			if stopped {
				word = "stopped"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "simulated account of %s %s\n", place.Dir, word)
			return err
		},
	}
}

func statusCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether the account is served and what it holds",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := daemon.At(s.dir)
			if err != nil {
				return err
			}
			status, err := daemon.Query(cmd.Context(), place)
			if err != nil {
				return err
			}
			if s.json {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(status)
			}
			return printStatus(cmd.OutOrStdout(), status)
		},
	}
	cmd.Flags().BoolVar(&s.json, "json", false, "print JSON")
	return cmd
}

func printStatus(w io.Writer, status daemon.Status) error {
	if !status.Running {
		_, err := fmt.Fprintf(w, "simulated account of %s: not running\n", status.Dir)
		return err
	}
	summary := status.Summary
	if _, err := fmt.Fprintf(w, "simulated account %s: running, pid %d, %s\n%d resources\n", summary.Account, status.PID, status.Socket, summary.Total); err != nil {
		return err
	}
	if err := printCounts(w, summary.Resources); err != nil {
		return err
	}
	if len(summary.Retained) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "left of deleted things:"); err != nil {
		return err
	}
	return printCounts(w, summary.Retained)
}

func printCounts(w io.Writer, counts map[string]map[string]int) error {
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		for _, region := range slices.Sorted(maps.Keys(counts[typ])) {
			if _, err := fmt.Fprintf(w, "  %4d  %-14s  %s\n", counts[typ][region], region, typ); err != nil {
				return err
			}
		}
	}
	return nil
}
