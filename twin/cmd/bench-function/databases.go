package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
	"github.com/pgdr/pgdr/twin/pgtest"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/simclock"
)

// databases are the account's primary and replica: PostgreSQL servers with TLS
// and streaming replication, with certificates for the names in the account.
type databases struct {
	primary, replica *pgtest.Server
}

// startDatabases starts them, and makes the administrator and the database as
// RDS does.
func startDatabases(ctx context.Context, a *account, ca *pgtest.CA) (d databases, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	options := func(name, host string) pgtest.Options {
		return pgtest.Options{
			Name: name, CA: ca, Certificate: pgtest.Certificate{Names: []string{host}},
			Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements,pgaudit"},
		}
	}
	if d.primary, err = pgtest.New(ctx, options(contract.RolePrimary, a.env[contract.VarPrimaryEndpoint])); err != nil {
		return d, err
	}
	if err := d.likeRDS(ctx, a); err != nil {
		return d, err
	}
	d.replica, err = d.primary.NewReplica(ctx, options(contract.RoleReplica, a.env[contract.VarReplicaEndpoint]), d.primary.Addr())
	return d, err
}

// likeRDS makes the administrator with the password of the secret, and its
// database. On RDS the administrator may create pgaudit; here only a superuser
// may.
func (d databases) likeRDS(ctx context.Context, a *account) error {
	value, ok := secretsmanager.SecretValue(a.cloud, a.env[contract.VarPrimarySecret])
	if !ok {
		return errors.New("prepare the primary: the account has no secret with the administrator's password")
	}
	var secret struct{ Username, Password string }
	if err := json.Unmarshal([]byte(value), &secret); err != nil {
		return fmt.Errorf("prepare the primary: read the secret: %w", err)
	}
	name := a.env[contract.VarDatabase]
	for _, statement := range []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN CREATEROLE CREATEDB PASSWORD '%s'", secret.Username, strings.ReplaceAll(secret.Password, "'", "''")),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, secret.Username),
	} {
		if err := d.primary.Exec(ctx, statement); err != nil {
			return fmt.Errorf("prepare the primary: %w", err)
		}
	}
	conn, err := d.primary.Admin(ctx, name)
	if err != nil {
		return fmt.Errorf("prepare the primary: %w", err)
	}
	_, err = conn.Exec(ctx, "CREATE EXTENSION pgaudit")
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("prepare the primary: %w", err)
	}
	return nil
}

// close ends the replica first, which streams from the primary.
func (d databases) close() error {
	var faults []error
	for _, s := range []*pgtest.Server{d.replica, d.primary} {
		if s != nil {
			faults = append(faults, s.Close())
		}
	}
	return errors.Join(append(faults, pgtest.Cleanup())...)
}

// variables lead a build for simulation to the databases, at the machine's own
// pace. It trusts their authority beside those that the function trusts.
func (d databases) variables(a *account, dir string, ca *pgtest.CA) (map[string]string, error) {
	now := time.Now()
	clock, err := simclock.New(now, now, 1)
	if err != nil {
		return nil, fmt.Errorf("set the clock: %w", err)
	}
	roots := ca.PEM()
	for _, region := range []string{a.env[contract.VarPrimaryRegion], a.env[contract.VarReplicaRegion]} {
		certificates, err := rdsca.Certificates(region)
		if err != nil {
			return nil, fmt.Errorf("read RDS's authorities: %w", err)
		}
		for _, c := range certificates {
			roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		}
	}
	file := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(file, roots, 0o600); err != nil {
		return nil, fmt.Errorf("write the databases' authorities: %w", err)
	}
	all := maps.Clone(a.env)
	all["PGDR_TWIN_CLOCK"], all["PGDR_TWIN_ROOTS"] = clock.String(), file
	all["PGDR_TWIN_HOSTS"] = a.env[contract.VarPrimaryEndpoint] + "=" + d.primary.Addr().String() + "," +
		a.env[contract.VarReplicaEndpoint] + "=" + d.replica.Addr().String()
	return all, nil
}
