package decide

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/docpage"
)

// goldenCase is testdata/<behaviour>/input.json.
type goldenCase struct {
	Why         string      `json:"why"`
	Now         time.Time   `json:"now"`
	Policy      written     `json:"policy"`
	Observation Observation `json:"observation"`
	// Verdict is what the name of the case promises; make golden never touches it.
	Verdict Verdict `json:"verdict"`
}

// written is a policy in the words of the configuration.
type written map[string]any

func (w written) read(t *testing.T) Policy {
	t.Helper()
	multiAZ, _ := w["multi_az"].(bool)
	p := Policy{Mode: contract.Mode(w["mode"].(string)), OnRegionSilent: contract.SilentRegion(w["on_region_silent"].(string)), OnFenceError: contract.FenceErrorAsk, SwitchDNSWhen: contract.SwitchProven, MultiAZ: multiAZ}
	for _, s := range contract.PolicySettings {
		s.Set(&p, int(w[s.Field].(float64)))
	}
	require.Empty(t, p.Faults(func(field string) string { return field }))
	return p
}

func TestDecide_BehavesAsEachCaseIsNamed(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*/input.json")
	if err != nil || len(inputs) < 30 {
		t.Fatalf("found %d cases (error %v), want 30 or more", len(inputs), err)
	}
	for _, input := range inputs {
		dir := filepath.Dir(input)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c := readCase(t, input)
			got := Decide(c.Policy.read(t), c.Observation, c.Now)
			if got.Verdict != c.Verdict {
				t.Errorf("verdict %q, want %q: %s\nrefusals %v", got.Verdict, c.Verdict, c.Why, got.Refusals)
			}
			data, err := json.MarshalIndent(got, "", "  ")
			require.NoError(t, err)
			docpage.File(t, filepath.Join(dir, "decision.golden.json"), string(data)+"\n")
		})
	}
}

func readCase(t *testing.T, path string) goldenCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var c goldenCase
	if err := dec.Decode(&c); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if c.Why == "" || c.Verdict == "" {
		t.Fatalf("%s: wants why and verdict", path)
	}
	return c
}
