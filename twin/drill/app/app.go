// Package app is an application as the users of the database have it: it
// resolves the database's name, honours the answer's TTL, writes numbered rows
// over TLS and keeps what was acknowledged. What a failover cost is told by its
// log and by the rows that are there in the end, and by nothing else.
package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/twin/simclock"
)

// Answer is where a name leads.
type Answer struct {
	// Host is the name at the end of the chain of CNAMEs.
	Host string
	Addr netip.AddrPort
	// TTL of the first record of the chain.
	TTL time.Duration
}

// Config of an application. Durations are on Clock.
type Config struct {
	// ID tells applications apart, in their rows too.
	ID string
	// Region that it is in.
	Region string
	Clock  simclock.Clock
	// Name of the database: what it resolves.
	Name string
	// Resolve asks the DNS server of the application's VPC.
	Resolve func(ctx context.Context, name string) (Answer, error)
	// Sticky is the bad behaviour of a pool without lifetimes in a runtime that
	// never resolves twice: it keeps the first answer for ever, holds on to
	// its connection for as long as that is open, and retries the same
	// address.
	Sticky bool
	// Roots sign the servers' certificates. The name that is verified is that
	// at the end of the chain.
	Roots                    *x509.CertPool
	Database, User, Password string
	// Every is the pause between two writes.
	Every time.Duration
	// Powered tells whether the application's own host is up; nil: it is.
	Powered func() bool
}

// Times of a well-behaved application.
const (
	connectWithin = 10 * time.Second
	writeWithin   = 10 * time.Second
	// stickyPatience is for how long the badly behaved one waits for a reply.
	stickyPatience = time.Hour
)

// App runs. It is safe for concurrent use.
type App struct {
	c Config

	// Only Run uses these.
	conn   *pgx.Conn
	answer Answer
	// expires is when the answer does.
	expires time.Time
	server  string
	next    int64

	mu  sync.Mutex
	log Log
}

// New makes an application; Run runs it.
func New(c Config) *App {
	if c.Powered == nil {
		c.Powered = func() bool { return true }
	}
	return &App{c: c, log: Log{ID: c.ID, Region: c.Region, Sticky: c.Sticky}}
}

// Schema makes the table of rows; the administrator runs it once.
const Schema = `CREATE TABLE IF NOT EXISTS drill_rows (app text NOT NULL, n bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (app, n))`

// Run writes until the context ends.
func (a *App) Run(ctx context.Context) {
	defer a.drop()
	for ctx.Err() == nil {
		began := a.c.Clock.Now()
		if a.c.Powered() {
			a.turn(ctx)
		} else {
			a.drop()
			a.answer = Answer{}
		}
		if rest := a.c.Every - a.c.Clock.Now().Sub(began); rest > 0 {
			_ = a.c.Clock.Sleep(ctx, rest) // the loop sees the context's end
		}
	}
}

// turn makes one write, connecting first where there is no connection.
func (a *App) turn(ctx context.Context) {
	err := a.refresh(ctx)
	if err == nil && a.conn == nil {
		err = a.connect(ctx)
	}
	if err == nil {
		err = a.write(ctx)
	}
	if err != nil && ctx.Err() == nil {
		a.failed(err)
	}
}

// refresh resolves the name again when its answer has expired, and leaves the
// old server if the name leads elsewhere.
func (a *App) refresh(ctx context.Context) error {
	now := a.c.Clock.Now()
	if a.answer.Host != "" && (a.c.Sticky || now.Before(a.expires)) {
		return nil
	}
	bounded, cancel := a.c.Clock.WithDeadline(ctx, now.Add(connectWithin))
	defer cancel()
	answer, err := a.c.Resolve(bounded, a.c.Name)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", a.c.Name, err)
	}
	a.record(func(l *Log) { l.Answers = append(l.Answers, Resolved{At: now, Host: answer.Host}) })
	if a.conn != nil && answer.Host != a.answer.Host {
		a.drop()
	}
	a.answer, a.expires = answer, now.Add(answer.TTL)
	return nil
}

func (a *App) connect(ctx context.Context) error {
	ctx, cancel := a.c.Clock.WithDeadline(ctx, a.c.Clock.Now().Add(connectWithin))
	defer cancel()
	to := a.answer
	cfg, err := pgx.ParseConfig("sslmode=require")
	if err != nil {
		return fmt.Errorf("describe the connection: %w", err)
	}
	cfg.Host, cfg.Port, cfg.Fallbacks = to.Host, to.Addr.Port(), nil
	cfg.User, cfg.Password, cfg.Database = a.c.User, a.c.Password, a.c.Database
	cfg.RuntimeParams["application_name"] = a.c.ID
	cfg.TLSConfig = &tls.Config{RootCAs: a.c.Roots, ServerName: to.Host, MinVersion: tls.VersionTLS12}
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{to.Addr.Addr().String()}, nil }
	cfg.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, to.Addr.String())
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", to.Host, err)
	}
	if err := conn.QueryRow(ctx, "SELECT current_setting('cluster_name')").Scan(&a.server); err != nil {
		_ = conn.Close(ctx) // it is of no use
		return fmt.Errorf("ask %s who it is: %w", to.Host, err)
	}
	a.conn = conn
	return nil
}

func (a *App) write(ctx context.Context) error {
	patience := writeWithin
	if a.c.Sticky {
		patience = stickyPatience
	}
	sent := a.c.Clock.Now()
	bounded, cancel := a.c.Clock.WithDeadline(ctx, sent.Add(patience))
	defer cancel()
	a.next++
	if _, err := a.conn.Exec(bounded, "INSERT INTO drill_rows VALUES ($1, $2, $3)", a.c.ID, a.next, sent); err != nil {
		a.drop()
		return fmt.Errorf("write to %s: %w", a.server, err)
	}
	row := Ack{N: a.next, Sent: sent, At: a.c.Clock.Now(), Server: a.server}
	a.record(func(l *Log) { l.Acks = append(l.Acks, row) })
	return nil
}

// drop closes the connection without waiting for a server that may be gone. The
// answer of DNS stays until it expires: a resolver's cache would give the same.
func (a *App) drop() {
	if a.conn == nil {
		return
	}
	gone, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the connection is given up"))
	_ = a.conn.Close(gone) // its server may be gone
	a.conn = nil
}

func (a *App) failed(err error) {
	at := a.c.Clock.Now()
	a.record(func(l *Log) {
		if len(l.Errors) < errorsKept {
			l.Errors = append(l.Errors, Failure{At: at, Text: err.Error()})
		}
		l.Failed++
	})
}

// errorsKept bounds the errors of a log; all are counted.
const errorsKept = 500

func (a *App) record(change func(*Log)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.log)
}

// ID tells the application apart.
func (a *App) ID() string { return a.c.ID }

// Region that the application is in.
func (a *App) Region() string { return a.c.Region }

// Recent counts the writes that were acknowledged since a moment, and names the
// server of the last; "" if there was none.
func (a *App) Recent(since time.Time) (writes int, server string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := len(a.log.Acks) - 1; i >= 0 && !a.log.Acks[i].At.Before(since); i-- {
		writes++
	}
	if n := len(a.log.Acks); writes > 0 {
		server = a.log.Acks[n-1].Server
	}
	return writes, server
}

// Log is a copy of what was logged so far.
func (a *App) Log() Log {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.clone()
}
