package pgtest

import (
	"context"
	"fmt"
	"syscall"
)

// Shutdown is one of PostgreSQL's ways to stop.
type Shutdown syscall.Signal

// The ways to stop, see
// https://www.postgresql.org/docs/15/server-shutdown.html
const (
	// Smart waits for the clients to leave.
	Smart = Shutdown(syscall.SIGTERM)
	// Fast disconnects the clients and writes a checkpoint.
	Fast = Shutdown(syscall.SIGINT)
	// Immediate drops everything; the next start recovers.
	Immediate = Shutdown(syscall.SIGQUIT)
)

// Stop stops the server and waits until it has. Start starts it again. A
// suspended server, which can obey nothing, is cut off as by a loss of power.
func (s *Server) Stop(how Shutdown) error {
	if s.Running() && len(s.proc.suspended) > 0 {
		if err := s.proc.cut(); err != nil {
			return fmt.Errorf("stop %s, which is suspended: %w", s.opts.Name, err)
		}
		return nil
	}
	if err := s.RequestStop(how); err != nil {
		return err
	}
	if err := s.proc.await(); err != nil {
		return fmt.Errorf("stop %s: %w", s.opts.Name, err)
	}
	return nil
}

// RequestStop asks the server to stop and does not wait for it.
func (s *Server) RequestStop(how Shutdown) error {
	if !s.Running() {
		return fmt.Errorf("stop %s: it does not run", s.opts.Name)
	}
	if err := s.proc.signal(syscall.Signal(how)); err != nil {
		return fmt.Errorf("stop %s: %w", s.opts.Name, err)
	}
	return nil
}

// Suspend halts all processes of the server as they are. The kernel goes on
// accepting connections, and nothing in them is ever answered: what a machine
// that hangs looks like. Linux only.
func (s *Server) Suspend() error {
	if !s.Running() {
		return fmt.Errorf("suspend %s: it does not run", s.opts.Name)
	}
	if err := s.proc.suspend(); err != nil {
		return fmt.Errorf("suspend %s: %w", s.opts.Name, err)
	}
	return nil
}

// Resume lets a suspended server go on.
func (s *Server) Resume() { s.proc.resume() }

// Promote makes a replica a primary and waits until it takes writes.
func (s *Server) Promote(ctx context.Context) error {
	var done bool
	if err := s.QueryRow(ctx, "SELECT pg_promote(true, 60)", nil, &done); err != nil {
		return err
	}
	if !done {
		return fmt.Errorf("promote %s: it is still in recovery after 60 s", s.opts.Name)
	}
	return nil
}

// PauseReplay holds the replay of received WAL and waits until it is held.
func (s *Server) PauseReplay(ctx context.Context) error {
	return s.Exec(ctx, `SELECT pg_wal_replay_pause();
		DO $$ BEGIN
			WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.01); END LOOP;
		END $$`)
}

// ResumeReplay lets replay go on.
func (s *Server) ResumeReplay(ctx context.Context) error {
	return s.Exec(ctx, "SELECT pg_wal_replay_resume()")
}

// AwaitReplay waits until the replica has replayed all that the primary has
// written by now.
func (s *Server) AwaitReplay(ctx context.Context, replica *Server) error {
	var lsn string
	if err := s.QueryRow(ctx, "SELECT pg_current_wal_flush_lsn()::text", nil, &lsn); err != nil {
		return err
	}
	err := replica.Exec(ctx, fmt.Sprintf(`DO $$ BEGIN
		WHILE pg_last_wal_replay_lsn() < '%s'::pg_lsn LOOP PERFORM pg_sleep(0.01); END LOOP;
	END $$`, lsn))
	if err != nil {
		return fmt.Errorf("wait until %s has replayed %s: %w", replica.opts.Name, lsn, err)
	}
	return nil
}
