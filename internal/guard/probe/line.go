package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// What a server may answer to the request for TLS, other than yes.
var (
	errPlaintext     = errors.New("the server does not offer TLS")
	errBeforeTLS     = errors.New("the server reported an error before TLS")
	errNotPostgreSQL = errors.New("what answers is not PostgreSQL")
	// errOneDial keeps pgx from opening a second connection to cancel a query
	// on the first: a look that is over leaves nothing behind, and the server
	// ends the query by itself.
	errOneDial = errors.New("a look dials once")
)

// tlsError: the server answered, and there is no TLS with it.
type tlsError struct{ err error }

func (e *tlsError) Error() string { return fmt.Sprintf("agree on TLS: %v", e.err) }
func (e *tlsError) Unwrap() error { return e.err }

// sslRequest asks a PostgreSQL server for TLS:
// https://www.postgresql.org/docs/15/protocol-message-formats.html
var sslRequest = []byte{0, 0, 0, 8, 4, 210, 22, 47}

// line is one connection to one server, and the record of what was heard on it.
type line struct {
	to    Endpoint
	roots *x509.CertPool
	clock engine.Clock
	names *names
	open  func(ctx context.Context, network, address string) (net.Conn, error)

	dialled atomic.Bool
	// heard is when the last byte came, in nanoseconds of Unix time; 0 never.
	heard atomic.Int64

	mu   sync.Mutex
	raw  net.Conn
	note string
}

// tap notes when bytes come.
type tap struct {
	net.Conn
	line *line
}

func (t tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.line.heard.Store(t.line.clock.Now().UnixNano())
	}
	return n, err
}

// heardAt is when the last byte came; zero if none did.
func (l *line) heardAt() time.Time {
	if n := l.heard.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// notice is what people should know about how the server was found.
func (l *line) notice() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.note
}

// dial is pgx's way to the server: name, TCP, TLS with the name verified. pgx
// gets a connection that is encrypted already, so that each of these steps has
// errors of its own type.
func (l *line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if l.dialled.Swap(true) {
		return nil, errOneDial
	}
	addresses, note, err := l.names.lookup(ctx, l.to.Host)
	if err != nil {
		return nil, err
	}
	raw, err := l.dialAny(ctx, addresses)
	l.mu.Lock()
	l.raw, l.note = raw, note
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	// The end of the context ends whatever read or write is under way.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	conn, err := l.startTLS(ctx, tap{raw, l})
	if ended := !stop(); err == nil && ended {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close() // the first error is the one that matters
		return nil, err
	}
	return conn, nil
}

// dialAny tries the addresses in turn, each with its share of the time.
func (l *line) dialAny(ctx context.Context, addresses []string) (net.Conn, error) {
	var failed []error
	until := l.clock.Now().Add(connectTime)
	for i, a := range addresses {
		now := l.clock.Now()
		share := until.Sub(now) / time.Duration(len(addresses)-i)
		c, cancel := l.clock.WithDeadline(ctx, now.Add(share))
		conn, err := l.open(c, "tcp", net.JoinHostPort(a, strconv.Itoa(int(l.to.Port))))
		cancel()
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func (l *line) startTLS(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if _, err := conn.Write(sslRequest); err != nil {
		return nil, fmt.Errorf("ask for TLS: %w", err)
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return nil, fmt.Errorf("wait for an answer: %w", err)
	}
	switch answer[0] {
	case 'S':
	case 'N':
		return nil, &tlsError{errPlaintext}
	case 'E':
		return nil, errBeforeTLS
	default:
		return nil, &tlsError{errNotPostgreSQL}
	}
	c := tls.Client(conn, &tls.Config{RootCAs: l.roots, ServerName: l.to.Host, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, &tlsError{err}
	}
	return c, nil
}

// close ends the connection and waits until pgx has let go of it.
func (l *line) close(ctx context.Context, conn *pgx.Conn) {
	if conn != nil {
		_ = conn.Close(ctx) // says goodbye; a server that does not hear it notices
	}
	l.mu.Lock()
	raw := l.raw
	l.mu.Unlock()
	if raw != nil {
		_ = raw.Close() // may be closed already
	}
	if conn != nil {
		<-conn.PgConn().CleanupDone() // at once: what it waits for is closed
	}
}
