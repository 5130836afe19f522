package assembly

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// paths answer at once, but for the one that hangs, and say who was asked.
type paths struct {
	hangs string
	asked chan string
}

func newPaths(hangs string) *paths { return &paths{hangs: hangs, asked: make(chan string, 8)} }

// ask tells whether there is an answer.
func (p *paths) ask(ctx context.Context, path string) bool {
	p.asked <- path
	if path == p.hangs {
		<-ctx.Done()
		return false
	}
	return true
}

func (p *paths) sample(ctx context.Context, path string) decide.Sample {
	if !p.ask(ctx, path) {
		return decide.Sample{Class: decide.ClassTimeout}
	}
	return decide.Sample{Class: decide.ClassOK}
}

func (p *paths) Sample(ctx context.Context, _ engine.Target) engine.Samples {
	return engine.Samples{SQL: p.sample(ctx, "sql"), WAL: decide.Sample{Class: decide.ClassStreaming}}
}

func (p *paths) RDS(ctx context.Context, _ engine.Member) (decide.Sample, *engine.Instance) {
	s := p.sample(ctx, "rds")
	if s.Class != decide.ClassOK {
		return s, nil
	}
	return s, &engine.Instance{ResourceID: primary.ResourceID}
}

func (p *paths) Other(ctx context.Context, site engine.Site) decide.Sample {
	s := p.sample(ctx, "other")
	s.Detail = string(site)
	return s
}

func (p *paths) Witness(ctx context.Context) decide.Sample { return p.sample(ctx, "witness") }

func (p *paths) Instance(ctx context.Context, m engine.Member) *engine.Instance {
	if !p.ask(ctx, "instance") {
		return nil
	}
	return &engine.Instance{ResourceID: m.ResourceID}
}

// everybody waits until all five paths have been asked.
func (p *paths) everybody(t *testing.T) {
	t.Helper()
	asked := map[string]bool{}
	for range 5 {
		asked[<-p.asked] = true
	}
	require.Len(t, asked, 5)
}

var target = engine.Target{Writer: primary, Replica: replica}

func TestSample_APathThatHangsDelaysNoOtherAndEndsWithTheLook(t *testing.T) {
	for _, hangs := range []string{"sql", "rds", "other", "witness", "instance"} {
		t.Run(hangs, func(t *testing.T) {
			clock, p := handClock(), newPaths(hangs)
			o := &observer{clock: clock, sql: p, api: p, survey: &survey{clock: clock}}
			got := make(chan engine.Samples, 1)
			go func() { got <- o.Sample(t.Context(), target) }()
			p.everybody(t)
			clock.Advance(lookTime - time.Millisecond)
			require.Empty(t, got, "the look gave up before its time")
			clock.Advance(time.Millisecond)
			x := <-got
			classes := map[string]decide.Class{"sql": x.SQL.Class, "rds": x.RDSAPI.Class, "other": x.OtherAPI.Class, "witness": x.Witness.Class}
			for path, class := range classes {
				want := decide.ClassOK
				if path == hangs {
					want = decide.ClassTimeout
				}
				require.Equal(t, want, class, path)
			}
			require.Equal(t, decide.ClassStreaming, x.WAL.Class)
			require.Equal(t, hangs == "rds", x.Writer == nil)
			require.Equal(t, hangs == "instance", x.Replica == nil)
		})
	}
}

func TestSample_LooksAtTheWriterWhereverItIsAndAtNoReplicaWhereThereIsNone(t *testing.T) {
	clock, p := handClock(), newPaths("")
	o := &observer{clock: clock, sql: p, api: p, survey: &survey{clock: clock}}
	x := o.Sample(t.Context(), engine.Target{Writer: replica})
	require.Equal(t, string(engine.SiteReplica), x.OtherAPI.Detail)
	require.Nil(t, x.Replica)
	require.Len(t, p.asked, 4)
}
