package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

func TestFits_NamesWhatIsDeployedCannotHold(t *testing.T) {
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	_, err = simstacks.Apply(t.Context(), cloud, "../../stacks/testdata/golden")
	require.NoError(t, err)
	found := &site{environment: "dev", away: "us-east-1", home: "eu-west-1"}

	b := &Base{o: Options{Environment: "dev"}, cloud: cloud, site: found}
	sc := scenario.Scenario{
		Name:   "a",
		Steps:  []scenario.Step{{Do: "deny", With: map[string]string{"action": "rds:PromoteReadReplica"}}, {Do: "terraform-destroy"}},
		Expect: scenario.Expect{Quiet: []string{"unprotected-{environment}"}},
	}.Expand(found.words())
	require.NoError(t, b.fits(sc))

	sc.Steps[0].With["action"] = "rds:DeleteEverything"
	sc.Expect.Quiet[0] = "unprotectd-dev"
	err = b.fits(sc)
	require.ErrorIs(t, err, scenario.ErrScenario)
	require.ErrorContains(t, err, `step 1, with.action: found "rds:DeleteEverything"`)
	require.ErrorContains(t, err, `expect.quiet[0]: found "unprotectd-dev", want one of `)

	require.NoError(t, cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List("aws_db_instance", "us-east-1") {
			tx.Edit(r).Attrs.Set(sim.Attrs{"deletion_protection": true})
		}
		return nil
	}))
	require.ErrorIs(t, b.fits(sc), ErrNeedsDisposable)
}
