package local

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTotals_SumUpAPlan(t *testing.T) {
	for text, want := range map[string]string{
		"...\nPlan: 63 to add, 1 to change, 0 to destroy.\n\nChanges to Outputs:\n  + a = 1\n":              "63 to add, 1 to change, 0 to destroy",
		"Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.\n":                                         "1 to import, 0 to add, 0 to change, 0 to destroy",
		"\nNo changes. Your infrastructure matches the configuration.\n":                                    "no changes",
		"Changes to Outputs:\n  ~ a = 1 -> 2\n\nYou can apply this plan to save these new output values to": "only outputs change",
		"something new": "changes",
	} {
		seen := &totals{out: io.Discard}
		_, err := seen.Write([]byte(text[:len(text)/2]))
		require.NoError(t, err)
		_, err = seen.Write([]byte(text[len(text)/2:]))
		require.NoError(t, err)
		require.Equal(t, want, seen.sum())
	}
}
