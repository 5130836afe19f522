package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/internal/review"
)

// read returns the plans, and by role what is known of those that are missing.
func (f *reviewFlags) read(in io.Reader) (plans []*review.Plan, missing map[string]review.Missing, err error) {
	var files []string
	missing = map[string]review.Missing{}
	for _, given := range f.plans {
		found, lacking, err := planFiles(given)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, found...)
		maps.Copy(missing, lacking)
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
	return plans, missing, nil
}

// planFiles are the plans in a folder, or the file itself. In a folder that
// `drctl plan` left its list says which they are, and of a stack that has none
// why; in another, each .json file is one, but for our own review.
func planFiles(given string) (files []string, missing map[string]review.Missing, err error) {
	info, err := os.Stat(given)
	if given == "-" || err != nil || !info.IsDir() {
		return []string{given}, nil, nil // reading it says what is wrong
	}
	plans, err := pipeline.ReadPlans(given)
	if err == nil {
		missing = map[string]review.Missing{}
		for role, m := range plans.Missing {
			missing[role] = review.Missing{Why: m.Why, First: m.First}
		}
		return plans.Files(given), missing, nil
	}
	if !errors.Is(err, pipeline.ErrNoPlans) {
		return nil, nil, err
	}
	files, err = filepath.Glob(filepath.Join(given, "*.json"))
	files = slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains([]string{reviewFiles["json"], driftFiles["json"], "check.json"}, filepath.Base(file))
	})
	if err != nil || len(files) == 0 {
		return nil, nil, &review.InputError{File: given, Found: "has no .json file of a plan", Want: "give the folder that `drctl plan` left, or one with what `terraform show -json` printed of each plan", Err: err}
	}
	return files, nil, nil
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
