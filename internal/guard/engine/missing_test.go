//go:build !race

package engine_test

import "testing"

// safeguardBudget is how many worlds may pass before a missing safeguard must
// have been missed.
const safeguardBudget = 500

func TestModel_MissesEverySafeguardThatIsTakenAway(t *testing.T) {
	for name, alter := range missing() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= safeguardBudget; seed++ {
				if w := runWorld(seed, alter); w.violation != "" {
					t.Logf("found by world %d: %s", seed, w.violation)
					return
				}
			}
			t.Errorf("%d worlds passed without it: the model would not notice its loss", safeguardBudget)
		})
	}
}
