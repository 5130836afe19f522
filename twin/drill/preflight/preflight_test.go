package preflight

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/pgtest"
)

// good is a machine that has everything.
func good() machine {
	return machine{
		system: "linux",
		version: func(_ context.Context, p program) (string, error) {
			return map[string]string{"terraform": "Terraform v1.11.4\non linux_amd64", "node": "v22.14.0", "go": "go version go1.26 linux/amd64"}[p.name], nil
		},
		servers: func() (string, error) { return "/usr/lib/postgresql/15/bin", nil },
		library: func(context.Context, string, string) bool { return true },
	}
}

func TestCheck_PassesAMachineThatHasEverything(t *testing.T) {
	unaudited, err := good().check(t.Context(), true)
	require.NoError(t, err)
	require.False(t, unaudited)
}

func TestCheck_HoldsADrillWithoutPgauditAndTellsSo(t *testing.T) {
	m := good()
	m.library = func(_ context.Context, _, name string) bool { return name != "pgaudit" }
	unaudited, err := m.check(t.Context(), true)
	require.NoError(t, err)
	require.True(t, unaudited)
	unaudited, err = m.check(t.Context(), false)
	require.NoError(t, err)
	require.False(t, unaudited, "a configuration without pgaudit misses none")
}

func TestCheck_NamesWhatIsLacking(t *testing.T) {
	says := func(name, text string, err error) func(*machine) {
		return func(m *machine) {
			before := m.version
			m.version = func(ctx context.Context, p program) (string, error) {
				if p.name == name {
					return text, err
				}
				return before(ctx, p)
			}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*machine)
		want  error
		words string
	}{
		"another system": {func(m *machine) { m.system = "darwin" }, ErrSystem, "found darwin: drills run on Linux"},
		"old Terraform":  {says("terraform", "Terraform v1.11.0", nil), ErrProgram, `terraform 1.11.1 or newer, found "1.11.0"`},
		"no Terraform":   {says("terraform", "", errors.New("not found")), ErrProgram, "terraform 1.11.1 or newer, found none (not found)"},
		"no Node":        {says("node", "", errors.New("not found")), ErrProgram, "node 20 or newer, found none"},
		"old Node":       {says("node", "v18.20.0", nil), ErrProgram, `node 20 or newer, found "18.20.0"`},
		"odd version":    {says("go", "devel", nil), ErrProgram, `go 1.26 or newer, found ""`},
		"no PostgreSQL": {func(m *machine) {
			m.servers = func() (string, error) { return "", pgtest.ErrNoPostgreSQL }
		}, pgtest.ErrNoPostgreSQL, "apt-get install postgresql"},
	} {
		t.Run(name, func(t *testing.T) {
			m := good()
			c.spoil(&m)
			_, err := m.check(t.Context(), true)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.words)
		})
	}
}

func TestCheck_NamesEverythingAtOnce(t *testing.T) {
	m := good()
	m.version = func(context.Context, program) (string, error) { return "", errors.New("not found") }
	m.servers = func() (string, error) { return "", pgtest.ErrNoPostgreSQL }
	_, err := m.check(t.Context(), true)
	for _, words := range []string{"terraform", "node", "go 1.26", "PostgreSQL"} {
		require.ErrorContains(t, err, words)
	}
}

// This machine runs the drills of the tests.
func TestCheck_LooksAtThisMachine(t *testing.T) {
	_, err := Check(t.Context(), "../../..", "dev")
	require.NoError(t, err)
	require.False(t, library(t.Context(), "/nowhere/bin", "pgaudit"))
	_, err = version(t.Context(), program{name: "no-such-program-of-ours"})
	require.Error(t, err)
	audit, err := audits("../../..", "dev")
	require.NoError(t, err)
	require.True(t, audit)
}
