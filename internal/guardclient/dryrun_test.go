package guardclient

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// deciding is a guard in a dark region that has these refusals, and waives
// what the overrides waive: the real decision does so.
func deciding(names ...refusal.Name) func(event.Command) (command.Answer, error) {
	return func(c event.Command) (command.Answer, error) {
		v := darkRegion(decide.Promote)
		o := Overrides{c.Force, c.AllowDataLoss, c.Unfenced, c.Unproven}
		for _, n := range names {
			r := refusal.New(n, "as the test says")
			if with, ok := overriddenBy[n]; ok && o.and(with) == o {
				v.Decision.Waived = append(v.Decision.Waived, r)
			} else {
				v.Decision.Refusals = append(v.Decision.Refusals, r)
				v.Decision.Verdict = decide.Refuse
				if n == refusal.WindowOpen && len(names) == 1 {
					v.Decision.Verdict = decide.Wait
				}
			}
		}
		return command.Answer{DryRun: true, View: &v}, nil
	}
}

// heldUpAt is a guard whose failover is held up at a step.
func heldUpAt(step engine.Step, by refusal.Name) func(event.Command) (command.Answer, error) {
	return func(event.Command) (command.Answer, error) {
		v := darkRegion(decide.Refuse, refusal.New(refusal.FailoverInFlight, "a failover is under way"))
		v.State.Failover = failover(step)
		v.State.Failover.Standing = refuse(by, "as the test says")
		return command.Answer{DryRun: true, View: &v}, nil
	}
}

func TestDryRun_SaysWhatWouldHappenAndWhatToType(t *testing.T) {
	for name, c := range map[string]struct {
		with   Overrides
		answer func(event.Command) (command.Answer, error)
		code   int
		asked  int
	}{
		"dryrun-promote":      {Overrides{}, deciding(), ExitDone, 1},
		"dryrun-wait":         {Overrides{}, deciding(refusal.WindowOpen), ExitDone, 2},
		"dryrun-overridable":  {Overrides{}, deciding(refusal.Disarmed, refusal.DataLossOverLimit), ExitRefused, 2},
		"dryrun-overridden":   {Overrides{Force: true}, deciding(refusal.Disarmed), ExitDone, 1},
		"dryrun-half":         {Overrides{Force: true}, deciding(refusal.Disarmed, refusal.PositionUnknown), ExitRefused, 2},
		"dryrun-isolated":     {Overrides{}, deciding(refusal.Isolated), ExitRefused, 2},
		"dryrun-hopeless":     {Overrides{}, deciding(refusal.Paused, refusal.ReplicaMissing), ExitRefused, 1},
		"dryrun-second-no":    {Overrides{}, stubborn, ExitRefused, 2},
		"dryrun-alive-forced": {Overrides{}, alive, ExitRefused, 2},
		"dryrun-held":         {Overrides{}, heldUpAt(engine.StepFence, refusal.FenceFailed), ExitRefused, 1},
		"dryrun-held-given":   {Overrides{Force: true}, heldUpAt(engine.StepPreflight, refusal.ReplicaBusy), ExitRefused, 1},
		"dryrun-sent":         {Overrides{Unfenced: true}, heldUpAt(engine.StepAwait, refusal.WriterUnconfirmed), ExitRefused, 1},
		"dryrun-unproven":     {Overrides{}, heldUpAt(engine.StepVerify, refusal.WriterUnproven), ExitRefused, 1},
	} {
		t.Run(name, func(t *testing.T) {
			o, guard, out := operatorOf(c.answer)
			err := o.DryRun(t.Context(), c.with)
			require.Equal(t, c.code, ExitCode(err), "%v", err)
			require.Len(t, guard.asked, c.asked)
			for _, raw := range guard.asked {
				require.Contains(t, raw, `"dry_run":true`)
			}
			golden(t, name, out.String())
		})
	}
}

// stubborn is a guard that does not waive what was expected: another version,
// say.
func stubborn(event.Command) (command.Answer, error) {
	v := darkRegion(decide.Refuse, refusal.New(refusal.Cooldown, "as the test says"))
	return command.Answer{DryRun: true, View: &v}, nil
}

// alive is a guard whose primary answers.
func alive(c event.Command) (command.Answer, error) {
	v := healthy()
	v.Decision.Verdict = decide.Refuse
	if c.Force {
		v.Decision.Verdict, v.Decision.Waived, v.Decision.Refusals = decide.Promote, v.Decision.Refusals, nil
	}
	return command.Answer{DryRun: true, View: &v}, nil
}

// The proposal follows the guard's own rule: what is proposed is waived, and
// nothing less is.
func TestPropose_NamesWhatTheGuardWaives(t *testing.T) {
	for name, with := range overriddenBy {
		got, ok := propose([]refusal.Refusal{refusal.New(name, "x")})
		require.True(t, ok)
		require.Equal(t, with, got)
	}
	_, ok := propose([]refusal.Refusal{refusal.New(refusal.Paused, "x"), refusal.New(refusal.LedgerUnavailable, "x")})
	require.False(t, ok)
	o, ok := propose([]refusal.Refusal{refusal.New(refusal.Paused, "x"), refusal.New(refusal.PositionUnknown, "x")})
	require.True(t, ok)
	require.Equal(t, Overrides{Force: true, AllowDataLoss: true}, o)
}

func TestDocumentation_HasEachOverride(t *testing.T) {
	var b strings.Builder
	b.WriteString("| Refusal | What sets it aside |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(overriddenBy)) {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", name, strings.Join(overriddenBy[name].flags(), "`, `"))
	}
	docpage.Check(t, "../../docs/guard.md", "overrides", b.String())
}

// observations are what each refusal is made of, by real decisions.
func observations() []decide.Observation {
	base := healthy().State.Watch
	quiet := func(change func(*decide.Observation)) decide.Observation {
		o := decide.Observation{
			SQL: silent(decide.ClassTimeout, time.Hour, 0), WAL: silent(decide.ClassStale, time.Hour, 0), RDSAPI: base.RDSAPI, OtherAPI: base.OtherAPI,
			Witness: base.Witness, Primary: base.Primary, Replica: base.Replica, Facts: decide.Facts{Readable: true, ArmedFor: "db-PRIMARY"},
		}
		change(&o)
		return o
	}
	return []decide.Observation{
		quiet(func(o *decide.Observation) { o.SQL = base.SQL }),
		quiet(func(o *decide.Observation) { o.SQL = decide.Path{} }),
		quiet(func(o *decide.Observation) { o.Witness = silent(decide.ClassTimeout, time.Hour, 0) }),
		quiet(func(o *decide.Observation) { o.Primary.Status = "upgrading" }),
		quiet(func(o *decide.Observation) { o.Primary.RecoveryAt = ago(time.Minute) }),
		quiet(func(o *decide.Observation) { o.Primary.Gone = true }),
		quiet(func(o *decide.Observation) { o.Primary.StatusAt = time.Time{} }),
		quiet(func(o *decide.Observation) { o.SQL = silent(decide.ClassTimeout, time.Second, 0) }),
		quiet(func(o *decide.Observation) {
			o.Facts = decide.Facts{Readable: true, Paused: true, CooldownUntil: at.Add(time.Hour), FailedOver: true, InFlight: "x"}
		}),
		quiet(func(o *decide.Observation) {
			o.Positions = decide.Positions{At: at, ReplayLSN: 1, CaughtUpAt: ago(2 * time.Hour), Acked: decide.Heartbeat{At: ago(time.Hour)}}
		}),
		quiet(func(o *decide.Observation) { o.Facts.Readable = false }),
		quiet(func(o *decide.Observation) { o.Replica = decide.Replica{} }),
		quiet(func(o *decide.Observation) { o.Replica.Exists = false }),
		quiet(func(o *decide.Observation) { o.Replica.Status = "backing-up" }),
	}
}

// What is proposed against a refusal is what the guard waives it for, nothing
// less would do, and against the others nothing does.
func TestPropose_AgreesWithTheGuardsDecision(t *testing.T) {
	policy := decide.Policy{Mode: "manual", OnRegionSilent: "ask", OnFenceError: "ask", SwitchDNSWhen: "proven", InstanceFailed: 180 * time.Second, InstanceUnreachable: 300 * time.Second,
		RegionSilent: 120 * time.Second, Arming: 600 * time.Second, Cooldown: 3600 * time.Second, MaxDataLoss: 60 * time.Second, AbortAfter: 900 * time.Second, MultiAZ: true}
	decided := func(o decide.Observation, with Overrides) decide.Decision {
		o.Request = &decide.Request{Force: with.Force, AllowDataLoss: with.AllowDataLoss, Unfenced: with.Unfenced, Unproven: with.Unproven}
		return decide.Decide(policy, o, at)
	}
	met := map[refusal.Name]bool{}
	for _, o := range observations() {
		for _, r := range decided(o, Overrides{}).Refusals {
			met[r.Name] = true
			with, known := overriddenBy[r.Name]
			if !known {
				require.True(t, decided(o, Overrides{true, true, true, true}).Has(r.Name), "%s is waived after all", r.Name)
				continue
			}
			require.False(t, decided(o, with).Has(r.Name), "%s stands with %v", r.Name, with.flags())
			for _, less := range []Overrides{
				{false, with.AllowDataLoss, with.Unfenced, false}, {with.Force, false, with.Unfenced, false}, {with.Force, with.AllowDataLoss, false, false},
			} {
				if less != with {
					require.True(t, decided(o, less).Has(r.Name), "%s is waived with %v alone", r.Name, less.flags())
				}
			}
		}
	}
	for name := range overriddenBy {
		require.True(t, met[name], "no observation here is refused by %s", name)
	}
}
