package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/bench"
	"github.com/pgdr/pgdr/internal/drill"
)

// results are what was measured, every trial of it.
type results struct {
	Machine     bench.Machine `json:"machine"`
	Scale       float64       `json:"scale"`
	Runs        int           `json:"runs"`
	Comparisons []comparison  `json:"comparisons"`
}

// comparison of the two ways in one disaster.
type comparison struct {
	Disaster string        `json:"disaster"`
	Rows     []row         `json:"rows"`
	Trials   []drill.Trial `json:"trials"`
}

// row is one phase, or a sum of phases.
type row struct {
	Phase string       `json:"phase"`
	Ours  bench.Spread `json:"ours"`
	Usual bench.Spread `json:"usual"`
	// Ratio of the medians; 0 where the usual way takes no time.
	Ratio float64 `json:"ratio"`
}

// sums are what the phases add up to.
var sums = []struct {
	name   string
	phases []string
}{
	{"detect", []string{"detect"}},
	{"decide", []string{"decide"}},
	{"detect and decide", []string{"detect", "decide"}},
	{"fence", []string{"fence"}},
	{"promote", []string{"promote"}},
	{"switch", []string{"switch"}},
	{"first write", []string{"first write"}},
	{"all but promote", []string{"detect", "decide", "fence", "switch", "first write"}},
}

func (c *comparison) summarise() {
	c.Rows = nil
	for _, sum := range sums {
		c.add(sum.name, func(t drill.Trial) float64 {
			total := 0.0
			for _, p := range t.Phases {
				if slices.Contains(sum.phases, p.Name) {
					total += p.Seconds()
				}
			}
			return total
		})
	}
	c.add("RTO of the replica's application", func(t drill.Trial) float64 { return t.RTO })
}

func (c *comparison) add(phase string, of func(drill.Trial) float64) {
	trials := map[drill.Way][]drill.Trial{}
	for _, t := range c.Trials {
		trials[t.Way] = append(trials[t.Way], t)
	}
	r := row{Phase: phase, Ours: bench.SpreadOf(trials[drill.Ours], of), Usual: bench.SpreadOf(trials[drill.Usual], of)}
	if r.Usual.Median > 0 {
		r.Ratio = r.Ours.Median / r.Usual.Median
	}
	c.Rows = append(c.Rows, r)
}

func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Recovery, compared\n\n")
	fmt.Fprintf(&b, "`make bench-drill` wrote this: %d trials of each way for each disaster, at %gx. Seconds are simulated.\n\n%s.\n", r.Runs, r.Scale, r.Machine)
	b.WriteString(about)
	for _, c := range r.Comparisons {
		fmt.Fprintf(&b, "\n## %s\n\n| Phase | ours: median (least to most) | usual: median (least to most) | ratio |\n|---|---|---|---|\n", c.Disaster)
		for _, row := range c.Rows {
			ratio := "–"
			if row.Ratio > 0 {
				ratio = fmt.Sprintf("%.2f", row.Ratio)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.Phase, seconds(row.Ours), seconds(row.Usual), ratio)
		}
	}
	return b.String()
}

// seconds shows a spread of them.
func seconds(s bench.Spread) string {
	return fmt.Sprintf("%.1f s (%.1f to %.1f)", s.Median, s.Least, s.Most)
}

// write puts the results into a folder, and the figures out.
func (r results) write(dir string, out io.Writer) error {
	if err := bench.WriteJSON(filepath.Join(dir, "drill-benchmark.json"), r); err != nil {
		return err
	}
	text := r.markdown()
	if err := os.WriteFile(filepath.Join(dir, "drill-benchmark.md"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("print the results: %w", err)
	}
	return nil
}

const about = `
*Ours* is what is deployed, with default settings. *The usual way* is an alarm
on the primary's connections (3 periods of 60 s, missing data breaching) that
invokes a function, which promotes the replica, polls each 30 s and then changes
the weights of records with a TTL of 60 s. It is given what it often lacks: an
alarm that works though its region is lost and reaches the function at once, no
time-out, a replica that can be promoted, a wait for the true end of the
promotion, and Route 53's control plane. Every constant is in
internal/drill/reference.go with where it is from. It has no gates and no fence:
it also promotes for an idle database, and leaves two writers.

The promotion is RDS's own time (simulated: 5 minutes) and polling. *Decide* is
the time for which evidence must last before anything irreversible is done; the
usual way has it in its alarm.
`
