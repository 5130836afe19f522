package drill

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

func step(do string, with ...string) scenario.Step {
	s := scenario.Step{Do: do, With: map[string]string{}}
	for i, name := range actions()[do].takes {
		s.With[name] = with[i]
	}
	return s
}

func TestEnds_AreActionsOfTheSameArguments(t *testing.T) {
	all := actions()
	for name, end := range ends {
		require.Contains(t, all, name)
		require.Contains(t, all, end)
		for _, argument := range all[end].takes {
			require.True(t, slices.Contains(all[name].takes, argument) || argument == "status", "%s of %s: %s", end, name, argument)
		}
	}
	for _, name := range passing {
		require.Contains(t, all, name)
	}
}

func TestEndOf_HasTheArgumentsOfWhatItEnds(t *testing.T) {
	for _, c := range []struct{ what, want scenario.Step }{
		{step("lose-region", "us-east-1"), step("return-region", "us-east-1")},
		{step("fail-api", "us-east-1", "rds", "silent"), step("heal-api", "us-east-1", "rds")},
		{step("fail-instance", "primary"), step("set-status", "primary", "available")},
		{step("cut-peering"), step("restore-peering")},
	} {
		end, ok := endOf(c.what)
		require.True(t, ok, c.what.Do)
		require.Equal(t, c.want, end)
	}
	for _, lasting := range []scenario.Step{step("rebuild", "primary"), step("set-status", "primary", "available")} {
		_, ok := endOf(lasting)
		require.False(t, ok, lasting.Do)
	}
}

func TestRemember_ForgetsWhatAnotherActionEnds(t *testing.T) {
	var standing []scenario.Step
	for _, s := range []scenario.Step{
		step("lose-region", "us-east-1"), step("hang", "primary"), step("nothing"), step("unhang", "replica"), step("return-region", "us-east-1"), step("rebuild", "primary"),
	} {
		standing = remember(standing, s)
	}
	require.Equal(t, []scenario.Step{step("hang", "primary"), step("rebuild", "primary")}, standing, "unhang of the other server ended nothing")
}

func TestUnknownAction_SuggestsTheNearest(t *testing.T) {
	l := &Live{}
	_, err := l.Break("loose-region", nil)
	require.ErrorContains(t, err, `found "loose-region", did you mean "lose-region"? It takes region`)
	_, err = l.Break("explode", nil)
	require.ErrorContains(t, err, "want one of back-up, ")
	_, err = l.Break("lose-region", map[string]string{"region": "mars-1"})
	require.ErrorContains(t, err, `found "mars-1", want one of`)
}
