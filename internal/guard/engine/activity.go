package engine

import (
	"context"
	"fmt"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// activity reads until when the old primary was seen at work, and returns what
// that changes of what operators are told of the failover. It is read where RDS
// reports nothing wrong with the primary, which then may live: at the end, since
// CloudWatch trails by minutes, and so that no failover waits for it.
func (s *session) activity(ctx context.Context) func(*Failover) {
	f := s.st.Failover
	if f.Decision.Evidence != decide.EvidenceUnreachable {
		return func(*Failover) {}
	}
	c, cancel := s.boundTo(ctx, inspectTimeout)
	defer cancel()
	a, err := s.e.ports.Activity.Activity(c, f.From, f.Decision.Since)
	if err != nil {
		why := err.Error()
		return func(f *Failover) { f.ActivityError = why }
	}
	return func(f *Failover) { f.see(a) }
}

// see widens the loss by writes that were seen later than the guard knew of. What
// is written behind a fence that holds was acknowledged to no client.
func (f *Failover) see(a Activity) {
	if f.Activity != nil {
		return // Once: the loss is widened from where it was.
	}
	f.Activity = &a
	held := f.Times[StepConfirm]
	known, until := f.SentAt, a.WritesAt
	if !held.IsZero() && held.Before(known) {
		known = held
	}
	if f.Fence == FenceConfirmed && held.Before(until) {
		until = held
	}
	if f.SentLoss.Known && until.After(known) {
		f.SentLoss.Upper += until.Sub(known)
	}
}

// activityLines tell what CloudWatch shows of the old primary.
func activityLines(f Failover) []string {
	a := f.Activity
	switch {
	case f.ActivityError != "":
		return []string{"Old primary: CloudWatch does not tell whether it went on taking writes: " + f.ActivityError}
	case a == nil:
		return nil
	}
	writes := fmt.Sprintf("CloudWatch shows no writes after %s", stamp(f.Decision.Since))
	if !a.WritesAt.IsZero() {
		writes = fmt.Sprintf("it was still taking writes at %s. CloudWatch shows %.1f a second; an idle instance has a few of its own", stamp(a.WritesAt), a.Writes)
	}
	sessions := "no connections"
	if !a.ConnectionsAt.IsZero() {
		sessions = fmt.Sprintf("%.0f connections at %s", a.Connections, stamp(a.ConnectionsAt))
	}
	return []string{fmt.Sprintf("Old primary: %s, and %s. CloudWatch trails by minutes.", writes, sessions)}
}
