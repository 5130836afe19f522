package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// sessionActions are what befalls a database whose server is there.
func sessionActions() map[string]action {
	role := []string{"role"}
	return map[string]action{
		"exhaust-connections": {takes: role, says: "all connections of the {role} are taken", do: exhaust},
		"release-connections": plain("the connections are free again", func(s *stage, _ arguments) { s.release() }),
		"change-passwords":    {takes: role, says: "the {role}'s passwords are changed", do: changePasswords},
		"restore-passwords":   {takes: role, says: "the {role}'s passwords are as before", do: restorePasswords},
		"expire-certificate": {takes: role, says: "the {role}'s certificate has expired", do: func(_ context.Context, s *stage, a arguments) error {
			return s.certify(a["role"], time.Now().Add(-time.Hour))
		}},
		"renew-certificate": {takes: role, says: "the {role}'s certificate is renewed", do: func(_ context.Context, s *stage, a arguments) error {
			return s.certify(a["role"], time.Now().Add(24*time.Hour))
		}},
		"fill-storage": {takes: role, says: "the {role}'s storage is full", do: func(ctx context.Context, s *stage, a arguments) error {
			return s.storage(ctx, a["role"], "storage-full", "on")
		}},
		"free-storage": {takes: role, says: "the {role}'s storage was extended", do: func(ctx context.Context, s *stage, a arguments) error {
			return s.storage(ctx, a["role"], lifecycle.Available, "off")
		}},
		"pause-replay": {takes: role, says: "the {role} receives and does not replay", do: func(ctx context.Context, s *stage, a arguments) error {
			return s.server(a["role"], func(p *pgtest.Server) error { return p.PauseReplay(ctx) })
		}},
		"resume-replay": {takes: role, says: "the {role} replays again", do: func(ctx context.Context, s *stage, a arguments) error {
			return s.server(a["role"], func(p *pgtest.Server) error { return p.ResumeReplay(ctx) })
		}},
		"stop-applications":  plain("the applications stop", func(s *stage, _ arguments) { s.idle.Store(true) }),
		"start-applications": plain("the applications start again", func(s *stage, _ arguments) { s.idle.Store(false) }),
	}
}

// mostConnections is more than any server here has.
const mostConnections = 200

// exhaust takes connections until the server has none left, those that are
// reserved for administrators included.
func exhaust(ctx context.Context, s *stage, a arguments) error {
	return s.server(a["role"], func(p *pgtest.Server) error {
		for len(s.held) < mostConnections {
			conn, err := p.Admin(ctx, "postgres")
			if err != nil {
				return nil // that was the last one
			}
			s.held = append(s.held, conn)
		}
		return fmt.Errorf("the server has no limit: %w", errAction)
	})
}

// release gives back what exhaust took.
func (s *stage) release() {
	for _, conn := range s.held {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = conn.Close(ctx) // the server may be gone
		cancel()
	}
	s.held = nil
}

// changePasswords gives everybody who signs in another password, and ends
// nothing that is open.
func changePasswords(ctx context.Context, s *stage, a arguments) error {
	return s.server(a["role"], func(p *pgtest.Server) error {
		conn, err := p.Admin(ctx, "postgres")
		if err != nil {
			return err
		}
		rows, err := conn.Query(ctx, `SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL AND rolname NOT LIKE 'pgtest%'`)
		if err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
		was, err := pgx.CollectRows(rows, pgx.RowToStructByPos[login])
		for _, l := range was {
			_, changed := conn.Exec(ctx, fmt.Sprintf(`ALTER ROLE %s PASSWORD 'another'`, pgx.Identifier{l.Role}.Sanitize()))
			err = errors.Join(err, changed)
		}
		s.logins = was
		return errors.Join(err, conn.Close(ctx))
	})
}

// login is a role and the verifier of its password.
type login struct{ Role, Verifier string }

func restorePasswords(ctx context.Context, s *stage, a arguments) error {
	return s.server(a["role"], func(p *pgtest.Server) error {
		for _, l := range s.logins {
			if err := p.Exec(ctx, fmt.Sprintf(`ALTER ROLE %s PASSWORD '%s'`, pgx.Identifier{l.Role}.Sanitize(), l.Verifier)); err != nil {
				return err
			}
		}
		return nil
	})
}

// certify gives a server a certificate that ends at a moment, and ends the
// sessions that there are: open ones do not care.
func (s *stage) certify(role string, until time.Time) error {
	host := ""
	err := s.instance(role, func(_ *sim.Tx, r *sim.Resource) error { host = r.Attrs.Str("address"); return nil })
	if err != nil {
		return err
	}
	return s.server(role, func(p *pgtest.Server) error {
		err := p.Recertify(pgtest.Certificate{Names: []string{host}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until})
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return p.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
	})
}

// storage makes a server refuse writes, as one whose disk is full, and RDS say
// so. PostgreSQL itself would answer 53100 where this one answers 25006: to
// both an application cannot write.
func (s *stage) storage(ctx context.Context, role, status, readOnly string) error {
	err := s.instance(role, func(tx *sim.Tx, r *sim.Resource) error { lifecycle.Force(tx, r, status); return nil })
	if err != nil {
		return err
	}
	return s.server(role, func(p *pgtest.Server) error {
		if err := p.Exec(ctx, "ALTER SYSTEM SET default_transaction_read_only = "+readOnly); err != nil {
			return err
		}
		return p.Reload()
	})
}
