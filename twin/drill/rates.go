package drill

import (
	"slices"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
)

const (
	// rateStep is what the rate of writes is a mean of.
	rateStep = 5 * time.Second
	// rateBefore is how much of the time before the disaster is kept.
	rateBefore = 2 * time.Minute
)

// ratesOf are an application's acknowledged writes a second, by server, in steps
// from a moment on until another; the server that was written to first is first.
func ratesOf(log app.Log, zero, from, until time.Time, moved string) []report.Rate {
	steps := int(until.Sub(from) / rateStep)
	var all []report.Rate
	for _, ack := range log.Acks {
		n := int(ack.At.Sub(from) / rateStep)
		if ack.At.Before(from) || n >= steps {
			continue
		}
		i := slices.IndexFunc(all, func(r report.Rate) bool { return r.Server == ack.Server })
		if i < 0 {
			i = len(all)
			all = append(all, report.Rate{
				Server: ack.Server, Moved: ack.Server == moved, From: from.Sub(zero).Seconds(), Step: rateStep.Seconds(), PerSecond: make([]float64, steps),
			})
		}
		all[i].PerSecond[n] += 1 / rateStep.Seconds()
	}
	for _, r := range all {
		for n := range r.PerSecond {
			r.PerSecond[n] = float64(int(r.PerSecond[n]*100+0.5)) / 100
		}
	}
	return all
}

// rates are those of an application through the drill.
func (s *stage) rates(o *outcomeOf, log app.Log) []report.Rate {
	from := o.zero.Add(-rateBefore)
	if s.record.began.After(from) {
		from = s.record.began
	}
	return ratesOf(log, o.zero, from, s.world.Clock.Now(), s.at().databases[contract.RoleReplica].identifier)
}
