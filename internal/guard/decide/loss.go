package decide

import (
	"encoding/json"
	"fmt"
	"time"
)

// Loss is an estimate of what a promotion now would lose, as an interval: the
// time between the last commit that the replica has and the last one that the
// primary took.
type Loss struct {
	// Known is false when either end is unknown; the rest is then zero.
	Known bool
	// Lower is certain: a heartbeat that old was acknowledged and is missing.
	Lower time.Duration
	// Upper rests on the last moment with a sign of life of the primary.
	Upper time.Duration
	// Bytes of WAL between the last acknowledged heartbeat and what the
	// replica received: at least this much is missing.
	Bytes uint64
}

// lossJSON is how people and programs read a Loss: in seconds.
type lossJSON struct {
	Known bool    `json:"known"`
	Lower float64 `json:"lower_seconds"`
	Upper float64 `json:"upper_seconds"`
	Bytes uint64  `json:"wal_bytes"`
}

// MarshalJSON writes the durations in seconds.
func (l Loss) MarshalJSON() ([]byte, error) {
	return json.Marshal(lossJSON{l.Known, l.Lower.Seconds(), l.Upper.Seconds(), l.Bytes})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Loss) UnmarshalJSON(data []byte) error {
	var j lossJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("read loss estimate: %w", err)
	}
	*l = Loss{j.Known, seconds(j.Lower), seconds(j.Upper), j.Bytes}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// EstimateLoss rests on recorded moments alone, never on the present one: it
// does not grow while the guard thinks, and shrinks while the replica replays.
func EstimateLoss(o Observation) Loss {
	pos := o.Positions
	took := later(later(pos.Acked.At, o.SQL.LastPositive), o.WAL.LastPositive)
	has, got := pos.has(), max(pos.ReceiveLSN, pos.ReplayLSN)
	if took.IsZero() || has.IsZero() || pos.ReplayLSN == 0 {
		return Loss{}
	}
	l := Loss{Known: true, Upper: max(0, took.Sub(has))}
	if pos.Acked.Seq > pos.Replayed.Seq && !pos.ReplayedCommitAt.IsZero() && (pos.Acked.LSN == 0 || pos.Acked.LSN > got) {
		l.Lower = max(0, pos.Acked.At.Sub(has))
	}
	if pos.Acked.LSN > got {
		l.Bytes = pos.Acked.LSN - got
	}
	return l
}

// has is the last moment of which the replica has all commits.
func (p Positions) has() time.Time {
	return later(later(p.Replayed.At, p.ReplayedCommitAt), p.CaughtUpAt)
}

// ToldLoss is what operators are told of a promotion beside a primary that may
// have acknowledged writes until that moment. Where RDS reports nothing wrong, a
// primary that neither the guard nor the replica hears may serve others all the
// time. The limit of loss is not held against this: it would stop each failover
// that takes its time.
func ToldLoss(o Observation, e Evidence, until time.Time) Loss {
	l := EstimateLoss(o)
	if l.Known && e == EvidenceUnreachable {
		l.Upper = max(l.Upper, until.Sub(o.Positions.has()))
	}
	return l
}
