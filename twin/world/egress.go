package world

import (
	"net/http"
	"sync"
	"time"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/vpc"
)

// egress is a function's way to AWS's endpoints: a call gets there only if the
// network that was applied leads there. One that does not is never answered.
type egress struct {
	cloud *sim.Cloud
	arn   string
	aws   http.Handler

	mu   sync.Mutex
	seen map[string]verdict
}

// verdict is kept for a moment: every call asks.
type verdict struct {
	vpc.Verdict
	until time.Time
}

// verdictFor is how long a look at the network counts, in the machine's time.
const verdictFor = 20 * time.Millisecond

// ServeHTTP implements [http.Handler].
func (e *egress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	region, service, ok := api.Addressed(r.Header)
	if ok && !e.admits(region, service) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	e.aws.ServeHTTP(w, r)
}

func (e *egress) admits(region, service string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	key, now := region+"/"+service, time.Now()
	if v, ok := e.seen[key]; ok && now.Before(v.until) {
		return v.Allowed
	}
	v := verdict{until: now.Add(verdictFor)}
	// The function cannot fail, so neither can View.
	_ = e.cloud.View(func(tx *sim.Tx) error {
		v.Verdict = e.look(tx, region, service)
		return nil
	})
	e.seen[key] = v
	return v.Allowed
}

// look allows what every interface of the function may do: which one an
// invocation uses is AWS's choice.
func (e *egress) look(tx *sim.Tx, region, service string) vpc.Verdict {
	fn := tx.Find("aws_lambda_function", "", func(a sim.Attrs) bool { return a.Str("arn") == e.arn })
	if fn == nil {
		return vpc.Verdict{Because: "the function is gone"}
	}
	if fn.Attrs.Block("vpc_config") == nil {
		return vpc.Verdict{Allowed: true, Because: "the function is in no VPC"}
	}
	networks := vpc.Read(tx)
	interfaces, err := networks.OfFunction(fn)
	if err != nil {
		return vpc.Verdict{Because: err.Error()}
	}
	last := vpc.Verdict{Because: "the function has no interface"}
	for _, i := range interfaces {
		if last = networks.Service(i, region, service); !last.Allowed {
			return last
		}
	}
	return last
}
