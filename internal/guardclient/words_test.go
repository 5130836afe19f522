package guardclient

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

func TestPaths_NamesAWitnessThatDoesNotAnswer(t *testing.T) {
	w := healthy().State.Watch
	w.Witness = answering(decide.ClassOK, 12*time.Second)
	_, apis := paths(w, at)
	require.NotContains(t, apis, "not from")
	w.Witness.Unheard = "us-west-2"
	_, apis = paths(w, at)
	require.Contains(t, apis, "AWS elsewhere ok, but not from us-west-2 (12s ago)")
}
