// Package report is what a drill found, for people (text and page) and for
// programs (JSON, JUnit). Moments are seconds of the simulation's clock, counted
// from the disaster; those before it are negative.
package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pgdr/pgdr/twin/drill/scenario"
)

// Report of one drill.
type Report struct {
	Scenario string `json:"scenario"`
	Title    string `json:"title"`
	// Why the scenario matters.
	Why string `json:"why,omitempty"`
	// Kind is what the scenario is about.
	Kind        scenario.Kind `json:"kind,omitempty"`
	Environment string        `json:"environment,omitempty"`
	// Objectives of the environment.
	Objectives Objectives `json:"objectives"`
	Passed     bool       `json:"passed"`
	// Failures say what was not as expected.
	Failures []string `json:"failures,omitempty"`
	// Diagnosis is what is wrong with the wiring, if the drill stopped for it.
	Diagnosis []Finding `json:"diagnosis,omitempty"`
	// Warnings are what else the diagnosis found: a failover works, and
	// something that the wiring promises does not. They do not stop a drill.
	Warnings []Finding `json:"warnings,omitempty"`
	// NotExercised says what this machine's drill did without.
	NotExercised []string `json:"not_exercised,omitempty"`
	// Scale of the clock: how many times as fast as the machine's it ran.
	Scale float64 `json:"scale"`
	// Simulated and Real are how long the drill took, on each clock, in seconds.
	Simulated float64 `json:"simulated_seconds"`
	Real      float64 `json:"real_seconds"`
	Marks     []Mark  `json:"timeline"`
	// Phases of the recovery; empty without a failover.
	Phases []Phase `json:"phases,omitempty"`
	Apps   []App   `json:"applications,omitempty"`
	Guard  Guard   `json:"guard"`
	// Switched is when the name first led to the replica, in seconds from the
	// disaster; nil if it never did.
	Switched *float64 `json:"switched_seconds"`
	// TurnedBack is when the name led to the primary again after that, Lifted when
	// the first rule of the fence was taken away; nil if that never was.
	TurnedBack *float64 `json:"turned_back_seconds,omitempty"`
	Lifted     *float64 `json:"lifted_seconds,omitempty"`
	Plans      []Plan   `json:"plans,omitempty"`
	// Log is what the guard printed, each line with its moment. It is a file of
	// its own, and the only one of a drill that could not be held to its end.
	Log []string `json:"-"`
}

// Objectives are what a recovery may cost, in seconds; 0 is none.
type Objectives struct {
	RTO float64 `json:"rto_seconds"`
	RPO float64 `json:"rpo_seconds"`
}

// Unaudited is what a drill does without where PostgreSQL has no pgaudit.
const Unaudited = "auditing was not exercised: this machine's PostgreSQL has no pgaudit (make setup installs it)"

// Finding of the wiring.
type Finding struct {
	ID     string `json:"id"`
	What   string `json:"what"`
	Remedy string `json:"remedy"`
}

// String is a finding and, on a second line, its remedy.
func (f Finding) String() string { return f.ID + ": " + f.What + "\n    remedy: " + f.Remedy }

// Lanes of the timeline.
const (
	LaneWorld = "world"
	// LaneWiring is said before anything happens, and is no lane of the picture.
	LaneWiring = "wiring"
	LaneGuard  = "guard"
	LaneRDS    = "rds"
	LaneDNS    = "dns"
	LaneApps   = "applications"
	LaneTold   = "people"
)

// Lanes in the order in which they are drawn.
var Lanes = []string{LaneWorld, LaneGuard, LaneRDS, LaneDNS, LaneApps, LaneTold}

// Mark is one moment.
type Mark struct {
	At   float64 `json:"at"`
	Lane string  `json:"lane"`
	Text string  `json:"text"`
	// Bad marks what hurt, Good what was gained.
	Bad  bool `json:"bad,omitempty"`
	Good bool `json:"good,omitempty"`
	// Before marks an alarm that went off before the disaster: it is not of it.
	Before bool `json:"before,omitempty"`
}

// Phase is one part of the recovery.
type Phase struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Seconds that it took.
func (p Phase) Seconds() float64 { return p.To - p.From }

// App is what an application experienced.
type App struct {
	ID     string `json:"id"`
	Region string `json:"region"`
	Sticky bool   `json:"sticky,omitempty"`
	Acks   int    `json:"acknowledged"`
	Failed int    `json:"failed"`
	// RTO in seconds: last acknowledged write before to first after; nil if it
	// did not write again.
	RTO *float64 `json:"rto_seconds"`
	// LostRows were acknowledged and are gone; LostSeconds from the last that
	// was kept to the last that was lost. LossKnown: the database told its rows
	// in the end.
	LossKnown   bool    `json:"loss_known"`
	LostRows    int     `json:"lost_rows"`
	LostSeconds float64 `json:"lost_seconds"`
	// SplitRows the old primary acknowledged after the switch, in a window of
	// SplitSeconds.
	SplitRows    int     `json:"split_rows"`
	SplitSeconds float64 `json:"split_seconds"`
	// Misled counts DNS answers that led to the old primary after the switch.
	Misled int `json:"misled_answers"`
	// Writes in the end, and to which server.
	Writes bool   `json:"writes"`
	Server string `json:"server"`
	// Rates are the writes that each server acknowledged.
	Rates []Rate `json:"rates,omitempty"`
}

// Rate is how many writes a second a server acknowledged, through the drill.
type Rate struct {
	Server string `json:"server"`
	// Moved: it is the one that was promoted.
	Moved bool `json:"moved,omitempty"`
	// From is the beginning of the first step, Step the length of each, in
	// seconds.
	From float64 `json:"from"`
	Step float64 `json:"step"`
	// PerSecond has a mean for each step.
	PerSecond []float64 `json:"per_second"`
}

// To is the end of the last step.
func (r Rate) To() float64 { return r.From + r.Step*float64(len(r.PerSecond)) }

// Sight is what the guard saw on one path.
type Sight struct {
	Path string `json:"path"`
	// Found is the class of the last answer, or of its absence.
	Found string `json:"found"`
	// Silent is for how many seconds nothing had answered; 0: it answered.
	Silent float64 `json:"silent_seconds,omitempty"`
}

// Guard is what the guard says of itself.
type Guard struct {
	// Promotions that RDS accepted and carries out, Ignored those that it
	// accepted and never does.
	Promotions int `json:"promotions"`
	Ignored    int `json:"ignored_promotions,omitempty"`
	// Fences counts the rules of the fence that EC2 accepted.
	Fences   int    `json:"fences"`
	Outcome  string `json:"outcome,omitempty"`
	Evidence string `json:"evidence,omitempty"`
	Fence    string `json:"fence,omitempty"`
	// FencedFirst: EC2 accepted rules of the fence before RDS accepted the
	// promotion, and none after it.
	FencedFirst bool `json:"fenced_first"`
	// FenceRules: in the end the network ACL of the primary's database subnets
	// has rules of the guard's that deny. FenceStands: nothing passes between
	// the primary and any application, by what is applied, and the guard does.
	FenceRules  bool `json:"fence_rules"`
	FenceStands bool `json:"fence_stands"`
	// Killed are the steps in which the drill killed the guard, Struck the
	// services of which calls went wrong.
	Killed []string `json:"killed,omitempty"`
	Struck []string `json:"struck,omitempty"`
	// Ticks are invocations by the schedule that ended well, Timeouts those
	// that Lambda ended at their time limit, Overlaps those that began while
	// another ran, Duplicates the messages that the guard was sent twice.
	Ticks      int `json:"ticks"`
	Timeouts   int `json:"timeouts"`
	Overlaps   int `json:"overlaps"`
	Duplicates int `json:"duplicates"`
	// Estimate of the data loss, in seconds.
	EstimateKnown bool    `json:"estimate_known"`
	EstimateLower float64 `json:"estimate_lower_seconds"`
	EstimateUpper float64 `json:"estimate_upper_seconds"`
	// Saw is what it saw when it decided to fail over, or in the end; SawAt is
	// when that was.
	Saw   []Sight  `json:"saw,omitempty"`
	SawAt *float64 `json:"saw_at,omitempty"`
	// Refusals are why it did not act. Waits are names under which a failover
	// that was completed waited for AWS: they refused nothing.
	Refusals []string `json:"refusals,omitempty"`
	Waits    []string `json:"waits,omitempty"`
	Debts    []string `json:"debts,omitempty"`
	Alarms   []string `json:"alarms,omitempty"`
	Notices  []string `json:"notices,omitempty"`
}

// Plan is a Terraform plan after the drill.
type Plan struct {
	Stack string `json:"stack"`
	// Bad are the changes that must not be: destroyed, replaced, un-fenced.
	Bad []string `json:"bad,omitempty"`
	// Changes are all others.
	Changes []string `json:"changes,omitempty"`
}

// JSON is the report for programs.
func (r Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	return append(text, '\n'), nil
}

// Text is the report for people.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s: %s\n", r.Verdict(), r.Scenario, r.Title)
	h := r.Headline()
	if h.RTO.Measured {
		fmt.Fprintf(&b, "  RTO %s; RPO %s\n", h.RTO, h.RPO)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "  not as expected: %s\n", f)
	}
	for _, f := range r.Diagnosis {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	r.warnings(&b)
	r.timeline(&b)
	r.phases(&b)
	r.apps(&b)
	r.guard(&b)
	r.plans(&b)
	for _, what := range r.NotExercised {
		fmt.Fprintf(&b, "Note: %s\n", what)
	}
	fmt.Fprintf(&b, "\nSeconds are simulated, %gx as fast as this machine's: %s in %s.\n", r.Scale, Span(r.Simulated), Span(r.Real))
	return b.String()
}

func (r Report) warnings(b *strings.Builder) {
	if len(r.Warnings) == 0 {
		return
	}
	b.WriteString("\nWarnings of the wiring (a failover works; what they name does not)\n")
	for _, f := range r.Warnings {
		fmt.Fprintf(b, "  %s\n", f)
	}
}

func (r Report) timeline(b *strings.Builder) {
	if len(r.Marks) == 0 {
		return
	}
	b.WriteString("\nTimeline (seconds from the disaster)\n")
	for _, m := range r.Marks {
		fmt.Fprintf(b, "  %8s  %-12s  %s\n", Moment(m.At), m.Lane, m.Text)
	}
}

func (r Report) phases(b *strings.Builder) {
	if len(r.Phases) == 0 {
		return
	}
	b.WriteString("\nPhases of the recovery\n")
	for _, p := range r.Phases {
		fmt.Fprintf(b, "  %-12s %8.1f s   (%s to %s)\n", p.Name, p.Seconds(), fixed(p.From), fixed(p.To))
	}
}

func (r Report) apps(b *strings.Builder) {
	if len(r.Apps) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%-19s %-11s %8s %15s %16s %16s %7s\n", "Application", "region", "written", "RTO", "RPO", "two writers", "misled")
	for _, a := range r.Apps {
		rto := "does not write"
		switch {
		case a.RTO != nil:
			rto = fmt.Sprintf("%.1f s", *a.RTO)
		case a.Writes:
			rto = "no outage"
		}
		fmt.Fprintf(b, "%-19s %-11s %8d %15s %16s %16s %7d\n", a.ID, a.Region, a.Acks, rto,
			a.lost(), fmt.Sprintf("%d rows, %.1f s", a.SplitRows, a.SplitSeconds), a.Misled)
	}
}

// lost is what was lost, in words.
func (a App) lost() string {
	if !a.LossKnown {
		return "unknown"
	}
	return fmt.Sprintf("%d rows, %.1f s", a.LostRows, a.LostSeconds)
}

func (r Report) guard(b *strings.Builder) {
	g := r.Guard
	if g.Outcome != "" {
		estimate := "unknown"
		if g.EstimateKnown {
			estimate = fmt.Sprintf("%.1f to %.1f s", g.EstimateLower, g.EstimateUpper)
		}
		fmt.Fprintf(b, "\nThe guard: %s for %s; fence %s; its own estimate of the loss %s\n", g.Outcome, g.Evidence, FenceWord(g.Fence), estimate)
	}
	for _, line := range []struct {
		name  string
		words []string
	}{{"refusals", g.Refusals}, {"waited for AWS", g.Waits}, {"pending work", g.Debts}, {"killed at", g.Killed}, {"calls that went wrong", g.Struck}, {"alarms", g.Alarms}, {"notices", g.Notices}} {
		if len(line.words) > 0 {
			fmt.Fprintf(b, "  %s: %s\n", line.name, strings.Join(line.words, "; "))
		}
	}
}

func (r Report) plans(b *strings.Builder) {
	for _, p := range r.Plans {
		verdict := "destroys, replaces and un-fences nothing"
		if len(p.Bad) > 0 {
			verdict = strings.Join(p.Bad, "; ")
		}
		fmt.Fprintf(b, "Plan of %s: %s", p.Stack, verdict)
		if len(p.Changes) > 0 {
			fmt.Fprintf(b, "; changes %s", strings.Join(p.Changes, ", "))
		}
		b.WriteString("\n")
	}
}

// Verdict of the drill in a word.
func (r Report) Verdict() string {
	if r.Passed {
		return "PASSED"
	}
	return "FAILED"
}
