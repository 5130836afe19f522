package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
	"github.com/pgdr/pgdr/twin/drill"
	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// TestDrill_OfABrokenConfigurationFailsWithTheRightDiagnosis breaks the
// synthesized stacks in one place each, as testdata/broken says, and drills
// what Terraform then applies.
func TestDrill_OfABrokenConfigurationFailsWithTheRightDiagnosis(t *testing.T) {
	base := drills(t)
	files, err := filepath.Glob("testdata/broken/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 9)
	for i, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if i > 0 {
				tier.Deep(t, "twin/diagnose tries each fault without Terraform")
			}
			// Nothing is drilled, so a busy machine decides nothing.
			t.Parallel()
			text, err := os.ReadFile(file) //nolint:gosec // test data
			require.NoError(t, err)
			sc, err := scenario.Parse(text, drill.Vocabulary())
			require.NoError(t, err)
			r, err := base.Run(t.Context(), sc)
			require.NoError(t, err)
			require.True(t, r.Passed, r.Text())
			require.NotEmpty(t, r.Diagnosis)
			for _, f := range r.Diagnosis {
				require.NotEmpty(t, f.What, f.ID)
				require.NotEmpty(t, f.Remedy, f.ID)
			}
			require.Zero(t, r.Guard.Promotions, "nothing was drilled")
		})
	}
}

// TestDrill_ShowsWarningsAndGoesOn drills a configuration whose only fault is
// one that a failover works with: it is said before anything happens, stops
// nothing, and is in the report.
func TestDrill_ShowsWarningsAndGoesOn(t *testing.T) {
	tier.Deep(t, "a whole drill, to see that a warning stops nothing")
	base := drills(t)
	sc, err := scenario.Find("testdata/warned/alarm-without-end.yaml", drill.Vocabulary())
	require.NoError(t, err)
	r, err := base.Run(t.Context(), sc)
	require.NoError(t, err)
	require.True(t, r.Passed, r.Text())
	require.Empty(t, r.Diagnosis)
	require.NotEmpty(t, r.Apps, "it was drilled")
	require.Contains(t, r.Text(), "alarm-end: alarm replica-lag-dev: ok_actions are []")
	require.Contains(t, prepared.said.String(), "warning alarm-end: alarm replica-lag-dev", "said while it runs")
	text, err := r.JSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `"id": "alarm-end"`)
}

// TestDrill_FailsWhereTerraformAcceptsWhatItShouldRefuse: what is expected is
// never passed over.
func TestDrill_FailsWhereTerraformAcceptsWhatItShouldRefuse(t *testing.T) {
	base := drills(t)
	sc, err := scenario.Find("testdata/warned/alarm-without-end.yaml", drill.Vocabulary())
	require.NoError(t, err)
	sc.Expect = scenario.Expect{Refused: "anything"}
	r, err := base.Run(t.Context(), sc)
	require.NoError(t, err)
	require.False(t, r.Passed)
	require.Contains(t, r.Text(), "Terraform applies the changed configuration")
}

// TestDrill_StopsForWiringThatNobodyExpectedToBeBroken is the same for who
// drills a disaster and does not know.
func TestDrill_StopsForWiringThatNobodyExpectedToBeBroken(t *testing.T) {
	base := drills(t)
	known := drill.Vocabulary()
	sc, err := scenario.Find("region-loss", known)
	require.NoError(t, err)
	broken, err := scenario.Find("testdata/broken/health-check-missing.yaml", known)
	require.NoError(t, err)
	sc.Configuration = broken.Configuration
	r, err := base.Run(t.Context(), sc)
	require.NoError(t, err)
	require.False(t, r.Passed)
	require.NotEmpty(t, r.Diagnosis)
	require.Contains(t, r.Text(), "record-check")
}
