// Command synthesize writes the stacks of the environments that it is given:
// what the project's program does, less the packing of the function, which
// has nothing to do with the bindings. It is what bench-synth measures.
//
// Usage, in the project's root: synthesize <folder> <archive> <environment>...
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pgdr/pgdr/internal/fastsynth"
	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/stacks"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	stop := fastsynth.Enable(fastsynth.Options{})
	defer func() { err = errors.Join(err, stop()) }()
	if len(args) < 3 {
		return fmt.Errorf("%d arguments; want a folder, the function's archive, and environments", len(args))
	}
	project, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the project's folder: %w", err)
	}
	for _, environment := range args[2:] {
		cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: suffix(environment)})
		if err != nil {
			return err
		}
		outdir := filepath.Join(args[0], environment)
		if err := os.MkdirAll(outdir, 0o750); err != nil { //nolint:gosec // the caller's choice
			return fmt.Errorf("make folder for the stacks: %w", err)
		}
		if err := stacks.Synth(cfg, stacks.Options{ProjectDir: project, Outdir: outdir, FunctionArchive: args[1]}); err != nil {
			return err
		}
	}
	return nil
}

// suffix is an environment that holds nothing but the suffix.
func suffix(environment string) func(string) string {
	return func(name string) string {
		if name == spec.SuffixVariable {
			return environment
		}
		return ""
	}
}
