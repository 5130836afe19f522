package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestProject_IsTheNearestAboveAFolder(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "docs", "images")
	require.NoError(t, os.MkdirAll(deep, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(root, "cdktf.json"), []byte("{}"), 0o600))
	for _, folder := range []string{root, deep} {
		got, err := Project(folder)
		require.NoError(t, err)
		require.Equal(t, root, got)
	}
}

func TestProject_SaysWhereItLooked(t *testing.T) {
	outside := t.TempDir()
	_, err := Project(outside)
	require.ErrorIs(t, err, ErrNotAProject)
	require.ErrorContains(t, err, outside)
	require.ErrorContains(t, err, "--project")
}

func group() *cobra.Command {
	cmd := &cobra.Command{Use: "tool", SilenceUsage: true, SilenceErrors: true}
	inner := &cobra.Command{Use: "guard"}
	inner.AddCommand(&cobra.Command{Use: "check", RunE: func(*cobra.Command, []string) error { return nil }})
	cmd.AddCommand(Group(inner))
	return Group(cmd)
}

func TestGroup_RefusesAnUnknownSubcommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"gard"}, `tool: found unknown command "gard", did you mean "guard"?`},
		{[]string{"guard", "chek"}, `tool guard: found unknown command "chek", did you mean "check"?`},
		{[]string{"guard", "nothing-like-it"}, `tool guard: found unknown command "nothing-like-it"; tool guard --help lists all`},
	} {
		cmd := group()
		cmd.SetArgs(c.args)
		require.ErrorContains(t, cmd.Execute(), c.want)
	}
}

func TestGroup_AloneShowsItsHelp(t *testing.T) {
	cmd := group()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"guard"})
	require.NoError(t, cmd.Execute())
	require.Contains(t, out.String(), "check")
}
