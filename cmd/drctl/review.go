package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/local"
	"github.com/pgdr/pgdr/internal/review"
)

// reviewFlags choose what is reviewed, by what, and where to.
type reviewFlags struct {
	plans       []string
	policies    []string
	environment string
	project     string
	dir         string
	format      string
	output      string
	today       string
}

// verdictError carries a verdict, or that there is none, to the exit code.
type verdictError struct {
	code int
	// err is nil where the review was made: it says all that there is to say.
	err error
}

func (e *verdictError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("the review's verdict has the exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *verdictError) Unwrap() error { return e.err }

// errSource: what is to be reviewed comes from one place.
var errSource = errors.New("say what to review: --plan FILE (again for the other stack), or --environment NAME for a plan in the simulated account")

// unusable says that there is no verdict.
func unusable(err error) error {
	if err == nil {
		return nil
	}
	return &verdictError{code: review.ExitUnusable, err: err}
}

func reviewCommand() *cobra.Command {
	flags := &reviewFlags{}
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Review Terraform's plans by policy: what happens, what it does, may it be applied",
		Long: "Reads the plans of one or both stacks (--plan, what `terraform show -json` prints, or a folder of such files), " +
			"or makes them in the simulated account (--environment).\n\n" +
			"Exit codes: 0 clean, 1 blocked, 2 needs a human, 3 no verdict (a plan, a policy or a flag cannot be used).",
		Args: func(cmd *cobra.Command, args []string) error { return unusable(cobra.NoArgs(cmd, args)) },
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unusable(err) })
	cmd.Flags().StringArrayVar(&flags.plans, "plan", nil, "a plan's JSON, or a folder of them; \"-\" is standard input (may be given again)")
	cmd.Flags().StringVarP(&flags.environment, "environment", "e", "", "plan this environment in the simulated account, and review that")
	cmd.Flags().StringArrayVar(&flags.policies, "policy", nil, "folder of further policies in Rego (may be given again)")
	cmd.Flags().StringVar(&flags.format, "format", "markdown", "one of "+strings.Join(review.Formats, ", "))
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	cmd.Flags().StringVar(&flags.today, "today", "", "date by which versions are judged, as YYYY-MM-DD (default: today)")
	cmd.Flags().StringVar(&flags.project, "project", ".", "the project's root, for --environment")
	cmd.Flags().StringVar(&flags.dir, "dir", "", "folder of the simulation, for --environment (default: .twin in the project)")
	return cmd
}

func (f *reviewFlags) run(cmd *cobra.Command) error {
	r, err := f.review(cmd)
	if err != nil {
		return unusable(err)
	}
	out, err := review.Render(r, f.format)
	if err != nil {
		return unusable(fmt.Errorf("--format: %w", err))
	}
	if f.output == "" {
		_, err = cmd.OutOrStdout().Write(out)
	} else {
		err = os.WriteFile(f.output, out, 0o600)
	}
	if err != nil {
		return unusable(fmt.Errorf("write the review: %w", err))
	}
	if r.ExitCode != 0 {
		return &verdictError{code: r.ExitCode}
	}
	return nil
}

// review checks everything that is cheap before anything is planned.
func (f *reviewFlags) review(cmd *cobra.Command) (*review.Review, error) {
	if (len(f.plans) == 0) == (f.environment == "") {
		return nil, errSource
	}
	today, err := f.date()
	if err != nil {
		return nil, err
	}
	if _, err := review.Render(&review.Review{}, f.format); err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	engine, err := review.NewEngine(cmd.Context(), f.policies...)
	if err != nil {
		return nil, err
	}
	plans, notes, err := f.read(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	doc, err := review.NewDocument(today, plans...)
	if err != nil {
		return nil, err
	}
	return review.New(cmd.Context(), engine, doc, notes...)
}

func (f *reviewFlags) date() (time.Time, error) {
	if f.today == "" {
		return time.Now(), nil
	}
	day, err := time.Parse(time.DateOnly, f.today)
	if err != nil {
		return day, fmt.Errorf("--today: found %q, want a date as YYYY-MM-DD: %w", f.today, err)
	}
	return day, nil
}

// read returns the plans, and what is to be said of those that are missing.
func (f *reviewFlags) read(ctx context.Context, in io.Reader, progress io.Writer) (plans []*review.Plan, notes []string, err error) {
	if f.environment != "" {
		return f.make(ctx, progress)
	}
	var files []string
	for _, given := range f.plans {
		found, err := planFiles(given)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, found...)
	}
	for _, file := range files {
		raw, err := readPlanFile(file, in)
		if err != nil {
			return nil, nil, err
		}
		plan, err := review.ReadPlan(file, raw)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil, nil
}

// planFiles are the files of a folder, or the file itself.
func planFiles(given string) ([]string, error) {
	info, err := os.Stat(given)
	if given == "-" || err != nil || !info.IsDir() {
		return []string{given}, nil // reading it says what is wrong
	}
	files, err := filepath.Glob(filepath.Join(given, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, &review.InputError{File: given, Found: "has no .json file", Want: "give a folder with what `terraform show -json` printed of each plan", Err: err}
	}
	return files, nil
}

func readPlanFile(file string, in io.Reader) ([]byte, error) {
	var raw []byte
	var err error
	if file == "-" {
		raw, err = io.ReadAll(in)
	} else {
		raw, err = os.ReadFile(file) //nolint:gosec // the user named the file
	}
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err // the file is named anyway
		}
		return nil, &review.InputError{File: file, Found: "cannot be read", Err: err}
	}
	return raw, nil
}

// make plans both stacks in the simulated account. What happens on the way
// goes to progress, so that standard output is the review alone.
func (f *reviewFlags) make(ctx context.Context, progress io.Writer) (plans []*review.Plan, notes []string, err error) {
	project, err := filepath.Abs(f.project)
	if err != nil {
		return nil, nil, fmt.Errorf("find the project's folder: %w", err)
	}
	dir := f.dir
	if dir == "" {
		dir = filepath.Join(project, ".twin")
	}
	runner, err := local.New(project, dir, f.environment, progress, false)
	if err != nil {
		return nil, nil, err
	}
	saved, why, err := runner.SavePlans(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range saved {
		plan, err := review.ReadPlan(s.File, s.JSON)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
	}
	if why != "" {
		notes = append(notes, why)
	}
	return plans, notes, nil
}
