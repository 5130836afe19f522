package spec

import (
	"fmt"
	"slices"
)

// checkGuard holds the policy's windows against each other; what each may be
// by itself is in [Bounds].
func checkGuard(fs *Faults, c Config) {
	checkWindows(fs, c)
	checkWitnesses(fs, c)
}

func checkWindows(fs *Faults, c Config) {
	const failed, unreachable, cooldown, abort = "guard.instance_failed_seconds", "guard.instance_unreachable_seconds",
		"guard.cooldown_seconds", "guard.abort_after_seconds"
	g := c.Guard
	if c.Database.MultiAZ {
		checkMultiAZWindow(fs, failed, g.InstanceFailed)
		checkMultiAZWindow(fs, unreachable, g.InstanceUnreachable)
	}
	if g.InstanceUnreachable < g.InstanceFailed && !fs.has(failed) && !fs.has(unreachable) {
		fs.add(unreachable, fmt.Sprint(g.InstanceUnreachable),
			fmt.Sprintf("give at least the %d of %s: an instance that RDS calls available is weaker evidence than one that it calls failed", g.InstanceFailed, failed))
	}
	if g.Cooldown < g.AbortAfter && !fs.has(cooldown) && !fs.has(abort) {
		fs.add(cooldown, fmt.Sprint(g.Cooldown),
			fmt.Sprintf("give at least the %d of %s: a second failover must not start while the first may still abort", g.AbortAfter, abort))
	}
}

func checkMultiAZWindow(fs *Faults, path string, seconds int) {
	if seconds < multiAZWindow && !fs.has(path) {
		fs.add(path, fmt.Sprint(seconds),
			fmt.Sprintf("give at least %d with database.multi_az: a failover to the standby takes 60 to 120 s and comes first", multiAZWindow))
	}
}

func checkWitnesses(fs *Faults, c Config) {
	const path = "guard.witness_regions"
	witnesses := c.Guard.WitnessRegions
	if len(witnesses) != witnessCount {
		fs.add(path, counted(len(witnesses), "region"), fmt.Sprintf("give %d: one alone may be the one that is out", witnessCount))
	}
	for i, region := range witnesses {
		at := indexed(path, i)
		switch {
		case !checkRegion(fs, at, region):
		case region == c.Sites.Primary.Region:
			fs.add(at, quoted(region)+", the same as sites.primary.region", "give a third region: the witness must not be lost with the primary")
		case region == c.Sites.Replica.Region:
			fs.add(at, quoted(region)+", the same as sites.replica.region", "give a third region: the guard runs in this one")
		case slices.Contains(witnesses[:i], region):
			fs.add(at, quoted(region)+" a second time", "give two different regions")
		}
	}
}
