package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

const (
	// sampleTimeout bounds one look at one API.
	sampleTimeout = 3 * time.Second
	// eventWindow is how far back events are asked for, in minutes: longer
	// than decide.RecoveryGrace by what their publication may take.
	eventWindow = 15
	// eventPages bounds how many pages of them are read.
	eventPages = 5
)

// errManyEvents: RDS tells more events than are read.
var errManyEvents = errors.New("too many events")

// recoveryCategories are the categories of events in which RDS reports a
// failover, a restart or a recovery of its own.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
var recoveryCategories = []string{"availability", "failover", "recovery"}

// Liveness looks at AWS itself: whether its APIs answer, near the writer and
// elsewhere. Each look is a single try within its own time-out, and never an
// error: what was found is in the sample's class. Looks may run at once.
type Liveness struct {
	clock     engine.Clock
	databases fleet
	regions   map[engine.Site]string
	// callers are clients of STS by region, whose GetCallerIdentity needs no
	// permission and touches nothing.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
	callers   map[string]stsAPI
	witnesses []string
}

// RDS looks at the RDS API of the member's region and at what it says of the
// member, RecoveryAt included. The instance is nil where RDS did not tell its
// status. Where it told no events RecoveryAt is zero and the sample says so:
// what the guard saw of them before stands. Where it told too many to read, the
// last may be of a recovery, so that the instance is nil as well.
func (l *Liveness) RDS(ctx context.Context, m engine.Member) (decide.Sample, *engine.Instance) {
	var seen *engine.Instance
	var events error
	s := l.look(ctx, func(c context.Context) error {
		db, err := l.databases.describe(c, m, singleRDS)
		if errors.Is(err, engine.ErrNotFound) {
			seen = &engine.Instance{}
			return nil
		}
		if err != nil {
			return err
		}
		i := instance(db)
		i.RecoveryAt, events = l.recoveryAt(c, m) // RDS did answer, whatever becomes of this.
		if !errors.Is(events, errManyEvents) {
			seen = &i
		}
		return nil
	})
	if events != nil {
		s.Detail = "the instance was told, its events were not: " + events.Error()
	}
	return s, seen
}

// Instance looks at what RDS says of a member, without its events: nil where
// RDS does not tell.
func (l *Liveness) Instance(ctx context.Context, m engine.Member) *engine.Instance {
	var seen *engine.Instance
	l.look(ctx, func(c context.Context) error {
		db, err := l.databases.describe(c, m, singleRDS)
		switch {
		case errors.Is(err, engine.ErrNotFound):
			seen = &engine.Instance{}
		case err == nil:
			i := instance(db)
			seen = &i
		}
		return err
	})
	return seen
}

// Other looks at another service than RDS in the site's region.
func (l *Liveness) Other(ctx context.Context, site engine.Site) decide.Sample {
	return l.call(ctx, l.regions[site])
}

// Witness looks at AWS in the witness regions, all at once. One that answers
// shows that the guard itself is not cut off. Those that do not are named: a
// silence that two regions share may be that of the way to them.
func (l *Liveness) Witness(ctx context.Context) decide.Sample {
	all := make([]decide.Sample, len(l.witnesses))
	var looks sync.WaitGroup
	for i, region := range l.witnesses {
		looks.Go(func() { all[i] = l.call(ctx, region) })
	}
	looks.Wait()
	s := strongest(all, l.clock.Now())
	if s.Class.Outcome() != decide.Positive {
		return s
	}
	var unheard, why []string
	for i, one := range all {
		if one.Class.Outcome() != decide.Positive {
			unheard = append(unheard, l.witnesses[i])
			why = append(why, fmt.Sprintf("%s: %s", l.witnesses[i], one.Detail))
		}
	}
	s.Unheard = strings.Join(unheard, ", ")
	if len(why) > 0 {
		s.Detail = strings.Join(why, "; ")
	}
	return s
}

// strongest of the samples: an answer if there is any, or else one that counts
// against the witness.
func strongest(all []decide.Sample, now time.Time) decide.Sample {
	if len(all) == 0 {
		return decide.Sample{From: now, At: now, Class: decide.ClassInternal, Detail: "no witness region"}
	}
	rank := map[decide.Outcome]int{decide.Positive: 2, decide.Negative: 1}
	return slices.MaxFunc(all, func(a, b decide.Sample) int { return rank[a.Class.Outcome()] - rank[b.Class.Outcome()] })
}

// call asks STS in one region who we are.
func (l *Liveness) call(ctx context.Context, region string) decide.Sample {
	client, known := l.callers[region]
	if !known {
		now := l.clock.Now()
		return decide.Sample{From: now, At: now, Class: decide.ClassInternal, Detail: fmt.Sprintf("no client for region %q", region)}
	}
	return l.look(ctx, func(c context.Context) error {
		_, err := client.GetCallerIdentity(c, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.Retryer = aws.NopRetryer{} })
		if err != nil {
			return explain(err, "STS in %s", region)
		}
		return nil
	})
}

// look makes a sample of one call. A call that its caller cut short says
// nothing of the other side.
func (l *Liveness) look(ctx context.Context, call func(context.Context) error) decide.Sample {
	from := l.clock.Now()
	c, cancel := l.clock.WithDeadline(ctx, from.Add(sampleTimeout))
	defer cancel()
	end, bounded := ctx.Deadline()
	short := bounded && end.Sub(from) < sampleTimeout
	err := call(withSingleTry(c))
	s := decide.Sample{From: from, At: l.clock.Now(), Class: classOf(err)}
	if err != nil {
		s.Detail = err.Error()
	}
	if s.Class.Outcome() == decide.Negative && (ctx.Err() != nil || short && s.Class == decide.ClassTimeout) {
		s.Class, s.Detail = decide.ClassInternal, "cut short: "+s.Detail
	}
	return s
}

// recoveryAt is the time of the member's last event of the kinds above, or
// zero. RDS answers with the oldest first.
func (l *Liveness) recoveryAt(ctx context.Context, m engine.Member) (time.Time, error) {
	client, err := l.databases.at(m)
	if err != nil {
		return time.Time{}, err
	}
	in := &rds.DescribeEventsInput{
		SourceIdentifier: aws.String(m.Identifier), SourceType: types.SourceTypeDbInstance,
		Duration: aws.Int32(eventWindow), EventCategories: recoveryCategories,
	}
	var last time.Time
	for range eventPages {
		out, err := client.DescribeEvents(ctx, in, singleRDS)
		if err != nil {
			return time.Time{}, explain(err, "describe events of %q", m.Identifier)
		}
		for _, e := range out.Events {
			if at := aws.ToTime(e.Date); at.After(last) && recovers(e) {
				last = at
			}
		}
		if aws.ToString(out.Marker) == "" {
			return last, nil
		}
		in.Marker = out.Marker
	}
	return time.Time{}, fmt.Errorf("describe events of %q: %w: more than %d pages within %d minutes", m.Identifier, errManyEvents, eventPages, eventWindow)
}

func recovers(e types.Event) bool {
	return slices.ContainsFunc(e.EventCategories, func(c string) bool { return slices.Contains(recoveryCategories, c) })
}

// singleRDS keeps a look from becoming several.
func singleRDS(o *rds.Options) { o.Retryer = aws.NopRetryer{} }
