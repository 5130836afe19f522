package drill

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/ec2"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/vpc"
)

// database is an instance by its place, and by its DbiResourceId.
type database struct{ region, identifier, host, id string }

// find returns the instance of that name, or where there is none any more the
// one that had it; nil where both are gone.
func (d database) find(tx *sim.Tx) *sim.Resource {
	if r := lifecycle.Find(tx, d.region, d.identifier); r != nil || d.id == "" {
		return r
	}
	return tx.Get(lifecycle.TypeInstance, d.region, d.id)
}

// site is what a drill knows of what was applied. It is never changed: another
// survey makes another one.
type site struct {
	// environment is its suffix.
	environment string
	// home is the guard's region, away the primary's.
	home, away string
	// databases by their roles at birth.
	databases map[string]database
	// function and table are the guard's.
	function, table string
	// schema is the applications' database, record the name that they resolve.
	schema, record string
	// acl is the network ACL of the primary's database subnets.
	acl string
}

// at is what the last survey found; nothing at all before the first.
func (s *stage) at() *site {
	if found := s.surveyed.Load(); found != nil {
		return found
	}
	return &site{}
}

// survey reads from the account what is there: nothing is known before.
func (s *stage) survey() error {
	found, err := surveyOf(s.world.Cloud)
	if err != nil {
		return err
	}
	s.surveyed.Store(found)
	return nil
}

// surveyOf reads an account by what its only function is told.
func surveyOf(cloud *sim.Cloud) (*site, error) {
	functions := cloud.Resources("aws_lambda_function")
	if len(functions) != 1 {
		return nil, fmt.Errorf("functions: found %d, want the guard: %w", len(functions), errNothingApplied)
	}
	guard := functions[0]
	told := guard.Attrs.Block("environment").StringMap("variables")
	found := &site{
		environment: told[contract.VarEnvironment], home: told[contract.VarReplicaRegion], away: told[contract.VarPrimaryRegion],
		function: guard.ARN(), table: told[contract.VarLedgerTable],
		schema: told[contract.VarDatabase], record: told[contract.VarRecordName], acl: told[contract.VarNetworkACL],
	}
	found.databases = map[string]database{
		contract.RolePrimary: {region: found.away, identifier: told[contract.VarPrimaryIdentifier], host: told[contract.VarPrimaryEndpoint]},
		contract.RoleReplica: {region: found.home, identifier: told[contract.VarReplicaIdentifier], host: told[contract.VarReplicaEndpoint]},
	}
	// The function cannot fail, so neither can View.
	_ = cloud.View(func(tx *sim.Tx) error {
		for role, db := range found.databases {
			if r := db.find(tx); r != nil {
				db.id = r.Key
				found.databases[role] = db
			}
		}
		return nil
	})
	return found, nil
}

// instances tells which of the databases there are, by their roles at birth.
func (s *stage) instances() map[string]bool {
	there := map[string]bool{}
	for role, at := range s.at().databases {
		// The function cannot fail, so neither can View.
		_ = s.world.Cloud.View(func(tx *sim.Tx) error {
			there[role] = at.find(tx) != nil
			return nil
		})
	}
	return there
}

// fenceRules tells whether the network ACL of the primary's database subnets
// has a rule of the guard's that denies.
func (s *stage) fenceRules() bool {
	found := false
	_ = s.world.Cloud.View(func(tx *sim.Tx) error {
		acl := tx.Get("aws_network_acl", s.at().away, s.at().acl)
		if acl == nil {
			return nil
		}
		for _, egress := range []bool{false, true} {
			for _, e := range ec2.ACLEntries(tx, acl, egress) {
				found = found || e.Str("action") == "deny" && e.Int("rule_no") < contract.FenceEnd
			}
		}
		return nil
	})
	return found
}

// fenceStands tells whether the primary is cut off from every application in
// both directions, by the networks as they are applied, and not from the guard.
func (s *stage) fenceStands() bool {
	stands := false
	_ = s.world.Cloud.View(func(tx *sim.Tx) error {
		db := s.at().databases[contract.RolePrimary].find(tx)
		if db == nil {
			return nil
		}
		n := vpc.Read(tx)
		to, err := n.OfInstance(db)
		if err != nil {
			return nil //nolint:nilerr // an instance that stands nowhere is behind no fence
		}
		clients := s.clients(tx, n)
		stands = len(clients) > 0
		for _, from := range clients {
			f := n.Flow(from, to, db.Attrs.Int("port"))
			stands = stands && !f.There.Allowed && !f.Back.Allowed
		}
		stands = stands && slices.ContainsFunc(s.guards(tx, n), func(from vpc.Interface) bool {
			f := n.Flow(from, to, db.Attrs.Int("port"))
			return f.There.Allowed && f.Back.Allowed
		})
		return nil
	})
	return stands
}

// guards are where the guard may stand.
func (s *stage) guards(tx *sim.Tx, n *vpc.Networks) []vpc.Interface {
	var all []vpc.Interface
	for _, fn := range tx.List("aws_lambda_function", s.at().home) {
		if at, err := n.OfFunction(fn); err == nil && fn.ARN() == s.at().function {
			all = append(all, at...)
		}
	}
	return all
}

// clients are where applications stand: one in each VPC is as good as all.
func (s *stage) clients(tx *sim.Tx, n *vpc.Networks) []vpc.Interface {
	var all []vpc.Interface
	for _, region := range []string{s.at().home, s.at().away} {
		for _, network := range tx.List("aws_vpc", region) {
			if at, err := n.OfClient(region, network.ID, 0); err == nil {
				all = append(all, at)
			}
		}
	}
	return all
}

// words are what a scenario's placeholders stand for.
func (t *site) words() map[string]string {
	return map[string]string{"environment": t.environment, contract.RolePrimary: t.away, contract.RoleReplica: t.home}
}

// ErrNeedsDisposable is wrapped by the error for a scenario that destroys what
// is deployed, where the environment protects it.
var ErrNeedsDisposable = errors.New("the scenario needs a disposable environment")
