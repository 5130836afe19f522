package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Options are how a server is to be.
type Options struct {
	// Name tells servers apart in messages; default "primary", or "replica"
	// for a replica.
	Name string
	// CA signs the server's certificate; nil means a server without TLS.
	CA *CA
	// Certificate is what to sign; without names it gets Host().
	Certificate Certificate
	// Settings go to postgresql.conf on top of the package's own.
	Settings map[string]string
	// Slot is the physical replication slot that a replica makes on its source
	// and receives by; "" for none.
	Slot string
	// Plaintext lets clients in without TLS too.
	Plaintext bool
}

// Server is one PostgreSQL server. Its methods are for one goroutine at a time.
type Server struct {
	programs programs
	opts     Options
	dir      string
	addr     netip.AddrPort
	// replication is the password of the role that replicas sign in with.
	replication string
	proc        *process
}

// New makes a server in a new directory and starts it.
func New(ctx context.Context, opts Options) (*Server, error) {
	if opts.Name == "" {
		opts.Name = "primary"
	}
	s, err := newServer(opts)
	if err != nil {
		return nil, err
	}
	s.replication = rand.Text()
	if err := s.create(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make PostgreSQL server %s: %w", opts.Name, err), s.Close())
	}
	return s, nil
}

func newServer(opts Options) (*Server, error) {
	p, err := findPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := newDir(p)
	if err != nil {
		return nil, err
	}
	s := &Server{programs: p, opts: opts, dir: dir}
	if s.addr, err = freeAddress(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) create(ctx context.Context) error {
	from, err := template(ctx, s.programs)
	if err != nil {
		return err
	}
	// As the programs' user, so that the copy is theirs.
	cp := s.programs.command(ctx, "initdb")
	cp.Path, cp.Args = "/bin/cp", []string{"cp", "-R", from, s.dataDir()}
	if err := finish(cp); err != nil {
		return fmt.Errorf("copy the template: %w", err)
	}
	if err := s.writeConfig(); err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	return s.Exec(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN REPLICATION PASSWORD '%s'", replicationUser, s.replication))
}

// NewReplica makes a streaming replica of the server and starts it. It
// receives WAL from the address via, where one is given (a Relay's, say), and
// from the server itself otherwise.
func (s *Server) NewReplica(ctx context.Context, opts Options, via netip.AddrPort) (*Server, error) {
	if opts.Name == "" {
		opts.Name = "replica"
	}
	if !via.IsValid() {
		via = s.addr
	}
	r, err := newServer(opts)
	if err != nil {
		return nil, err
	}
	r.replication = s.replication
	if err := r.follow(ctx, via); err != nil {
		return nil, errors.Join(fmt.Errorf("make replica %s of %s: %w", opts.Name, s.opts.Name, err), r.Close())
	}
	return r, nil
}

func (s *Server) follow(ctx context.Context, source netip.AddrPort) error {
	conn := fmt.Sprintf("host=%s port=%d user=%s password=%s application_name=%s sslmode=prefer",
		source.Addr(), source.Port(), replicationUser, s.replication, s.opts.Name)
	arguments := []string{"--pgdata", s.dataDir(), "--dbname", conn,
		"--write-recovery-conf", "--checkpoint", "fast", "--wal-method", "stream", "--no-sync"}
	if s.opts.Slot != "" {
		arguments = append(arguments, "--create-slot", "--slot", s.opts.Slot)
	}
	if err := s.programs.run(ctx, "pg_basebackup", arguments...); err != nil {
		return err
	}
	if err := s.writeConfig(); err != nil {
		return err
	}
	return s.Start(ctx)
}

// Name of the server, as in Options.
func (s *Server) Name() string { return s.opts.Name }

// Host is the server's name in its certificate. It is in no DNS.
func (s *Server) Host() string { return s.opts.Name + ".pgdr.test" }

// Addr is where the server listens, from its first start to its end.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Log is what the server has logged so far.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.path("log"))
	if err != nil {
		return fmt.Sprintf("no log: %v", err)
	}
	return string(bytes.TrimSpace(text))
}

// Start starts the server and waits until it serves: for queries, or as a
// standby that takes none.
func (s *Server) Start(ctx context.Context) error {
	if err := s.Launch(ctx); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return fmt.Errorf("start PostgreSQL server %s: %w; its log:\n%s", s.opts.Name, err, s.Log())
	}
	return nil
}

// Launch starts the server without waiting for anything.
func (s *Server) Launch(ctx context.Context) error {
	if s.Running() {
		return fmt.Errorf("start PostgreSQL server %s: it runs already", s.opts.Name)
	}
	// What an earlier run left behind would pass for this one's.
	if err := os.Remove(s.pidFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget the last run of %s: %w", s.opts.Name, err)
	}
	cmd := s.programs.command(context.WithoutCancel(ctx), "postgres", "-D", s.dataDir(),
		"-c", "config_file="+s.path("postgresql.conf"), "-c", "hba_file="+s.path("pg_hba.conf"))
	proc, err := start(cmd, s.path("log"))
	if err != nil {
		return fmt.Errorf("start PostgreSQL server %s: %w", s.opts.Name, err)
	}
	s.proc = proc
	return nil
}

// awaitReady waits for the word in postmaster.pid that pg_ctl waits for too.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		switch s.status() {
		case "ready", "standby":
			return nil
		}
		select {
		case <-s.proc.exited:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("wait until it is ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// statusLine is the line of postmaster.pid that holds the server's state
// (LOCK_FILE_LINE_PM_STATUS in src/include/utils/pidfile.h).
const statusLine = 8

func (s *Server) status() string {
	text, err := os.ReadFile(s.pidFile())
	if err != nil {
		return "" // not written yet
	}
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) < statusLine {
		return ""
	}
	return string(bytes.TrimSpace(lines[statusLine-1]))
}

// Running tells whether the server's process lives, suspended or not.
func (s *Server) Running() bool { return s.proc != nil && s.proc.alive() }

// Close ends the server and removes its directory. A closed server can't be
// started again.
func (s *Server) Close() error {
	var ended error
	if s.Running() {
		ended = s.proc.end()
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return errors.Join(ended, fmt.Errorf("remove the files of %s: %w", s.opts.Name, err))
	}
	return ended
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }
func (s *Server) dataDir() string         { return s.path("data") }
func (s *Server) pidFile() string         { return filepath.Join(s.dataDir(), "postmaster.pid") }

// freeAddress finds an address without a listener. On Linux the whole of
// 127.0.0.0/8 is this machine's: one address a server keeps even a server that
// is down apart from others that look for a free port.
func freeAddress(ctx context.Context) (netip.AddrPort, error) {
	ip := loopback()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("find a free port on %s: %w", ip, err)
	}
	addr, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return netip.AddrPort{}, errors.Join(fmt.Errorf("read the free port: %w", err), l.Close())
	}
	if err := l.Close(); err != nil {
		return netip.AddrPort{}, fmt.Errorf("let go of port %d: %w", addr.Port(), err)
	}
	return addr, nil
}

// Reload makes the server read its configuration files again.
func (s *Server) Reload() error {
	if !s.Running() {
		return fmt.Errorf("reload %s: it does not run", s.opts.Name)
	}
	if err := s.proc.signal(syscall.SIGHUP); err != nil {
		return fmt.Errorf("reload %s: %w", s.opts.Name, err)
	}
	return nil
}

func port(a netip.AddrPort) string { return strconv.Itoa(int(a.Port())) }
