package api

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/clock"
)

// Scope says which calls a fault strikes. An empty field stands for all.
type Scope struct {
	// Region, for example "us-east-1", which is also the region of the global
	// services' control planes.
	Region string
	// Service is one of this package's constants.
	Service string
	// Operation, for example "PromoteReadReplica".
	Operation string
}

func (s Scope) covers(c *Call) bool {
	return (s.Region == "" || s.Region == c.Region) && (s.Service == "" || s.Service == c.Service.Name) &&
		(s.Operation == "" || s.Operation == c.Operation)
}

type faultKind int

const (
	slow faultKind = iota
	throttled
	broken
	failing
	blackHole
	refused
	lost
	ignored
)

// Fault is one way in which calls go wrong. Make one with the functions below.
type Fault struct {
	kind  faultKind
	delay time.Duration
	err   Error
	// from and until bound it; zero means no bound.
	from, until time.Time
	// times bounds the calls that it strikes; 0 means no bound.
	times int
}

// Slow delays calls.
func Slow(d time.Duration) Fault { return Fault{kind: slow, delay: d} }

// Throttled has the service refuse calls with its own code for too many of
// them.
func Throttled() Fault { return Fault{kind: throttled} }

// Broken has the service answer with its own code for an internal failure.
func Broken() Fault { return Fault{kind: broken} }

// Failing has calls answered with an error. The status may be 0: then it is
// that of the code.
func Failing(code, message string, status int) Fault {
	return Fault{kind: failing, err: Error{Code: code, Message: message, Status: status}}
}

// BlackHole accepts connections and requests and never answers. The calls have
// no effect.
func BlackHole() Fault { return Fault{kind: blackHole} }

// Refused resets the connection before a byte of an answer. The calls have no
// effect. A handler sees no connection before it was accepted, so a client
// sees a reset where AWS's network would refuse to connect.
func Refused() Fault { return Fault{kind: refused} }

// Lost lets calls have their effect, and never answers.
func Lost() Fault { return Fault{kind: lost} }

// Ignored answers calls as if they had had their effect on the account, and has
// none: a promotion that RDS accepts and never carries out. What a service keeps
// besides the account ([Service.State]) is changed all the same.
func Ignored() Fault { return Fault{kind: ignored} }

// Between bounds a fault in time, on the server's clock: from is included,
// until is not. A zero time is no bound.
func (f Fault) Between(from, until time.Time) Fault {
	f.from, f.until = from, until
	return f
}

// Times bounds how many calls a fault strikes.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// Faults are the faults of a server. It is safe for concurrent use.
type Faults struct {
	clock clock.Clock

	mu   sync.Mutex
	list []*planned
	// hit counts the calls that went wrong, by service.
	hit map[string]int
}

type planned struct {
	Fault
	scope Scope
	// spent counts the calls that it struck.
	spent int
}

// NewFaults makes an empty set that is scheduled by a clock; nil is the
// machine's.
func NewFaults(c clock.Clock) *Faults {
	if c == nil {
		c = clock.System{}
	}
	return &Faults{clock: c, hit: map[string]int{}}
}

// Add plans a fault; lift ends it. Of several that strike a call delays add up,
// and the one that was added first decides otherwise.
func (f *Faults) Add(s Scope, fault Fault) (lift func()) {
	p := &planned{Fault: fault, scope: s}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, p)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.list = slices.DeleteFunc(f.list, func(other *planned) bool { return other == p })
	}
}

// Clear ends all faults. Calls that hang already go on hanging.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// strike returns what befalls a call; struck is false if it is delayed at most.
func (f *Faults) strike(c *Call) (sum Fault, struck bool) {
	now := f.clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.list {
		due := !now.Before(p.from) && (p.until.IsZero() || now.Before(p.until)) && (p.times == 0 || p.spent < p.times)
		if !due || !p.scope.covers(c) || struck && p.kind != slow {
			continue
		}
		p.spent++
		delay := sum.delay + p.delay
		if p.kind != slow {
			sum, struck = p.Fault, true
		}
		sum.delay = delay
	}
	if struck {
		f.hit[c.Service.Name]++
	}
	return sum, struck
}

// Struck counts the calls that went wrong so far, by service; a call that was
// only slow did not.
func (f *Faults) Struck() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.hit)
}

// before does what keeps a call from being performed; done is false if nothing
// does.
func (f Fault) before(c *Call, w http.ResponseWriter) (done bool) {
	switch f.kind {
	case throttled:
		c.Service.Protocol.refuse(c, w, &c.Service.Throttled)
	case broken:
		c.Service.Protocol.refuse(c, w, &c.Service.Broken)
	case failing:
		c.Service.Protocol.refuse(c, w, &f.err)
	case blackHole:
		hang(c.ctx)
	case refused:
		reset(w)
	default:
		return false
	}
	return true
}

// reset closes the connection so that the client's side reports a reset.
func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok { // HTTP/2: the stream is all that can be reset
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	inner := conn
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = secure.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}
