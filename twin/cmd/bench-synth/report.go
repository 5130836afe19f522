package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pgdr/pgdr/twin/bench"
)

// report is everything that was measured. A part that was not is empty.
type report struct {
	Machine   bench.Machine `json:"machine"`
	Runs      int           `json:"runs"`
	Synthesis pair          `json:"synthesis"`
	Program   pair          `json:"program"`
	Second    second        `json:"second_environment"`
	Scratch   scratch       `json:"from_scratch"`
	Plan      []planRun     `json:"edit_to_plan"`
}

// second is one environment, and two in one process.
type second struct {
	One series `json:"one"`
	Two series `json:"two"`
}

// scratch is what the first run of all costs.
type scratch struct {
	// Synthesis with empty caches of jsii and of ours.
	Synthesis pair `json:"synthesis"`
	// Build of the program with an empty build cache of Go's.
	Build sample `json:"build"`
}

// Table is the report as Markdown.
func (r report) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s.\nMedians of %d runs (3 at most with empty caches), both ways in turn, seconds on the clock (on processors in brackets).\n\n", r.Machine, r.Runs)
	t.WriteString("| What | Plain | Fast | Ratio |\n| --- | ---: | ---: | ---: |\n")
	r.pairRow(&t, "Synthesis of one environment, both stacks", r.Synthesis)
	r.pairRow(&t, "`go run .`, nothing edited: the same with the Go command and the function's build", r.Program)
	r.pairRow(&t, "Synthesis with empty caches of jsii and of ours", r.Scratch.Synthesis)
	if two, one := r.Second.Two, r.Second.One; len(two) > 0 {
		fmt.Fprintf(&t, "| A second environment in the same process | | +%.2f (+%.2f) | |\n", two.wall()-one.wall(), two.cpu()-one.cpu())
	}
	if r.Scratch.Build.Wall > 0 {
		fmt.Fprintf(&t, "| Build of the program with an empty build cache of Go's, once | %.0f (%.0f) | | |\n", r.Scratch.Build.Wall, r.Scratch.Build.CPU)
	}
	if len(r.Plan) > 0 {
		r.planTable(&t)
	}
	return t.String()
}

func (r report) pairRow(t *strings.Builder, what string, p pair) {
	if len(p.Plain) == 0 {
		return
	}
	fmt.Fprintf(t, "| %s | %.2f (%.2f) | %.2f (%.2f) | %.2f |\n", what, p.Plain.wall(), p.Plain.cpu(), p.Fast.wall(), p.Fast.cpu(), p.ratio())
}

// planTable lists the phases of the runs, which all have the same.
func (r report) planTable(t *strings.Builder) {
	fmt.Fprintf(t, "\n| From an edit of the stacks to the plan of both, from built state | Seconds |\n| --- | ---: |\n")
	for i, p := range r.Plan[0].Phases {
		fmt.Fprintf(t, "| %s | %.2f |\n", p.Name, bench.Median(r.Plan, func(run planRun) float64 {
			if i < len(run.Phases) {
				return run.Phases[i].Wall
			}
			return 0
		}))
	}
	fmt.Fprintf(t, "| **together** | **%.2f** |\n", r.editToPlan())
}

func (r report) editToPlan() float64 {
	return bench.Median(r.Plan, func(run planRun) float64 { return run.Wall })
}

// Check compares what was measured with what is expected.
func (r report) Check() error {
	var faults []error
	if ratio := r.Synthesis.ratio(); ratio > maxRatio {
		faults = append(faults, fmt.Errorf("%w: synthesis takes %.2f of the plain time, want %v or less", bench.ErrExpectation, ratio, maxRatio))
	}
	if took := r.editToPlan(); took > maxEditToPlan.Seconds() {
		faults = append(faults, fmt.Errorf("%w: edit-to-plan takes %.1f s, want %v or less", bench.ErrExpectation, took, maxEditToPlan))
	}
	return errors.Join(faults...)
}

// The figures in a document stand between these lines.
const (
	figuresBegin = "<!-- figures: written by make bench-synth -->"
	figuresEnd   = "<!-- end of figures -->"
)

// updateDocument replaces the figures of a document.
func updateDocument(path, figures string) error {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("update the figures: %w", err)
	}
	before, rest, begins := strings.Cut(string(text), figuresBegin)
	_, after, ends := strings.Cut(rest, figuresEnd)
	if !begins || !ends {
		return fmt.Errorf("update the figures in %s: the lines %q and %q are not both there", path, figuresBegin, figuresEnd)
	}
	updated := before + figuresBegin + "\n\n" + figures + "\n" + figuresEnd + after
	if err := os.WriteFile(filepath.Clean(path), []byte(updated), 0o644); err != nil { //nolint:gosec // a document for everyone
		return fmt.Errorf("update the figures: %w", err)
	}
	return nil
}
