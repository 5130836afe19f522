package assembly

import (
	"context"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/internal/guard/readiness"
)

const (
	// lookTime bounds one round of looking. Each path has a shorter bound of
	// its own.
	lookTime = 5 * time.Second
	// checkEvery is the pause between two readiness checks of one process.
	checkEvery = time.Minute
)

// Parts of a look.
type (
	sqlPaths interface {
		Sample(ctx context.Context, t engine.Target) engine.Samples
	}
	apiPaths interface {
		RDS(ctx context.Context, m engine.Member) (decide.Sample, *engine.Instance)
		Other(ctx context.Context, site engine.Site) decide.Sample
		Witness(ctx context.Context) decide.Sample
		Instance(ctx context.Context, m engine.Member) *engine.Instance
	}
	checks interface {
		Check(ctx context.Context) ([]readiness.Finding, error)
	}
)

// observer looks at all paths at once, each on its own: one that hangs delays
// no other, and the round ends in time without it.
type observer struct {
	clock engine.Clock
	sql   sqlPaths
	api   apiPaths
	check checks

	mu      sync.Mutex
	checked time.Time
}

func newObserver(clock engine.Clock, sql sqlPaths, api apiPaths, check checks) *observer {
	return &observer{clock: clock, sql: sql, api: api, check: check}
}

// Sample implements [engine.Observer].
func (o *observer) Sample(ctx context.Context, t engine.Target) engine.Samples {
	ctx, cancel := o.clock.WithDeadline(ctx, o.clock.Now().Add(lookTime))
	defer cancel()
	var (
		paths                    sync.WaitGroup
		sql                      engine.Samples
		rds, other, witness      decide.Sample
		writer, replica          *engine.Instance
		ready                    *decide.Readiness
		hasReplica, timeForCheck = t.Replica != engine.Member{}, o.due()
	)
	look := func(do func()) {
		paths.Add(1)
		go func() {
			defer paths.Done()
			do()
		}()
	}
	look(func() { sql = o.sql.Sample(ctx, t) })
	look(func() { rds, writer = o.api.RDS(ctx, t.Writer) })
	look(func() { other = o.api.Other(ctx, t.Writer.Site) })
	look(func() { witness = o.api.Witness(ctx) })
	if hasReplica {
		look(func() { replica = o.api.Instance(ctx, t.Replica) })
	}
	if timeForCheck {
		look(func() { ready = o.readiness(ctx) })
	}
	paths.Wait()
	sql.RDSAPI, sql.OtherAPI, sql.Witness = rds, other, witness
	sql.Writer, sql.Replica, sql.Readiness = writer, replica, ready
	return sql
}

// due tells whether it is time for a check, and starts the next pause.
func (o *observer) due() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	if !o.checked.IsZero() && now.Sub(o.checked) < checkEvery {
		return false
	}
	o.checked = now
	return true
}

// readiness is nil where the check could not be made.
func (o *observer) readiness(ctx context.Context) *decide.Readiness {
	findings, err := o.check.Check(ctx)
	if err != nil {
		return nil
	}
	failing := readiness.Failing(findings)
	return &decide.Readiness{Green: len(failing) == 0, Failing: failing, At: o.clock.Now()}
}
