package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/graph"
)

// graphFlags choose what is drawn, how, and where to.
type graphFlags struct {
	from   string
	format string
	output string
}

func graphCommand() *cobra.Command {
	flags := &graphFlags{}
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw what the synthesized stacks deploy, and how a failover runs through it",
		Long: "Reads the stacks that `make synth` wrote, or a folder of NAME.tf.json files, a stack each. " +
			"An arrow is a reference, a subscription, a route or a permission in them; nothing else is drawn.",
		Example: "  drctl graph --from cdktf.out --format mermaid -o architecture.mmd",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	cmd.Flags().StringVar(&flags.from, "from", "cdktf.out", "folder of the synthesized stacks")
	cmd.Flags().StringVar(&flags.format, "format", "d2", "one of "+strings.Join(graph.Formats, ", "))
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

func (f *graphFlags) run(cmd *cobra.Command) error {
	g, err := graph.ReadDir(f.from)
	if err != nil {
		return err
	}
	out, err := graph.Render(g, f.format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if f.output == "" {
		_, err = cmd.OutOrStdout().Write(out)
	} else {
		err = os.WriteFile(f.output, out, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the graph: %w", err)
	}
	return nil
}
