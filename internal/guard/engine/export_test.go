package engine

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// What this package's tests, which see it from outside, need of its inside.

// safeguard finds one of the engine's safeguards by name; true takes it away.
var safeguard = map[string]func(*safeguards) *bool{
	"lease":             func(s *safeguards) *bool { return &s.lease },
	"epoch check":       func(s *safeguards) *bool { return &s.epoch },
	"intent":            func(s *safeguards) *bool { return &s.intent },
	"pre-flight":        func(s *safeguards) *bool { return &s.preflight },
	"fence":             func(s *safeguards) *bool { return &s.fence },
	"fence confirmed":   func(s *safeguards) *bool { return &s.confirm },
	"sent means sent":   func(s *safeguards) *bool { return &s.sentCheck },
	"deadline":          func(s *safeguards) *bool { return &s.deadline },
	"writer verified":   func(s *safeguards) *bool { return &s.verify },
	"decision at claim": func(s *safeguards) *bool { return &s.recheck },
	"silence now":       func(s *safeguards) *bool { return &s.silence },
	"loss at sending":   func(s *safeguards) *bool { return &s.lossAtSend },
}

// Safeguards lists those of the engine itself.
func Safeguards() []string { return slices.Sorted(maps.Keys(safeguard)) }

// Without takes a safeguard away.
func (e *Engine) Without(name string) { *safeguard[name](&e.without) = true }

// SeeThrough alters what Decide gets to see.
func (e *Engine) SeeThrough(alter func(*decide.Policy, *decide.Observation)) {
	e.decide = func(p decide.Policy, o decide.Observation, now time.Time) decide.Decision {
		alter(&p, &o)
		return decide.Decide(p, o, now)
	}
}

// Cooldown sets that of the policy.
func (e *Engine) Cooldown(d time.Duration) { e.cfg.Policy.Cooldown = d }

// LogTo has the engine write its log there.
func (e *Engine) LogTo(log *slog.Logger) { e.log = log }

// Owes tells whether a debt stands.
func (s State) Owes(kind DebtKind) bool { return s.owes(kind) }

// Forced, Unfenced and AllowsLoss are what an operator ordered.
func (f *Failover) Forced() bool     { return f.forced() }
func (f *Failover) Unfenced() bool   { return f.unfenced() }
func (f *Failover) AllowsLoss() bool { return f.allowsLoss() }

// ModelEpoch is when the tests' worlds begin.
var ModelEpoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ModelPolicy has the shape of the default one on a shorter scale.
func ModelPolicy() decide.Policy {
	return decide.Policy{
		Mode: decide.ModeAutomatic, OnRegionSilent: decide.SilentPromote,
		InstanceFailed: 40 * time.Second, InstanceUnreachable: 60 * time.Second, RegionSilent: 30 * time.Second,
		Arming: 60 * time.Second, Cooldown: 5 * time.Minute, MaxDataLoss: 90 * time.Second, AbortAfter: 2 * time.Minute,
	}
}
