// Command twin deploys and drills the stacks on this machine, in a simulated
// AWS account.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/pipeline"
	"github.com/pgdr/pgdr/internal/version"
)

// Exit codes beside 0 and 1.
const (
	// exitChanges is Terraform's own code for a plan that is not empty.
	exitChanges = cli.ExitDecide
	// exitNotHeld says that a drill could not be held. A drill that was held
	// and failed is 1.
	exitNotHeld = cli.ExitNoVerdict
)

func main() {
	ctx, stop := cli.Interruptible(context.Background())
	err := root().ExecuteContext(ctx)
	stop()
	os.Exit(exitCode(err))
}

// exitCode prints what is left to say of an error.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, pipeline.ErrChanges):
		return exitChanges
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errNotHeld) && !errors.Is(err, errDrillFailed) {
		return exitNotHeld
	}
	return 1
}

func root() *cobra.Command {
	flags := &localFlags{}
	cmd := &cobra.Command{
		Use:   "twin",
		Short: "Deploy and drill the stacks in a simulated AWS account on this machine",
		Long: "Real Terraform and the real cdktf command against a simulated AWS account. " +
			"State, output and account are in .twin; real state is out of reach, whatever backend is configured.\n\n" +
			"Exit codes: 0 done; 1 an error, or a drill that failed; 2 a plan with changes, where --detailed-exitcode asks; 3 a drill that could not be held.",
		Version:       version.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(drillCommand(), upCommand(), breakCommand(), mendCommand())
	cmd.AddCommand(flags.commands()...)
	return cli.Complete(cli.Group(cmd))
}
