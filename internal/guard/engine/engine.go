package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// Measures of the engine. They follow from how AWS and the schedule behave, so
// they are no settings.
const (
	// sampleEvery is the pause between two looks while an invocation runs.
	sampleEvery = 5 * time.Second
	// reserve is the time kept at the end of an invocation to write down what
	// was done.
	reserve = 10 * time.Second
	// leaseTerm is how long a killed invocation keeps others out at most: less
	// than the schedule's period, and several times the longest call.
	leaseTerm = 45 * time.Second
	// standByEvery is the pause between two tries to take a lease that another
	// holds. What another leaves unwatched is at most that.
	standByEvery = 2 * time.Second
	// leaseMargin is how long before its lease ends a process stops acting.
	leaseMargin = 2 * time.Second
	// callTimeout bounds each call; it must leave room for others in a lease.
	callTimeout = 8 * time.Second
	// inspectTimeout bounds a call that only reads.
	inspectTimeout = 4 * time.Second
	// preflightFresh is how old a look at the replica may be when the primary
	// is fenced for it.
	preflightFresh = 10 * time.Second
	// fencePatience is how long fencing must be tried without any answer
	// before it is left pending, where the region is not silent altogether.
	fencePatience = 30 * time.Second
	// faultPatience is how long AWS must have answered to fencing with faults of
	// its own before the fence is owed, where the policy says so.
	faultPatience = 2 * time.Minute
	// fenceGlance is how long fencing is tried in a region that is silent: it is
	// left pending there anyway, and tried at each tick.
	fenceGlance = 3 * time.Second
	// owedFresh is how old the silence may be that a promotion without a fence
	// rests on.
	owedFresh = 10 * time.Second
	// confirmPatience is how long a fence may take to show before it is set
	// again. Network ACL changes apply after a short delay:
	// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
	confirmPatience = 20 * time.Second
	// resendAfter is how long RDS may report an unchanged replica before the
	// promotion is asked for again. It still says "available" just after.
	resendAfter = 3 * time.Minute
	// provePatience is how long PostgreSQL may not be asked after RDS reported
	// the promotion done, before operators are notified.
	provePatience = 10 * time.Minute
	// abandonAfter is how long after the last sending an abandoned promotion is
	// given to show after all. RDS takes "several minutes or longer":
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
	abandonAfter = 15 * time.Minute
	// dnsSettles is how long after the metric was turned back DNS may lead to the
	// replica still: the alarm looks once a minute, and the health check after it.
	dnsSettles = 2 * time.Minute
	// debtEvery is the pause after the first try to pay a debt. It grows to
	// debtSlowest times that, one try a tick: a dark region must not hold up
	// what can be done here.
	debtEvery   = 20 * time.Second
	debtSlowest = 3
	// auditEvery is the pause between two looks at whether what a failover left
	// behind is still so. RDS starts a stopped instance after seven days; by then
	// nothing but the fence keeps it from taking writes:
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
	auditEvery = 10 * time.Minute
	// alarmEvery is the pause between two readings of the alarm that flips DNS.
	alarmEvery = time.Minute
	// alarmPatience is how long that alarm may say another thing than the ledger
	// before operators are notified: it follows its metric within two minutes.
	alarmPatience = 5 * time.Minute
	// publishEvery is the pause between two sets of metrics: twice a period.
	publishEvery = 30 * time.Second
	// calmCooldown is the cooldown at most after a failover that was given up
	// before anything was changed: what silenced the primary for a moment may
	// be the beginning of its loss.
	calmCooldown = 5 * time.Minute
	// orderTerm is how long an operator's failover may wait.
	orderTerm = 10 * time.Minute
	// commitTries is how often a ledger write is tried in one go.
	commitTries = 4
	// outboxMax bounds the notices that wait for delivery.
	outboxMax = 8
)

// Topology are the two members by site and identifier, as deployed.
type Topology struct {
	Primary Member
	Replica Member
}

// Config of an Engine.
type Config struct {
	Policy   decide.Policy
	Topology Topology
	// Environment names the deployment in notices, for example "prod".
	Environment string
	// Owner is unique to this process, for the lease.
	Owner string
	// Invocation names the invocation that a context belongs to: a process is
	// kept warm for many, and none may act on the lease of another. nil means
	// that a process has one alone.
	Invocation func(ctx context.Context) string
	// Watch is how long one invocation looks when nothing is wrong: a little
	// more than the schedule's period, so that the next one stands by for it.
	Watch time.Duration
	// Log gets one line a step; nil means none.
	Log *slog.Logger
}

// Engine observes, decides and acts. One Tick at a time.
type Engine struct {
	cfg   Config
	ports Ports
	log   *slog.Logger
	// decide is decide.Decide, and steps is what is done at each step. This
	// package's tests replace them and the ports, to prove that a safeguard
	// would be missed; nothing here reads a value that skips one.
	decide func(decide.Policy, decide.Observation, time.Time) decide.Decision
	steps  map[Step]stepFunc

	mu sync.Mutex
	// recent is what this process last knew, for when the ledger is gone.
	recent State
}

// New makes an Engine, or says which of its parts is missing.
func New(cfg Config, ports Ports) (*Engine, error) {
	var faults []error
	missing := func(bad bool, field string) {
		if bad {
			faults = append(faults, fmt.Errorf("%s: missing", field))
		}
	}
	if err := cfg.Policy.Validate(); err != nil {
		faults = append(faults, fmt.Errorf("policy: %w", err))
	}
	missing(cfg.Owner == "", "owner")
	missing(cfg.Watch <= 0, "watch")
	missing(cfg.Topology.Primary.Identifier == "", "topology.primary.identifier")
	missing(cfg.Topology.Replica.Identifier == "", "topology.replica.identifier")
	missing(ports.Clock == nil, "ports.clock")
	missing(ports.Ledger == nil, "ports.ledger")
	missing(ports.Observer == nil, "ports.observer")
	missing(ports.Promoter == nil, "ports.promoter")
	missing(ports.Prover == nil, "ports.prover")
	missing(ports.Fencer == nil, "ports.fencer")
	missing(ports.Switcher == nil, "ports.switcher")
	missing(ports.Posture == nil, "ports.posture")
	missing(ports.Metrics == nil, "ports.metrics")
	missing(ports.Notifier == nil, "ports.notifier")
	missing(ports.Activity == nil, "ports.activity")
	if len(faults) > 0 {
		return nil, fmt.Errorf("engine: %w", errors.Join(faults...))
	}
	cfg.Topology.Primary.Site, cfg.Topology.Replica.Site = SitePrimary, SiteReplica
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Engine{cfg: cfg, ports: ports, log: log, decide: decide.Decide, steps: steps()}, nil
}

// Report is what one invocation saw and did.
type Report struct {
	Trigger  string          `json:"trigger"`
	Rounds   int             `json:"rounds"`
	Decision decide.Decision `json:"decision"`
	// Failover that was under way at some time of the invocation.
	Failover string `json:"failover,omitempty"`
	// Steps that were completed.
	Steps []Step `json:"steps,omitempty"`
	// Refusal that ended the invocation, or holds the failover up.
	Refusal *refusal.Refusal `json:"refusal,omitempty"`
	// Owed lists the pending work.
	Owed []DebtKind `json:"owed,omitempty"`
}

// ScheduleTick is the trigger of the schedule. Only such an invocation stands by
// when another holds the lease: alarms come in swarms, and accounts may have no
// more than ten concurrent executions.
const ScheduleTick = "tick"

// Tick looks, decides and acts until there is nothing left to do or the time
// is up. The trigger only says why it was called: whatever it was, the guard
// acts on what it sees.
func (e *Engine) Tick(ctx context.Context, trigger string) Report {
	s := &session{e: e, owner: e.owner(ctx), started: e.ports.Clock.Now(), report: Report{Trigger: trigger}}
	for {
		if stop := s.round(ctx); stop || s.timeUp(ctx) {
			break
		}
		if err := e.ports.Clock.Sleep(ctx, sampleEvery); err != nil {
			break
		}
	}
	s.release(ctx)
	e.remember(s.st)
	return s.finishReport()
}

// owner is whom the lease of an invocation belongs to.
func (e *Engine) owner(ctx context.Context) string {
	if e.cfg.Invocation == nil {
		return e.cfg.Owner
	}
	return e.cfg.Owner + "/" + e.cfg.Invocation(ctx)
}

// timeUp ends an invocation: when the pause before the next look would use up
// what is kept for the end, or when it has watched long enough and no failover
// is under way.
func (s *session) timeUp(ctx context.Context) bool {
	if end, ok := ctx.Deadline(); ok && end.Sub(s.e.ports.Clock.Now()) <= sampleEvery+reserve {
		return true
	}
	return s.e.ports.Clock.Now().Sub(s.started) >= s.e.cfg.Watch && s.st.Failover == nil
}

// ending: what is left of the invocation is for writing down what was done.
func (s *session) ending(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && end.Sub(s.e.ports.Clock.Now()) <= reserve
}

func (s *session) finishReport() Report {
	for _, k := range debtOrder {
		if _, owed := s.st.Debts[k]; owed {
			s.report.Owed = append(s.report.Owed, k)
		}
	}
	if f := s.st.Failover; f != nil && s.report.Refusal == nil {
		s.report.Refusal = f.Standing
	}
	return s.report
}

// remember keeps what was seen, for an invocation of this process that finds
// no ledger.
func (e *Engine) remember(s State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recent = s.Clone()
}

func (e *Engine) recall() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.recent.Clone()
}
