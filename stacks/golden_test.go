package stacks_test

import (
	"path/filepath"
	"testing"

	"github.com/pgdr/pgdr/internal/docpage"
)

// The whole of each stack, so that no change of what is deployed goes unseen.
func TestSynth_MatchesTheGoldenFiles(t *testing.T) {
	for _, role := range []string{"primary", "replica"} {
		t.Run(role, func(t *testing.T) {
			got := assetHash.ReplaceAll(stack(t, "dev", role).raw, []byte("ASSETHASH"))
			docpage.File(t, filepath.Join("stacks", "testdata", "golden", role+".tf.json"), string(got))
		})
	}
}
