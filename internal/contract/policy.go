package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mode says whether the guard acts on its decisions.
type Mode string

// The modes of a guard.
const (
	// ModeAutomatic promotes when policy and evidence say so.
	ModeAutomatic Mode = "automatic"
	// ModeManual observes and notifies; an operator starts the failover.
	ModeManual Mode = "manual"
)

// SilentRegion says what is done when the primary's whole region is silent.
type SilentRegion string

// What is done for a silent region.
const (
	SilentPromote SilentRegion = "promote"
	SilentAsk     SilentRegion = "ask"
)

// FenceError says what is done where AWS answers to fencing a silent primary with
// faults of its own, or throttles it.
type FenceError string

// What is done where a silent primary can't be fenced.
const (
	FenceErrorAsk     FenceError = "ask"
	FenceErrorPromote FenceError = "promote"
)

// SwitchDNS says when DNS turns to the replica.
type SwitchDNS string

// When DNS turns.
const (
	// SwitchProven: once the new writer has taken a write.
	SwitchProven SwitchDNS = "proven"
	// SwitchAccepted: once RDS has accepted the promotion. Until it is done,
	// applications reach a server that takes no writes.
	SwitchAccepted SwitchDNS = "accepted"
)

// MultiAZWindow is the shortest window that is accepted for an instance with a
// standby of its own, which must have its chance first: a Multi-AZ failover
// takes 60 to 120 s.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html
const MultiAZWindow = 3 * time.Minute

// Policy is what the guard may do and how sure it must be. The zero Policy is
// invalid and permits nothing. What each duration may be is in [PolicySettings].
type Policy struct {
	Mode           Mode
	OnRegionSilent SilentRegion
	OnFenceError   FenceError
	SwitchDNSWhen  SwitchDNS
	// InstanceFailed is how long the instance must be unreachable on both data
	// paths while RDS reports it failed.
	InstanceFailed time.Duration
	// InstanceUnreachable likewise while RDS reports nothing wrong.
	InstanceUnreachable time.Duration
	// RegionSilent is how long database, WAL and APIs must all be silent.
	RegionSilent time.Duration
	// Arming is how long everything must be green before the guard may act.
	Arming time.Duration
	// Cooldown is the time after a failover in which none is started.
	Cooldown time.Duration
	// MaxDataLoss is the largest upper bound of loss that is accepted unasked.
	MaxDataLoss time.Duration
	// AbortAfter is how long a failover may stay unpromoted.
	AbortAfter time.Duration
	// MultiAZ: the primary has a standby in its own region.
	MultiAZ bool
}

// Bound limits a whole number.
type Bound struct {
	// Min and Max are the smallest and largest values accepted.
	Min, Max int
	// Why is the reason of both limits.
	Why string
}

// String is the bound for messages and documentation: "1 to 35".
func (b Bound) String() string { return fmt.Sprintf("%d to %d", b.Min, b.Max) }

func (b Bound) holds(n int) bool { return n >= b.Min && n <= b.Max }

// PolicySetting is a duration of the policy, as users write it in seconds.
type PolicySetting struct {
	// Field is its name in section "guard" of the configuration.
	Field string
	Bound
	of func(*Policy) *time.Duration
}

// Names of the fields that are held against each other.
const (
	fieldFailed      = "instance_failed_seconds"
	fieldUnreachable = "instance_unreachable_seconds"
	fieldCooldown    = "cooldown_seconds"
	fieldAbort       = "abort_after_seconds"
	fieldMaxDataLoss = "max_data_loss_seconds"
	fieldMultiAZ     = "multi_az"
)

// PolicySettings are the durations of the policy with the one set of their
// bounds: the configuration, the function and the review refuse the same.
var PolicySettings = []PolicySetting{
	{fieldFailed, Bound{60, 3600,
		"the guard starts once a minute, and one run alone is no evidence; after an hour it is a human's decision, which mode manual says more plainly"},
		func(p *Policy) *time.Duration { return &p.InstanceFailed }},
	{fieldUnreachable, Bound{60, 3600, "as guard.instance_failed_seconds"},
		func(p *Policy) *time.Duration { return &p.InstanceUnreachable }},
	{"region_silent_seconds", Bound{60, 3600, "as guard.instance_failed_seconds"},
		func(p *Policy) *time.Duration { return &p.RegionSilent }},
	{"arming_seconds", Bound{120, 86400,
		"two runs of the guard; longer than a day would leave every deployment unprotected for a day"},
		func(p *Policy) *time.Duration { return &p.Arming }},
	{fieldCooldown, Bound{600, 604800,
		"shorter, and two regions could be failed over back and forth; a stopped RDS instance starts by itself after 7 days, and by then a human has looked"},
		func(p *Policy) *time.Duration { return &p.Cooldown }},
	{fieldMaxDataLoss, Bound{15, 3600,
		"heartbeats are 5 s apart and a run takes a moment to start, so a smaller limit would refuse every failover; more than an hour is a human's decision"},
		func(p *Policy) *time.Duration { return &p.MaxDataLoss }},
	{fieldAbort, Bound{300, 3600,
		"RDS says that a promotion takes several minutes or longer; after an hour the evidence for it is stale"},
		func(p *Policy) *time.Duration { return &p.AbortAfter }},
}

// Seconds is the setting's value in p, in whole seconds.
func (s PolicySetting) Seconds(p Policy) int { return int(*s.of(&p) / time.Second) }

// Set writes the setting's value into p, in seconds.
func (s PolicySetting) Set(p *Policy, seconds int) { *s.of(p) = time.Duration(seconds) * time.Second }

// Fault is what is wrong with one setting.
type Fault struct {
	// Field of the setting, in the configuration's words.
	Field string
	// Found is the value, Want what would be right.
	Found, Want string
}

// Windows are settings that are held against each other.
type Windows struct {
	// Seconds is the value of a field.
	Seconds func(field string) int
	// MultiAZ: the primary has a standby in its own region.
	MultiAZ bool
	// Name is what the reader of a fault calls a field.
	Name func(field string) string
	// Faulty: the field is at fault by itself, so no relation to it counts.
	Faulty func(field string) bool
}

// Faults are the windows that do not fit each other. A silent region's window is
// exempt from the standby's: its standby is silent with it.
func (w Windows) Faults() []Fault {
	var faults []Fault
	standby := int(MultiAZWindow / time.Second)
	bad := map[string]bool{}
	for _, field := range []string{fieldFailed, fieldUnreachable} {
		if n := w.Seconds(field); w.MultiAZ && n < standby && !w.Faulty(field) {
			bad[field] = true
			faults = append(faults, Fault{field, strconv.Itoa(n),
				fmt.Sprintf("at least %d with %s: a failover to the standby takes 60 to 120 s and comes first", standby, w.Name(fieldMultiAZ))})
		}
	}
	for _, r := range []struct{ field, least, why string }{
		{fieldUnreachable, fieldFailed, "an instance that RDS calls available is weaker evidence than one that it calls failed"},
		{fieldCooldown, fieldAbort, "a second failover must not start while the first may still abort"},
	} {
		n, least := w.Seconds(r.field), w.Seconds(r.least)
		if n >= least || slices.ContainsFunc([]string{r.field, r.least}, func(f string) bool { return bad[f] || w.Faulty(f) }) {
			continue
		}
		faults = append(faults, Fault{r.field, strconv.Itoa(n), fmt.Sprintf("at least the %d of %s: %s", least, w.Name(r.least), r.why)})
	}
	return faults
}

func (p Policy) wordFaults() []Fault {
	var faults []Fault
	if p.Mode != ModeAutomatic && p.Mode != ModeManual {
		faults = append(faults, Fault{"mode", strconv.Quote(string(p.Mode)), either(ModeAutomatic, ModeManual)})
	}
	if p.OnRegionSilent != SilentPromote && p.OnRegionSilent != SilentAsk {
		faults = append(faults, Fault{"on_region_silent", strconv.Quote(string(p.OnRegionSilent)), either(SilentPromote, SilentAsk)})
	}
	if p.OnFenceError != FenceErrorAsk && p.OnFenceError != FenceErrorPromote {
		faults = append(faults, Fault{"on_fence_error", strconv.Quote(string(p.OnFenceError)), either(FenceErrorAsk, FenceErrorPromote)})
	}
	if p.SwitchDNSWhen != SwitchProven && p.SwitchDNSWhen != SwitchAccepted {
		faults = append(faults, Fault{"switch_dns_when", strconv.Quote(string(p.SwitchDNSWhen)), either(SwitchProven, SwitchAccepted)})
	}
	return faults
}

// Faults lists every fault of the policy, by the bounds and relations of its
// settings. name is what the reader calls a field.
func (p Policy) Faults(name func(field string) string) []Fault {
	faults := p.wordFaults()
	seconds, faulty := map[string]int{}, map[string]bool{}
	for _, s := range PolicySettings {
		n := s.Seconds(p)
		seconds[s.Field] = n
		if !s.holds(n) {
			faulty[s.Field] = true
			faults = append(faults, Fault{s.Field, strconv.Itoa(n), fmt.Sprintf("%s (%s)", s.Bound, s.Why)})
		}
	}
	return append(faults, Windows{
		Seconds: func(f string) int { return seconds[f] }, MultiAZ: p.MultiAZ,
		Name: name, Faulty: func(f string) bool { return faulty[f] },
	}.Faults()...)
}

// Validate refuses a policy that is none: a word that is unknown, a duration
// that is not set. Each fault has its field, what was found, and what would be
// right. What a user may set is narrower: see [Policy.Faults].
func (p Policy) Validate() error {
	var faults []error
	for _, f := range p.wordFaults() {
		faults = append(faults, fmt.Errorf("%s: found %s, want %s", f.Field, f.Found, f.Want))
	}
	for _, s := range PolicySettings {
		least, want := time.Duration(1), "more than 0"
		if s.Field == fieldMaxDataLoss {
			least, want = 0, "0 or more"
		}
		if *s.of(&p) < least {
			faults = append(faults, fmt.Errorf("%s: found %d, want %s", s.Field, s.Seconds(p), want))
		}
	}
	return errors.Join(faults...)
}

// either is a choice of words for a message.
func either[T ~string](choices ...T) string {
	quoted := make([]string, len(choices))
	for i, c := range choices {
		quoted[i] = strconv.Quote(string(c))
	}
	return strings.Join(quoted, " or ")
}
