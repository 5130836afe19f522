package lambda

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/lambdaruntime"
	"github.com/pgdr/pgdr/twin/sim"
)

// deployment is what a function is made from; another one is another
// deployment.
type deployment struct {
	command   []string
	variables map[string]string
	timeout   time.Duration
	memory    int64
	// code is the hash of the archive that was applied.
	code string
}

// function is one that runs.
type function struct {
	arn, name, region string
	made              deployment
	run               sandboxes
	*journal
}

// accessKeyVariable holds the key by which AWS knows the function's role.
const accessKeyVariable = "AWS_ACCESS_KEY_ID"

// deploy brings a function up to date. The lock is held.
func (m *Manager) deploy(r sim.Resource) (*function, error) {
	if m.closed {
		return nil, ErrClosed
	}
	arn := r.ARN()
	command, extra, err := m.o.Program(r)
	if err != nil {
		return nil, fmt.Errorf("function %s: find its program: %w", arn, err)
	}
	d := deployment{
		command: command, variables: r.Attrs.Block("environment").StringMap("variables"),
		timeout: time.Duration(r.Attrs.Int("timeout")) * time.Second, memory: int64(r.Attrs.Int("memory_size")) << 20, code: r.Attrs.Str("code_sha256"),
	}
	if d.variables == nil {
		d.variables = map[string]string{}
	}
	maps.Copy(d.variables, extra)
	f := m.byARN[arn]
	if f != nil && reflect.DeepEqual(f.made, d) {
		return f, nil
	}
	if m.journals[arn] == nil {
		m.journals[arn] = &journal{clock: m.o.Clock}
	}
	cfg := lambdaruntime.Config{
		Command: d.command, Variables: d.variables, Name: r.Attrs.Str("function_name"), ARN: arn,
		Timeout: d.timeout, Memory: d.memory, Clock: m.o.Clock, Log: m.journals[arn],
	}
	if f != nil {
		if err := f.run.Redeploy(cfg); err != nil {
			return nil, fmt.Errorf("deploy function %s: %w", arn, err)
		}
		// A copy: invocations under way go on with what they began with.
		f = &function{arn: arn, name: f.name, region: f.region, made: d, run: f.run, journal: f.journal}
	} else {
		run, err := m.start(cfg)
		if err != nil {
			return nil, fmt.Errorf("deploy function %s: %w", arn, err)
		}
		f = &function{arn: arn, name: cfg.Name, region: r.Region, made: d, run: run, journal: m.journals[arn]}
	}
	m.byARN[arn] = f
	return f, nil
}

// nameOf is the name of a function; ref is its name, partial ARN or ARN.
func nameOf(ref string) string {
	if arn, ok := sim.ParseARN(ref); ok {
		ref = strings.TrimPrefix(arn.Resource, "function:")
	}
	name, _, _ := strings.Cut(ref, ":")
	return name
}

// Unsupported names what is configured of the account's functions and is not
// simulated; nil if nothing is. The error wraps ErrUnsupported.
func (m *Manager) Unsupported() error {
	var faults []error
	fault := func(r *sim.Resource, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s %s in %s: %s: %w", r.Type, r.ID, r.Region, fmt.Sprintf(format, args...), ErrUnsupported))
	}
	_ = m.o.Cloud.View(func(tx *sim.Tx) error {
		for _, r := range tx.List(Type, "") {
			if target := r.Attrs.Block("dead_letter_config").Str("target_arn"); target != "" {
				fault(r, "dead_letter_config: found %s, want none", target)
			}
			if n := r.Attrs.Int("reserved_concurrent_executions"); n != unreserved {
				fault(r, "reserved_concurrent_executions: found %d, want %d", n, unreserved)
			}
		}
		for _, r := range tx.List(typeInvokeConfig, "") {
			to := r.Attrs.Block("destination_config")
			if d := to.Block("on_success").Str("destination"); d != "" {
				fault(r, "on_success: found %s, want none", d)
			}
			if d := to.Block("on_failure").Str("destination"); d != "" && !isTopic(d) {
				fault(r, "on_failure: found %s, want a topic", d)
			}
			if q := r.Attrs.Str("qualifier"); q != "" {
				fault(r, "qualifier: found %q, want none", q)
			}
		}
		return nil
	})
	return errors.Join(faults...)
}

// unreserved is the concurrency of a function that has none reserved.
const unreserved = -1

func isTopic(text string) bool {
	arn, ok := sim.ParseARN(text)
	return ok && arn.Service == "sns"
}
