package dns

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// Errors of Targets.
var (
	// ErrNoResolver: the VPC has no resolver.
	ErrNoResolver = errors.New("the VPC has no resolver (enable_dns_support)")
	// ErrNoName: nothing answers for the name there.
	ErrNoName = errors.New("the name does not resolve")
	// ErrUnsupported: the records are of a kind that is not simulated.
	ErrUnsupported = errors.New("not simulated")
)

// Targets are the hosts or addresses that a name may lead to in a VPC, sorted,
// by the account as it is, with every change in force, while health checks are
// as told. The error wraps [ErrNoResolver], [ErrNoName] or [ErrUnsupported].
func Targets(tx *sim.Tx, vpc, name string, healthy func(check string) bool) ([]string, error) {
	v := look(tx, vpc)
	v.zones = readZones(tx)
	if !v.resolves {
		return nil, fmt.Errorf("resolve %s in VPC %s: %w", name, vpc, ErrNoResolver)
	}
	out, err := v.targets(plain(name), healthy, 0)
	if err != nil {
		return nil, fmt.Errorf("resolve %s in VPC %s: %w", name, vpc, err)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (v view) targets(name string, healthy func(check string) bool, depth int) ([]string, error) {
	z, private := zoneFor(v.zones, v.vpc, name)
	if !private || !v.private {
		if v.endpoints[name] {
			return []string{name}, nil
		}
		return nil, fmt.Errorf("%s: %w", name, ErrNoName)
	}
	found, _ := z.find(name, "A")
	if len(found) == 0 || depth > maxChain {
		return nil, fmt.Errorf("%s: %w", name, ErrNoName)
	}
	if problem := unsupported(found); problem != "" {
		return nil, fmt.Errorf("%s: %w", problem, ErrUnsupported)
	}
	able := found[:1]
	if found[0].policy != "" {
		able, _ = candidates(found, healthy)
	}
	var out []string
	for _, r := range able {
		if r.typ != "CNAME" {
			out = append(out, r.values...)
			continue
		}
		more, err := v.targets(plain(r.values[0]), healthy, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}
