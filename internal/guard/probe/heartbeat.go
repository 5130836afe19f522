package probe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// schemaSQL and tableSQL are the guard's own schema and heartbeat table: one
// row a writer, by DbiResourceId, overwritten at every heartbeat. written_at is
// by the guard's clock, recorded_at by the writer's, at one and the same
// moment.
const (
	schemaSQL = `CREATE SCHEMA pgdr`
	tableSQL  = `CREATE TABLE pgdr.heartbeat (
		writer      text PRIMARY KEY,
		seq         bigint NOT NULL,
		written_at  timestamptz NOT NULL,
		recorded_at timestamptz NOT NULL
	) WITH (fillfactor = 50)`
)

// beatSQL counts on from what the table holds, of whichever writer, whatever
// the guard remembers: a ledger that was lost must not make new heartbeats
// look older than replayed ones.
const beatSQL = `INSERT INTO pgdr.heartbeat AS h (writer, seq, written_at, recorded_at)
	VALUES ($1, greatest($2, (SELECT coalesce(max(seq), 0) + 1 FROM pgdr.heartbeat)), $3, clock_timestamp())
	ON CONFLICT (writer) DO UPDATE SET
		seq = greatest(h.seq + 1, excluded.seq), written_at = excluded.written_at, recorded_at = excluded.recorded_at
	RETURNING seq`

// positionSQL reads the position and timeline of a server that takes writes. A
// WAL file's name begins with the timeline, in hexadecimal; the control file
// tells it only after the next checkpoint.
const positionSQL = `SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint,
	substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8)`

// beat writes one heartbeat and reads the position just after its commit. The
// heartbeat's moment is just before it is sent, to the microsecond, as
// PostgreSQL keeps it.
func (d *Databases) beat(ctx context.Context, conn *pgx.Conn, writer string, seq int64) (decide.Heartbeat, int, error) {
	b := decide.Heartbeat{At: d.cfg.Clock.Now().Truncate(time.Microsecond)}
	if err := conn.QueryRow(ctx, beatSQL, writer, seq, b.At).Scan(&b.Seq); err != nil {
		return decide.Heartbeat{}, 0, fmt.Errorf("write a heartbeat: %w", err)
	}
	var lsn int64
	var line string
	if err := conn.QueryRow(ctx, positionSQL).Scan(&lsn, &line); err != nil {
		return decide.Heartbeat{}, 0, fmt.Errorf("read the position: %w", err)
	}
	timeline, err := strconv.ParseInt(line, 16, 32)
	if err != nil {
		return decide.Heartbeat{}, 0, fmt.Errorf("read the timeline: %w", err)
	}
	b.LSN = position(lsn)
	return b, int(timeline), nil
}

// tie is one moment by two clocks: the guard's, and the writer's in
// microseconds of Unix time.
type tie struct {
	guard  time.Time
	writer int64
}

// replayed is the newest heartbeat of a writer that a replica has, and the tie
// of clocks that came with it. Both are zero if there is none.
func replayed(ctx context.Context, conn *pgx.Conn, writer string) (decide.Heartbeat, tie, error) {
	var b decide.Heartbeat
	var recorded time.Time
	err := conn.QueryRow(ctx, `SELECT seq, written_at, recorded_at FROM pgdr.heartbeat WHERE writer = $1`, writer).
		Scan(&b.Seq, &b.At, &recorded)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return decide.Heartbeat{}, tie{}, nil
	case err != nil:
		return decide.Heartbeat{}, tie{}, fmt.Errorf("read the replayed heartbeat: %w", err)
	}
	b.At = b.At.UTC()
	return b, tie{guard: b.At, writer: recorded.UnixMicro()}, nil
}

// position converts what PostgreSQL counts, which is never negative.
func position(lsn int64) uint64 { return uint64(max(lsn, 0)) } // #nosec G115 -- not negative
