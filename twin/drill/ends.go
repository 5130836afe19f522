package drill

import (
	"iter"
	"maps"
	"slices"

	"github.com/pgdr/pgdr/twin/drill/scenario"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// ends are the actions that end another; both take the same arguments, or the
// second fewer. What has none lasts, such as a promotion, or is over by itself.
var ends = map[string]string{
	"lose-region": "return-region", "part-region": "rejoin", "isolate": "rejoin", "cut-peering": "restore-peering",
	"hold-replication": "release-replication", "hang": "unhang", "exhaust-connections": "release-connections",
	"crowd-connections": "release-connections", "change-passwords": "restore-passwords", "expire-certificate": "renew-certificate",
	"fill-storage": "free-storage", "pause-replay": "resume-replay", "stop-applications": "start-applications",
	"fail-api": "heal-api", "duplicate-messages": "deliver-once", "stutter": "calm", "deny": "grant",
	"fail-instance": "set-status", "set-status": "set-status",
}

// endOf is the step that ends another; ok is false where none does.
func endOf(step scenario.Step) (end scenario.Step, ok bool) {
	name, ok := ends[step.Do]
	if !ok || step.Do == "set-status" && step.With["status"] == lifecycle.Available {
		return end, false
	}
	end = scenario.Step{Do: name, With: map[string]string{}}
	for _, argument := range actions()[name].takes {
		end.With[argument] = step.With[argument]
	}
	if name == "set-status" {
		end.With["status"] = lifecycle.Available
	}
	return end, true
}

// passing are actions that leave nothing to end: they are over by themselves, or
// end something.
var passing = []string{"nothing", "hint", "flap", "restart", "multi-az-failover", "back-up", "terraform-apply", "command"}

// remember adds a step to those that stand, or takes out what it ends.
func remember(standing []scenario.Step, step scenario.Step) []scenario.Step {
	before := len(standing)
	standing = slices.DeleteFunc(slices.Clone(standing), func(s scenario.Step) bool {
		end, ok := endOf(s)
		return step.Do == "calm" && ok && end.Do == "calm" || ok && end.Do == step.Do && maps.Equal(end.With, step.With)
	})
	ended := len(standing) < before || slices.Contains(slices.Collect(maps.Values(ends)), step.Do) && step.Do != "set-status"
	if ended || slices.Contains(passing, step.Do) {
		return standing
	}
	return append(standing, step)
}
