package guardclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pgdr/pgdr/internal/cli"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Operator asks the guard and tells what it answered. Errors are those that
// [ExitCode] knows.
type Operator struct {
	Target  Target
	Invoker Invoker
	Out     io.Writer
	// JSON prints the function's answer as it is, and nothing else.
	JSON bool
	// By is who asks.
	By string
	// Objectives are shown beside past failovers.
	Objectives Objectives
	// Paint colours what carries meaning.
	Paint cli.Paint
}

// ask sends a command. The refusal in the answer is no error here.
func (o *Operator) ask(ctx context.Context, c event.Command) (a command.Answer, raw []byte, err error) {
	c.By = o.By
	send, err := Event(c)
	if err != nil {
		return a, nil, err
	}
	if raw, err = o.Invoker.Invoke(ctx, send, repeatable(c)); err != nil {
		return a, nil, err
	}
	if err := json.Unmarshal(raw, &a); err != nil || a.Action == "" {
		return a, nil, &AskError{Target: o.Target, Maybe: true, Err: err, Problem: fmt.Sprintf("its answer can't be read (%.200q)", raw),
			Next: "Use the drctl of the version that is deployed (drctl guard version)."}
	}
	return a, raw, nil
}

func (o *Operator) say(format string, args ...any) {
	_, _ = fmt.Fprintf(o.Out, format, args...) // a closed pipe is the reader's choice
}

// refused tells of a refusal and makes it the error.
func (o *Operator) refused(r refusal.Refusal) error {
	o.say("%s: %s\n  %s\n  Next: %s\n", o.Paint.Red("REFUSED"), r.Name, r.Reason, r.Next)
	return &RefusedError{r}
}

// plain asks, prints the answer as it is or as told, and makes a refusal the
// error.
func (o *Operator) plain(ctx context.Context, c event.Command, tell func(command.Answer) error) error {
	a, raw, err := o.ask(ctx, c)
	switch {
	case err != nil:
		return err
	case o.JSON:
		o.say("%s\n", bytes.TrimSpace(raw))
		o.Out = io.Discard // its exit code is the same as without
	}
	if a.Refusal != nil {
		return o.refused(*a.Refusal)
	}
	return tell(a)
}

// incomplete is an answer without what was asked for.
func (o *Operator) incomplete(what string) error {
	return &AskError{Target: o.Target, Problem: "its answer has no " + what, Next: "Use the drctl of the version that is deployed (drctl guard version)."}
}

// Version prints what is deployed.
func (o *Operator) Version(ctx context.Context, own string) error {
	return o.plain(ctx, event.Command{Action: event.Version}, func(a command.Answer) error {
		if a.Build == nil {
			return o.incomplete("build")
		}
		o.say("%s: %s (%s, %s)\n", o.Target, a.Build.Version, a.Build.Go, a.Build.Architecture)
		if a.Build.Version != own {
			o.say("drctl is %s: if an answer can't be read, use the drctl of the other version.\n", own)
		}
		return nil
	})
}

// Status prints the state of things; the error is [ErrAct] if an operator has
// to act.
func (o *Operator) Status(ctx context.Context) error {
	return o.plain(ctx, event.Command{Action: event.Status}, func(a command.Answer) error {
		if a.View == nil {
			return o.incomplete("view")
		}
		o.say("%s", Status(o.Target, *a.View, o.Paint))
		if Judge(o.Target, *a.View).Level == LevelAction {
			return ErrAct
		}
		return nil
	})
}

// Check prints the readiness check; the error is [ErrNotReady] if it found
// something bad.
func (o *Operator) Check(ctx context.Context) error {
	return o.plain(ctx, event.Command{Action: event.Check}, func(a command.Answer) error {
		text, bad := Check(o.Target, a.Findings)
		o.say("%s", text)
		if bad {
			return ErrNotReady
		}
		return nil
	})
}

// History prints past failovers, the newest first.
func (o *Operator) History(ctx context.Context, limit int) error {
	return o.plain(ctx, event.Command{Action: event.History, Limit: limit}, func(a command.Answer) error {
		o.say("%s", History(o.Target, a.History, o.Objectives))
		return nil
	})
}

// Change has the guard pause, resume, arm, disarm or abandon, and prints how it stands
// then.
func (o *Operator) Change(ctx context.Context, c event.Command) error {
	return o.plain(ctx, c, func(command.Answer) error {
		o.say("Done: %s, %s.\n", c.Action, o.Target)
		if o.JSON {
			return nil
		}
		a, _, err := o.ask(ctx, event.Command{Action: event.Status})
		if err != nil || a.View == nil {
			o.say("How it stands now could not be read; see `%s`.\n", o.Target.Type("status"))
			return nil // what was asked for was done
		}
		o.say("Writer:   %s\nGuard:    %s\n", member(a.View.State.Writer), guardLine(*a.View))
		return nil
	})
}

// DryRun prints what a failover would do. It is refused where the failover
// would be.
func (o *Operator) DryRun(ctx context.Context, with Overrides) error {
	return o.plain(ctx, dry(with), func(a command.Answer) error {
		if a.View == nil {
			return o.incomplete("view")
		}
		var more *Overrides
		var second command.Answer
		refusals := a.View.Decision.Refusals
		if proposed, ok := propose(refusals); ok && len(refusals) > 0 && !o.JSON {
			var err error
			if second, _, err = o.ask(ctx, dry(with.and(proposed))); err != nil {
				return err
			}
			if second.View == nil {
				return o.incomplete("view")
			}
			more = &proposed
		}
		if more == nil {
			second.View = a.View
		}
		o.say("%s", DryRun(o.Target, *a.View, with, more, *second.View))
		if d := a.View.Decision; !accepted(d) && len(d.Refusals) > 0 {
			return &RefusedError{d.Refusals[0]}
		}
		return nil
	})
}

func dry(with Overrides) event.Command {
	c := with.command("")
	c.DryRun = true
	return c
}
