package probe

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgdr/pgdr/internal/guard/engine"
)

// Endpoint is where an instance is reached.
type Endpoint struct {
	// Host is the instance's own endpoint address, not a CNAME of it: its
	// certificate is verified against this name.
	Host string
	Port uint16
}

// Credentials are a user and a password. They print as the user alone.
type Credentials struct {
	User     string
	Password string
}

// String leaves the password out.
func (c Credentials) String() string { return c.User }

// GoString leaves the password out.
func (c Credentials) GoString() string { return fmt.Sprintf("probe.Credentials{User:%q}", c.User) }

// MarshalJSON leaves the password out.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		User string `json:"user"`
	}{c.User})
}

// Config is all that the paths need. The functions in it must return when
// their context ends.
type Config struct {
	// Endpoints by site; both are needed.
	Endpoints map[engine.Site]Endpoint
	// Database holds the guard's schema, and is signed in to.
	Database string
	// Roots are what the servers' certificates must descend from.
	Roots *x509.CertPool
	// Admin returns the administrator's credentials. Their password is the
	// root of the guard's own (see Role), so they are asked for in every
	// process, and again after a refused sign-in.
	Admin func(ctx context.Context) (Credentials, error)
	// Guard are the networks that the guard connects from, which a fence lets
	// through.
	Guard []netip.Prefix
	// Extensions are created by Prepare: "pgaudit", where that audits.
	Extensions []string
	Clock      engine.Clock
	// Elapsed converts a time that has passed on the databases' clocks to the
	// guard's clock, for a guard whose clock runs at another speed. nil means
	// that they run alike.
	Elapsed func(time.Duration) time.Duration
	// Dial opens TCP connections; nil means net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolve returns the addresses of a host; nil means net.DefaultResolver.
	Resolve func(ctx context.Context, host string) ([]string, error)
}

// validate lists every fault of the configuration, or returns nil.
func (c Config) validate() error {
	var faults []error
	for _, site := range []engine.Site{engine.SitePrimary, engine.SiteReplica} {
		e := c.Endpoints[site]
		if e.Host == "" {
			faults = append(faults, fmt.Errorf("endpoints[%s].host: found nothing, want the instance's endpoint address", site))
		}
		if e.Port == 0 {
			faults = append(faults, fmt.Errorf("endpoints[%s].port: found 0, want 1 to 65535", site))
		}
	}
	for _, f := range []struct {
		name, want string
		missing    bool
	}{
		{"database", "a database's name", c.Database == ""},
		{"roots", "the certificates to trust", c.Roots == nil},
		{"admin", "a source of credentials", c.Admin == nil},
		{"clock", "a clock", c.Clock == nil},
	} {
		if f.missing {
			faults = append(faults, fmt.Errorf("%s: found nothing, want %s", f.name, f.want))
		}
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	if c.Elapsed == nil {
		c.Elapsed = func(d time.Duration) time.Duration { return d }
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Resolve == nil {
		c.Resolve = net.DefaultResolver.LookupHost
	}
	return c
}

// baseConfig is what all sessions have in common. pgx makes such values from a
// connection string only, and fills them from the environment too; whatever it
// found there is replaced.
func baseConfig(database string) (*pgx.ConnConfig, error) {
	base, err := pgx.ParseConfig("host=localhost user=" + Role + " sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("read the environment's settings of PostgreSQL (PG*): %w", err)
	}
	base.Database = database
	base.Password = ""
	base.TLSConfig, base.Fallbacks = nil, nil
	base.ConnectTimeout = 0
	base.ValidateConnect, base.AfterConnect, base.AfterNetConnect = nil, nil, nil
	base.DefaultQueryExecMode = pgx.QueryExecModeExec // no extra round trip to prepare
	base.StatementCacheCapacity, base.DescriptionCacheCapacity = 0, 0
	base.RuntimeParams = map[string]string{
		"application_name": "pgdr-guard",
		// No other schema's objects stand in for PostgreSQL's.
		"search_path":       "pg_catalog",
		"statement_timeout": fmt.Sprint(statementTime.Milliseconds()),
		"lock_timeout":      fmt.Sprint(lockTime.Milliseconds()),
		// What is acknowledged is on the writer's disk; waiting for others
		// would make their trouble look like the writer's.
		"synchronous_commit": "local",
		// A session whose guard has vanished frees its slot soon.
		"idle_session_timeout":                "30s",
		"idle_in_transaction_session_timeout": "10s",
		"tcp_keepalives_idle":                 "10",
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
	}
	return base, nil
}
