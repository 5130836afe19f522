package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// What a try of a fence may find, besides nothing that speaks against it.
var (
	// ErrPassable: others than the guard get through.
	ErrPassable = errors.New("others get through the fence")
	// ErrUntold: whether others get through could not be found out.
	ErrUntold = errors.New("whether others get through the fence can't be told")
)

const (
	// tryTime bounds a try as a whole: connecting and watching.
	tryTime = lookTime + watchTime
	// watchTime is how long a try watches the sessions, watchStep how often it
	// looks at them meanwhile: one that comes and goes between two looks is
	// not seen.
	watchTime = 3 * time.Second
	watchStep = time.Second
)

// localhost is where RDS's own agents (rdsadmin) connect from.
var localhost = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}

// othersSQL finds sessions of others that show that packets of theirs came in
// after $1, by the server's clock: they began since, for which client and
// server must have exchanged messages, or were sent a statement since. That
// a statement ends or WAL is written shows nothing: what was begun before the
// fence goes on behind it. Sessions without an address are the server's own or
// local ones; the WAL sender, which is RDS's own channel, background workers
// and autovacuum are no client backends. $2 are the networks that the fence
// lets through.
// https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
const othersSQL = `SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
	count(s.pid), coalesce(string_agg(DISTINCT host(s.client_addr), ', '), '')
	FROM (SELECT) AS one LEFT JOIN (
		SELECT pid, client_addr FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND client_addr IS NOT NULL
			AND usename IS DISTINCT FROM 'rdsadmin' AND pid <> pg_backend_pid()
			AND NOT client_addr <<= ANY ($2::inet[])
			AND greatest(backend_start, query_start) > $1
		ORDER BY backend_start DESC LIMIT 100) AS s ON true`

// TryFence tries a fence that has been set: it returns nil, and what it saw,
// where nothing speaks against it. That is so when the database is silent to
// the guard too, or when for watchTime no session of others began or was sent
// anything. It wraps ErrPassable where others get through, and ErrUntold where
// that could not be found out: the database answers but does not let the guard
// see its sessions, or the time was up.
//
// A try is no proof. It sees neither clients that keep still meanwhile nor, as
// long as the guard's own way is cut, any at all. It can only show that a
// fence does not hold.
func (d *Databases) TryFence(ctx context.Context, m engine.Member) (string, error) {
	saw, err := d.tryFence(ctx, m)
	if err != nil {
		return "", fmt.Errorf("try the fence of %q: %w", m.Identifier, err)
	}
	return saw, nil
}

func (d *Databases) tryFence(asked context.Context, m engine.Member) (string, error) {
	e, err := d.endpoint(m)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUntold, err)
	}
	admin, err := d.credentials(asked)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUntold, err)
	}
	now := d.cfg.Clock.Now()
	whole, cancel := d.cfg.Clock.WithDeadline(asked, now.Add(tryTime))
	defer cancel()
	// A database that does not answer is found out as soon as by any look.
	connecting, cancel := d.cfg.Clock.WithDeadline(whole, now.Add(lookTime))
	defer cancel()
	heard, _, err := d.eitherSession(connecting, e, admin, func(_ context.Context, conn *pgx.Conn) error {
		return d.watchOthers(whole, conn)
	})
	switch {
	case err == nil:
		return fmt.Sprintf("no session of others began or was sent anything for %s", watchTime), nil
	case errors.Is(err, ErrPassable), errors.Is(err, ErrUntold):
		return "", err
	}
	class := classOf(asked, err, !heard.IsZero())
	if class.Outcome() == decide.Negative {
		return "it does not answer: " + string(class), nil
	}
	return "", fmt.Errorf("%w: %s: %s", ErrUntold, class, detailOf(err))
}

// watchOthers looks at the sessions for a while.
func (d *Databases) watchOthers(ctx context.Context, conn *pgx.Conn) error {
	var from time.Time
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&from); err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	ours := networks(slices.Concat(localhost, d.cfg.Guard))
	for range int(watchTime / watchStep) {
		if err := d.cfg.Clock.Sleep(ctx, watchStep); err != nil {
			return fmt.Errorf("%w: no time left to watch: %w", ErrUntold, err)
		}
		var sees bool
		var sessions int
		var hosts string
		if err := conn.QueryRow(ctx, othersSQL, from, ours).Scan(&sees, &sessions, &hosts); err != nil {
			return fmt.Errorf("look at the sessions: %w", err)
		}
		switch {
		case !sees:
			return fmt.Errorf("%w: the role may not see others' sessions: it needs pg_monitor", ErrUntold)
		case sessions > 0:
			return fmt.Errorf("%w: %d sessions from %s", ErrPassable, sessions, hosts)
		}
	}
	return nil
}

// networks writes them as PostgreSQL reads an array of inet.
func networks(nets []netip.Prefix) string {
	texts := make([]string, len(nets))
	for i, n := range nets {
		texts[i] = n.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}
