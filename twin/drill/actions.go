package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
)

// arguments of an action by their names.
type arguments map[string]string

// action does something to the world.
type action struct {
	// takes are the arguments that it must be given.
	takes []string
	// says words it for the timeline.
	says string
	do   func(ctx context.Context, s *stage, a arguments) error
}

// errAction is wrapped by an action that cannot be done.
var errAction = errors.New("action cannot be done")

// actions returns what a scenario may do; the key is the action's name.
func actions() map[string]action {
	all := map[string]action{}
	for _, group := range []map[string]action{regionActions(), databaseActions(), sessionActions(), serviceActions(), guardActions(), terraformActions()} {
		maps.Copy(all, group)
	}
	return all
}

// plain makes an action of a function that cannot fail.
func plain(says string, do func(s *stage, a arguments), takes ...string) action {
	return action{takes: takes, says: says, do: func(_ context.Context, s *stage, a arguments) error {
		do(s, a)
		return nil
	}}
}

func regionActions() map[string]action {
	return map[string]action{
		"nothing":             plain("nothing is done", func(*stage, arguments) {}),
		"lose-region":         plain("{region} is lost: power, network and APIs", func(s *stage, a arguments) { s.world.LoseRegion(a["region"]) }, "region"),
		"return-region":       plain("{region} is back", func(s *stage, a arguments) { s.world.ReturnRegion(a["region"]) }, "region"),
		"part-region":         plain("{region} is cut off from outside and lives on inside", func(s *stage, a arguments) { s.world.PartRegion(a["region"]) }, "region"),
		"isolate":             plain("{region} sees no other region", func(s *stage, a arguments) { s.world.Isolate(a["region"]) }, "region"),
		"rejoin":              plain("{region} is connected again", func(s *stage, a arguments) { s.world.Rejoin(a["region"]) }, "region"),
		"cut-peering":         plain("the peering is cut", func(s *stage, _ arguments) { s.world.CutPeering() }),
		"restore-peering":     plain("the peering is back", func(s *stage, _ arguments) { s.world.RestorePeering() }),
		"hold-replication":    plain("replication is held", func(s *stage, _ arguments) { s.world.Servers.HoldReplication(s.at().home, true) }),
		"release-replication": plain("replication goes on", func(s *stage, _ arguments) { s.world.Servers.HoldReplication(s.at().home, false) }),
	}
}

// instance calls do with an instance of the account, by its role at birth.
func (s *stage) instance(role string, do func(*sim.Tx, *sim.Resource) error) error {
	at, ok := s.at().databases[role]
	if !ok {
		return fmt.Errorf("role: found %q, want primary or replica: %w", role, errAction)
	}
	return s.world.Cloud.Update(func(tx *sim.Tx) error {
		r := at.find(tx)
		if r == nil {
			return fmt.Errorf("there is no %s: %w", at.identifier, errAction)
		}
		return do(tx, r)
	})
}

// server calls do with the server of an instance, by its role at birth.
func (s *stage) server(role string, do func(*pgtest.Server) error) error {
	at, ok := s.at().databases[role]
	if !ok {
		return fmt.Errorf("role: found %q, want primary or replica: %w", role, errAction)
	}
	name := at.identifier
	// The function cannot fail, so neither can View.
	_ = s.world.Cloud.View(func(tx *sim.Tx) error {
		if r := at.find(tx); r != nil {
			name = r.Attrs.Str("identifier")
		}
		return nil
	})
	return s.world.Servers.With(at.region, name, do)
}

// onInstance makes an action of what is done to an instance.
func onInstance(says string, do func(s *stage, tx *sim.Tx, r *sim.Resource) error) action {
	return action{takes: []string{"role"}, says: says, do: func(_ context.Context, s *stage, a arguments) error {
		return s.instance(a["role"], func(tx *sim.Tx, r *sim.Resource) error { return do(s, tx, r) })
	}}
}

func databaseActions() map[string]action {
	return map[string]action{
		"fail-instance": onInstance("the {role}'s host fails, RDS says failed", func(_ *stage, tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Force(tx, r, lifecycle.Failed)
			return nil
		}),
		"set-status": {takes: []string{"role", "status"}, says: "RDS says that the {role} is {status}", do: func(_ context.Context, s *stage, a arguments) error {
			return s.instance(a["role"], func(tx *sim.Tx, r *sim.Resource) error {
				lifecycle.Force(tx, r, a["status"])
				return nil
			})
		}},
		"multi-az-failover": onInstance("RDS fails the {role} over to its standby", func(s *stage, tx *sim.Tx, r *sim.Resource) error {
			return lifecycle.Failover(tx, r, s.timing)
		}),
		"restart": onInstance("RDS restarts the {role}", func(s *stage, tx *sim.Tx, r *sim.Resource) error {
			lifecycle.Restart(tx, r, s.timing)
			return nil
		}),
		"back-up": onInstance("RDS backs the {role} up", func(s *stage, tx *sim.Tx, r *sim.Resource) error {
			return lifecycle.BackUp(tx, r, s.timing)
		}),
		"rename": onInstance("the {role} is renamed: -old at its end", func(s *stage, tx *sim.Tx, r *sim.Resource) error {
			return lifecycle.Rename(tx, r, r.Attrs.Str("identifier")+"-old", s.timing)
		}),
		"rebuild": onInstance("the {role} is deleted, and another of its name is made", rebuild),
		"hang": {takes: []string{"role"}, says: "the {role}'s server hangs, which RDS does not see", do: func(_ context.Context, s *stage, a arguments) error {
			return s.server(a["role"], (*pgtest.Server).Suspend)
		}},
		"unhang": {takes: []string{"role"}, says: "the {role}'s server goes on", do: func(_ context.Context, s *stage, a arguments) error {
			return s.server(a["role"], func(p *pgtest.Server) error { p.Resume(); return nil })
		}},
		"flap": {takes: []string{"role", "times", "down", "up"}, says: "the {role} flaps", do: flap},
	}
}

// rebuild deletes an instance and makes one of the same name, as a person who
// cleans up would. It has another DbiResourceId, and no data.
func rebuild(_ *stage, tx *sim.Tx, r *sim.Resource) error {
	tx.Remove(r)
	fresh := *r
	fresh.Attrs, fresh.Hidden = r.Attrs.Clone(), sim.Attrs{"password": r.Hidden.Str("password")}
	fresh.ID = "db-REBUILT" + strings.TrimPrefix(r.ID, "db-")[:16]
	fresh.Key, fresh.Created = fresh.ID, tx.At
	fresh.Attrs.Set(sim.Attrs{"resource_id": fresh.ID, "status": lifecycle.Available, "replicate_source_db": ""})
	tx.Put(&fresh)
	return nil
}

// flap hangs a server and lets it go on, again and again.
func flap(ctx context.Context, s *stage, a arguments) error {
	times, err := strconv.Atoi(a["times"])
	if err != nil {
		return fmt.Errorf("times: found %q, want a number: %w", a["times"], errAction)
	}
	var pauses [2]time.Duration
	for i, name := range []string{"down", "up"} {
		if pauses[i], err = time.ParseDuration(a[name]); err != nil {
			return fmt.Errorf("%s: found %q, want a duration: %w", name, a[name], errAction)
		}
	}
	for range times {
		if err := s.server(a["role"], (*pgtest.Server).Suspend); err != nil {
			return err
		}
		slept := s.world.Clock.Sleep(ctx, pauses[0])
		err := s.server(a["role"], func(p *pgtest.Server) error { p.Resume(); return nil })
		if err := errors.Join(slept, err); err != nil {
			return err
		}
		if err := s.world.Clock.Sleep(ctx, pauses[1]); err != nil {
			return err
		}
	}
	return nil
}

// services by the names that scenarios have for them.
var services = []string{api.CloudWatch, api.DynamoDB, api.EC2, api.IAM, api.KMS, api.RDS, api.Route53, api.SecretsManager, api.SNS, api.STS}

// allServices stands for every one of them.
const allServices = "all"

// service is the one that a scenario means; "" for all.
func service(name string) (string, error) {
	if want := serviceValue(name); want != "" {
		return "", fmt.Errorf("service: found %q, want %s: %w", name, want, errAction)
	}
	if name == allServices {
		return "", nil
	}
	return name, nil
}

// ways in which an API fails.
var ways = map[string]func() api.Fault{
	"silent": api.BlackHole, "refused": api.Refused, "throttled": api.Throttled, "broken": api.Broken, "lost": api.Lost, "ignored": api.Ignored,
	"slow": func() api.Fault { return api.Slow(3 * time.Second) },
}

// way in which an API fails, by its name.
func way(name string) (api.Fault, error) {
	if want := wayValue(name); want != "" {
		return api.Fault{}, fmt.Errorf("how: found %q, want %s: %w", name, want, errAction)
	}
	return ways[name](), nil
}

func serviceActions() map[string]action {
	return map[string]action{
		"fail-api": {takes: []string{"region", "service", "how"}, says: "{service} of {region} is {how}", do: func(_ context.Context, s *stage, a arguments) error {
			name, err := service(a["service"])
			if err != nil {
				return err
			}
			fault, err := way(a["how"])
			if err != nil {
				return err
			}
			s.world.Fail("api "+a["region"]+" "+a["service"], api.Scope{Region: a["region"], Service: name}, fault)
			return nil
		}},
		"heal-api": plain("{service} of {region} answers again", func(s *stage, a arguments) { s.world.Heal("api " + a["region"] + " " + a["service"]) }, "region", "service"),
		"stutter":  {takes: []string{"how", "for", "of"}, says: "every API is {how} for {for} of each {of}, and at its first call", do: stutter},
		"deny": {takes: []string{"action"}, says: "the guard's role loses {action}", do: func(_ context.Context, s *stage, a arguments) error {
			return s.repolicy(a["action"], denied(a["action"]))
		}},
		"grant": {takes: []string{"action"}, says: "the guard's role has {action} again", do: func(_ context.Context, s *stage, a arguments) error {
			return s.repolicy(denied(a["action"]), a["action"])
		}},
		"calm": plain("all faults end", func(s *stage, _ arguments) { s.world.Calm() }),
	}
}

// stutter makes every API fail for a part of the time, in the half hour to
// come, and at the first call of each service: some are called so seldom that
// their turn would not come.
func stutter(_ context.Context, s *stage, a arguments) error {
	fault, err := way(a["how"])
	if err != nil {
		return err
	}
	part, err := time.ParseDuration(a["for"])
	if err != nil {
		return fmt.Errorf("for: found %q, want a duration: %w", a["for"], errAction)
	}
	whole, err := time.ParseDuration(a["of"])
	if err != nil || whole <= part {
		return fmt.Errorf("of: found %q, want a duration longer than for: %w", a["of"], errAction)
	}
	for _, name := range services {
		s.world.Fail("stutter", api.Scope{Service: name}, fault.Times(1))
	}
	now := s.world.Clock.Now()
	for at := now; at.Before(now.Add(30 * time.Minute)); at = at.Add(whole) {
		s.world.Fail("stutter", api.Scope{}, fault.Between(at, at.Add(part)))
	}
	return nil
}

// denied stands in a policy for an action that deny has taken from it.
func denied(action string) string { return "none:" + strings.ReplaceAll(action, ":", "-") }

// repolicy puts another action in the place of one, in all policies of the
// guard's role.
func (s *stage) repolicy(action, by string) error {
	found := false
	err := s.world.Cloud.Update(func(tx *sim.Tx) error {
		for _, r := range tx.List("aws_iam_role_policy", "") {
			text := r.Attrs.Str("policy")
			if !ofGuard(r.Attrs) || !strings.Contains(text, `"`+action+`"`) {
				continue
			}
			found = true
			tx.Edit(r).Attrs.Set(sim.Attrs{"policy": strings.ReplaceAll(text, `"`+action+`"`, `"`+by+`"`)})
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("action: no policy grants %q: %w", action, errAction)
	}
	return err
}
