package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/review"
)

// driftFlags choose what is compared, and where to.
type driftFlags struct {
	reviewFlags
	check       string
	acceptDrift bool
}

// driftFiles are what --into writes, by format.
var driftFiles = map[string]string{"markdown": "drift.md", "json": "drift.json"}

func driftCommand() *cobra.Command {
	f := &driftFlags{}
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "Sort what differs between AWS and the configuration: left by a failover, changed, decayed",
		Long: "Reads plans that were made without a change (drctl plan --no-lock on the main branch) and the guard's answer to a check " +
			"(drctl guard check --json). What differs is sorted: protection decayed, changed by someone, left by a failover.\n\n" +
			"Exit codes: 0 nothing differs, 2 something does, 3 no verdict (a plan, the answer or a flag cannot be used).",
		Example: "  drctl drift --plan plans/prod --check plans/prod/check.json",
		Args:    func(cmd *cobra.Command, args []string) error { return unusable(cobra.NoArgs(cmd, args)) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return survive(func() error { return f.run(cmd) }) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unusable(err) })
	cmd.Flags().StringArrayVar(&f.plans, "plan", nil, "a plan's JSON, or a folder of them (may be given again)")
	cmd.Flags().StringVar(&f.check, "check", "", "what drctl guard check --json printed; a file without an answer counts as a guard that gives none")
	cmd.Flags().StringVar(&f.format, "format", "markdown", "one of "+strings.Join(review.DriftFormats, ", "))
	cmd.Flags().StringVar(&f.into, "into", "", "folder to write drift.md and drift.json to, instead of printing; what an earlier run left there is removed first")
	cmd.Flags().BoolVar(&f.acceptDrift, "accept-drift", false, "exit with 0 also where something differs: for a CI that opens an issue next")
	return cmd
}

func (f *driftFlags) run(cmd *cobra.Command) error {
	if f.into != "" {
		if err := removeEarlier(f.into, "report", driftFiles); err != nil {
			return unusable(err)
		}
	}
	r, err := f.drift(cmd)
	if err == nil {
		err = f.write(cmd.OutOrStdout(), r)
	}
	switch {
	case err != nil:
		return unusable(err)
	case r.ExitCode == 0 || f.acceptDrift:
		return nil
	default:
		return &verdictError{code: r.ExitCode}
	}
}

func (f *driftFlags) drift(cmd *cobra.Command) (*review.DriftReport, error) {
	if len(f.plans) == 0 {
		return nil, errSource
	}
	if _, err := (&review.DriftReport{}).Render(f.format); err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	check, err := readCheck(f.check)
	if err != nil {
		return nil, err
	}
	engine, doc, err := f.document(cmd, time.Now())
	if err != nil {
		return nil, err
	}
	return review.NewDrift(cmd.Context(), engine, doc, check)
}

// readCheck is the guard's answer in a file. A file that holds none is an answer,
// too: the guard gave none.
func readCheck(file string) (review.Check, error) {
	if file == "" {
		return review.Check{}, errors.New("--check: found none, want the file of what drctl guard check --json printed")
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the user named the file
	if err != nil {
		return review.Check{}, fmt.Errorf("--check: %w", err)
	}
	var answer command.Answer
	first, _, _ := strings.Cut(string(bytes.TrimSpace(raw)), "\n")
	switch err := json.Unmarshal(raw, &answer); {
	case err != nil && first == "":
		return review.Check{Fault: "the answer is empty"}, nil
	case err != nil:
		return review.Check{Fault: first}, nil
	case answer.Refusal != nil:
		return review.Check{Fault: string(answer.Refusal.Name) + ": " + answer.Refusal.Reason}, nil
	case len(answer.Findings) == 0:
		return review.Check{Fault: "the answer has no findings"}, nil
	}
	return review.Check{Findings: answer.Findings}, nil
}

func (f *driftFlags) write(out io.Writer, r *review.DriftReport) error {
	if f.into == "" {
		raw, err := r.Render(f.format)
		if err != nil {
			return fmt.Errorf("--format: %w", err)
		}
		_, err = out.Write(raw)
		return err
	}
	for format, name := range driftFiles {
		raw, err := r.Render(format)
		if err != nil {
			return fmt.Errorf("--format: %w", err)
		}
		if err := os.WriteFile(filepath.Join(f.into, name), raw, 0o600); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
