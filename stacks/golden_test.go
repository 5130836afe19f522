package stacks_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The whole of each stack, so that no change of what is deployed goes unseen.
// make golden writes them anew.
func TestSynth_MatchesTheGoldenFiles(t *testing.T) {
	for _, role := range []string{"primary", "replica"} {
		t.Run(role, func(t *testing.T) {
			got := assetHash.ReplaceAll(stack(t, "dev", role).raw, []byte("ASSETHASH"))
			file := filepath.Join("stacks", "testdata", "golden", role+".tf.json")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("the synthesized %s stack changed (- golden, + now); if that is meant, run make golden:\n%s", role, diff)
			}
		})
	}
}
