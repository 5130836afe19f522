package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/postgres"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// sessionActions are what befalls a database whose server is there.
func sessionActions() map[string]action {
	role := []string{"role"}
	return map[string]action{
		"exhaust-connections": {takes: role, says: "all connections of the {role} are taken", do: exhaust},
		"crowd-connections":   {takes: role, says: "clients take all connections of the {role} that are not the administrator's, again and again", do: crowd},
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

// administrate lets the administrator use the places that are reserved for
// superusers: RDS reserves some for rds_superuser, which PostgreSQL 15 itself
// has no setting for. The role comes from the source, so that it has to live.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
func (s *stage) administrate(ctx context.Context, role string) error {
	admin := ""
	if err := s.instance(contract.RolePrimary, func(_ *sim.Tx, r *sim.Resource) error { admin = r.Attrs.Str("username"); return nil }); err != nil {
		return err
	}
	if err := s.server(contract.RolePrimary, func(p *pgtest.Server) error {
		return p.Exec(ctx, fmt.Sprintf(`ALTER ROLE %s SUPERUSER`, pgx.Identifier{admin}.Sanitize()))
	}); err != nil {
		return err
	}
	return s.poll(ctx, time.Minute, func() (may bool) {
		err := s.server(role, func(p *pgtest.Server) error {
			return p.QueryRow(ctx, `SELECT rolsuper FROM pg_roles WHERE rolname = $1`, []any{admin}, &may)
		})
		return err == nil && may
	})
}

// crowdEvery is the pause between two tries of clients to get a place, in the
// machine's time.
const crowdEvery = 20 * time.Millisecond

// crowd has clients take every place that is left to them, and take it anew
// when the server has restarted, until release. The administrator's places
// stay free.
func crowd(ctx context.Context, s *stage, a arguments) error {
	if err := s.administrate(ctx, a["role"]); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	full, gone := make(chan struct{}), make(chan struct{})
	s.crowd = func() {
		cancel()
		<-gone
	}
	go func() {
		defer close(gone)
		s.takePlaces(ctx, a["role"], sync.OnceFunc(func() { close(full) }))
	}()
	select {
	case <-full:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takePlaces opens sessions of the applications' role until the context ends,
// and calls full when the server first has no place left.
func (s *stage) takePlaces(ctx context.Context, role string, full func()) {
	var held []*pgx.Conn
	defer func() { closeAll(held) }()
	for ctx.Err() == nil {
		conn, err := s.signIn(ctx, role)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			held = append(held, conn)
			continue
		case errors.As(err, &refused) && refused.Code == "53300":
			full()
		default: // The server is not there: none of what was held is left.
			closeAll(held)
			held = nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(crowdEvery):
		}
	}
}

// signIn opens a session of the applications' role on a server itself.
func (s *stage) signIn(ctx context.Context, role string) (*pgx.Conn, error) {
	at := s.at().databases[role]
	addr, there := s.world.Servers.Addr(at.region, at.identifier)
	if !there {
		return nil, fmt.Errorf("%s: %w", at.identifier, postgres.ErrNoInstance)
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=require", addr.Addr(), addr.Port(), applicationRole, s.at().schema))
	if err != nil {
		return nil, fmt.Errorf("describe a session of an application: %w", err)
	}
	cfg.Password = s.password
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return pgx.ConnectConfig(ctx, cfg)
}

// release gives back what exhaust and crowd took.
func (s *stage) release() {
	if s.crowd != nil {
		s.crowd()
		s.crowd = nil
	}
	closeAll(s.held)
	s.held = nil
}

// closeAll closes sessions, whose server may be gone.
func closeAll(sessions []*pgx.Conn) {
	for _, conn := range sessions {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = conn.Close(ctx)
		cancel()
	}
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
