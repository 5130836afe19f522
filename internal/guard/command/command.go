// Package command answers what the function is invoked with: a tick or a hint
// runs the engine, a command of an operator does its one thing, and anything
// else gets a named refusal. Refusals are answers and no errors: Lambda would
// try an error again, and a second try would be refused as well.
package command

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/readiness"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Guard is what the commands need of the engine.
type Guard interface {
	Tick(ctx context.Context, trigger string) engine.Report
	Status(ctx context.Context) engine.View
	Look(ctx context.Context, req *decide.Request) engine.View
	Order(ctx context.Context, req decide.Request) (engine.View, error)
	Pause(ctx context.Context, p engine.Pause) error
	Resume(ctx context.Context) error
	Arm(ctx context.Context) (engine.View, error)
	Disarm(ctx context.Context) error
	Abandon(ctx context.Context, by string) error
	Adopt(ctx context.Context, resourceID string) error
	History(ctx context.Context, limit int) ([]engine.Entry, error)
}

// Checker runs the readiness check.
type Checker interface {
	Check(ctx context.Context) ([]readiness.Finding, error)
}

// Build is what is running.
type Build struct {
	Version string `json:"version"`
	// Go toolchain and architecture that built it.
	Go           string `json:"go"`
	Architecture string `json:"architecture"`
}

// Answer is what the function returns. Which fields are set depends on what
// was asked; with a Refusal nothing was changed, unless the refusal says so.
type Answer struct {
	// Action is the command, or "tick", "hint" or "ignored".
	Action  string           `json:"action"`
	Refusal *refusal.Refusal `json:"refusal,omitempty"`
	Build   *Build           `json:"build,omitempty"`
	// DryRun: the decision was made and nothing was done about it.
	DryRun bool         `json:"dry_run,omitempty"`
	View   *engine.View `json:"view,omitempty"`
	// Report of the engine's run, for ticks, hints and failovers.
	Report   *engine.Report      `json:"report,omitempty"`
	Findings []readiness.Finding `json:"findings,omitempty"`
	History  []engine.Entry      `json:"history,omitempty"`
}

// Handler answers events.
type Handler struct {
	Guard   Guard
	Checker Checker
	Build   Build
	// Environment with which the names of our alarms end.
	Environment string
	// Now is the guard's clock.
	Now func() time.Time
	Log *slog.Logger
}

// Handle answers one event.
func (h *Handler) Handle(ctx context.Context, raw []byte) Answer {
	e := event.Parse(raw, h.Environment)
	var a Answer
	switch e.Kind {
	case event.Tick, event.Hint:
		r := h.Guard.Tick(ctx, e.Trigger())
		a = Answer{Report: &r, Refusal: r.Refusal}
	case event.Order:
		a = h.obey(ctx, e.Command)
	default:
		a = Answer{Refusal: e.Refusal}
	}
	a.Action = string(e.Kind)
	if e.Kind == event.Order {
		a.Action = string(e.Command.Action)
	}
	h.log(ctx, e, a)
	return a
}

func (h *Handler) log(ctx context.Context, e event.Event, a Answer) {
	attrs := []slog.Attr{slog.String("trigger", e.Trigger())}
	if e.Kind == event.Order {
		attrs = append(attrs, slog.String("by", e.Command.By))
	}
	if a.Refusal != nil {
		attrs = append(attrs, slog.String("refusal", string(a.Refusal.Name)), slog.String("reason", a.Refusal.Reason))
	}
	h.Log.LogAttrs(ctx, slog.LevelInfo, "event answered", attrs...)
}

// obey does what an operator asks for.
func (h *Handler) obey(ctx context.Context, c event.Command) Answer {
	switch c.Action {
	case event.Version:
		b := h.Build
		return Answer{Build: &b}
	case event.Status:
		v := h.Guard.Status(ctx)
		return Answer{View: &v}
	case event.Check:
		findings, err := h.Checker.Check(ctx)
		return answered(Answer{Findings: findings}, err)
	case event.Failover:
		return h.failover(ctx, c)
	case event.Pause:
		return answered(Answer{}, h.Guard.Pause(ctx, h.pause(c)))
	case event.Resume:
		return answered(Answer{}, h.Guard.Resume(ctx))
	case event.Arm:
		return h.arm(ctx, c)
	case event.Disarm:
		return answered(Answer{}, h.Guard.Disarm(ctx))
	case event.Abandon:
		return answered(Answer{}, h.Guard.Abandon(ctx, c.By))
	case event.History:
		entries, err := h.Guard.History(ctx, c.Limit)
		return answered(Answer{History: entries}, err)
	default:
		r := refusal.New(refusal.CommandUnknown, "action: found %q", c.Action)
		return Answer{Refusal: &r}
	}
}

// failover looks and decides; unless it is a dry run it writes the order down
// and, if no other process holds the lease, carries it out in this invocation.
func (h *Handler) failover(ctx context.Context, c event.Command) Answer {
	req := decide.Request{By: c.By, Force: c.Force, AllowDataLoss: c.AllowDataLoss, Unfenced: c.Unfenced, Unproven: c.Unproven}
	if c.DryRun {
		v := h.Guard.Look(ctx, &req)
		return Answer{DryRun: true, View: &v}
	}
	v, err := h.Guard.Order(ctx, req)
	if err != nil {
		return answered(Answer{View: &v}, err)
	}
	r := h.Guard.Tick(ctx, "command failover")
	a := Answer{View: &v, Report: &r, Refusal: r.Refusal}
	if a.Refusal != nil && a.Refusal.Name == refusal.LeaseHeld {
		a.Refusal = nil // The holder of the lease finds the order.
	}
	return a
}

func (h *Handler) pause(c event.Command) engine.Pause {
	p := engine.Pause{By: c.By, Reason: c.Reason}
	if c.For > 0 {
		p.Until = h.Now().Add(c.For)
	}
	return p
}

// arm arms for the writer that the ledger names, or makes the named instance
// the writer, for which the guard then arms itself.
func (h *Handler) arm(ctx context.Context, c event.Command) Answer {
	if c.Writer != "" {
		return answered(Answer{}, h.Guard.Adopt(ctx, c.Writer))
	}
	v, err := h.Guard.Arm(ctx)
	return answered(Answer{View: &v}, err)
}

// answered puts an error into the answer, by its name if it has one.
func answered(a Answer, err error) Answer {
	if err == nil {
		return a
	}
	var r refusal.Refusal
	if !errors.As(err, &r) {
		r = refusal.New(refusal.CommandFailed, "%v", err)
	}
	a.Refusal = &r
	return a
}
