package awsapi

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

func livenessOn(db *fake, callers map[string]stsAPI) *Liveness {
	return &Liveness{clock: clock.System{}, databases: fleet{engine.SitePrimary: db, engine.SiteReplica: db}, callers: callers,
		regions:   map[engine.Site]string{engine.SitePrimary: "us-east-1", engine.SiteReplica: "eu-west-1"},
		witnesses: []string{"us-west-2", "eu-central-1"}}
}

func event(at time.Time, categories ...string) rdstypes.Event {
	return rdstypes.Event{Date: aws.Time(at), EventCategories: categories}
}

func tells(f *fake, pages ...[]rdstypes.Event) {
	page := 0
	on(f, func(*rds.DescribeEventsInput) (*rds.DescribeEventsOutput, error) {
		out := &rds.DescribeEventsOutput{Events: pages[page]}
		if page < len(pages)-1 {
			page++
			out.Marker = aws.String("more")
		}
		return out, nil
	})
}

func TestLiveness_TellsTheLastRecoveryOfThePrimary(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		pages [][]rdstypes.Event
		want  time.Time
	}{
		"none":                     {[][]rdstypes.Event{nil}, time.Time{}},
		"a failover to a standby":  {[][]rdstypes.Event{{event(noon, "failover")}}, noon},
		"a restart":                {[][]rdstypes.Event{{event(noon, "availability")}}, noon},
		"a recovery":               {[][]rdstypes.Event{{event(noon, "recovery")}}, noon},
		"a backup":                 {[][]rdstypes.Event{{event(noon, "backup")}}, time.Time{}},
		"several, the last counts": {[][]rdstypes.Event{{event(noon, "failover"), event(noon.Add(time.Minute), "notification", "recovery"), event(noon.Add(-time.Minute), "failover")}}, noon.Add(time.Minute)},
		"on another page":          {[][]rdstypes.Event{{event(noon, "failover")}, {event(noon.Add(time.Second), "failover")}}, noon.Add(time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			shows(f, dbInstance(primary))
			tells(f, c.pages...)
			s, seen := livenessOn(f, nil).RDS(context.Background(), primary)
			if s.Class != decide.ClassOK || seen == nil || !seen.RecoveryAt.Equal(c.want) {
				t.Errorf("sample %+v, instance %+v; want ok and recovery at %v", s, seen, c.want)
			}
		})
	}
}

func TestLiveness_TakesTheStatusThoughEventsAreNotTold(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(primary))
	fails[rds.DescribeEventsInput](f, apiError("Throttling"))
	s, seen := livenessOn(f, nil).RDS(context.Background(), primary)
	if s.Class != decide.ClassOK || seen == nil || seen.Status != "available" || !seen.RecoveryAt.IsZero() || !strings.Contains(s.Detail, "events") {
		t.Errorf("sample %+v, instance %+v; want an API that answers, the status, and no recovery", s, seen)
	}
}

func TestLiveness_TellsThatTheInstanceIsGone(t *testing.T) {
	f := newFake(t)
	fails[rds.DescribeDBInstancesInput](f, apiError(codeNoInstance))
	l := livenessOn(f, nil)
	s, seen := l.RDS(context.Background(), primary)
	if s.Class != decide.ClassOK || seen == nil || seen.Exists {
		t.Errorf("sample %+v, instance %+v; want an API that answers that there is none", s, seen)
	}
	if i := l.Instance(context.Background(), replica); i == nil || i.Exists {
		t.Errorf("instance %+v, want one that does not exist", i)
	}
}

func TestLiveness_TellsNothingOfAnInstanceWhereRDSDoesNot(t *testing.T) {
	f := newFake(t)
	for name, c := range map[string]struct {
		err  error
		want decide.Class
	}{
		"throttled": {apiError("Throttling"), decide.ClassThrottled},
		"denied":    {apiError("AccessDenied"), decide.ClassDenied},
		"silent":    {silence(), decide.ClassTimeout},
	} {
		fails[rds.DescribeDBInstancesInput](f, c.err)
		l := livenessOn(f, nil)
		s, seen := l.RDS(context.Background(), primary)
		if s.Class != c.want || seen != nil || s.Detail == "" {
			t.Errorf("%s: sample %+v, instance %+v; want %s and none", name, s, seen, c.want)
		}
		if i := l.Instance(context.Background(), replica); i != nil {
			t.Errorf("%s: instance %+v, want none", name, i)
		}
	}
	shows(f, dbInstance(replica, ofSource))
	if i := livenessOn(f, nil).Instance(context.Background(), replica); i == nil || !i.Exists || !i.IsReplica {
		t.Errorf("instance %+v, want the replica", i)
	}
}

// caller answers as STS in one region.
func caller(t *testing.T, err error) *fake {
	t.Helper()
	f := newFake(t)
	on(f, func(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
		return &sts.GetCallerIdentityOutput{}, err
	})
	return f
}

func TestLiveness_OneWitnessIsEnoughAndTheOthersAreNamed(t *testing.T) {
	timeout, dns := silence(), dialError(&net.DNSError{Err: "no", IsNotFound: true})
	for name, c := range map[string]struct {
		west, central error
		want          decide.Class
		unheard       string
	}{
		"both answer":                     {nil, nil, decide.ClassOK, ""},
		"one answers":                     {timeout, nil, decide.ClassOK, "us-west-2"},
		"the other answers":               {nil, timeout, decide.ClassOK, "eu-central-1"},
		"one denies":                      {timeout, apiError("AccessDenied"), decide.ClassDenied, "us-west-2"},
		"one is not resolved":             {nil, dns, decide.ClassOK, "eu-central-1"},
		"none answers":                    {timeout, timeout, decide.ClassTimeout, ""},
		"one is silent, one not resolved": {dns, timeout, decide.ClassTimeout, ""},
		"neither is resolved":             {dns, dns, decide.ClassResolveFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := livenessOn(nil, map[string]stsAPI{"us-west-2": caller(t, c.west), "eu-central-1": caller(t, c.central)})
			s := l.Witness(context.Background())
			if s.Class != c.want || s.Unheard != c.unheard || !strings.Contains(s.Detail, c.unheard) {
				t.Errorf("sample %+v, want %s without %q", s, c.want, c.unheard)
			}
		})
	}
}

func TestStrongest_PutsSilenceBeforeWhatSaysNothing(t *testing.T) {
	silent, blind := decide.Sample{Class: decide.ClassTimeout}, decide.Sample{Class: decide.ClassResolveFailed}
	for _, all := range [][]decide.Sample{{silent, blind}, {blind, silent}} {
		if s := strongest(all, time.Now()); s.Class != decide.ClassTimeout {
			t.Errorf("of %+v got %+v, want the time-out", all, s)
		}
	}
}

func TestLiveness_WithoutWitnessesNothingIsKnown(t *testing.T) {
	l := livenessOn(nil, nil)
	l.witnesses = nil
	if s := l.Witness(context.Background()); s.Class.Outcome() != decide.Inconclusive {
		t.Errorf("sample %+v, want one that counts neither way", s)
	}
	l.witnesses = []string{"mars-1"}
	if s := l.Witness(context.Background()); s.Class.Outcome() != decide.Inconclusive || s.At.IsZero() {
		t.Errorf("sample %+v, want one that counts neither way", s)
	}
}

func TestLiveness_ALookThatWasCutShortSaysNothing(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetCallerIdentity", response{hang: true})
	l := w.adapters(t).Liveness
	if s := l.Other(within(t, 200*time.Millisecond), engine.SitePrimary); s.Class.Outcome() != decide.Inconclusive {
		t.Errorf("sample %+v of 200 ms, want one that counts neither way", s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if s := l.Other(ctx, engine.SitePrimary); s.Class.Outcome() != decide.Inconclusive {
		t.Errorf("sample %+v that its caller gave up, want one that counts neither way", s)
	}
}

func TestLiveness_AConnectionLostByGivingUpSaysNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := livenessOn(nil, nil).look(ctx, func(context.Context) error {
		cancel()
		return sendError(net.ErrClosed)
	})
	if s.Class.Outcome() != decide.Inconclusive {
		t.Errorf("sample %+v, want one that counts neither way", s)
	}
}

func TestLiveness_ALookThatHadItsTimeCounts(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetCallerIdentity", response{hang: true})
	s := w.adapters(t).Liveness.Other(within(t, 30*time.Second), engine.SitePrimary)
	if s.Class != decide.ClassTimeout || s.At.Sub(s.From) < sampleTimeout/2 {
		t.Errorf("sample %+v, want a time-out after most of %s", s, sampleTimeout)
	}
	if n := len(w.calls("GetCallerIdentity")); n != 1 {
		t.Errorf("asked %d times, want once a look", n)
	}
}

func TestLiveness_ALookThatIsThrottledIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeDBInstances", response{status: 400, body: xmlError("Throttling")})
	a := w.adapters(t)
	for range 5 {
		s, _ := a.Liveness.RDS(context.Background(), primary)
		if s.Class != decide.ClassThrottled {
			t.Fatalf("sample %+v, want throttled", s)
		}
	}
	if n := len(w.calls("DescribeDBInstances")); n != 5 {
		t.Errorf("asked %d times, want five", n)
	}
}

func TestLiveness_AStrangerWhoSpeaksTLSIsNotSilence(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	l := adaptersAt(t, func(Service, string) string { return stranger.URL }).Liveness
	if s := l.Other(context.Background(), engine.SitePrimary); s.Class != decide.ClassTLSFailed {
		t.Errorf("sample %+v, want tls-failed", s)
	}
}

func TestLiveness_TellsRefusalAndReset(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("GetCallerIdentity", response{drop: true})
	l := w.adapters(t).Liveness
	if s := l.Other(context.Background(), engine.SitePrimary); s.Class != decide.ClassUnreachable {
		t.Errorf("sample %+v, want unreachable where the connection is dropped", s)
	}
	w.Close()
	if s := l.Other(context.Background(), engine.SitePrimary); s.Class != decide.ClassRefused {
		t.Errorf("sample %+v, want refused where nobody listens", s)
	}
}

func TestLiveness_TooManyEventsAreNotGuessedAt(t *testing.T) {
	f := newFake(t)
	shows(f, dbInstance(primary))
	on(f, func(*rds.DescribeEventsInput) (*rds.DescribeEventsOutput, error) {
		return &rds.DescribeEventsOutput{Marker: aws.String("more")}, nil
	})
	if _, seen := livenessOn(f, nil).RDS(context.Background(), primary); seen != nil {
		t.Errorf("instance %+v, want none without the end of its events", seen)
	}
	if n := len(asked[rds.DescribeEventsInput](f)); n != eventPages {
		t.Errorf("read %d pages, want %d", n, eventPages)
	}
}

func TestEventWindow_OutlastsTheGrace(t *testing.T) {
	if eventWindow*time.Minute < 2*decide.RecoveryGrace {
		t.Errorf("events of %d minutes are asked for, want twice the grace of %s", eventWindow, decide.RecoveryGrace)
	}
}
