package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// Codes of errors (SQLSTATE) that mean something to the guard:
// https://www.postgresql.org/docs/15/errcodes-appendix.html
const (
	codeInvalidAuthorization = "28000" // no entry in pg_hba.conf, no such role, no LOGIN
	codeInvalidPassword      = "28P01" // #nosec G101 -- the name of an error
	codeTooManyConnections   = "53300"
	codeDiskFull             = "53100"
	codeReadOnlyTransaction  = "25006"
	codeAdminShutdown        = "57P01"
	codeCrashShutdown        = "57P02"
	codeCannotConnectNow     = "57P03" // starting up, shutting down, in recovery
	codeUndefinedTable       = "42P01"
	codeUndefinedColumn      = "42703"
	codeUndefinedSchema      = "3F000"
	codeNoPrivilege          = "42501"
)

// byCode are the causes that have a class of their own. Everything else that
// PostgreSQL says is ClassSQLError: it lives, whatever it is.
var byCode = map[string]decide.Class{
	codeInvalidAuthorization: decide.ClassAuthFailed,
	codeInvalidPassword:      decide.ClassAuthFailed,
	codeTooManyConnections:   decide.ClassTooManyConnections,
	codeDiskFull:             decide.ClassDiskFull,
	codeReadOnlyTransaction:  decide.ClassReadOnly,
	codeAdminShutdown:        decide.ClassStartingUp,
	codeCrashShutdown:        decide.ClassStartingUp,
	codeCannotConnectNow:     decide.ClassStartingUp,
}

// codeOf is the SQLSTATE of an error of PostgreSQL's, and "" otherwise.
func codeOf(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func authFailed(err error) bool {
	code := codeOf(err)
	return code == codeInvalidAuthorization || code == codeInvalidPassword
}

// unprepared: the database lacks something that Prepare makes.
func unprepared(err error) bool {
	switch codeOf(err) {
	case codeUndefinedTable, codeUndefinedColumn, codeUndefinedSchema, codeNoPrivilege:
		return true
	default:
		return authFailed(err)
	}
}

// classOf sorts a failed look. heard tells whether a single byte came back;
// asked is the caller's context.
func classOf(asked context.Context, err error, heard bool) decide.Class {
	switch {
	case heard:
		return replyClass(err)
	case asked.Err() != nil:
		// Its time was up, not the look's: that says nothing about the server.
		return decide.ClassInternal
	default:
		return silenceClass(err)
	}
}

// replyClass sorts what a server that answered has answered.
func replyClass(err error) decide.Class {
	if class, known := byCode[codeOf(err)]; known {
		return class
	}
	if failed := (*tlsError)(nil); errors.As(err, &failed) {
		return decide.ClassTLSFailed
	}
	return decide.ClassSQLError
}

// silenceClass sorts the ways in which nothing comes back.
func silenceClass(err error) decide.Class {
	var unresolved *unresolvedError
	var timeout net.Error
	switch {
	case errors.As(err, &unresolved):
		return decide.ClassResolveFailed
	case anyOf(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN):
		return decide.ClassUnreachable
	case anyOf(err, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF):
		// Refused, or accepted by the kernel and dropped without a word.
		return decide.ClassRefused
	case errors.As(err, &timeout) && timeout.Timeout(),
		anyOf(err, syscall.ETIMEDOUT, os.ErrDeadlineExceeded, context.DeadlineExceeded, context.Canceled):
		return decide.ClassTimeout
	default:
		return decide.ClassInternal
	}
}

func anyOf(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// maxDetail keeps a detail, which servers have a say in, short enough for a
// log line and a ledger's record. In bytes.
const maxDetail = 300

// detailOf words an error on one line.
func detailOf(err error, notes ...string) string {
	var parts []string
	for _, n := range notes {
		if n != "" {
			parts = append(parts, n)
		}
	}
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		parts = append(parts, fmt.Sprintf("PostgreSQL says %s (SQLSTATE %s)", pg.Message, pg.Code))
	} else if err != nil {
		parts = append(parts, err.Error())
	}
	text := strings.Join(strings.Fields(strings.Join(parts, "; ")), " ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "…"
	}
	return text
}
