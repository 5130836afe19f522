package spec

import (
	"fmt"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
)

// checkGuard holds the policy's windows against each other; what each may be
// by itself is in [Bounds].
func checkGuard(fs *Faults, c Config) {
	checkWindows(fs, c)
	checkWitnesses(fs, c)
}

func checkWindows(fs *Faults, c Config) {
	numbers := c.integers()
	windows := contract.Windows{
		Seconds: func(field string) int { return numbers[guardPath(field)] },
		MultiAZ: c.Database.MultiAZ,
		Name: func(field string) string {
			if path := guardPath(field); hasNumber(numbers, path) {
				return path
			}
			return "database." + field
		},
		Faulty: func(field string) bool { return fs.has(guardPath(field)) },
	}
	for _, f := range windows.Faults() {
		fs.add(guardPath(f.Field), f.Found, "give "+f.Want)
	}
}

func hasNumber(numbers map[string]int, path string) bool {
	_, ok := numbers[path]
	return ok
}

func checkWitnesses(fs *Faults, c Config) {
	const path = "guard.witness_regions"
	witnesses := c.Guard.WitnessRegions
	if len(witnesses) != contract.WitnessCount {
		fs.add(path, counted(len(witnesses), "region"), fmt.Sprintf("give %d: one alone may be the one that is out", contract.WitnessCount))
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
