package probe

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// receiverSlack is how much later than it should a sign of life may come.
const receiverSlack = 10 * time.Second

// receiverSQL reads all about the WAL receiver at one moment. Times by the
// replica's clock are ages, times by the primary's microseconds of Unix time.
// latest_end_lsn is the end of WAL that the primary's last message told of.
// https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-WAL-RECEIVER-VIEW
const receiverSQL = `SELECT
	pg_is_in_recovery(),
	CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() = 'paused' ELSE false END,
	coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'), 0)::bigint,
	coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint,
	(extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::bigint,
	r.pid IS NOT NULL,
	(extract(epoch FROM clock_timestamp() - r.last_msg_receipt_time) * 1000000)::bigint,
	(extract(epoch FROM r.last_msg_send_time) * 1000000)::bigint,
	coalesce(pg_wal_lsn_diff(r.latest_end_lsn, '0/0'), 0)::bigint,
	(extract(epoch FROM current_setting('wal_receiver_timeout')::interval) * 1000000)::bigint
	FROM (SELECT) AS one LEFT JOIN pg_stat_wal_receiver AS r ON true`

// receiver is one reading of a replica. Pointers are nil where PostgreSQL
// says null.
type receiver struct {
	// sent and got are the guard's time around the reading.
	sent, got          time.Time
	recovering, paused bool
	receive, replay    int64
	// commit is by the primary's clock, in microseconds of Unix time.
	commit *int64
	// running: there is a receiver that has connected to the primary.
	running bool
	// age of its last message, in microseconds; nil when hidden.
	age     *int64
	sentBy  *int64
	end     int64
	timeout int64
	// beat is the newest replayed heartbeat, and clocks its tie.
	beat   decide.Heartbeat
	clocks tie
	// notice is what people should know about the heartbeat, if anything.
	notice string
}

// sampleReplica is path 2. Whatever keeps the replica from telling is no
// evidence about the primary.
func (d *Databases) sampleReplica(asked context.Context, t engine.Target, admin Credentials, unknown error) (decide.Sample, *engine.Standby) {
	from := d.cfg.Clock.Now()
	if unknown != nil {
		return d.sampled(from, decide.ClassInternal, detailOf(unknown)), nil
	}
	e, err := d.endpoint(t.Replica)
	if err != nil {
		return d.sampled(from, decide.ClassInternal, detailOf(err)), nil
	}
	ctx, cancel := d.cfg.Clock.WithDeadline(asked, from.Add(lookTime))
	defer cancel()
	var r receiver
	heard, notice, err := d.eitherSession(ctx, e, admin, func(ctx context.Context, conn *pgx.Conn) error {
		var err error
		r, err = d.readReceiver(ctx, conn, t.Writer.ResourceID)
		return err
	})
	if err != nil {
		class := classOf(asked, err, !heard.IsZero())
		if class == decide.ClassInternal {
			return d.sampled(from, class, detailOf(err, notice)), nil
		}
		return d.sampled(from, decide.ClassReplicaSilent, detailOf(err, notice, string(class))), nil
	}
	s := d.sampled(from, "", "")
	s.Class, s.Detail = d.receiverClass(r)
	if r.age != nil && s.Class != decide.ClassInternal {
		s.Heard = r.got.Add(-d.age(*r.age))
	}
	return s, d.standby(r)
}

// eitherSession signs in with the guard's own role, and as the administrator
// where that is refused or clients have used up the role's places. A replica that
// was never prepared, or whose primary is lost since the password changed, must
// be readable all the same. RDS keeps some places for its administrator.
//
// Only the look at the writer does without it: too many connections there are
// an alarm, and a heartbeat that got through would hide them.
func (d *Databases) eitherSession(ctx context.Context, e Endpoint, admin Credentials, do func(context.Context, *pgx.Conn) error) (time.Time, string, error) {
	guard, err := guardCredentials(admin)
	if err != nil {
		return time.Time{}, "", err
	}
	heard, notice, err := d.session(ctx, e, guard, do)
	if !authFailed(err) && codeOf(err) != codeTooManyConnections {
		return heard, notice, err
	}
	return d.session(ctx, e, admin, do)
}

// readReceiver reads the receiver, and then the heartbeat: what can't be read
// of the second must not hide the first.
func (d *Databases) readReceiver(ctx context.Context, conn *pgx.Conn, writer string) (receiver, error) {
	r := receiver{sent: d.cfg.Clock.Now()}
	err := conn.QueryRow(ctx, receiverSQL).Scan(&r.recovering, &r.paused, &r.receive, &r.replay, &r.commit,
		&r.running, &r.age, &r.sentBy, &r.end, &r.timeout)
	if err != nil {
		return receiver{}, fmt.Errorf("read the WAL receiver: %w", err)
	}
	r.got = d.cfg.Clock.Now()
	if r.beat, r.clocks, err = replayed(ctx, conn, writer); err != nil {
		r.notice = detailOf(err)
	}
	return r, nil
}

// receiverClass judges whether the primary was heard.
func (d *Databases) receiverClass(r receiver) (decide.Class, string) {
	if !r.recovering {
		return decide.ClassReplicaSilent, "it is no replica: it is not in recovery"
	}
	if !r.running {
		return decide.ClassNoReceiver, detailOf(nil, "no WAL receiver is connected to the primary", r.notice)
	}
	if r.age == nil {
		return decide.ClassInternal, "the role may not see the WAL receiver: it needs pg_monitor"
	}
	age, timeout := micros(*r.age), micros(r.timeout)
	telling := timeout > 0 && timeout <= decide.ReceiverTimeoutMax
	asks := timeout / 2
	if !telling {
		asks = decide.ReceiverTimeoutMax / 2
	}
	switch {
	case d.cfg.Elapsed(age) <= d.cfg.Elapsed(asks)+receiverSlack:
		notice := r.notice
		if r.paused {
			notice = detailOf(nil, "replay is paused", notice)
		}
		return decide.ClassStreaming, notice
	case !telling:
		return decide.ClassInternal, fmt.Sprintf("nothing received for %s, which proves nothing: wal_receiver_timeout is %s, and must be %s or less but not 0",
			age.Round(time.Second), timeout, decide.ReceiverTimeoutMax)
	default:
		return decide.ClassStale, detailOf(nil, fmt.Sprintf("nothing received for %s", age.Round(time.Second)), r.notice)
	}
}

// standby puts the replica's positions on the guard's clock.
func (d *Databases) standby(r receiver) *engine.Standby {
	s := &engine.Standby{
		InRecovery: r.recovering,
		Replayed:   r.beat,
		ReceiveLSN: position(r.receive),
		ReplayLSN:  position(r.replay),
		EndLSN:     position(r.end),
	}
	if r.commit != nil {
		s.ReplayedCommitAt = d.onGuardClock(r, *r.commit)
	}
	if r.age != nil {
		s.MessageAt = r.sent.Add(-d.age(*r.age))
		// A message that took long tells of the moment that it was sent at.
		if r.sentBy != nil {
			if sent := d.onGuardClock(r, *r.sentBy); !sent.IsZero() && sent.Before(s.MessageAt) {
				s.MessageAt = sent
			}
		}
	}
	return s
}

// onGuardClock converts a moment of the primary's clock. It is zero without a
// heartbeat to tie the clocks by, and never later than the reading itself.
func (d *Databases) onGuardClock(r receiver, at int64) time.Time {
	if r.clocks.guard.IsZero() {
		return time.Time{}
	}
	t := r.clocks.guard.Add(d.cfg.Elapsed(micros(at - r.clocks.writer)))
	if t.After(r.sent) {
		return r.sent
	}
	return t
}

// age converts an age by the replica's clock. A message may come while the
// statement runs; its age is then below zero.
func (d *Databases) age(us int64) time.Duration { return d.cfg.Elapsed(micros(max(us, 0))) }

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
