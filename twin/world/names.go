package world

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/dns"
	"github.com/pgdr/pgdr/twin/health"
	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/vpc"
)

// openNames opens the resolvers and what flips their answers.
func (w *World) openNames(context.Context) (err error) {
	w.Health, err = health.New(health.Options{Cloud: w.Cloud, Metrics: w.AWS.Metrics(), Clock: w.Clock, Down: w.Down})
	if err != nil {
		return err
	}
	w.DNS = dns.New(dns.Options{
		Cloud: w.Cloud, Healthy: w.Health.Healthy, Seed: w.o.Seed,
		// What an application finds at a host depends on where it stands, see
		// Resolver; this is the first application's.
		Address: func(vpcID, host string) (netip.Addr, error) {
			at, err := w.Network.Addr(w.application("", vpcID, 0), host)
			return at.Addr(), err
		},
	})
	w.closes(w.DNS.Close)
	return nil
}

// application is where the n-th application of a VPC stands.
func (w *World) application(region, vpcID string, n int) network.Vantage {
	return network.Vantage{ID: fmt.Sprintf("%s application %d", vpcID, n), Seen: true, Place: func(tx *sim.Tx) (vpc.Interface, error) {
		if region == "" {
			r := tx.FindBy("aws_vpc", "", "id", vpcID)
			if r == nil {
				return vpc.Interface{}, fmt.Errorf("VPC %s: %w", vpcID, errNoVPC)
			}
			region = r.Region
		}
		return vpc.Read(tx).OfClient(region, vpcID, n)
	}}
}

// Found is where a name leads an application.
type Found struct {
	// Host is the name at the end of the chain of CNAMEs.
	Host string
	Addr netip.AddrPort
	// TTL of the first record of the chain.
	TTL time.Duration
}

// Resolver asks the DNS server of a VPC for the n-th application in it.
type Resolver func(ctx context.Context, name string) (Found, error)

var (
	errNoVPC  = errors.New("there is no such VPC")
	errNoName = errors.New("the name leads nowhere")
)

// onlyVPC is the only VPC of a region.
func (w *World) onlyVPC(region string) (string, error) {
	var vpcs []sim.Resource
	for _, r := range w.Cloud.Resources("aws_vpc") {
		if r.Region == region {
			vpcs = append(vpcs, r)
		}
	}
	if len(vpcs) != 1 {
		return "", fmt.Errorf("VPCs in %s: found %d, want one: %w", region, len(vpcs), errNoVPC)
	}
	return vpcs[0].ID, nil
}

// ResolverAddr is where the DNS server of the only VPC of a region listens.
func (w *World) ResolverAddr(region string) (string, error) {
	vpcID, err := w.onlyVPC(region)
	if err != nil {
		return "", err
	}
	at, err := w.DNS.Resolver(vpcID)
	return at.String(), err
}

// Port is that of the databases as applications find it; 0 if each has its own.
func (w *World) Port() uint16 { return w.o.Port }

// Resolver is that of the n-th application of the only VPC of a region.
func (w *World) Resolver(region string, n int) (Resolver, error) {
	vpcID, err := w.onlyVPC(region)
	if err != nil {
		return nil, err
	}
	from := w.application(region, vpcID, n)
	return func(ctx context.Context, name string) (Found, error) {
		if w.Down(region) {
			<-ctx.Done()
			return Found{}, ctx.Err()
		}
		found, err := w.ask(ctx, vpcID, name)
		if err != nil {
			return Found{}, err
		}
		found.Addr, err = w.Network.Addr(from, found.Host)
		return found, err
	}, nil
}

// ask asks a VPC's resolver over the wire.
func (w *World) ask(ctx context.Context, vpcID, name string) (Found, error) {
	server, err := w.DNS.Resolver(vpcID)
	if err != nil {
		return Found{}, err
	}
	query := new(miekg.Msg).SetQuestion(miekg.Fqdn(name), miekg.TypeA)
	reply, _, err := new(miekg.Client).ExchangeContext(ctx, query, server.String())
	switch {
	case err != nil:
		return Found{}, fmt.Errorf("ask the resolver of %s: %w", vpcID, err)
	case reply.Rcode != miekg.RcodeSuccess || len(reply.Answer) == 0:
		return Found{}, fmt.Errorf("%s: %s: %w", name, miekg.RcodeToString[reply.Rcode], errNoName)
	}
	last, ok := reply.Answer[len(reply.Answer)-1].(*miekg.A)
	if !ok {
		return Found{}, fmt.Errorf("%s has no address: %w", name, errNoName)
	}
	return Found{
		Host: strings.TrimSuffix(last.Hdr.Name, "."),
		TTL:  time.Duration(reply.Answer[0].Header().Ttl) * time.Second,
	}, nil
}

// RecordName is the name by which applications know the database.
func (w *World) RecordName() (string, error) {
	for _, r := range w.Cloud.Resources("aws_lambda_function") {
		if name := r.Attrs.Block("environment").StringMap("variables")[contract.VarRecordName]; name != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("no function names a record: %w", errNoName)
}
