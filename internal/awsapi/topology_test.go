package awsapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

func TestTopology_NamesTheSites(t *testing.T) {
	require.Equal(t, engine.Topology{Primary: primary, Replica: replica}, Topology(testConfig()))
}
