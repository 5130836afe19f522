package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/docpage"
)

func TestCommands_AreOnThePageWithAnExampleEach(t *testing.T) {
	for _, cmd := range cli.Runnable(root()) {
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
	}
	docpage.Check(t, "../../../docs/commands.md", "twin", cli.CommandsTable(root()))
}

func TestCommands_RefuseWhatIsUnknown(t *testing.T) {
	for want, args := range map[string][]string{
		`did you mean "drill"`:       {"dril"},
		`did you mean "region-loss"`: {"drill", "region-los", "--project", "../../.."},
		"not the project's folder":   {"plan", "--project", t.TempDir()},
	} {
		cmd := root()
		cmd.SetArgs(args)
		require.ErrorContains(t, cmd.Execute(), want, args)
	}
}

func TestDrill_CompletesScenariosAndTakesTheEnvironmentFromTheVariable(t *testing.T) {
	cmd := root()
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"__complete", "drill", "region"})
	require.NoError(t, cmd.Execute())
	require.Contains(t, out.String(), "region-loss\n")

	t.Setenv("ENVIRONMENT_SUFFIX", "prod")
	o, err := (&drillFlags{project: "../../..", root: t.TempDir()}).options(nil)
	require.NoError(t, err)
	require.Equal(t, "prod", o.Environment)
}

func TestDrill_ListsScenariosByWhatTheyAreAbout(t *testing.T) {
	out, err := typed("drill", "--list")
	require.NoError(t, err)
	for _, want := range []string{`(?s)^Must promote:.*  region-loss +Everything`, `(?s)Must not promote:\n.*  multi-az-failover`, `(?s)Can't be known:\n.*  region-parted +The`} {
		require.Regexp(t, want, out)
	}
}
