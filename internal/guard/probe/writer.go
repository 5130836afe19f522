package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// errReadOnly: the server answers and takes no writes.
var errReadOnly = errors.New("the server takes no writes")

// sampleWriter is path 1. Without credentials it still looks: a refused
// sign-in is as good a sign of life as a heartbeat.
func (d *Databases) sampleWriter(asked context.Context, t engine.Target, admin Credentials, unknown error) (decide.Sample, *decide.Heartbeat) {
	from := d.cfg.Clock.Now()
	e, err := d.endpoint(t.Writer)
	if err != nil {
		return d.sampled(from, decide.ClassInternal, detailOf(err)), nil
	}
	guard, err := guardCredentials(admin)
	if err != nil {
		return d.sampled(from, decide.ClassInternal, detailOf(err)), nil
	}
	if unknown != nil {
		guard.Password = ""
	}
	ctx, cancel := d.cfg.Clock.WithDeadline(asked, from.Add(lookTime))
	defer cancel()
	var acked *decide.Heartbeat
	var lacks []string
	heard, notice, err := d.session(ctx, e, guard, func(ctx context.Context, conn *pgx.Conn) error {
		var err error
		if acked, err = d.tryWriter(ctx, conn, t); acked != nil {
			lacks = d.lacking(ctx, conn)
		}
		return err
	})
	s := d.writerSample(asked, from, heard, notice, err)
	switch {
	case unknown != nil:
		s.Detail = detailOf(unknown, s.Detail)
	case t.Heartbeat != nil && unprepared(err) && d.mayPrepare():
		s.Detail = detailOf(d.prepareBeside(asked, t.Writer), s.Detail, "preparing the database")
	case len(lacks) > 0 && d.mayPrepare():
		s.Detail = detailOf(nil, s.Detail, d.provide(asked, t.Writer, lacks))
	}
	return s, acked
}

// writerSample words and sorts the outcome of one look at the writer.
func (d *Databases) writerSample(asked context.Context, from, heard time.Time, notice string, err error) decide.Sample {
	switch {
	case err == nil:
		return d.sampled(from, decide.ClassOK, notice)
	case errors.Is(err, errReadOnly):
		return d.sampled(from, decide.ClassReadOnly, detailOf(err, notice))
	}
	s := d.sampled(from, classOf(asked, err, !heard.IsZero()), detailOf(err, notice))
	if !heard.IsZero() && codeOf(err) == "" {
		// It answered and then fell silent or broke off: it lived until then.
		s.Heard = heard
	}
	return s
}

// tryWriter writes the heartbeat, or looks whether one could be written.
func (d *Databases) tryWriter(ctx context.Context, conn *pgx.Conn, t engine.Target) (*decide.Heartbeat, error) {
	if t.Heartbeat == nil || t.Writer.ResourceID == "" {
		return nil, writable(ctx, conn)
	}
	b, _, err := d.beat(ctx, conn, t.Writer.ResourceID, t.Heartbeat.Seq)
	if err != nil {
		return nil, err
	}
	return &b, nil
}

func writable(ctx context.Context, conn *pgx.Conn) error {
	var recovering, readOnly bool
	err := conn.QueryRow(ctx, `SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool`).Scan(&recovering, &readOnly)
	switch {
	case err != nil:
		return fmt.Errorf("ask whether it takes writes: %w", err)
	case recovering:
		return fmt.Errorf("%w: it is in recovery", errReadOnly)
	case readOnly:
		return fmt.Errorf("%w: its transactions are read-only", errReadOnly)
	}
	return nil
}
