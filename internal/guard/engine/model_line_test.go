package engine_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"github.com/pgdr/pgdr/twin/sim/api"
)

// line is a process's way to AWS: it takes the requests of the SDK to the
// simulator's wire, without a socket. Each takes its time, may not get
// through, may be refused, and may have its effect without anyone hearing of
// it.
type line struct{ p *process }

// call is what a request asks for.
type call struct{ region, service, op string }

// path is what can be cut of the way to a service.
func (c call) path() string {
	if c.service == route53 {
		return route53
	}
	return c.region + " " + c.service
}

func callOf(ctx context.Context) call {
	return call{awsmiddleware.GetRegion(ctx), awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)}
}

// Do implements [aws.HTTPClient].
func (l line) Do(req *http.Request) (*http.Response, error) {
	p, w, c := l.p, l.p.w, callOf(req.Context())
	w.tally.requests++
	p.kill(c, false)
	p.stall(c)
	p.pass(w.between(5*time.Millisecond, 120*time.Millisecond))
	if !w.up(c.path()) || req.Context().Err() != nil {
		return nil, p.silence(req.Context(), w.cutFast[c.path()])
	}
	if w.chance(w.flaky / 4) {
		w.upSince[c.path()] = w.now // To the caller the path was down.
		return nil, p.silence(req.Context(), w.chance(0.5))
	}
	answer := l.serve(c, req)
	p.kill(c, true)
	p.pass(w.between(5*time.Millisecond, 60*time.Millisecond))
	switch {
	case req.Context().Err() != nil:
		return nil, context.DeadlineExceeded
	case w.deaf[c.op] || w.chance(w.flaky/4):
		return nil, p.silence(req.Context(), w.deafFast || w.chance(0.5))
	case !w.up(c.path()):
		return nil, p.silence(req.Context(), false)
	}
	return answer, nil
}

// serve has the simulator do what is asked, or refuse it: AWS throttles and
// fails where it is overloaded.
func (l line) serve(c call, req *http.Request) *http.Response {
	w := l.p.w
	if req.Body == nil {
		req.Body = http.NoBody
	}
	if c.op == "GetItem" && w.chance(w.meddling) {
		w.meddle()
	}
	if w.faulty[c.path()] {
		defer w.aws.server.Faults().Add(api.Scope{}, api.Broken())()
	}
	if w.chance(w.flaky / 2) {
		fault := api.Throttled()
		if w.chance(0.3) {
			fault = api.Broken()
		}
		defer w.aws.server.Faults().Add(api.Scope{}, fault)()
	}
	w.checkCaller(l.p, c)
	answer := httptest.NewRecorder()
	w.aws.server.ServeHTTP(answer, req)
	if answer.Code < http.StatusMultipleChoices {
		w.took(l.p, c)
	}
	return answer.Result()
}

// silence is what a caller gets who gets no answer: it waits as long as it is
// willing to, or its connection breaks.
func (p *process) silence(ctx context.Context, fast bool) error {
	if fast {
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	if end, ok := ctx.Deadline(); ok {
		p.pass(end.Sub(p.Now()))
	}
	return context.DeadlineExceeded
}

// pass lets time pass, for all or, in a look, for this process alone.
func (p *process) pass(d time.Duration) {
	if p.looking {
		p.ahead += max(d, 0)
		return
	}
	p.pause(d)
}

// stall has the process stand still now and then, as one does that is short of
// processor time.
func (p *process) stall(c call) {
	if w := p.w; !p.looking && w.chance(w.stalls) {
		p.pause(w.between(10*time.Second, 100*time.Second))
		w.upSince[c.path()] = w.now // To the caller the path was down.
	}
}

// kill lets a test end the process at this call.
func (p *process) kill(c call, after bool) {
	if w := p.w; w.onCall != nil && p.run != nil && !p.looking && w.onCall(p, c, after) {
		panic(crashed{})
	}
}

// straight is a line on which nothing ever goes wrong, for what stands outside
// of the story.
type straight struct{ w *world }

// Do implements [aws.HTTPClient].
func (s straight) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	s.w.aws.server.ServeHTTP(answer, req)
	return answer.Result(), nil
}
