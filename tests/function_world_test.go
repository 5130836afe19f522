package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/command"
	"github.com/pgdr/pgdr/twin/gobuild"
	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/simclock"
)

const (
	// functionScale is how many times as fast as this machine's the world's
	// clock runs.
	functionScale = 20
	// armingPatience stretches the guard's time-outs while it arms. At that
	// scale one of 3 s is 150 ms, which a busy machine does not always keep,
	// and one that is missed costs the guard ten minutes of green.
	armingPatience = 5
	// guardKey is the access key by which the account knows the guard's role.
	guardKey   = "AKIAGUARD00000000001"
	homeRegion = "eu-west-1"
	awayRegion = "us-east-1"
)

// functionWorld is an applied environment with its databases and its function,
// all on one scaled clock.
type functionWorld struct {
	t     *testing.T
	clock simclock.Clock
	cloud *sim.Cloud
	aws   *api.Server
	// url is where all of AWS's endpoints are.
	url string
	// function is what was applied.
	function sim.Resource
	guard    *lambdaruntime.Function
	log      *safeBuffer

	primary, replica *pgtest.Server
	// peering leads the guard to the primary; stream the replica.
	peering, stream *pgtest.Relay
	// roots is the file of the databases' authority, hosts where they are.
	roots, hosts string
}

// safeBuffer keeps what the function prints.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newFunctionWorld applies the development stacks with Terraform to an account
// of the test's own, and brings what was applied to life.
func newFunctionWorld(t *testing.T) *functionWorld {
	t.Helper()
	now := time.Now()
	clock, err := simclock.New(now, now, functionScale)
	require.NoError(t, err)
	w := &functionWorld{t: t, clock: clock, log: &safeBuffer{}}
	w.cloud, err = simaws.New(sim.Options{Clock: clock, Seed: 7})
	require.NoError(t, err)
	w.apply()
	w.serveAWS()
	w.startDatabases()
	w.startFunction(buildFunction(t, gobuild.Guard))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the function:\n%s", w.log)
		}
	})
	return w
}

// apply runs Terraform on both stacks.
func (w *functionWorld) apply() {
	a := newAccount(w.t)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(a.dir.Socket()), 0o750))
	var lc net.ListenConfig
	listener, err := lc.Listen(w.t.Context(), "unix", a.dir.Socket())
	require.NoError(w.t, err)
	server := &http.Server{Handler: simaws.Handler(w.cloud), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(func() { _ = server.Close() })
	dev := a.environment("dev")
	dev.run(w.t, dev.runner.Validate)
	for _, role := range []string{"primary", "replica"} {
		_, all, code := dev.terraform(w.t, role, "apply", "-auto-approve", "-no-color", "-input=false")
		require.Zero(w.t, code, all)
	}
	w.function = w.only("aws_lambda_function", homeRegion)
}

// only is the one resource of a type in a region.
func (w *functionWorld) only(typ, region string) sim.Resource {
	w.t.Helper()
	var found []sim.Resource
	for _, r := range w.cloud.Resources(typ) {
		if r.Region == region {
			found = append(found, r)
		}
	}
	require.Len(w.t, found, 1, "%s in %s", typ, region)
	return found[0]
}

// serveAWS opens the endpoints. Promotion takes two minutes: a small instance.
func (w *functionWorld) serveAWS() {
	timing := lifecycle.DefaultTiming()
	timing.Promotion, timing.Reboot, timing.Backup = 2*time.Minute, 30*time.Second, time.Minute
	timing.MultiAZ, timing.Stop = 3*time.Minute, time.Minute
	w.aws = simaws.API(w.cloud, api.Options{
		Clock: w.clock, TLS: true, Timing: timing,
		Principals: map[string]api.Principal{guardKey: {
			Role: w.function.Attrs.Str("role"), Session: w.function.Attrs.Str("function_name"), Function: w.function.ARN(),
		}},
	})
	server := httptest.NewServer(w.aws)
	w.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	w.url = server.URL
}

// startDatabases starts what the account says that there is.
func (w *functionWorld) startDatabases() {
	ca := pgtest.RunCA(w.t)
	w.roots = filepath.Join(w.t.TempDir(), "roots.pem")
	require.NoError(w.t, os.WriteFile(w.roots, ca.PEM(), 0o600))
	home, away := w.only("aws_db_instance", homeRegion), w.only("aws_db_instance", awayRegion)
	settings := map[string]string{
		"shared_preload_libraries": "pg_stat_statements,pgaudit",
		// The time-outs of RDS's channel, on the world's clock.
		"wal_receiver_timeout": "3s", "wal_sender_timeout": "3s",
	}
	options := func(name string, instance sim.Resource) pgtest.Options {
		return pgtest.Options{Name: name, CA: ca, Settings: settings, Certificate: pgtest.Certificate{Names: []string{instance.Attrs.Str("address")}}}
	}
	w.primary = pgtest.Run(w.t, options("primary", away))
	w.likeRDS(away)
	w.stream = pgtest.RunRelay(w.t, w.primary.Addr())
	w.peering = pgtest.RunRelay(w.t, w.primary.Addr())
	w.replica = pgtest.RunReplica(w.t, w.primary, options("replica", home), w.stream.Addr())
	w.hosts = strings.Join([]string{
		away.Attrs.Str("address") + "=" + w.peering.Addr().String(),
		home.Attrs.Str("address") + "=" + w.replica.Addr().String(),
	}, ",")
}

// likeRDS makes the administrator with the password of the secret, and its
// database. On RDS the administrator may create pgaudit; here only a superuser
// may.
func (w *functionWorld) likeRDS(instance sim.Resource) {
	t := w.t
	value, ok := secretsmanager.SecretValue(w.cloud, w.variables()["PGDR_PRIMARY_SECRET_ARN"])
	require.True(t, ok)
	var secret struct{ Username, Password string }
	require.NoError(t, json.Unmarshal([]byte(value), &secret))
	require.Equal(t, instance.Attrs.Str("username"), secret.Username)
	require.NoError(t, w.primary.Exec(t.Context(), fmt.Sprintf(`CREATE ROLE %s LOGIN CREATEROLE CREATEDB PASSWORD '%s'`,
		secret.Username, strings.ReplaceAll(secret.Password, "'", "''"))))
	require.NoError(t, w.primary.Exec(t.Context(), fmt.Sprintf(`CREATE DATABASE %s OWNER %s`, instance.Attrs.Str("db_name"), secret.Username)))
	conn, err := w.primary.Admin(t.Context(), instance.Attrs.Str("db_name"))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE EXTENSION pgaudit")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

// variables are those that were applied to the function.
func (w *functionWorld) variables() map[string]string {
	return w.function.Attrs.Block("environment").StringMap("variables")
}

// environment is what was applied and that by which the function finds its way
// in this world. patience stretches its time-outs.
func (w *functionWorld) environment(patience float64) map[string]string {
	variables := w.variables()
	for name, value := range map[string]string{
		"PGDR_TWIN_CLOCK": w.clock.Patient(patience).String(), "PGDR_TWIN_ROOTS": w.roots, "PGDR_TWIN_HOSTS": w.hosts,
		"AWS_ENDPOINT_URL": w.url, "AWS_ACCESS_KEY_ID": guardKey, "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": homeRegion,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		variables[name] = value
	}
	return variables
}

// startFunction puts the program behind a Runtime API.
func (w *functionWorld) startFunction(program string) {
	var err error
	w.guard, err = lambdaruntime.New(lambdaruntime.Config{
		Command: []string{program}, Variables: w.environment(armingPatience), Name: w.function.Attrs.Str("function_name"), ARN: w.function.ARN(),
		Timeout: time.Duration(w.function.Attrs.Int("timeout")) * time.Second, Clock: w.clock, Log: w.log,
	})
	require.NoError(w.t, err)
	w.t.Cleanup(w.guard.Close)
}

// buildFunction builds the function's program for this machine: as it is
// shipped, or as the twin runs it.
func buildFunction(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	require.NoError(t, gobuild.Program(t.Context(), "..", pkg, program))
	return program
}

// ask sends a command or another event and reads the answer.
func (w *functionWorld) ask(event string) command.Answer {
	w.t.Helper()
	r, err := w.guard.Invoke(w.t.Context(), []byte(event))
	require.NoError(w.t, err, event)
	require.Nil(w.t, r.Fault, event)
	var a command.Answer
	require.NoError(w.t, json.Unmarshal(r.Payload, &a), string(r.Payload))
	return a
}

func (w *functionWorld) status() command.Answer {
	w.t.Helper()
	a := w.ask(`{"action":"status"}`)
	require.NotNil(w.t, a.View)
	require.Empty(w.t, a.View.LedgerError)
	return a
}

// within waits until something holds, for so long on the world's clock.
func (w *functionWorld) within(limit time.Duration, what string, holds func(a command.Answer) bool) command.Answer {
	w.t.Helper()
	until := w.clock.Now().Add(limit)
	for {
		a := w.status()
		if holds(a) {
			return a
		}
		if w.clock.Now().After(until) {
			raw, _ := json.MarshalIndent(a, "", " ")
			require.FailNow(w.t, "not within "+limit.String()+": "+what, string(raw))
		}
		require.NoError(w.t, w.clock.Sleep(w.t.Context(), 10*time.Second))
	}
}

// pass lets time pass while a condition must hold.
func (w *functionWorld) pass(d time.Duration, holds func(a command.Answer)) {
	w.t.Helper()
	for until := w.clock.Now().Add(d); w.clock.Now().Before(until); {
		holds(w.status())
		require.NoError(w.t, w.clock.Sleep(w.t.Context(), 10*time.Second))
	}
}

// called tells how often the guard made a call that AWS accepted.
func (w *functionWorld) called(service, operation string) int {
	n := 0
	for _, c := range w.aws.Calls() {
		if c.Service == service && c.Operation == operation && c.Code == "" {
			n++
		}
	}
	return n
}
