package probe_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/twin/pgtest"
)

// What real servers can't be brought to here (a full disk, a crash just now)
// is said by a stub that speaks PostgreSQL's protocol. It shows that an error
// code on the wire becomes the right class, not that PostgreSQL sends it.

// speak does TLS and the start of a session with a client, then says what is
// left to say.
func speak(t *testing.T, ca *pgtest.CA, say func(*pgproto3.Backend)) netip.AddrPort {
	t.Helper()
	pair, err := ca.Issue(pgtest.Certificate{Names: []string{"primary.pgdr.test"}})
	require.NoError(t, err)
	cert, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	require.NoError(t, err)
	return serve(t, func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := pgproto3.NewBackend(c, c).ReceiveStartupMessage(); err != nil {
			return
		}
		if _, err := c.Write([]byte("S")); err != nil {
			return
		}
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
		b := pgproto3.NewBackend(secure, secure)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			return
		}
		say(b)
		_ = b.Flush()
		_, _ = b.Receive() // until the client goes
	})
}

// fail says an error in place of a sign-in.
func fail(code string) func(*pgproto3.Backend) {
	return func(b *pgproto3.Backend) {
		b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: "as it happens"})
	}
}

func TestSample_ErrorCodesHaveTheirClass(t *testing.T) {
	t.Parallel()
	ca := pgtest.RunCA(t)
	cases := map[string]decide.Class{
		"53100": decide.ClassDiskFull,
		"53200": decide.ClassSQLError, // out of memory
		"57P01": decide.ClassStartingUp,
		"57P02": decide.ClassStartingUp,
		"57P03": decide.ClassStartingUp,
		"53300": decide.ClassTooManyConnections,
		"28000": decide.ClassAuthFailed,
		"25006": decide.ClassReadOnly,
		"58030": decide.ClassSQLError, // input or output error
		"XX001": decide.ClassSQLError, // data corrupted
		"99999": decide.ClassSQLError, // a code that PostgreSQL does not have
	}
	for code, class := range cases {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			cfg := leadingTo(t, ca, speak(t, ca, fail(code)))
			got := newDatabases(t, cfg).Sample(t.Context(), beat(1)).SQL
			requireClass(t, class, got)
			require.Contains(t, got.Detail, code)
			require.Equal(t, decide.Positive, got.Class.Outcome())
		})
	}
}

func TestSample_RefusesToSignInWithoutSCRAM(t *testing.T) {
	t.Parallel()
	ca := pgtest.RunCA(t)
	asked := map[string]pgproto3.BackendMessage{
		"in the clear": &pgproto3.AuthenticationCleartextPassword{},
		"by MD5":       &pgproto3.AuthenticationMD5Password{Salt: [4]byte{1, 2, 3, 4}},
		"not at all":   &pgproto3.AuthenticationOk{},
	}
	for name, message := range asked {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan pgproto3.FrontendMessage, 2)
			to := speak(t, ca, func(b *pgproto3.Backend) {
				b.Send(message)
				b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
				_ = b.Flush()
				if m, err := b.Receive(); err == nil {
					got <- m
				}
				close(got)
			})
			target := beat(1)
			target.Heartbeat = nil // so that nothing is prepared
			out := newDatabases(t, leadingTo(t, ca, to)).Sample(t.Context(), target)
			requireClass(t, decide.ClassSQLError, out.SQL)
			require.Nil(t, <-got, "the server was told something")
		})
	}
}

func TestSample_AnythingThatAnswersIsNotSilence(t *testing.T) {
	t.Parallel()
	ca := pgtest.RunCA(t)
	answering := func(answer string) netip.AddrPort {
		return serve(t, func(c net.Conn) {
			_ = c.SetDeadline(time.Now().Add(patience))
			_, _ = c.Read(make([]byte, 8))
			_, _ = c.Write([]byte(answer))
			_, _ = c.Read(make([]byte, 512)) // the handshake, if any
			_, _ = c.Read(make([]byte, 512)) // until the client goes
		})
	}
	cases := map[string]struct {
		answer string
		class  decide.Class
	}{
		"no TLS":                  {"N", decide.ClassTLSFailed},
		"an error before TLS":     {"EFATAL:  could not fork\x00", decide.ClassSQLError},
		"not PostgreSQL":          {"HTTP/1.1 400 Bad Request\r\n\r\n", decide.ClassTLSFailed},
		"TLS and then nothing":    {"S", decide.ClassTLSFailed},
		"TLS and then rubbish":    {"Srubbish rubbish", decide.ClassTLSFailed},
		"an alert instead of TLS": {"S\x15\x03\x01\x00\x02\x02\x28", decide.ClassTLSFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newDatabases(t, leadingTo(t, ca, answering(c.answer))).Sample(t.Context(), beat(1)).SQL
			requireClass(t, c.class, got)
			require.Equal(t, decide.Positive, got.Class.Outcome())
			require.WithinRange(t, got.Heard, got.From, got.At)
		})
	}
}
