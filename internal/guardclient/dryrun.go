package guardclient

import (
	"slices"
	"strings"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/event"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Overrides are what an operator may set aside.
type Overrides struct{ Force, AllowDataLoss, Unfenced, Unproven bool }

// flags spells them as they are typed.
func (o Overrides) flags() []string {
	var all []string
	for _, f := range []struct {
		on   bool
		name string
	}{{o.Force, "--force"}, {o.AllowDataLoss, "--allow-data-loss"}, {o.Unfenced, "--unfenced"}, {o.Unproven, "--unproven"}} {
		if f.on {
			all = append(all, f.name)
		}
	}
	return all
}

func (o Overrides) and(p Overrides) Overrides {
	return Overrides{o.Force || p.Force, o.AllowDataLoss || p.AllowDataLoss, o.Unfenced || p.Unfenced, o.Unproven || p.Unproven}
}

func (o Overrides) command(by string) event.Command {
	return event.Command{Action: event.Failover, By: by, Force: o.Force, AllowDataLoss: o.AllowDataLoss, Unfenced: o.Unfenced, Unproven: o.Unproven}
}

// overriddenBy proposes what sets each refusal aside. It is a proposal: a
// second dry run has the guard say whether it is so.
var overriddenBy = map[refusal.Name]Overrides{
	refusal.PrimaryAlive:        {Force: true},
	refusal.EvidenceIncomplete:  {Force: true},
	refusal.PrimaryInTransition: {Force: true},
	refusal.PrimaryRecovering:   {Force: true},
	refusal.PrimaryDeleted:      {Force: true},
	refusal.RDSStatusUnknown:    {Force: true},
	refusal.WindowOpen:          {Force: true},
	refusal.Disarmed:            {Force: true},
	refusal.Paused:              {Force: true},
	refusal.Cooldown:            {Force: true},
	refusal.Isolated:            {Force: true, Unfenced: true},
	refusal.DataLossOverLimit:   {AllowDataLoss: true},
	refusal.PositionUnknown:     {AllowDataLoss: true},
}

// propose sums up what would set all of the refusals aside; ok is false where
// for one of them nothing does.
func propose(refusals []refusal.Refusal) (o Overrides, ok bool) {
	ok = true
	for _, r := range refusals {
		with, known := overriddenBy[r.Name]
		o, ok = o.and(with), ok && known
	}
	return o, ok
}

// accepted tells whether an order would be taken.
func accepted(d decide.Decision) bool { return d.Verdict == decide.Promote || d.Verdict == decide.Wait }

// DryRun tells what a failover with those overrides would do. With further
// overrides, which more asks for, it would do what the second view says; more
// is nil where none were tried.
func DryRun(t Target, v engine.View, with Overrides, more *Overrides, second engine.View) string {
	var p page
	d := v.Decision
	data, apis := paths(v.State.Watch, d.At)
	p.line("DRY RUN, nothing was changed. %s: %s, at %s", t.Environment, t, stamp(d.At))
	p.item("Evidence", "%s", evidence(d))
	p.item("Database", "%s", data)
	p.item("AWS", "%s", apis)
	p.item("RDS says", "%s", instances(v.State.Watch, d.At))
	p.item("Loss", "%s", loss(d))
	for _, r := range d.Waived {
		p.item("Overridden", " %s: %s", r.Name, r.Reason)
	}
	if f := v.State.Failover; f != nil {
		p.adds(t, f, with)
		return p.String()
	}
	switch d.Verdict {
	case decide.Promote:
		p.line("It would fail over now: %s", whatHappens(v))
		p.line("To do it:\n  %s", t.Type("failover", append(with.flags(), "--yes")...))
	case decide.Wait:
		p.line("It would be taken, and wait for the evidence until %s. Then: %s", clock(d.Until), whatHappens(v))
		p.line("An order waits 10 minutes at most. To give it:\n  %s", t.Type("failover", append(with.flags(), "--yes")...))
		p.refusals(d.Refusals)
	default:
		p.line("It would be REFUSED:")
		p.refusals(d.Refusals)
	}
	if len(d.Refusals) > 0 {
		p.further(t, d, with, more, second)
	}
	return p.String()
}

// lackedBy is what a failover that is held up can be given.
var lackedBy = map[refusal.Name]Overrides{
	refusal.FenceFailed:       {Unfenced: true},
	refusal.FenceUnconfirmed:  {Unfenced: true},
	refusal.DataLossOverLimit: {AllowDataLoss: true},
	refusal.Paused:            {Force: true},
	refusal.WriterUnproven:    {Unproven: true},
}

// adds tells what an order does while a failover is under way: it can give it
// further overrides, as long as its promotion was not sent, and unproven until
// its proof.
func (p *page) adds(t Target, f *engine.Failover, with Overrides) {
	p.line("Failover %s is under way, at %s.", f.ID, f.Step)
	if f.Standing != nil {
		p.line("It is held up by:")
		p.refusals([]refusal.Refusal{*f.Standing})
		with = with.and(lackedBy[f.Standing.Name])
	}
	switch {
	case !f.Overridable() && (!with.Unproven || !f.AwaitsProof()):
		p.line("Its promotion was sent, or may have been: it goes forward, and an order changes nothing.")
		p.line("If RDS never carries it out, give it up:\n  %s", t.Type("abandon"))
	case len(with.flags()) == 0:
		p.line("An order without overrides changes nothing.")
	default:
		p.line("An order gives it %s:\n  %s", strings.Join(with.flags(), " and "), t.Type("failover", append(with.flags(), "--yes")...))
		if with.Unfenced {
			p.line("MIND: unfenced means that the old primary may go on taking writes that will be lost.")
		}
	}
	if with.Unproven && f.AwaitsProof() {
		p.line("MIND: unproven means that DNS turns to an instance that the guard has not seen take a write.")
	}
	if f.Overridable() {
		p.line("To give it up, and have the fence lifted:\n  %s", t.Type("disarm"))
	}
	p.line("To follow it:\n  %s", t.Type("status", "--follow"))
}

// further tells which overrides would change the answer.
func (p *page) further(t Target, d decide.Decision, with Overrides, more *Overrides, second engine.View) {
	if more == nil || !accepted(second.Decision) {
		left := d.Refusals
		if more != nil {
			left = second.Decision.Refusals
		}
		var names []string
		for _, r := range left {
			if _, known := overriddenBy[r.Name]; !known || more != nil {
				names = append(names, string(r.Name))
			}
		}
		p.line("No override helps against %s.", strings.Join(names, ", "))
		return
	}
	flags := with.and(*more).flags()
	p.line("With %s it would fail over now: %s", strings.Join(newFlags(flags, with), " and "), whatHappens(second))
	if d.Evidence == decide.EvidenceAlive || d.Evidence == decide.EvidenceNotWritable {
		p.line("MIND: the primary answers. Its applications are cut off first and wait for minutes.")
	}
	if more.Unfenced {
		p.line("MIND: unfenced means that the old primary may go on taking writes that will be lost.")
	}
	p.line("To do it all the same:\n  %s", t.Type("failover", append(flags, "--yes")...))
}

func newFlags(all []string, with Overrides) []string {
	return slices.DeleteFunc(slices.Clone(all), func(f string) bool { return slices.Contains(with.flags(), f) })
}

// whatHappens tells what a failover does, in the order in which it does it.
func whatHappens(v engine.View) string {
	fence := "applications are cut off from " + v.State.Writer.Identifier
	if v.Decision.Evidence == decide.EvidenceSilent {
		fence = v.State.Writer.Identifier + " is cut off as soon as its region answers (until then it may take writes that will be lost)"
	}
	return fence + ", " + replicaName(v) + " is promoted (minutes, and it can't be undone), and the DNS name leads there."
}

func replicaName(v engine.View) string {
	if v.State.Replica.Identifier == "" {
		return "the replica"
	}
	return v.State.Replica.Identifier
}
