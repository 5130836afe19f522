package probe

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// ErrInRecovery means that an instance is still a replica.
var ErrInRecovery = engine.ErrInRecovery

// Prove lets a promoted instance take a write: a heartbeat of its own. It
// returns ErrInRecovery, wrapped, while the instance is a replica. An instance
// that was never prepared is prepared first.
func (d *Databases) Prove(ctx context.Context, m engine.Member) (engine.Proof, error) {
	p, err := d.prove(ctx, m)
	if unprepared(err) {
		if err := d.Prepare(ctx, m); err != nil && !errors.Is(err, ErrExtension) {
			return engine.Proof{}, fmt.Errorf("prove that %q takes writes: %w", m.Identifier, err)
		}
		p, err = d.prove(ctx, m)
	}
	if err != nil {
		return engine.Proof{}, fmt.Errorf("prove that %q takes writes: %w", m.Identifier, err)
	}
	return p, nil
}

func (d *Databases) prove(ctx context.Context, m engine.Member) (engine.Proof, error) {
	e, err := d.endpoint(m)
	if err != nil {
		return engine.Proof{}, err
	}
	if m.ResourceID == "" {
		return engine.Proof{}, errors.New("resource id: found nothing, want the instance's DbiResourceId")
	}
	admin, err := d.credentials(ctx)
	if err != nil {
		return engine.Proof{}, err
	}
	ctx, cancel := d.cfg.Clock.WithDeadline(ctx, d.cfg.Clock.Now().Add(lookTime))
	defer cancel()
	var p engine.Proof
	_, _, err = d.eitherSession(ctx, e, admin, func(ctx context.Context, conn *pgx.Conn) error {
		var recovering bool
		if err := conn.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&recovering); err != nil {
			return fmt.Errorf("ask whether it is in recovery: %w", err)
		}
		if recovering {
			return ErrInRecovery
		}
		// Any number counts on from the highest in the table.
		b, timeline, err := d.beat(ctx, conn, m.ResourceID, 1)
		if err != nil {
			return err
		}
		p = engine.Proof{At: d.cfg.Clock.Now(), LSN: b.LSN, Timeline: timeline}
		return nil
	})
	return p, err
}
