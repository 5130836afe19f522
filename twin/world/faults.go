package world

import (
	"sync"

	"github.com/pgdr/pgdr/twin/network"
	"github.com/pgdr/pgdr/twin/sim/api"
)

// faults are what is wrong with the world now, each with how to end it.
type faults struct {
	mu sync.Mutex
	// dark regions have no power.
	dark map[string]bool
	// lifts by the name of the fault.
	lifts map[string][]func()
}

// down tells whether a region is lost.
func (f *faults) down(region string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dark[region]
}

func (f *faults) darken(region string, dark bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dark[region] = dark
}

func (f *faults) keep(name string, lifts ...func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lifts[name] = append(f.lifts[name], lifts...)
}

// lift ends a fault.
func (f *faults) lift(name string) {
	f.mu.Lock()
	lifts := f.lifts[name]
	delete(f.lifts, name)
	f.mu.Unlock()
	for _, lift := range lifts {
		lift()
	}
}

func (f *faults) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]string, 0, len(f.lifts))
	for name := range f.lifts {
		all = append(all, name)
	}
	return all
}

// apart tells whether a path leads from one region to another.
func apart(p network.Path) bool { return p.From.Region != p.To.Region }

// touching matches the paths that begin or end in a region.
func touching(region string) func(network.Path) bool {
	return func(p network.Path) bool { return p.From.Region == region || p.To.Region == region }
}

// LoseRegion takes a region away: the power of its servers, all of its network
// and all of its APIs; with us-east-1 the control planes of Route 53 and IAM.
func (w *World) LoseRegion(region string) {
	w.Servers.HoldReplication(w.other(region), true)
	w.Servers.HoldReplication(region, true)
	w.faults.keep("region "+region,
		w.AWS.Faults().Add(api.Scope{Region: region}, api.BlackHole()),
		w.Network.Cut(touching(region)),
		func() {
			w.Servers.HoldReplication(w.other(region), false)
			w.Servers.HoldReplication(region, false)
		})
	w.faults.darken(region, true)
	w.Functions.KillRegion(region)
}

// ReturnRegion gives a region back: its servers start again, and know of no
// connection from before.
func (w *World) ReturnRegion(region string) {
	w.Network.Reset(touching(region))
	w.faults.darken(region, false)
	w.faults.lift("region " + region)
}

// Down tells whether a region is lost.
func (w *World) Down(region string) bool { return w.faults.down(region) }

// PartRegion cuts a region off from the rest of the world, inside which it
// lives on: its databases and applications work, unseen from outside.
func (w *World) PartRegion(region string) {
	w.Servers.HoldReplication(w.other(region), true)
	w.faults.keep("part "+region,
		w.AWS.Faults().Add(api.Scope{Region: region}, api.BlackHole()),
		w.Network.Cut(func(p network.Path) bool { return apart(p) && touching(region)(p) }),
		func() { w.Servers.HoldReplication(w.other(region), false) })
}

// Rejoin ends PartRegion and Isolate.
func (w *World) Rejoin(region string) {
	w.faults.lift("part " + region)
	w.faults.lift("isolate " + region)
}

// Isolate cuts the guard's own region off from everything else: the peering,
// the replication and the APIs of all other regions.
func (w *World) Isolate(region string) {
	w.Servers.HoldReplication(region, true)
	lifts := []func(){
		w.Network.Cut(apart),
		func() { w.Servers.HoldReplication(region, false) },
	}
	for _, other := range w.regions() {
		if other != region {
			lifts = append(lifts, w.AWS.Faults().Add(api.Scope{Region: other}, api.BlackHole()))
		}
	}
	w.faults.keep("isolate "+region, lifts...)
}

// CutPeering cuts what passes from one region's VPC to the other's.
func (w *World) CutPeering() {
	w.faults.keep("peering", w.Network.Cut(apart))
}

// RestorePeering ends CutPeering.
func (w *World) RestorePeering() { w.faults.lift("peering") }

// Fail makes an API fail until Heal is told the same name.
func (w *World) Fail(name string, scope api.Scope, fault api.Fault) {
	w.faults.keep(name, w.AWS.Faults().Add(scope, fault))
}

// Heal ends a fault by its name.
func (w *World) Heal(name string) { w.faults.lift(name) }

// Calm ends all faults.
func (w *World) Calm() {
	for _, region := range w.regions() {
		w.faults.darken(region, false)
	}
	for _, name := range w.faults.names() {
		w.faults.lift(name)
	}
}
