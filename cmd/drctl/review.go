package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/review"
	"github.com/pgdr/pgdr/spec"
)

// reviewFlags choose what is reviewed, by what, and where to.
type reviewFlags struct {
	plans       []string
	policies    []string
	format      string
	output      string
	into        string
	today       string
	acceptHuman bool
	// project is the folder of the configuration behind the plans; "" if it is not
	// at hand.
	project string
	// terminal tells whether a stream is one; paint colours what goes to it.
	terminal func(stream any) bool
	paint    cli.Paint
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

// errSource: there is nothing to review.
var errSource = errors.New("--plan: found none, want the file of a plan (again for the other stack), or a folder of plans; make review plans in the simulated account first")

// unusable says that there is no verdict.
func unusable(err error) error {
	if err == nil {
		return nil
	}
	return &verdictError{code: review.ExitUnusable, err: err}
}

func reviewCommand() *cobra.Command {
	flags := &reviewFlags{terminal: cli.IsTerminal}
	return flags.command()
}

func (f *reviewFlags) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Review Terraform's plans by policy: what happens, what it does, may it be applied",
		Long: "Reads the plans of one or both stacks (--plan, what `terraform show -json` prints, or the folder that drctl plan left).\n\n" +
			"Exit codes: 0 clean, 1 blocked, 2 needs a human, 3 no verdict (a plan, a policy or a flag cannot be used).",
		Example: "  drctl review --plan plans/prod\n  drctl review --plan primary.json --plan replica.json --format json -o review.json",
		Args:    func(cmd *cobra.Command, args []string) error { return unusable(cobra.NoArgs(cmd, args)) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return survive(func() error { return f.run(cmd) }) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unusable(err) })
	cmd.Flags().StringArrayVar(&f.plans, "plan", nil, "a plan's JSON, or a folder of them; \"-\" is standard input (may be given again)")
	cmd.Flags().StringArrayVar(&f.policies, "policy", nil, "folder of further policies in Rego (may be given again)")
	cmd.Flags().StringVar(&f.format, "format", "", "one of "+strings.Join(review.Formats, ", ")+" (default: text on a terminal, markdown elsewhere)")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write (default: standard output)")
	cmd.Flags().StringVar(&f.into, "into", "", "folder to write review.json, review.md and comment.md to; what an earlier review left there is removed first")
	cmd.Flags().BoolVar(&f.acceptHuman, "accept-human", false, "exit with 0 also where a human has to decide: for a CI that waits for one next")
	cmd.Flags().StringVar(&f.project, "project", "", "the project's root: findings then name file and line, and review.cost_limit_usd counts")
	cmd.Flags().StringVar(&f.today, "today", "", "date by which versions are judged, as YYYY-MM-DD (default: today)")
	return cmd
}

// survive turns a panic into what it is: no verdict. Go's own exit code for one
// is 2, which would be taken for a verdict.
func survive(do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			first, _, _ := strings.Cut(fmt.Sprint(fault), "\n")
			err = unusable(fmt.Errorf("the review broke off by a fault of its own, and there is no verdict: %s; please report it, with the plan if you can", first))
		}
	}()
	return do()
}

func (f *reviewFlags) run(cmd *cobra.Command) error {
	terminal := f.output == "" && f.into == "" && f.terminal(cmd.OutOrStdout())
	f.paint = cli.PaintFor(os.Getenv, terminal)
	switch {
	case f.format != "":
	case terminal:
		f.format = "text"
	default:
		f.format = "markdown"
	}
	if err := f.clear(cmd); err != nil {
		return unusable(err)
	}
	r, err := f.review(cmd)
	if err == nil {
		err = f.write(cmd, r)
	}
	if err != nil {
		return unusable(err)
	}
	if r.ExitCode == 0 || (f.acceptHuman && r.Verdict == review.NeedsHuman) {
		return nil
	}
	return &verdictError{code: r.ExitCode}
}

// review checks everything that is cheap before anything is planned.
func (f *reviewFlags) review(cmd *cobra.Command) (*review.Review, error) {
	if len(f.plans) == 0 {
		return nil, errSource
	}
	today, err := f.date()
	if err != nil {
		return nil, err
	}
	if _, err := review.Render(&review.Review{}, f.format); err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	engine, doc, err := f.document(cmd, today)
	if err != nil {
		return nil, err
	}
	project, err := f.configuration(doc.Environment)
	if err != nil {
		return nil, err
	}
	if project != nil {
		doc.Cost.Limit = project.CostLimit
	}
	r, err := review.New(cmd.Context(), engine, doc)
	if err == nil && project != nil {
		r.Locate(doc, project)
	}
	return r, err
}

// document is what the plans say today, and the engine that judges it.
func (f *reviewFlags) document(cmd *cobra.Command, today time.Time) (*review.Engine, *review.Document, error) {
	engine, err := review.NewEngine(cmd.Context(), f.policies...)
	if err != nil {
		return nil, nil, err
	}
	plans, missing, err := f.read(cmd.InOrStdin())
	if err != nil {
		return nil, nil, err
	}
	doc, err := review.NewDocument(today, plans...)
	if err != nil {
		return nil, nil, err
	}
	doc.SetMissing(missing)
	return engine, doc, nil
}

// configuration is what the project says of the plans' environment; nil without
// --project.
func (f *reviewFlags) configuration(environment string) (*review.Project, error) {
	if f.project == "" {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	dir, err := cli.Project(f.project)
	if err != nil {
		return nil, fmt.Errorf("--project: %w", err)
	}
	cfg, origins, err := spec.LoadWithOrigins(spec.LoadOptions{Dir: dir, Env: os.Getenv, Environment: environment})
	if err != nil {
		return nil, fmt.Errorf("--project: %w", err)
	}
	return &review.Project{Origins: origins, CostLimit: cfg.Review.CostLimit}, nil
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
