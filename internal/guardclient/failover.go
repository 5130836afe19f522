package guardclient

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

const (
	// pollEvery is the pause between two looks at a failover under way.
	pollEvery = 5 * time.Second
	// blindFor is how many looks may go unanswered, one after the other.
	blindFor = 36
	// lateFor is how many looks an order may stay away that was sent and not
	// answered: as long as an invocation may take.
	lateFor = int(contract.GuardTimeout / pollEvery)
)

// reply is what an order was answered with.
type reply struct {
	answer command.Answer
	err    error
}

// Failover orders a failover and follows it to its end. With JSON it prints
// the function's answer and does not follow.
func (o *Operator) Failover(ctx context.Context, with Overrides) error {
	order := with.command(o.By)
	if o.JSON {
		a, raw, err := o.ask(ctx, order)
		if err != nil {
			return err
		}
		o.say("%s\n", bytes.TrimSpace(raw))
		if a.Refusal != nil && turnedDown(a) {
			return &RefusedError{*a.Refusal}
		}
		return nil
	}
	// What was there before, so that it is not taken for the new one.
	before, err := o.look(ctx)
	if err != nil {
		return err
	}
	if before.LedgerError != "" {
		return o.refused(refusal.New(refusal.LedgerUnavailable, "%s", before.LedgerError))
	}
	o.say("Ordering a failover of %s (%s).\n", o.Target.Environment, o.Target)
	replies := make(chan reply, 1)
	go func() {
		// Not ctx: who stops following does not take the order back.
		a, _, err := o.ask(context.WithoutCancel(ctx), order)
		replies <- reply{a, err}
	}()
	f := &follower{Operator: o, base: before.State.Epoch, replies: replies}
	if before.State.Failover != nil && with != (Overrides{}) {
		f.base-- // The order gives its overrides to the one under way.
	}
	return f.follow(ctx)
}

// Follow follows a failover that is under way or ordered to its end.
func (o *Operator) Follow(ctx context.Context) error {
	v, err := o.look(ctx)
	if err != nil {
		return err
	}
	st := v.State
	if v.LedgerError != "" || st.Failover == nil && st.Order == nil {
		o.say("%s", Status(o.Target, v, o.Paint))
		return nil
	}
	f := &follower{Operator: o, base: st.Epoch, answered: true}
	if st.Failover != nil {
		f.base--
	}
	return f.follow(ctx)
}

// look is what status answers.
func (o *Operator) look(ctx context.Context) (engine.View, error) {
	a, _, err := o.ask(ctx, event.Command{Action: event.Status})
	switch {
	case err != nil:
		return engine.View{}, err
	case a.View == nil:
		return engine.View{}, o.incomplete("view")
	}
	return *a.View, nil
}

// turnedDown tells whether an order was refused. A refusal in the report of a
// failover is what holds that one up.
func turnedDown(a command.Answer) bool {
	return a.Refusal != nil && (a.Report == nil || a.Report.Failover == "") && a.Refusal.Name != refusal.LeaseHeld
}

// follow looks again and again, and tells what is new.
func (f *follower) follow(ctx context.Context) error {
	blind := 0
	for {
		v, err := f.look(ctx)
		switch {
		case ctx.Err() != nil:
			return f.stop()
		case err != nil:
			if blind++; blind == 1 {
				f.say("The guard can't be asked now; trying again. (%v)\n", err)
			}
			if blind > blindFor {
				return err
			}
		default:
			blind = 0
			if end, err := f.see(v); end {
				return err
			}
		}
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
}

// wait lets time pass until the next look, or until the order is answered.
func (f *follower) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return f.stop()
	case <-time.After(pollEvery):
		return nil
	case r := <-f.replies:
		return f.hear(r)
	}
}

// hear takes the answer to the order. An error ends the following: there is
// nothing to follow.
func (f *follower) hear(r reply) error {
	f.replies = nil
	var unasked *AskError
	switch {
	case errors.As(r.err, &unasked) && unasked.Maybe:
		f.say("The order was not answered; looking whether it was taken. (%v)\n", r.err)
		f.unsure = r.err
	case r.err != nil:
		return r.err
	case r.answer.Report == nil && r.answer.Refusal != nil:
		if r.answer.Refusal.Name == refusal.FailoverInFlight {
			f.say("To follow the one that is under way: %s\n", f.Target.Type("status", "--follow"))
		}
		return f.refused(*r.answer.Refusal)
	default:
		f.refusal = r.answer.Refusal
	}
	f.answered = true
	return nil
}

// stop ends the following and nothing else.
func (f *follower) stop() error {
	if f.taken {
		f.say("Stopped following. The failover goes on in the function.\n")
	} else {
		f.say("Stopped following. The order was sent; whether it was taken is not known yet.\n")
	}
	f.say("To follow it again: %s\n", f.Target.Type("status", "--follow"))
	return ErrStopped
}
