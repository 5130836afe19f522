package tier

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf_PicksByTier(t *testing.T) {
	if raced {
		require.Equal(t, 1, Of(1, 2, 3))
		return
	}
	t.Setenv(Variable, "deep")
	if testing.Short() {
		require.Equal(t, 1, Of(1, 2, 3))
		require.False(t, IsDeep(), "the fast tier is fast, whatever the variable says")
		return
	}
	require.Equal(t, 3, Of(1, 2, 3))
	t.Setenv(Variable, "")
	require.Equal(t, 2, Of(1, 2, 3))
}

func TestDeep_SkipsInAllOtherTiers(t *testing.T) {
	t.Setenv(Variable, "")
	ran := t.Run("deep", func(t *testing.T) {
		Deep(t, "a test of this test")
		t.Error("it was not skipped")
	})
	require.True(t, ran)
}
