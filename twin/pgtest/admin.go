package pgtest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Admin opens a session as superuser through the server's socket: whatever
// becomes of its network, this way stays open while the server runs.
func (s *Server) Admin(ctx context.Context, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable application_name=pgtest",
		s.dir, port(s.addr), adminUser, database))
	if err != nil {
		return nil, fmt.Errorf("describe the socket of %s: %w", s.opts.Name, err)
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the socket of %s: %w", s.opts.Name, err)
	}
	return conn, nil
}

// Exec runs SQL as superuser, several statements at once if need be.
func (s *Server) Exec(ctx context.Context, sql string) error {
	return s.with(ctx, func(conn *pgx.Conn) error {
		_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		return err
	})
}

// QueryRow runs a query as superuser and reads the first row of its result.
func (s *Server) QueryRow(ctx context.Context, sql string, args []any, into ...any) error {
	return s.with(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(into...)
	})
}

func (s *Server) with(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := s.Admin(ctx, "postgres")
	if err != nil {
		return err
	}
	defer func() {
		// A session that can't be closed ends with the server.
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(c)
	}()
	if err := do(conn); err != nil {
		return fmt.Errorf("ask %s: %w", s.opts.Name, err)
	}
	return nil
}
