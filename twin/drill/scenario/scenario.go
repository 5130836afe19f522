// Package scenario is a disaster as data: what is done to the world and when,
// and what must be true in the end. docs/twin.md lists the actions, the
// conditions and the expectations.
package scenario

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/pgdr/pgdr/internal/nearest"
)

// Scenario is one drill. Durations are on the simulation's clock.
type Scenario struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
	// Why it matters, in a sentence or two.
	Why string `yaml:"why"`
	// Unknowable: from where the guard is, it can't be told from a disaster that
	// must promote, or from one that must not.
	Unknowable bool `yaml:"unknowable"`
	// Scale of the clock; 0 means that of the command.
	Scale float64 `yaml:"scale"`
	// Bare leaves out deployment, arming and applications: the steps do what
	// they need.
	Bare bool `yaml:"bare"`
	// Configuration changes what is deployed; see [Change].
	Configuration []Change `yaml:"configuration"`
	Steps         []Step   `yaml:"steps"`
	Expect        Expect   `yaml:"expect"`
}

// Kind is what a scenario is about.
type Kind string

// Kinds of scenarios.
const (
	MustPromote Kind = "must-promote"
	MustNot     Kind = "must-not-promote"
	Unknowable  Kind = "unknowable"
)

// Kinds in the order in which they are listed, each with its heading.
var Kinds = []struct {
	Kind    Kind
	Heading string
}{{MustPromote, "Must promote"}, {MustNot, "Must not promote"}, {Unknowable, "Can't be known"}}

// Kind of the scenario, by what it expects.
func (s Scenario) Kind() Kind {
	switch {
	case s.Unknowable:
		return Unknowable
	case s.Expect.Promotions > 0:
		return MustPromote
	default:
		return MustNot
	}
}

// Change is one change to the synthesized stacks, before they are applied: a
// deliberately broken configuration.
type Change struct {
	Stack string `yaml:"stack"`
	// Path to an argument: type, name (or a part that only one has), argument.
	Path []string `yaml:"path"`
	// Remove the argument, or the whole resource if the path ends there; else
	// Set it, or Replace a text in it.
	Remove  bool   `yaml:"remove"`
	Set     any    `yaml:"set"`
	Replace string `yaml:"replace"`
	With    string `yaml:"with"`
}

// Step is one thing that is done, or waited for. Exactly one of Do and Until
// is given.
type Step struct {
	// After is a pause before it.
	After Duration `yaml:"after"`
	Do    string   `yaml:"do"`
	// With are the action's arguments.
	With map[string]string `yaml:"with"`
	// Disaster marks the moment that recovery is counted from.
	Disaster bool   `yaml:"disaster"`
	Until    string `yaml:"until"`
	// Within bounds Until; 0 means 20 minutes.
	Within Duration `yaml:"within"`
}

// Expect is what must be true in the end. What is not given is not looked at,
// but for promotions: there is none unless one is expected.
type Expect struct {
	// Promotions that RDS carried out.
	Promotions int `yaml:"promotions"`
	// Evidence on which the last failover was decided, by its name.
	Evidence string `yaml:"evidence"`
	// Fence of the last failover: "confirmed" before its promotion, "late" if it
	// was pending first and confirmed in the end, "owed", "waived" or "void".
	Fence string `yaml:"fence"`
	// Fenced: the primary is fenced though nothing is promoted; otherwise it
	// must not have been.
	Fenced bool `yaml:"fenced"`
	// Refusals that the guard must have named, at any time.
	Refusals []string `yaml:"refusals"`
	// Unnamed are refusals that the guard must never have named.
	Unnamed []string `yaml:"unnamed"`
	// Alarms that must have gone off, and Quiet those that must not, by their
	// whole names: "guard-silent-{environment}".
	Alarms []string `yaml:"alarms"`
	Quiet  []string `yaml:"quiet"`
	// Notices are words of the subjects that people must have been sent.
	Notices []string `yaml:"notices"`
	// Apps by their id.
	Apps map[string]App `yaml:"apps"`
	// Diagnosis are findings of the wiring that the drill must have stopped
	// for; with them nothing else is looked at.
	Diagnosis []string `yaml:"diagnosis"`
	// Warnings are findings of the wiring that the report must show; they do
	// not stop the drill.
	Warnings []string `yaml:"warnings"`
	// Plans: "clean" wants plans of both stacks that destroy, replace and
	// un-fence nothing; "none" makes none. Empty is clean after a promotion
	// and none otherwise.
	Plans string `yaml:"plans"`
	// TwoWriters allows writes on the old primary after the switch; none
	// unless given.
	TwoWriters TwoWriters `yaml:"two_writers"`
	// Unfenced: in the end no rule of the guard's denies anything in the
	// network ACL of the primary's database subnets.
	Unfenced bool `yaml:"unfenced"`
	// TurnedBack: the name led to the replica, which was never promoted, and to
	// the primary again before the fence was lifted.
	TurnedBack bool `yaml:"turned_back"`
	// Killed are steps in each of which the guard must have been killed.
	Killed []string `yaml:"killed"`
	// Timeouts, Ticks, Overlaps and Duplicates are how many there must have
	// been at least: invocations that Lambda ended at their time limit; ones of
	// the schedule that ended well; ones that began while another ran; messages
	// that the guard was sent twice.
	Timeouts   int `yaml:"timeouts"`
	Ticks      int `yaml:"ticks"`
	Overlaps   int `yaml:"overlaps"`
	Duplicates int `yaml:"duplicates"`
	// Ignored is how many promotions, at least, RDS accepted and never carried
	// out.
	Ignored int `yaml:"ignored"`
	// Struck are services of which calls must have gone wrong.
	Struck []string `yaml:"struck"`
	// EstimateHolds: the rows lost are within the guard's own estimate.
	EstimateHolds bool `yaml:"estimate_holds"`
	// Refused are words with which Terraform must refuse to apply the changed
	// configuration; with them nothing else is looked at.
	Refused string `yaml:"refused"`
}

// Words for a fence that stands: set before the promotion, or after it.
const (
	FenceConfirmed = "confirmed"
	FenceLate      = "late"
)

// TwoWriters is for how long the old primary may acknowledge writes after the
// switch, and who must have written there: a window without a write was not
// measured.
type TwoWriters struct {
	Most Duration `yaml:"most"`
	By   []string `yaml:"by"`
}

// App is what must be true of an application.
type App struct {
	// Writes: it writes in the end.
	Writes *bool `yaml:"writes"`
	// RTO bounds its longest outage after the disaster; there must be one.
	RTO *Duration `yaml:"rto"`
	// Lost bounds the acknowledged writes that are gone, in seconds; 0s: not a
	// row.
	Lost *Duration `yaml:"lost"`
	// Server that acknowledged its last write: "primary" or "replica".
	Server string `yaml:"server"`
}

// Duration is written like 90s or 15m.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: found %q, want a duration such as 90s or 15m", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// ErrScenario is wrapped by what is wrong with a scenario.
var ErrScenario = errors.New("scenario is not usable")

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Parse reads one scenario strictly. known tells which actions and conditions
// there are.
func Parse(text []byte, known Vocabulary) (Scenario, error) {
	var s Scenario
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return s, fmt.Errorf("%w: %w", ErrScenario, err)
	}
	if faults := s.faults(known); len(faults) > 0 {
		return s, fmt.Errorf("%w:\n  %s", ErrScenario, strings.Join(faults, "\n  "))
	}
	return s, nil
}

//go:embed data/*.yaml
var shipped embed.FS

// Shipped returns the scenarios of this project, in the order of their names.
func Shipped(known Vocabulary) ([]Scenario, error) {
	var all []Scenario
	err := fs.WalkDir(shipped, "data", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := shipped.ReadFile(path)
		if err != nil {
			return err
		}
		s, err := Parse(text, known)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if want := strings.TrimSuffix(filepath.Base(path), ".yaml"); s.Name != want {
			return fmt.Errorf("%s: name: found %q, want %q like the file: %w", path, s.Name, want, ErrScenario)
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

// Find is a scenario by its name, or by the path of a file that ends with
// .yaml.
func Find(name string, known Vocabulary) (Scenario, error) {
	if strings.HasSuffix(name, ".yaml") {
		text, err := os.ReadFile(name) // #nosec G304 -- the user's own file
		if err != nil {
			return Scenario{}, fmt.Errorf("read scenario: %w", err)
		}
		s, err := Parse(text, known)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return s, err
	}
	all, err := Shipped(known)
	if err != nil {
		return Scenario{}, err
	}
	names := make([]string, 0, len(all))
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if near := nearest.To(name, names); near != "" {
		return Scenario{}, fmt.Errorf("scenario: found %q, did you mean %q? make drills lists all: %w", name, near, ErrScenario)
	}
	return Scenario{}, fmt.Errorf("scenario: found %q, want all, the path of a .yaml file or one of %s: %w", name, strings.Join(names, ", "), ErrScenario)
}
