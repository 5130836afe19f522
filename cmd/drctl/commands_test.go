package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/docpage"
)

func TestCommands_AreOnThePageWithAnExampleEach(t *testing.T) {
	const page = "../../docs/commands.md"
	for _, cmd := range cli.Runnable(root()) {
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
	}
	docpage.Check(t, page, "drctl", cli.CommandsTable(root()))
	docpage.Check(t, page, "exit-codes", cli.CodesTable())
}

func TestCommands_RefuseAnUnknownSubcommandInEveryGroup(t *testing.T) {
	for _, args := range [][]string{{"nope"}, {"guard", "chek"}, {"state", "nope"}} {
		cmd := root()
		cmd.SetArgs(args)
		require.ErrorContains(t, cmd.Execute(), "found unknown command", args)
	}
}

func TestCommands_CompleteTheEnvironments(t *testing.T) {
	t.Chdir("../..")
	cmd := root()
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"__complete", "guard", "status", "-e", ""})
	require.NoError(t, cmd.Execute())
	require.Contains(t, out.String(), "dev\nprod\n")
}
