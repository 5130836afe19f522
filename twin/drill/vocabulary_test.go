package drill

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// TestVocabulary_ChecksEachValueBeforeAnythingStarts has one wrong value for
// each argument and each word.
func TestVocabulary_ChecksEachValueBeforeAnythingStarts(t *testing.T) {
	known := Vocabulary()
	checked := map[string]bool{}
	for _, c := range []struct{ checks, step, says string }{
		{"role", "{do: hang, with: {role: standby}}", `with.role: found "standby", want one of primary, replica`},
		{"region", "{do: lose-region, with: {region: us-east-9}}", `with.region: found "us-east-9", want one of {primary}, {replica}, `},
		{"service", "{do: heal-api, with: {region: us-east-1, service: s3}}", `with.service: found "s3", want one of all, cloudwatch`},
		{"how", "{do: fail-api, with: {region: us-east-1, service: rds, how: dead}}", `with.how: found "dead", want one of broken`},
		{"steps", "{do: kill-guard-at, with: {steps: 'claim,promot'}}", `with.steps: found "claim,promot", want steps with commas between them, each one of claim`},
		{"action", "{do: deny, with: {action: promote}}", `with.action: found "promote", want an action of IAM`},
		{"times", "{do: hint, with: {times: many}}", `with.times: found "many", want a number from 1 to 1000`},
		{"seconds", "{do: limit-guard, with: {seconds: '901'}}", `with.seconds: found "901", want a number from 1 to 900`},
		{"down", "{do: flap, with: {role: primary, times: '1', down: soon, up: 1m}}", `with.down: found "soon", want a duration`},
		{"up", "{do: flap, with: {role: primary, times: '1', down: 1m, up: '-1m'}}", `with.up: found "-1m", want a duration`},
		{"for", "{do: stutter, with: {how: broken, for: 0s, of: 15s}}", `with.for: found "0s", want a duration`},
		{"of", "{do: stutter, with: {how: broken, for: 5s, of: x}}", `with.of: found "x", want a duration`},
		{"stutter", "{do: stutter, with: {how: broken, for: 15s, of: 15s}}", "with.of: found 15s, want more than for, 15s"},
		{"fail-api", "{do: fail-api, with: {region: us-east-1, service: dynamodb, how: ignored}}", "with.how: found ignored for dynamodb, want it for ec2 or rds"},
		{"status", "{do: set-status, with: {role: primary, status: ill}}", `with.status: found "ill", want one of available`},
		{"event", `{do: command, with: {event: '{"action":"explode"}'}}`, `with.event: found "{\"action\":\"explode\"}", want a command of the guard, which says: `},
		{"step:", "{until: 'step:promot'}", `until: found "promot" after step:, want one of claim`},
		{"refused:", "{until: 'refused:never'}", `until: found "never" after refused:, want one of `},
		{"writes:", "{until: 'writes:nobody'}", `until: found "nobody" after writes:, want one of primary-app`},
		{"moved:", "{until: 'moved:nobody'}", `until: found "nobody" after moved:, want one of primary-app`},
		{"alarm:", "{until: 'alarm:'}", `until: found "" after alarm:, want an alarm's name`},
	} {
		file := filepath.Join(t.TempDir(), "mine.yaml")
		require.NoError(t, os.WriteFile(file, []byte("name: a\ntitle: t\nsteps: [{do: nothing}, "+c.step+"]"), 0o600))
		_, err := scenario.Find(file, known)
		require.ErrorIs(t, err, scenario.ErrScenario, c.step)
		require.ErrorContains(t, err, file+": ")
		require.ErrorContains(t, err, "step 2, "+c.says)
		checked[c.checks] = true
	}
	for name, takes := range known.Actions {
		for _, argument := range takes {
			require.True(t, checked[argument], "%s: with.%s is checked", name, argument)
		}
	}
	for _, name := range known.Conditions {
		require.True(t, name[len(name)-1] != ':' || checked[name], "the word after %s is checked", name)
	}
}
