package tests

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestState_MovesToS3AndBackWithoutLosingAnything deploys with local state,
// moves it as docs/state.md says, and moves it back.
func TestState_MovesToS3AndBackWithoutLosingAnything(t *testing.T) {
	backend := onS3()
	backend["kms_key_id"] = stateKey
	r := newRemote(t, backend)
	dev := r.environment("dev")
	dev.run(t, dev.runner.Deploy)
	local := map[string]tfstate{}
	for _, role := range []string{"primary", "replica"} {
		local[role] = r.pull(t, role)
		require.Greater(t, len(local[role].Resources), 30)
	}
	require.Contains(t, r.control(t, 0, "state", "bootstrap"), "aws:kms with "+stateKey)

	t.Run("to S3", func(t *testing.T) {
		r.synthesize(t)
		r.migrate(t)
		for role, before := range local {
			require.FileExists(t, r.localState(role), "the old copy stays")
			// Terraform begins a new lineage in the new place; all else is as it was.
			require.Equal(t, before.Content, r.pull(t, role).Content, role)
			require.Len(t, r.puts("pgdr/dev/pgdr-"+role+"-dev.tfstate"), 1)
		}
		require.Equal(t, 2, lines(r.plan(t, 0), "No changes. Your infrastructure matches the configuration."))
	})

	t.Run("what is written there is encrypted with the key", func(t *testing.T) {
		require.NotEmpty(t, r.puts(".tfstate"))
		require.NotEmpty(t, r.puts(".tflock"))
		for _, put := range r.puts("") {
			require.Equal(t, "aws:kms", put.Header.Get("X-Amz-Server-Side-Encryption"), put.Key)
			require.Equal(t, stateKey, put.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"), put.Key)
		}
	})

	t.Run("and back", func(t *testing.T) {
		r.variables = append(r.variables, "PGDR_TWIN_DIR="+string(r.dir))
		r.synthesize(t)
		r.migrate(t)
		for role, before := range local {
			require.Equal(t, before.Content, r.pull(t, role).Content, role)
		}
		r.s3.Forget()
		out := dev.run(t, func(ctx context.Context) error { return dev.runner.Plan(ctx, true) })
		require.Equal(t, 2, lines(out, "No changes. Your infrastructure matches the configuration."))
		require.Empty(t, r.s3.Requests(), "the bucket is not needed any more")
	})
}

// migrate moves both states to the backend that was synthesized last.
func (r *remote) migrate(t *testing.T) {
	t.Helper()
	for _, role := range []string{"primary", "replica"} {
		out, code := run(t, r.terraform(t, role, "init", "-no-color", "-input=false", "-migrate-state", "-force-copy"))
		require.Zero(t, code, out)
	}
}

// localState is a stack's state file.
func (r *remote) localState(role string) string {
	return filepath.Join(r.dir.Environment("dev"), "state", "pgdr-"+role+"-dev.tfstate")
}
