package world

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sns"
	"github.com/pgdr/pgdr/twin/vpc"
)

// lambdas are how functions find their way in this world: AWS's endpoints over
// the network that was applied, the databases by their host names.
type lambdas struct {
	w *World
	// twice: SNS delivers everything twice.
	twice atomic.Bool

	mu sync.Mutex
	// ways by a function's ARN.
	ways map[string]string
}

func newLambdas(w *World) *lambdas { return &lambdas{w: w, ways: map[string]string{}} }

// program tells how a function is run.
func (l *lambdas) program(fn sim.Resource) (command []string, extra map[string]string, err error) {
	url, err := l.endpoint(fn.ARN())
	if err != nil {
		return nil, nil, err
	}
	hosts, err := l.hosts(fn)
	if err != nil {
		return nil, nil, err
	}
	key := accessKey(fn.ARN())
	l.w.AWS.Admit(key, api.Principal{Role: fn.Attrs.Str("role"), Session: fn.Attrs.Str("function_name"), Function: fn.ARN()})
	return []string{l.w.o.Function}, map[string]string{
		"PGDR_TWIN_CLOCK": l.w.Clock.Patient(l.w.o.Patience).String(), "PGDR_TWIN_ROOTS": l.w.roots, "PGDR_TWIN_HOSTS": hosts,
		"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": fn.Region,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}, nil
}

// accessKey is what a function signs with: its own, and always the same.
func accessKey(arn string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(arn)) // a hash takes everything
	return fmt.Sprintf("AKIA%016X", h.Sum64())
}

// endpoint is where a function finds AWS: a listener of its own, so that it is
// known whose calls come in.
func (l *lambdas) endpoint(arn string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if url := l.ways[arn]; url != "" {
		return url, nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for a function: %w", err)
	}
	server := &http.Server{
		Handler:           &egress{cloud: l.w.Cloud, arn: arn, aws: l.w.AWS, seen: map[string]verdict{}},
		ReadHeaderTimeout: time.Minute,
	}
	go func() { _ = server.Serve(listener) }() // ends with Close
	l.w.closes(server.Close)
	l.ways[arn] = "http://" + listener.Addr().String()
	return l.ways[arn], nil
}

// hosts are the databases that a function's variables name, and where it finds
// them.
func (l *lambdas) hosts(fn sim.Resource) (string, error) {
	from := network.Vantage{ID: "function " + fn.Attrs.Str("function_name"), Place: func(tx *sim.Tx) (vpc.Interface, error) {
		return ofFunction(tx, fn.ARN())
	}}
	var all []string
	variables := fn.Attrs.Block("environment").StringMap("variables")
	for _, name := range []string{contract.VarPrimaryEndpoint, contract.VarReplicaEndpoint} {
		host := variables[name]
		if host == "" {
			continue
		}
		at, err := l.w.Network.Addr(from, host)
		if err != nil {
			return "", err
		}
		all = append(all, host+"="+at.String())
	}
	return strings.Join(all, ","), nil
}

// errNoFunction: the function that connects is gone.
var errNoFunction = errors.New("the function is gone")

// ofFunction is the first interface of a function.
func ofFunction(tx *sim.Tx, arn string) (vpc.Interface, error) {
	fn := tx.FindBy("aws_lambda_function", "", "arn", arn)
	if fn == nil {
		return vpc.Interface{}, errNoFunction
	}
	all, err := vpc.Read(tx).OfFunction(fn)
	if err != nil {
		return vpc.Interface{}, err
	}
	return all[0], nil
}

// again is how many duplicates follow a delivery.
func (l *lambdas) again(sns.Delivery) int {
	if l.twice.Load() {
		return 1
	}
	return 0
}

// Duplicate has SNS deliver everything twice, or once again.
func (w *World) Duplicate(on bool) { w.lambdas.twice.Store(on) }

// Invoke sends a function an event and returns its answer.
func (w *World) Invoke(ctx context.Context, arn string, event []byte) ([]byte, error) {
	a, err := w.Functions.Invoke(ctx, arn, event)
	if err == nil && a.Fault != nil {
		err = fmt.Errorf("the function failed: %s: %s", a.Fault.Type, a.Fault.Message)
	}
	return a.Payload, err
}

// KillGuard ends what runs of a function, in the midst of it.
func (w *World) KillGuard(arn string) error { return w.Functions.Kill(arn) }
