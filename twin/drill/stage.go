package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/twin/diagnose"
	"github.com/pgdr/pgdr/twin/drill/app"
	"github.com/pgdr/pgdr/twin/drill/report"
	"github.com/pgdr/pgdr/twin/local"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/rds/lifecycle"
	"github.com/pgdr/pgdr/twin/world"
)

// stage is where one drill takes place.
type stage struct {
	base *Base
	// name of the scenario.
	name   string
	world  *world.World
	runner *local.Runner
	timing lifecycle.Timing
	// surveyed is what was found in the account last; see at.
	surveyed atomic.Pointer[site]
	// record of the drill.
	record *recorder

	apps    []*app.App
	stopped func()
	// idle stops the applications' writing.
	idle atomic.Bool
	// held are sessions that exhaust took, logins what changePasswords changed.
	held   []*pgx.Conn
	logins []login
	// crowd ends the clients of crowd-connections; nil if there are none.
	crowd func()
	// password of the applications' role.
	password string
}

// errNothingApplied: the account does not hold what a drill needs.
var errNothingApplied = errors.New("the account holds no such thing")

// applicationRole is whom applications sign in as.
const applicationRole = "application"

// one is the only resource of a type in a region.
func (s *stage) one(typ, region string) (sim.Resource, error) {
	var found []sim.Resource
	for _, r := range s.world.Cloud.Resources(typ) {
		if region == "" || r.Region == region {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return sim.Resource{}, fmt.Errorf("%s in %s: found %d, want one: %w", typ, region, len(found), errNothingApplied)
	}
	return found[0], nil
}

// serving waits, in the machine's time, until both databases serve and the
// replica streams.
func (s *stage) serving(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var streaming bool
		err := s.server(contract.RoleReplica, func(p *pgtest.Server) error {
			return p.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')", nil, &streaming)
		})
		if err == nil && streaming {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for both databases: %w (%w); problems: %v", ctx.Err(), err, s.world.Servers.Problems())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// prepareDatabase makes the applications' table and their role.
func (s *stage) prepareDatabase(ctx context.Context) error {
	primary, err := s.one(lifecycle.TypeInstance, s.at().away)
	if err != nil {
		return err
	}
	return s.server(contract.RolePrimary, func(p *pgtest.Server) error {
		conn, err := p.Admin(ctx, primary.Attrs.Str("db_name"))
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD '%[2]s'; %[3]s; GRANT SELECT, INSERT ON drill_rows TO %[1]s`,
			applicationRole, strings.ReplaceAll(s.password, "'", "''"), app.Schema))
		return errors.Join(err, conn.Close(ctx))
	})
}

// rows are the numbers of an application's rows on a server.
func (s *stage) rows(ctx context.Context, role, id string) (map[int64]bool, error) {
	there := map[int64]bool{}
	err := s.server(role, func(p *pgtest.Server) error {
		conn, err := p.Admin(ctx, s.at().schema)
		if err != nil {
			return err
		}
		rows, err := conn.Query(ctx, "SELECT n FROM drill_rows WHERE app = $1", id)
		if err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, n := range numbers {
			there[n] = true
		}
		return errors.Join(err, conn.Close(ctx))
	})
	return there, err
}

// diagnose tells what of the wiring would keep a failover from working, and
// what a failover would work without.
func (s *stage) diagnose() (faults, warnings []report.Finding) {
	// The function cannot fail, so neither can View.
	_ = s.world.Cloud.View(func(tx *sim.Tx) error {
		for _, f := range diagnose.Diagnose(tx, s.base.o.Environment).Findings {
			found := report.Finding{ID: f.ID, What: f.Subject + ": " + f.What, Remedy: f.Remedy}
			if f.Severity == diagnose.Fault {
				faults = append(faults, found)
			} else {
				warnings = append(warnings, found)
			}
		}
		return nil
	})
	return faults, warnings
}
