package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pgdr/pgdr/spec"
)

// ErrNotAProject says that a folder is not in a project.
var ErrNotAProject = errors.New("this is not the project's folder")

// projectMark is the file at a project's root.
const projectMark = "cdktf.json"

// Project gives the absolute root of the project that a folder is in: the
// folder itself, or the nearest above it that has a cdktf.json.
func Project(folder string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find the project's folder: %w", err)
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, projectMark)); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%w: found no %s in %s or above it; go there, or name it with --project", ErrNotAProject, projectMark, start)
		}
	}
}

// ProjectFlag adds --project.
func ProjectFlag(flags *pflag.FlagSet, folder *string) {
	flags.StringVar(folder, "project", ".", "the project's root, or a folder in it")
}

// EnvironmentFlag adds --environment.
func EnvironmentFlag(flags *pflag.FlagSet, suffix *string) {
	flags.StringVarP(suffix, "environment", "e", "", "environment suffix (default: "+spec.SuffixVariable+", else "+spec.DefaultEnvironment+")")
}

// Environment is the suffix of the environment that a command works on.
func Environment(project, given string) (string, error) {
	cfg, err := spec.Load(spec.LoadOptions{Dir: project, Env: os.Getenv, Environment: given})
	return cfg.Environment, err
}

// Group makes an unknown subcommand of a command an error that suggests the
// nearest one. Without a subcommand the help is printed.
func Group(cmd *cobra.Command) *cobra.Command {
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		message := fmt.Sprintf("%s: found unknown command %q", cmd.CommandPath(), args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			return fmt.Errorf("%s, did you mean %q? %s --help lists all", message, near[0], cmd.CommandPath())
		}
		return fmt.Errorf("%s; %s --help lists all", message, cmd.CommandPath())
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// Complete lets a shell complete --environment, with the project's
// environments, in all commands below root that have it.
func Complete(root *cobra.Command) *cobra.Command {
	for _, cmd := range root.Commands() {
		if cmd.Flags().Lookup("environment") != nil || cmd.PersistentFlags().Lookup("environment") != nil {
			completeEnvironments(cmd)
		}
		Complete(cmd)
	}
	return root
}

func completeEnvironments(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("environment", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		project, err := Project(".")
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		files, _ := filepath.Glob(filepath.Join(project, "environments", "*.yaml"))
		names := make([]string, len(files))
		for i, file := range files {
			base := filepath.Base(file)
			names[i] = base[:len(base)-len(".yaml")]
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}) // it has that flag
}
