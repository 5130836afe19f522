package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Disagreement is between the alarm that flips DNS and the ledger.
type Disagreement struct {
	// Since is when it was first seen, Writer the ledger's then.
	Since  time.Time `json:"since,omitzero"`
	Writer Member    `json:"writer,omitzero"`
	// Told: operators were notified.
	Told bool `json:"told,omitempty"`
}

// watchAlarm notifies operators, once, of an alarm that says for alarmPatience that
// the writer is elsewhere than the ledger says: others can write its metric, and
// change it. Nothing is done about it, and an alarm without data, or that can't be
// read, says nothing.
func (s *session) watchAlarm(ctx context.Context) error {
	now := s.e.ports.Clock.Now()
	if s.st.Failover != nil || s.st.Writer.Site == "" || !s.alarmRead.IsZero() && now.Sub(s.alarmRead) < alarmEvery {
		return nil
	}
	s.alarmRead = now
	diverted, known := s.diverted(ctx)
	if !known {
		return nil
	}
	return s.noteAlarm(ctx, diverted, now)
}

// diverted reads the alarm; known is false where it says nothing.
func (s *session) diverted(ctx context.Context) (diverted, known bool) {
	err := s.within(ctx, func(c context.Context) error {
		var err error
		diverted, known, err = s.e.ports.Switcher.Diverted(c)
		return err
	})
	if err != nil {
		s.e.log.Info("the DNS alarm can't be read", slog.Any("error", err))
	}
	return diverted, known && err == nil
}

// noteAlarm keeps in the ledger what the alarm says, where that is news or is to be
// told.
func (s *session) noteAlarm(ctx context.Context, diverted bool, now time.Time) error {
	odd, last := diverted != (s.st.Writer.Site == SiteReplica), s.st.DNSAlarm
	news := odd && (last.Since.IsZero() || last.Writer != s.st.Writer)
	due := odd && !news && !last.Told && now.Sub(last.Since) >= alarmPatience
	if !news && !due && (odd || last.Since.IsZero()) {
		return nil
	}
	writer := s.st.Writer
	return s.commit(ctx, func(st *State) error {
		switch {
		case st.Writer != writer || st.Failover != nil:
			return errStale
		case news:
			st.DNSAlarm = Disagreement{Since: now, Writer: writer}
		case due:
			st.DNSAlarm.Told = true
			st.tell(alarmNotice(s.e.cfg.Environment, writer, diverted, last.Since, now))
		default:
			if st.DNSAlarm.Told {
				st.tell(alarmOverNotice(s.e.cfg.Environment, writer, now))
			}
			st.DNSAlarm = Disagreement{}
		}
		return nil
	})
}

func alarmNotice(env string, writer Member, diverted bool, since, now time.Time) Notice {
	state, answer := "OK", "the primary's"
	if diverted {
		state, answer = "ALARM", "the replica's"
	}
	return newNotice(NoticeDNSAlarm, fmt.Sprintf("dns-alarm-%d", since.Unix()), now, env, "the DNS alarm disagrees with the ledger",
		fmt.Sprintf("The alarm that Route 53 follows has been in state %s since %s or before. By the ledger the writer is %s.", state, stamp(since), name(writer)),
		fmt.Sprintf("If Route 53 follows it, applications get %s address. The guard publishes ActiveWriter as the ledger says, and changes nothing else.", answer),
		"Next: look in CloudWatch at the metric ActiveWriter and at the alarm's settings: find out who else writes the metric, or changed the alarm or its state. Take that permission away (docs/monitoring.md has a service control policy). Then see where the name of the database leads.")
}

func alarmOverNotice(env string, writer Member, now time.Time) Notice {
	return newNotice(NoticeDNSAlarm, fmt.Sprintf("dns-alarm-over-%d", now.Unix()), now, env, "the DNS alarm agrees with the ledger again",
		fmt.Sprintf("By both the writer is %s.", name(writer)),
		"Next: see that the name of the database leads there, and that the cause was found.")
}
