package spec

import (
	"cmp"
	"fmt"
	"time"
)

// mostObjective bounds both objectives: past a day backups are restored.
const mostObjective = 24 * time.Hour

// afterDecision is what the default of the RTO leaves for a failover that is
// decided: RDS promotes in several minutes, then DNS switches.
const afterDecision = 10 * time.Minute

// Durations are both objectives, of a configuration that is valid and derived.
func (o Objectives) Durations() (rto, rpo time.Duration) {
	rto, _ = time.ParseDuration(o.RTO)
	rpo, _ = time.ParseDuration(o.RPO)
	return rto, rpo
}

// window is the longest that the guard waits before it decides.
func (g Guard) window() time.Duration { return seconds(max(g.InstanceUnreachable, g.RegionSilent)) }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (o Objectives) derived(g Guard) Objectives {
	return Objectives{
		RTO: cmp.Or(o.RTO, (g.window() + afterDecision).String()),
		RPO: cmp.Or(o.RPO, seconds(g.MaxDataLoss).String()),
	}
}

// checkObjectives wants objectives that the guard's own policy can meet. c is
// derived, so that an objective that was not given is never a fault.
func checkObjectives(fs *Faults, c Config) {
	const unreachable, silent, loss = "guard.instance_unreachable_seconds", "guard.region_silent_seconds", "guard.max_data_loss_seconds"
	if !fs.has(unreachable) && !fs.has(silent) {
		checkObjective(fs, "objectives.rto", c.Objectives.RTO, c.Guard.window(), "the guard waits that long before it decides ("+unreachable+", "+silent+")")
	}
	if !fs.has(loss) {
		checkObjective(fs, "objectives.rpo", c.Objectives.RPO, seconds(c.Guard.MaxDataLoss), "the guard promotes unasked with a loss up to "+loss)
	}
}

func checkObjective(fs *Faults, path, text string, least time.Duration, because string) {
	switch d, err := time.ParseDuration(text); {
	case err != nil || d <= 0 || d > mostObjective || d%time.Second != 0:
		fs.add(path, quoted(text), "give a duration in whole seconds, 24h at most, for example 15m or 90s")
	case d < least:
		fs.add(path, quoted(text), fmt.Sprintf("give at least %s: %s", least, because))
	}
}
