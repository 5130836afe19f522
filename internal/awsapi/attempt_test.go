package awsapi

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

const promotedXML = `<PromoteReadReplicaResponse><PromoteReadReplicaResult><DBInstance/></PromoteReadReplicaResult></PromoteReadReplicaResponse>`

// within bounds a call as the engine does.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestAttempt_NeverSendsAgainWhatMayHaveHadItsEffect(t *testing.T) {
	t.Parallel()
	refused := response{status: 400, body: xmlError(codeInvalidState)}
	for name, c := range map[string]struct {
		first response
		want  error
	}{
		"no answer":          {response{hang: true}, engine.ErrSilent},
		"a dropped answer":   {response{drop: true}, engine.ErrSilent},
		"half an answer":     {response{header: map[string]string{"Content-Length": "500"}, body: promotedXML[:40]}, engine.ErrSilent},
		"a broken service":   {response{status: 500, body: xmlError("InternalFailure")}, engine.ErrServerFault},
		"an unavailable one": {response{status: 503}, engine.ErrServerFault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			w.answer("PromoteReadReplica", c.first, refused)
			bound := 5 * time.Second // Time enough for another try.
			if c.first.hang {
				bound = 3 * time.Second
			}
			err := w.adapters(t).Promoter.Promote(within(t, bound), replica)
			if err == nil || !errors.Is(Classify(err), c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if errors.Is(err, engine.ErrBusy) {
				t.Errorf("got %v: a second try hides what became of the first", err)
			}
			if n := len(w.calls("PromoteReadReplica")); n != 1 {
				t.Errorf("sent %d times, want once", n)
			}
		})
	}
}

func TestAttempt_SendsAgainWhatWasThrottled(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("PromoteReadReplica", response{status: 400, body: xmlError("Throttling")}, response{body: promotedXML})
	if err := w.adapters(t).Promoter.Promote(within(t, 20*time.Second), replica); err != nil {
		t.Fatalf("promote: %v", err)
	}
	if n := len(w.calls("PromoteReadReplica")); n != 2 {
		t.Errorf("sent %d times, want twice: throttled has no effect", n)
	}
}

func TestAttempt_GivesUpAfterAFewThrottles(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeDBInstances", response{status: 400, body: xmlError("Throttling")})
	_, err := w.adapters(t).Promoter.Inspect(within(t, 20*time.Second), replica)
	if !errors.Is(err, engine.ErrThrottled) {
		t.Errorf("got %v, want ErrThrottled", err)
	}
	if n := len(w.calls("DescribeDBInstances")); n != maxAttempts {
		t.Errorf("sent %d times, want %d", n, maxAttempts)
	}
}

func TestAttempt_ThrottledUntilTheTimeIsUpIsNotSilence(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeNetworkAcls", response{status: 503, body: `<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>`})
	f := w.adapters(t).Fencer
	for i := range 4 {
		_, err := f.Fenced(within(t, 1200*time.Millisecond), primary) // each try gets 200 ms or more
		if !errors.Is(err, engine.ErrThrottled) || errors.Is(err, engine.ErrSilent) {
			t.Fatalf("call %d: got %v, want ErrThrottled", i, err)
		}
	}
}

func TestAttempt_AContextThatHasEndedIsNotSilence(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := w.adapters(t).Promoter.Promote(ctx, replica)
	if !errors.Is(err, engine.ErrThrottled) || errors.Is(err, engine.ErrSilent) {
		t.Errorf("got %v, want ErrThrottled: nothing was sent", err)
	}
	if n := len(w.calls("PromoteReadReplica")); n != 0 {
		t.Errorf("sent %d times, want never", n)
	}
}

func TestAttempt_ReadsAgainWhereNobodyAnswered(t *testing.T) {
	t.Parallel()
	found := response{body: instanceXML(replica, "available", "x")}
	for name, first := range map[string]response{
		"no answer":        {hang: true},
		"a dropped answer": {drop: true},
		"a broken service": {status: 500, body: xmlError("InternalFailure")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			w.answer("DescribeDBInstances", first, found)
			i, err := w.adapters(t).Promoter.Inspect(within(t, 4*time.Second), replica)
			if err != nil || !i.IsReplica {
				t.Errorf("got %+v, %v; want the second answer", i, err)
			}
		})
	}
}

func TestAttempt_ARefusalDoesNotHideAnEarlierTryWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("DescribeNetworkAcls", response{body: `<DescribeNetworkAclsResponse><networkAclSet><item><entrySet/></item></networkAclSet></DescribeNetworkAclsResponse>`})
	w.answer("CreateNetworkAclEntry", response{drop: true},
		response{status: 403, body: `<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>`})
	err := w.adapters(t).Fencer.Fence(within(t, 10*time.Second), primary)
	if !errors.Is(err, engine.ErrSilent) || errors.Is(err, engine.ErrDenied) {
		t.Errorf("got %v, want ErrSilent: the first try may have set the rule", err)
	}
	if n := len(w.calls("CreateNetworkAclEntry")); n != 2 {
		t.Errorf("sent %d times, want twice: the rule may be set twice", n)
	}
}

func TestAttempt_ARuleThatAnEarlierTrySetIsFound(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	none := `<DescribeNetworkAclsResponse><networkAclSet><item><entrySet/></item></networkAclSet></DescribeNetworkAclsResponse>`
	first := `<DescribeNetworkAclsResponse><networkAclSet><item><entrySet><item><ruleNumber>10</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction>` +
		`<egress>false</egress><cidrBlock>10.1.3.0/24</cidrBlock><portRange><from>5432</from><to>5432</to></portRange></item></entrySet></item></networkAclSet></DescribeNetworkAclsResponse>`
	w.answer("DescribeNetworkAcls", response{body: none}, response{body: first})
	w.answer("CreateNetworkAclEntry", response{drop: true},
		response{status: 400, body: `<Response><Errors><Error><Code>NetworkAclEntryAlreadyExists</Code></Error></Errors></Response>`},
		response{body: `<CreateNetworkAclEntryResponse><return>true</return></CreateNetworkAclEntryResponse>`})
	if err := w.adapters(t).Fencer.Fence(within(t, 10*time.Second), primary); err != nil {
		t.Errorf("got %v, want success: the rule found is ours", err)
	}
}

func TestAttempt_NobodyListensIsSilence(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	url := w.URL
	w.Close()
	a := adaptersAt(t, func(Service, string) string { return url })
	if err := a.Promoter.Promote(within(t, 10*time.Second), replica); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("promote: got %v, want ErrSilent", err)
	}
	if _, err := a.Ledger.Read(within(t, 10*time.Second)); !errors.Is(err, engine.ErrSilent) {
		t.Errorf("read: got %v, want ErrSilent", err)
	}
}

func TestAttempt_LeavesTimeToHearHowACallEnded(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.answer("PromoteReadReplica", response{hang: true})
	ctx := within(t, 3*time.Second)
	err := w.adapters(t).Promoter.Promote(ctx, replica)
	if ctx.Err() != nil || !errors.Is(err, engine.ErrSilent) {
		t.Errorf("got %v with the context at %v, want ErrSilent before the context's end", err, ctx.Err())
	}
}

func TestAttemptBound_IsLessThanWhatIsLeft(t *testing.T) {
	b := attemptBound{clock.System{}}
	for _, c := range []struct {
		name     string
		what     effect
		left     time.Duration
		single   bool
		min, max time.Duration
	}{
		{"a read may be tried again", reading, 8 * time.Second, false, 3 * time.Second, 3 * time.Second},
		{"a read with little left", reading, 2 * time.Second, false, 900 * time.Millisecond, time.Second},
		{"a single look takes nearly all", reading, 3 * time.Second, true, 2500 * time.Millisecond, 2700 * time.Millisecond},
		{"what is sent once takes nearly all", once, 8 * time.Second, false, 6900 * time.Millisecond, 7100 * time.Millisecond},
		{"what is sent once without a bound", once, 0, false, onceTimeout, onceTimeout},
		{"a read without a bound", reading, 0, false, attemptTimeout, attemptTimeout},
	} {
		ctx := context.Background()
		if c.left > 0 {
			ctx = within(t, c.left)
		}
		if c.single {
			ctx = withSingleTry(ctx)
		}
		if got := b.limit(ctx, c.what); got < c.min || got > c.max {
			t.Errorf("%s: %s, want %s to %s", c.name, got, c.min, c.max)
		}
	}
}

func TestEffects_WhatChangesAnythingAndIsNotListedIsSentOnce(t *testing.T) {
	for _, op := range []string{"PromoteReadReplica", "ModifyDBInstance", "StopDBInstance", "StopReplicationToReplica", "PutItem", "SomethingNew"} {
		if effects[op] != once {
			t.Errorf("%s may be sent again, want once", op)
		}
	}
}

// recordingClient answers everything with 403 and notes where it went.
type recordingClient struct{ hosts []string }

func (c *recordingClient) Do(r *http.Request) (*http.Response, error) {
	c.hosts = append(c.hosts, r.URL.Host+" "+parse(r, nil).region)
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}
