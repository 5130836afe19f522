package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/pgdr/pgdr/internal/awsapi"
	"github.com/pgdr/pgdr/internal/guard/engine"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// world is the truth that the engine can only guess at: an AWS account, two
// PostgreSQL servers, and the ways to them, which can be cut. Chance decides
// everything in it by its seed.
type world struct {
	rng  *rand.Rand
	seed uint64
	now  time.Time
	end  time.Time
	// violation that was found first; the run stops there.
	violation string
	// early: DNS turns once RDS has accepted the promotion.
	early bool
	// alter is done to every process.
	alter setup

	aws *account
	pg  postgres
	// ops changes the ledger for operators.
	ops *awsapi.Adapters

	cut      map[string]bool // regions, services and ways that do not answer
	cutFast  map[string]bool // those of them that break at once instead of keeping still
	deaf     map[string]bool // operations whose answers are lost
	faulty   map[string]bool // ways whose service answers with faults of its own
	deafFast bool            // they break at once
	denied   map[string]bool // what IAM refuses
	swallow  int             // promotions that RDS accepts and forgets
	muteRDS  time.Duration   // how long RDS falls silent after a promotion
	flaky    float64         // chance that a request is lost or throttled
	skewed   bool
	crashes  float64 // chance of a crash at each turn
	stalls   float64 // chance that a process stands still for a while before it sends a request
	meddling float64 // chance that an operator pauses or resumes the guard before it reads the ledger
	healed   bool
	quick    bool // what is cut breaks at once

	events    []event
	running   []*invocation
	idle      []*process
	processes int
	onCall    func(p *process, c call, after bool) bool
	notices   []api.Message
	tally     tally

	seen
	record
}

var modelEpoch = engine.ModelEpoch

// The ways that can be cut. Those to AWS are a region, or a service in it.
const (
	peering     = "peering"
	replication = "replication"
	replicaSQL  = "replica's SQL"
	route53     = "Route 53"
	east        = "us-east-1"
	west        = "eu-west-1"
	eastRDS     = east + " RDS"
	eastEC2     = east + " EC2"
	westRDS     = west + " RDS"
	dynamodb    = west + " DynamoDB"
	cloudwatch  = west + " CloudWatch"
	sns         = west + " SNS"
	secrets     = west + " Secrets Manager"
)

// newWorld is one in which the stacks have just been deployed.
func newWorld(seed uint64) *world { return begin(seed, deployed(), nil) }

// armedWorld is one in which the guard has armed itself and is at rest.
func armedWorld(seed uint64, change ...func(*lifecycle.Timing)) *world {
	w := begin(seed, armed(), change)
	w.ledger = w.aws.ledger()
	w.longestRun = engine.ModelPolicy().Arming
	return w
}

// armed is the deployment after some minutes in which all was well.
var armed = sync.OnceValue(func() deployment {
	w := newWorld(1)
	w.now, w.end = modelEpoch.Add(-3*time.Minute), modelEpoch
	w.pg.receivedAt = w.now
	for at := w.now; at.Before(w.end); at = at.Add(time.Minute) {
		// Each is over before the next, and the last before the world is forked.
		w.at(at, func(w *world) { w.invoke(59 * time.Second) })
	}
	w.run()
	if w.ledger.Arming.ArmedFor != primaryID() || w.ledger.Lease.Owner != "" {
		panic(fmt.Sprintf("the guard has not armed itself: %+v", w.ledger.Arming))
	}
	return w.aws.deployment
})

func begin(seed uint64, from deployment, change []func(*lifecycle.Timing)) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 7)), seed: seed, now: modelEpoch,
		cut: map[string]bool{}, cutFast: map[string]bool{}, deaf: map[string]bool{}, faulty: map[string]bool{}, denied: map[string]bool{}, deafFast: true,
		pg: postgres{alive: true, lsn: uint64(modelEpoch.Unix()), receivedAt: modelEpoch},
	}
	w.upSince = map[string]time.Time{}
	w.lag = w.between(0, 12*time.Second)
	timing := w.timing()
	for _, do := range change {
		do(&timing)
	}
	w.aws = newAccount(from, worldClock{w}, api.Options{
		Timing: timing, Propagation: w.between(time.Second, time.Minute), Staleness: api.Staleness{EC2: w.lag},
		OnPublish: func(m api.Message) { w.notices = append(w.notices, m) },
	})
	w.ops = must(awsapi.New(context.Background(), w.aws.config, awsapi.Options{
		Clock: worldClock{w}, HTTPClient: straight{w}, Credentials: known,
		Endpoint: func(awsapi.Service, string) string { return "https://aws.model" },
	}))
	w.refresh()
	return w
}

// timing is what RDS takes.
func (w *world) timing() lifecycle.Timing {
	noticed := w.between(time.Second, 20*time.Second)
	return lifecycle.Timing{
		Noticed: noticed, Promotion: noticed + w.between(20*time.Second, 4*time.Minute), Reboot: 10 * time.Second,
		Backup: w.between(10*time.Second, time.Minute), Modify: 20 * time.Second, MultiAZ: w.between(30*time.Second, 2*time.Minute),
		Stop: 30 * time.Second, Start: time.Minute, Failover: w.between(100*time.Second, 150*time.Second),
	}
}

// worldClock is the true time; its waits return at once.
type worldClock struct{ w *world }

func (c worldClock) Now() time.Time                           { return c.w.now }
func (worldClock) Sleep(context.Context, time.Duration) error { return nil }
func (worldClock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}

func (w *world) fail(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf("at +%s: ", w.now.Sub(modelEpoch).Truncate(100*time.Millisecond)) + fmt.Sprintf(format, args...)
	}
}

func (w *world) setCut(way string, cut bool) {
	if w.cut[way] && !cut {
		w.upSince[way] = w.now
	}
	w.cut[way] = cut
}

// up tells whether a way answers, its region included.
func (w *world) up(way string) bool { return !w.cut[way] && !w.cut[regionOf(way)] }

// upFor tells whether a way has answered for at least d.
func (w *world) upFor(way string, d time.Duration) bool {
	return w.up(way) && w.now.Sub(w.upSince[way]) >= d && w.now.Sub(w.upSince[regionOf(way)]) >= d
}

func regionOf(way string) string {
	region, _, _ := strings.Cut(way, " ")
	return region
}

// deny and grant change what IAM permits.
func (w *world) deny(what string) {
	w.denied[what] = true
	w.aws.deny(what, actions[what])
}

func (w *world) grant(what string) {
	delete(w.denied, what)
	w.aws.grant(what)
}

var actions = map[string]string{
	"fence": "ec2:CreateNetworkAclEntry", "unfence": "ec2:DeleteNetworkAclEntry", "promote": "rds:PromoteReadReplica",
	"weights": "route53:ChangeResourceRecordSets", "metrics": "cloudwatch:PutMetricData",
}

// operator changes the ledger as drctl does, at once.
func (w *world) operator(change func(*engine.State)) {
	ctx := context.Background()
	s := must(w.ops.Ledger.Read(ctx))
	change(&s)
	if err := w.ops.Ledger.Write(ctx, s); err != nil {
		panic(err)
	}
	w.ledger = w.aws.ledger()
}

func (w *world) between(a, b time.Duration) time.Duration {
	if b <= a {
		return a
	}
	return a + time.Duration(w.rng.Int64N(int64(b-a)))
}

func (w *world) chance(p float64) bool { return p > 0 && w.rng.Float64() < p }
