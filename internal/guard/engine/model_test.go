package engine_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/tier"
)

// defaultRuns is how many worlds are run.
func defaultRuns() uint64 { return tier.Of(uint64(12), 150, 5000) }

// sameSeeds is how many worlds are run twice.
func sameSeeds() uint64 { return tier.Of(uint64(2), 4, 20) }

// killStride is how many calls lie between two kills.
func killStride() int { return tier.Of(15, 5, 1) }

var (
	modelSeed = flag.Uint64("model.seed", 0, "run this one world and show what happened in it")
	modelLack = flag.String("model.without", "", "take this safeguard away")
	modelDNS  = flag.String("model.dns", "", "turn DNS in every world when it is proven or accepted, instead of either in half of them")
	modelRuns = flag.Uint64("model.runs", 0, "how many worlds to run")
)

// runWorld runs one world to its end and returns what was violated.
func runWorld(seed uint64, alter setup) *world {
	w := scenario(seed, alter)
	w.run()
	if w.violation == "" {
		w.checkEnd()
	}
	return w
}

// everyWorld runs worlds on all processors until one of them is violated.
func everyWorld(runs uint64, see func(*world)) {
	var next atomic.Uint64
	var one sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := next.Add(1); seed <= runs; seed = next.Add(1) {
				w := runWorld(seed, nil)
				one.Lock()
				see(w)
				one.Unlock()
			}
		})
	}
	workers.Wait()
}

func TestEngine_HoldsItsPromisesInEveryWorld(t *testing.T) {
	if *modelSeed != 0 {
		w := runWorld(*modelSeed, missing()[*modelLack])
		t.Logf("seed %d: %s\nstate %s", *modelSeed, w.violation, dump(w))
		if w.violation != "" {
			t.Fail()
		}
		return
	}
	runs := defaultRuns()
	if *modelRuns != 0 {
		runs = *modelRuns
	}
	var sum tally
	var promoted, aborted uint64
	everyWorld(runs, func(w *world) {
		if w.violation != "" {
			t.Errorf("%s\nseed %d: go test -run %s -model.seed %d", w.violation, w.seed, t.Name(), w.seed)
		}
		sum.add(w.tally)
		promoted += uint64(w.promotions)
		if l := w.ledger.Last; l != nil && l.Outcome == engine.OutcomeAborted {
			aborted++
		}
	})
	t.Logf("%d worlds, %d promotions, %d ended with an abort; %s", runs, promoted, aborted, sum)
	if promoted < runs/10 || aborted < runs/100 || sum.overlapping < int(runs) || sum.switches < 10*int(runs) {
		t.Errorf("the worlds are too tame")
	}
}

// A violation that could not be shown again would be of little use.
func TestModel_ASeedMakesTheSameWorldAgain(t *testing.T) {
	for seed := uint64(1); seed <= sameSeeds(); seed++ {
		first, again := outline(runWorld(seed, nil)), outline(runWorld(seed, nil))
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("world %d was another the second time:\n%s", seed, diff)
		}
	}
}

// outline is what happened in a world, without the ids that AWS gives out.
func outline(w *world) string {
	out := fmt.Sprintf("%s; %d promotions, ledger version %d at %s", w.tally, w.promotions, w.ledger.Version, w.now)
	for _, n := range w.notices {
		out += fmt.Sprintf("\n%s %s", n.At, n.Subject)
	}
	return out
}

func dump(w *world) string {
	out := string(must(json.MarshalIndent(w.ledger, "", " ")))
	for _, n := range w.notices {
		out += fmt.Sprintf("\n%s %s", n.At.Sub(modelEpoch), n.Subject)
	}
	return out
}
