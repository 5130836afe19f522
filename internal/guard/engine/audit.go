package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// audit looks again, now and then, at what a failover left behind: the fence of
// the old primary and the records' weights. What was undone since becomes
// pending work again. A service that does not answer has undone nothing.
func (s *session) audit(ctx context.Context) error {
	if !s.st.auditable(s.e.ports.Clock.Now()) {
		return nil
	}
	last, writer := s.st.Last, s.st.Writer
	lifted := s.lifted(ctx, last.From)
	agrees, err := s.weightsAgree(ctx, writer)
	turned := err == nil && !agrees
	return s.commit(ctx, func(st *State) error {
		now := s.e.ports.Clock.Now()
		st.AuditedAt = now
		if st.Writer != writer || st.Failover != nil {
			return nil
		}
		if lifted {
			st.owe(DebtFence, last.From, now)
			st.tell(liftedNotice(s.e.cfg.Environment, last.From, now))
		}
		if turned {
			st.owe(DebtWeights, writer, now)
		}
		return nil
	})
}

// auditable tells whether there is something to look at again, and it is time.
func (s *State) auditable(now time.Time) bool {
	l := s.Last
	return s.Failover == nil && l != nil && l.Outcome == OutcomeDone && l.Fence == FenceConfirmed && s.Writer == l.To &&
		!s.owes(DebtFence) && !s.owes(DebtWeights) && now.Sub(l.EndedAt) >= auditEvery && now.Sub(s.AuditedAt) >= auditEvery
}

// lifted tells whether the old primary exists and its fence was taken down.
func (s *session) lifted(ctx context.Context, m Member) bool {
	if gone, err := s.gone(ctx, m); gone || err != nil {
		return false
	}
	lifted := false
	err := s.within(ctx, func(c context.Context) error {
		holds, err := s.e.ports.Fencer.Fenced(c, m)
		lifted = err == nil && !holds
		return err
	})
	if err != nil {
		s.e.log.Info("the fence can't be looked at", slog.Any("error", err))
	}
	return lifted
}

func liftedNotice(env string, m Member, now time.Time) Notice {
	return newNotice(NoticeFenced, fmt.Sprintf("lifted-%s-%d", m.ResourceID, now.Unix()), now, env, "the old primary's fence was taken down",
		fmt.Sprintf("%s is not fenced any more, and the guard did not lift the fence. It sets it again.", name(m)),
		"Next: find out who changed the network ACL of its subnets, and whether the instance took writes meanwhile. To keep that instance in service, name it the writer only after it was rebuilt.")
}
