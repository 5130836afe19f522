// Command drctl is the operator's tool.
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

// exitChanges is Terraform's own code for a plan that is not empty.
const exitChanges = cli.ExitDecide

func main() {
	ctx, stop := cli.Interruptible(context.Background())
	defer stop()
	err := root().ExecuteContext(ctx)
	var reviewed *verdictError
	switch {
	case err == nil:
	case errors.As(err, &reviewed):
		if reviewed.err != nil {
			fmt.Fprintln(os.Stderr, reviewed)
		}
		os.Exit(reviewed.code)
	case errors.Is(err, pipeline.ErrChanges):
		os.Exit(exitChanges) //nolint:gocritic // nothing is left for stop to do
	case errors.Is(err, pipeline.ErrNoProvider):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(cli.ExitNoVerdict)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "drctl",
		Short:         "Disaster recovery of PostgreSQL across two regions",
		Version:       version.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(guardCommand())
	cmd.AddCommand(graphCommand())
	cmd.AddCommand(reviewCommand(), driftCommand())
	cmd.AddCommand(stateCommand())
	cmd.AddCommand(planCommand(), applyCommand(), validateCommand())
	return cli.Complete(cli.Group(cmd))
}
