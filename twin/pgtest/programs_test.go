package pgtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// installation makes a directory whose postgres tells the given version.
func installation(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"postgres", "initdb", "pg_basebackup"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700))
	}
	return dir
}

func TestFindDir_TakesTheFirstThatIsNewEnough(t *testing.T) {
	old, fit, other := installation(t, "14.9"), installation(t, "15.12 (Debian)"), installation(t, "17.5")
	dir, err := findDir(t.Context(), []string{t.TempDir(), old, fit, other})
	require.NoError(t, err)
	require.Equal(t, fit, dir)
}

func TestFindDir_SaysWhatItFoundAndHowToGetMore(t *testing.T) {
	old := installation(t, "14.9")
	_, err := findDir(t.Context(), []string{old})
	require.ErrorIs(t, err, ErrNoPostgreSQL)
	require.ErrorContains(t, err, "version 14 in "+old)
	require.ErrorContains(t, err, "make doctor")

	_, err = findDir(t.Context(), []string{"/nowhere"})
	require.ErrorIs(t, err, ErrNoPostgreSQL)
	require.ErrorContains(t, err, "looked in /nowhere")
}
