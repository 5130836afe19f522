package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/cloudwatch/metrics"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/simclock"
)

// Options of the servers. All but Down are needed.
type Options struct {
	Cloud   *sim.Cloud
	Clock   simclock.Clock
	Metrics *metrics.Store
	Log     *slog.Logger
	// Down tells that a region is without power: its servers are down, and
	// RDS publishes nothing there. nil means that none ever is.
	Down func(region string) bool
	// Unaudited: this machine's PostgreSQL has no pgaudit. Servers start without
	// it, which on RDS none has to.
	Unaudited bool
}

// Servers are the servers of an account. It is safe for concurrent use.
type Servers struct {
	o  Options
	ca *pgtest.CA

	mu sync.Mutex
	// all by the instance's DbiResourceId.
	all map[string]*instance
	// down by region: what Down said last.
	cut map[string]bool
	// failed says what could not be done with an instance, so that it is told
	// once.
	failed map[string]string
	closed bool
}

// New makes the servers' authority. Nothing runs before Run.
func New(o Options) (*Servers, error) {
	ca, err := pgtest.NewCA()
	if err != nil {
		return nil, err
	}
	if o.Down == nil {
		o.Down = func(string) bool { return false }
	}
	return &Servers{o: o, ca: ca, all: map[string]*instance{}, cut: map[string]bool{}, failed: map[string]string{}}, nil
}

// Roots is the authority of all the servers' certificates, PEM: what the RDS CA
// bundle is on AWS.
func (s *Servers) Roots() []byte { return s.ca.PEM() }

// every is the pause between two looks at the account, in the machine's time.
const every = 20 * time.Millisecond

// Run brings the servers in line with the account, again and again, until the
// context ends.
func (s *Servers) Run(ctx context.Context) {
	var published time.Time
	for ctx.Err() == nil {
		s.Reconcile(ctx)
		if now := s.o.Clock.Now(); !now.Truncate(metricPeriod).Equal(published) {
			published = now.Truncate(metricPeriod)
			s.publish(ctx, now)
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// Reconcile brings the servers in line with the account once.
func (s *Servers) Reconcile(ctx context.Context) {
	now := s.o.Clock.Now()
	there := map[string]bool{}
	for _, r := range s.resources() {
		id := r.Attrs.Str("resource_id")
		there[id] = true
		s.report(id, s.settle(ctx, r, now))
	}
	for id, i := range s.snapshot() {
		if !there[id] {
			s.mu.Lock()
			delete(s.all, id)
			s.mu.Unlock()
			s.report(id, i.close())
			i.dropSlot(ctx)
		}
	}
}

// resources are the account's instances, sources before their replicas.
func (s *Servers) resources() []sim.Resource {
	all := s.o.Cloud.Resources(lifecycle.TypeInstance)
	slices.SortStableFunc(all, func(a, b sim.Resource) int {
		return boolInt(a.Attrs.Has("replicate_source_db")) - boolInt(b.Attrs.Has("replicate_source_db"))
	})
	return all
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// settle makes one instance's server, or makes it as it is to be.
func (s *Servers) settle(ctx context.Context, r sim.Resource, now time.Time) error {
	i, err := s.obtain(ctx, r)
	if err != nil || i == nil {
		return err
	}
	i.resource.Store(&r)
	w := wanted(&r, now)
	if s.o.Down(r.Region) {
		w = want{standby: true} // without power: nothing happens to it
	}
	return i.become(ctx, w)
}

// obtain finds an instance's server or makes it; nil where its source is not
// there to copy.
func (s *Servers) obtain(ctx context.Context, r sim.Resource) (*instance, error) {
	id := r.Attrs.Str("resource_id")
	if i := s.find(id); i != nil || s.o.Down(r.Region) {
		return i, nil
	}
	g := s.group(r)
	var i *instance
	var err error
	if ref := r.Attrs.Str("replicate_source_db"); ref == "" {
		i, err = s.makePrimary(ctx, r, g)
	} else {
		source := s.lookup(func(o sim.Resource) bool {
			return o.ARN() == ref || o.Region == r.Region && o.Attrs.Str("identifier") == ref
		})
		if source == nil || s.o.Down(source.resource.Load().Region) {
			return nil, nil
		}
		i, err = s.makeReplica(ctx, r, g, source)
	}
	if err != nil {
		return nil, fmt.Errorf("make the server of %s: %w", r.Attrs.Str("identifier"), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, i.close()
	}
	s.all[id] = i
	return i, nil
}

// group reads an instance's parameter group.
func (s *Servers) group(r sim.Resource) group {
	g := group{}
	name := r.Attrs.Str("parameter_group_name")
	for _, pg := range s.o.Cloud.Resources("aws_db_parameter_group") {
		if pg.Region != r.Region || pg.Attrs.Str("name") != name {
			continue
		}
		for _, p := range pg.Attrs.Blocks("parameter") {
			g[p.Str("name")] = p.Str("value")
		}
	}
	if s.o.Unaudited {
		g.withoutAudit()
	}
	return g
}

// report logs what could not be done, once.
func (s *Servers) report(id string, err error) {
	text := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		text = err.Error()
	}
	s.mu.Lock()
	told := s.failed[id] == text
	s.failed[id] = text
	s.mu.Unlock()
	if !told && text != "" {
		s.o.Log.Error("a database server is not as the account says", slog.String("instance", id), slog.String("error", text))
	}
}

// Problems lists what could not be done with instances, by DbiResourceId.
func (s *Servers) Problems() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.failed)
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}

func (s *Servers) snapshot() map[string]*instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.all)
}

func (s *Servers) find(id string) *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id]
}

// lookup is the first instance whose resource matches, nil if none does.
func (s *Servers) lookup(match func(sim.Resource) bool) *instance {
	for _, i := range s.snapshot() {
		if match(*i.resource.Load()) {
			return i
		}
	}
	return nil
}

func (s *Servers) named(region, identifier string) *instance {
	return s.lookup(func(r sim.Resource) bool { return r.Region == region && r.Attrs.Str("identifier") == identifier })
}

// Addr is where the server of an instance listens; ok is false where there is
// none or it is down.
func (s *Servers) Addr(region, identifier string) (at netip.AddrPort, ok bool) {
	i := s.named(region, identifier)
	if i == nil {
		return netip.AddrPort{}, false
	}
	return i.addr()
}

// Close ends all servers and removes their files, but for the template that
// [pgtest.Cleanup] removes.
func (s *Servers) Close() error {
	s.mu.Lock()
	s.closed = true
	all := s.all
	s.all = map[string]*instance{}
	s.mu.Unlock()
	var errs []error
	for _, i := range all {
		errs = append(errs, i.close())
	}
	return errors.Join(errs...)
}
