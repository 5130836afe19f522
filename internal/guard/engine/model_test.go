package engine

import (
	"flag"
	"testing"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "run this one world and show what happened in it")
	modelRuns = flag.Int("model.runs", 0, "how many worlds to run")
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

func TestEngine_HoldsItsPromisesInEveryWorld(t *testing.T) {
	if *modelSeed != 0 {
		w := runWorld(*modelSeed, nil)
		t.Logf("seed %d: %s\nstate %s", *modelSeed, w.violation, dump(w))
		if w.violation != "" {
			t.Fail()
		}
		return
	}
	runs := *modelRuns
	if runs == 0 {
		runs = defaultRuns
	}
	var promoted, aborted, invocations int
	for seed := uint64(1); seed <= uint64(runs); seed++ {
		w := runWorld(seed, nil)
		if w.violation != "" {
			t.Fatalf("%s\nseed %d: go test -run %s -model.seed %d", w.violation, seed, t.Name(), seed)
		}
		promoted += w.promotions
		invocations += w.started
		if l := w.ledger.state.Last; l != nil && l.Outcome == OutcomeAborted {
			aborted++
		}
	}
	t.Logf("%d worlds, %d invocations, %d promotions, %d ended with an abort", runs, invocations, promoted, aborted)
	if promoted < runs/10 || aborted < runs/100 {
		t.Fatalf("the worlds are too tame: %d promotions, %d aborts in %d runs", promoted, aborted, runs)
	}
}
