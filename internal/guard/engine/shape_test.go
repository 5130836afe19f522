package engine_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// TestGuard_ImportsNeitherTheAWSSDKNorCDKTF keeps judgement and action free of
// what they act through.
func TestGuard_ImportsNeitherTheAWSSDKNorCDKTF(t *testing.T) {
	const guard = "github.com/pgdr/pgdr/internal/guard/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps",
		guard+"decide", guard+"engine", guard+"event", guard+"refusal").Output()
	if err != nil {
		t.Fatalf("list dependencies: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 20 {
		t.Fatalf("found %d dependencies only", len(deps))
	}
	for _, d := range deps {
		for _, foreign := range []string{"aws-sdk-go", "cdktf", "jsii", "constructs-go", "smithy-go", "pgdr/internal/aws"} {
			if strings.Contains(d, foreign) {
				t.Errorf("depends on %s", d)
			}
		}
	}
}

func TestState_SurvivesJSONAndCloning(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 5, 8} {
		w := scenario(seed, nil)
		w.run()
		s := w.ledger
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back engine.State
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(data), string(again)); diff != "" {
			t.Errorf("world %d: what was written is not what is read:\n%s", seed, diff)
		}
		if diff := cmp.Diff(s, s.Clone()); diff != "" {
			t.Errorf("world %d: a clone differs:\n%s", seed, diff)
		}
	}
}

func TestClone_SharesNothingThatChanges(t *testing.T) {
	w := failedOver(t)
	s := w.ledger
	s.Pause, s.Order, s.Failover = &engine.Pause{}, &engine.Order{}, s.Clone().Last
	s.Debts = map[engine.DebtKind]engine.Debt{engine.DebtStop: {}}
	s.Outbox = []engine.Notice{{ID: "a"}}
	before, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clone()
	c.Pause.By, c.Order.ID, c.Failover.Step = "x", "x", "x"
	c.Failover.Times[engine.StepClaim] = modelEpoch
	c.Last.Times[engine.StepClaim] = modelEpoch
	c.Debts[engine.DebtStop] = engine.Debt{Tries: 9}
	c.Outbox[0].ID = "x"
	after, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("changing the clone changed the original:\n%s", diff)
	}
}

func TestNew_NamesEveryMissingPart(t *testing.T) {
	_, err := engine.New(engine.Config{}, engine.Ports{})
	if err == nil {
		t.Fatal("made an engine of nothing")
	}
	for _, part := range []string{
		"policy", "owner", "watch", "topology.primary.identifier", "topology.replica.identifier", "ports.clock", "ports.ledger",
		"ports.observer", "ports.promoter", "ports.prover", "ports.fencer", "ports.switcher", "ports.posture", "ports.metrics", "ports.notifier", "ports.activity",
	} {
		if !strings.Contains(err.Error(), part+": ") {
			t.Errorf("error does not name %s: %v", part, err)
		}
	}
}
