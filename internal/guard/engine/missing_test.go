//go:build !race

package engine_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"sync"
	"testing"
)

// safeguardBudget is how many worlds may pass before a missing safeguard must
// have been missed.
const safeguardBudget = 500

// noticedFile holds, for each safeguard, a world that notices its loss, so that
// not all of them are searched through each time. Where that world does not
// notice it any more, because the worlds have changed, they are; -model.note
// writes the file anew.
const noticedFile = "testdata/noticed.json"

var modelNote = flag.Bool("model.note", false, "search for the worlds that notice a missing safeguard and note them in "+noticedFile)

func TestModel_MissesEverySafeguardThatIsTakenAway(t *testing.T) {
	noted := map[string]uint64{}
	if err := json.Unmarshal(must(os.ReadFile(noticedFile)), &noted); err != nil {
		t.Fatalf("%s: %v", noticedFile, err)
	}
	if *modelNote {
		clear(noted)
	}
	var mu sync.Mutex
	found := map[string]uint64{}
	t.Run("each", func(t *testing.T) {
		for name, alter := range missing() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				seed := noticedBy(alter, noted[name])
				if seed == 0 {
					t.Errorf("%d worlds passed without it: the model would not notice its loss", safeguardBudget)
					return
				}
				if seed != noted[name] {
					t.Logf("world %d notices it, and not world %d: run with -model.note", seed, noted[name])
				}
				mu.Lock()
				defer mu.Unlock()
				found[name] = seed
			})
		}
	})
	for name := range noted {
		if missing()[name] == nil {
			t.Errorf("%s: there is no safeguard %q", noticedFile, name)
		}
	}
	if *modelNote && !maps.Equal(found, noted) {
		if err := os.WriteFile(noticedFile, append(must(json.MarshalIndent(found, "", "  ")), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// noticedBy is the world that notices that a safeguard is missing: the noted
// one, or the first; 0 for none. A world that is violated with all safeguards
// in place would notice nothing, so such a one does not count.
func noticedBy(alter setup, noted uint64) uint64 {
	notices := func(seed uint64) bool {
		return runWorld(seed, alter).violation != "" && runWorld(seed, nil).violation == ""
	}
	if noted != 0 && notices(noted) {
		return noted
	}
	for seed := uint64(1); seed <= safeguardBudget; seed++ {
		if notices(seed) {
			return seed
		}
	}
	return 0
}
