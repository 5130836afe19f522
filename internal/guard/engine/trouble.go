package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// troubleAfter is how long a primary may be in trouble that calls for no
// failover before operators are notified.
const troubleAfter = 5 * time.Minute

// trouble is what lasts and leads to no decision. The values are kept in the
// ledger, in State.Told.
type trouble string

const (
	noTrouble trouble = ""
	// hangs: the primary does not answer SQL, and its WAL flows.
	hangs trouble = "trouble/primary-hangs"
	// inTransition: RDS is at work on a primary that is silent.
	inTransition trouble = "trouble/primary-in-transition"
)

// troubleOf tells what has lasted for troubleAfter, where the decision is to do
// nothing or to wait.
func troubleOf(d decide.Decision, w Watch, now time.Time) trouble {
	lasted := func(since time.Time) bool { return !since.IsZero() && now.Sub(since) >= troubleAfter }
	switch {
	case w.SQL.Silent(now) && w.WAL.Answers(now) && lasted(w.SQL.SilentSince):
		return hangs
	case d.Has(refusal.PrimaryInTransition) && w.SQL.Silent(now) && lasted(w.SQL.SilentSince):
		return inTransition
	default:
		return noTrouble
	}
}

// tellTrouble notifies operators of trouble once a change, and of the end of
// what they were notified of once all is calm.
func (s *session) tellTrouble(ctx context.Context, d decide.Decision, now time.Time) error {
	t := troubleOf(d, s.st.Watch, now)
	switch {
	case t == noTrouble && d.Verdict == decide.Nothing && s.st.Told != "":
		return s.tellOnce(ctx, d)
	case t == noTrouble || s.st.Told == string(t):
		return nil
	case t == inTransition && strings.Contains(s.st.Told, string(refusal.PrimaryInTransition)):
		return nil // A refusal has said so.
	}
	return s.commit(ctx, func(st *State) error {
		if st.Told != string(t) {
			st.tell(troubleNotice(s.e.cfg.Environment, t, st.Watch, now))
		}
		st.Told = string(t)
		return nil
	})
}

func troubleNotice(env string, t trouble, w Watch, now time.Time) Notice {
	id, subject := fmt.Sprintf("%s-%d", strings.ReplaceAll(string(t), "/", "-"), now.Unix()), "the primary does not answer, and its WAL flows"
	lines := []string{
		fmt.Sprintf("The primary has not answered SQL since %s. The replica still hears it, so it lives, and the guard does not fail over.", stamp(w.SQL.SilentSince)),
		"Either it hangs, or the way to it (the peering) is cut.",
		"Next: connect to it from its own region. If it hangs, restart it, or fail over with force; if it serves, see the peering.",
	}
	if t == inTransition {
		subject = "the primary is silent while RDS is at work on it"
		lines = []string{
			fmt.Sprintf("The primary has not answered SQL since %s. RDS reports %q, and the guard waits until that ends.", stamp(w.SQL.SilentSince), w.Primary.Status),
			"Next: " + refusal.Next(refusal.PrimaryInTransition),
		}
	}
	lines = append(lines, "", "What was seen:")
	return newNotice(NoticeDecision, id, now, env, subject, append(lines, pathLines(w)...)...)
}
