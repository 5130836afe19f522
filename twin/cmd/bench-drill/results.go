package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/bench"
	"github.com/pgdr/pgdr/twin/drill"
)

// results are what was measured, every trial of it.
type results struct {
	Machine     bench.Machine `json:"machine"`
	Scale       float64       `json:"scale"`
	Runs        int           `json:"runs"`
	Comparisons []comparison  `json:"comparisons"`
}

// comparison of the ways in one disaster.
type comparison struct {
	Disaster string        `json:"disaster"`
	Rows     []row         `json:"rows"`
	Trials   []drill.Trial `json:"trials"`
}

// row is one phase, or a sum of phases.
type row struct {
	Phase string       `json:"phase"`
	Ours  bench.Spread `json:"ours"`
	// Early is ours with switch_dns_when: accepted.
	Early bench.Spread `json:"ours_early"`
	Usual bench.Spread `json:"usual"`
	// Exact is the usual way whose alarm looks at its own periods only.
	Exact bench.Spread `json:"usual_exact"`
	// Ratio and EarlyRatio of our medians to the usual way's, ExactRatio to that of
	// the way above; 0 where those take no time.
	Ratio      float64 `json:"ratio"`
	EarlyRatio float64 `json:"ratio_early"`
	ExactRatio float64 `json:"ratio_exact"`
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
	r := row{
		Phase: phase, Ours: bench.SpreadOf(trials[drill.Ours], of), Early: bench.SpreadOf(trials[drill.OursEarly], of), Usual: bench.SpreadOf(trials[drill.Usual], of), Exact: bench.SpreadOf(trials[drill.UsualExact], of),
	}
	r.Ratio, r.EarlyRatio, r.ExactRatio = ratio(r.Ours, r.Usual), ratio(r.Early, r.Usual), ratio(r.Ours, r.Exact)
	c.Rows = append(c.Rows, r)
}

// ratio of two medians; 0 where the second is.
func ratio(of, to bench.Spread) float64 {
	if to.Median == 0 {
		return 0
	}
	return of.Median / to.Median
}

// ratioText shows a ratio, where there is one.
func ratioText(ratio float64) string {
	if ratio == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Recovery, compared\n\n")
	fmt.Fprintf(&b, "`make bench-drill BENCH_FLAGS='-runs %d -scale %g'` wrote this: so many trials of each way for each disaster, and so many times as fast as the machine's clock. Seconds are simulated.\n\n%s.\n", r.Runs, r.Scale, r.Machine)
	fmt.Fprintf(&b, about, patience)
	for _, c := range r.Comparisons {
		fmt.Fprintf(&b, "\n## %s\n\nMedian (least to most).\n\n| Phase | ours | usual | ratio | ours, DNS at acceptance | ratio | usual, alarm looks at 3 periods only | ratio |\n|---|---|---|---|---|---|---|---|\n", c.Disaster)
		for _, row := range c.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", row.Phase,
				seconds(row.Ours), seconds(row.Usual), ratioText(row.Ratio), seconds(row.Early), ratioText(row.EarlyRatio), seconds(row.Exact), ratioText(row.ExactRatio))
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

// about says what is compared; it takes the patience.
const about = `
*Ours* is what is deployed, with the policy's default settings. One thing is not
as deployed: the guard's deadlines leave %d times as long as they say, so that a
busy machine does not look like a lost server. That lengthens our waits only.

*Ours, DNS at acceptance* is the same with the setting guard.switch_dns_when at
"accepted": DNS turns while RDS promotes, so that it takes no time of its own.

*The usual way* is an alarm on the primary's connections (3 periods of 60 s,
missing data breaching) that invokes a function, which promotes the replica,
polls each 30 s and then changes the weights of records with a TTL of 60 s. It is
given what it often lacks: an alarm that works though its region is lost and
reaches the function at once, no time-out, a replica that can be promoted, a wait
for the true end of the promotion, and Route 53's control plane. Every constant
is in twin/drill/reference.go with where it is from or that we assume it. It
has no gates and no fence: it also promotes for an idle database, and leaves two
writers.

**How far back the alarm looks decides much of the comparison.** CloudWatch
retrieves more data points than the alarm's evaluation periods, and fills missing
ones in only where it finds fewer than those
([AWS](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html)).
So a last good value holds the alarm back until it has left that range. How long
the range is AWS does not say; its example has 5 for 3 periods, and so has the
simulator, for every alarm. The last two columns are measured with the least
favourable answer for us: the same usual way, whose alarm looks at its own 3
periods and nothing beyond. It detects 120 s earlier at the same phase.

The trials strike at seconds of the simulated minute that are spread evenly over
it (0, 12, 24, 36 and 48 for five), the same for each way, because alarms,
schedules and health checks go by the minute. All alarms are evaluated at the
same second, 30. RDS publishes its values in the first moments of each
minute: one value more or less would move the usual way's detection by 60 s.

The promotion is RDS's own time (simulated: 5 minutes, our assumption; AWS says
several minutes or longer) and polling. *Decide* is the time for which evidence
must last before anything irreversible is done; the usual way has it in its
alarm.
`
