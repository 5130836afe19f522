package assembly

import (
	"context"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// lookTime bounds one round of looking. Each path has a shorter bound of its
// own.
const lookTime = 5 * time.Second

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
)

// observer looks at all paths at once, each on its own: one that hangs delays
// no other, and the round ends in time without it.
type observer struct {
	clock  engine.Clock
	sql    sqlPaths
	api    apiPaths
	survey *survey
}

// Sample implements [engine.Observer].
func (o *observer) Sample(invocation context.Context, t engine.Target) engine.Samples {
	ctx, cancel := o.clock.WithDeadline(invocation, o.clock.Now().Add(lookTime))
	defer cancel()
	o.survey.begin(invocation, t)
	var (
		x                   engine.Samples
		rds, other, witness decide.Sample
		writer, replica     *engine.Instance
		paths               sync.WaitGroup
	)
	paths.Go(func() { x = o.sql.Sample(ctx, t) })
	paths.Go(func() { rds, writer = o.api.RDS(ctx, t.Writer) })
	paths.Go(func() { other = o.api.Other(ctx, t.Writer.Site) })
	paths.Go(func() { witness = o.api.Witness(ctx) })
	if t.Replica != (engine.Member{}) {
		paths.Go(func() { replica = o.api.Instance(ctx, t.Replica) })
	}
	paths.Wait()
	x.RDSAPI, x.OtherAPI, x.Witness = rds, other, witness
	x.Writer, x.Replica, x.Readiness = writer, replica, o.survey.take(invocation)
	return x
}
