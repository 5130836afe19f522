//go:build integration

package integration

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
	"github.com/pgdr/pgdr/twin"
	"github.com/pgdr/pgdr/twin/gobuild"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/world"
)

// Pace of the twin's clock: minutes of AWS's become seconds. The guard's own
// time-outs are stretched by patience, because the machine's time isn't scaled.
const (
	scale    = 20
	patience = 2
)

// twinTarget is the simulated account, alive: databases are PostgreSQL
// servers, names are served, the guard runs.
type twinTarget struct {
	dir    twin.Dir
	suffix string
	config spec.Config
	world  *world.World
}

// newTwin brings the account to life that the folder holds, or an empty one.
func newTwin(ctx context.Context, t *testing.T, project, dir string, cfg spec.Config) *twinTarget {
	t.Helper()
	d, err := twin.New(dir)
	require.NoError(t, err)
	isolate(t, d)
	require.NoError(t, d.Install(ctx, project))
	program := filepath.Join(dir, "build", "failover")
	require.NoError(t, gobuild.Program(ctx, project, gobuild.Guard, program))
	log, err := os.OpenFile(filepath.Join(dir, "world.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	w, err := world.Open(ctx, world.Options{
		Dir: d, Function: program, Scale: scale, Patience: patience, Seed: 1, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	return &twinTarget{dir: d, suffix: cfg.Environment, config: cfg, world: w}
}

// isolate takes from this process what a local run must not see: Terratest
// hands its own environment on.
func isolate(t *testing.T, d twin.Dir) {
	t.Helper()
	kept := d.Env(os.Environ())
	for _, variable := range os.Environ() {
		if !slices.Contains(kept, variable) {
			name, _, _ := strings.Cut(variable, "=")
			t.Setenv(name, "") // puts it back in the end
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func (*twinTarget) name() string { return "twin" }

func (w *twinTarget) variables() map[string]string {
	all := map[string]string{spec.TwinDirVariable: string(w.dir)}
	for _, variable := range w.dir.Env(nil) {
		name, value, _ := strings.Cut(variable, "=")
		all[name] = value
	}
	return all
}

// claim is nothing here: the account is the suite's own.
func (*twinTarget) claim(context.Context) error { return nil }

func (*twinTarget) ours() bool { return true }

// query connects as an application does: it asks its VPC's resolver, follows
// the name to its end, connects through the network that was applied, and
// verifies the server's certificate for the name at the end.
func (w *twinTarget) query(ctx context.Context, region, sql string) (string, error) {
	found, err := w.resolve(ctx, region)
	if err != nil {
		return "", err
	}
	cfg, err := w.connection(found.Host, found.Addr)
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.world.Servers.Roots())
	cfg.TLSConfig = &tls.Config{RootCAs: roots, ServerName: found.Host, MinVersion: tls.VersionTLS12}
	return ask(ctx, cfg, sql)
}

func (w *twinTarget) resolve(ctx context.Context, region string) (world.Found, error) {
	name, err := w.world.RecordName()
	if err != nil {
		return world.Found{}, err
	}
	resolve, err := w.world.Resolver(region, 0)
	if err != nil {
		return world.Found{}, err
	}
	return resolve(ctx, name)
}

// connection has the administrator's credentials, as Secrets Manager has them.
func (w *twinTarget) connection(host string, addr netip.AddrPort) (*pgx.ConnConfig, error) {
	secrets := w.world.Cloud.Resources(typeSecret) // two after a failover, with the same password
	if len(secrets) == 0 {
		return nil, errors.New("secrets: found none, want the credentials")
	}
	raw, _ := secretsmanager.SecretValue(w.world.Cloud, secrets[0].ARN())
	var credentials struct{ Username, Password string }
	if err := json.Unmarshal([]byte(raw), &credentials); err != nil {
		return nil, fmt.Errorf("read the credentials: %w", err)
	}
	cfg, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	cfg.Host, cfg.Port, cfg.Database = host, addr.Port(), w.config.Database.Name
	cfg.User, cfg.Password = credentials.Username, credentials.Password
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{addr.Addr().String()}, nil }
	cfg.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr.String())
	}
	return cfg, nil
}

func ask(ctx context.Context, cfg *pgx.ConnConfig, sql string) (answer string, err error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	err = conn.QueryRow(ctx, sql).Scan(&answer)
	return answer, err
}

func (w *twinTarget) invoke(ctx context.Context, event string) ([]byte, error) {
	functions := w.world.Cloud.Resources("aws_lambda_function")
	if len(functions) != 1 {
		return nil, fmt.Errorf("functions: found %d, want the guard", len(functions))
	}
	return w.world.Invoke(ctx, functions[0].ARN(), []byte(event))
}

// disaster takes the primary's region away: its servers, its network, its APIs
// and with them the control planes of Route 53 and IAM.
func (w *twinTarget) disaster(context.Context) error {
	w.world.LoseRegion(w.config.Sites.Primary.Region)
	return nil
}

func (w *twinTarget) over(context.Context) error {
	w.world.ReturnRegion(w.config.Sites.Primary.Region)
	return nil
}

func (w *twinTarget) pause(ctx context.Context, d time.Duration) error {
	return w.world.Clock.Sleep(ctx, d)
}

func (w *twinTarget) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return w.world.Clock.WithDeadline(ctx, w.world.Clock.Now().Add(d))
}

// left leaves out what AWS keeps by itself of deleted things, such as keys
// that wait for their deletion.
func (w *twinTarget) left(context.Context) ([]string, error) {
	var found []string
	for kind, regions := range w.world.Cloud.Summary().Resources {
		found = append(found, fmt.Sprintf("%s: %v", kind, regions))
	}
	slices.Sort(found)
	return found, nil
}

const typeSecret = "aws_secretsmanager_secret"

// discard deletes the copy of the credentials that stands alone since the
// failover.
func (w *twinTarget) discard(ctx context.Context) error {
	for _, r := range w.world.Cloud.Resources(typeSecret) {
		if r.Region != w.config.Sites.Replica.Region || r.Attrs.Str("name") != secretName(w.suffix) {
			continue
		}
		if answer := w.world.Cloud.Do(ctx, simapi.OpDelete, simapi.Request{Type: typeSecret, Region: r.Region, ID: r.ID}); answer.Error != nil {
			return answer.Error
		}
		return nil
	}
	return fmt.Errorf("%s in %s: %w", secretName(w.suffix), w.config.Sites.Replica.Region, errNotLeft)
}

// withoutTLS connects in plain text, which has to be refused.
func (w *twinTarget) withoutTLS(ctx context.Context, region string) error {
	found, err := w.resolve(ctx, region)
	if err != nil {
		return err
	}
	cfg, err := w.connection(found.Host, found.Addr)
	if err != nil {
		return err
	}
	_, err = ask(ctx, cfg, "SELECT 'in the clear'")
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == pgerrcodeInvalidAuthorization {
		return nil
	}
	return fmt.Errorf("a connection without TLS was not refused: %w", err)
}

// pgerrcodeInvalidAuthorization is PostgreSQL's for a connection that no rule
// lets in.
const pgerrcodeInvalidAuthorization = "28000"

// close keeps the account for a run that goes on from here, and ends all that
// lives in it.
func (w *twinTarget) close() error {
	return errors.Join(w.world.Cloud.Keep(w.dir.Cloud()), w.world.Close(), pgtest.Cleanup())
}
