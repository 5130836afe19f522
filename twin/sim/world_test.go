package sim_test

import (
	"archive/zip"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/clock/clocktest"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

const (
	east    = "us-east-1"
	west    = "eu-west-1"
	account = sim.DefaultAccount
)

// attrs shortens literals of what is sent.
type attrs = map[string]any

// list shortens literals of sets, lists and repeated blocks.
type list = []any

// world is an account under test and what was made in it.
type world struct {
	t     *testing.T
	cloud *sim.Cloud
	clock *clocktest.Hand
	zip   string
}

// knownTypes are the managed types that the account knows, sorted.
func knownTypes() []string { return slices.Sorted(maps.Keys(simaws.Types().Resources)) }

func newClock() *clocktest.Hand {
	return clocktest.At(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := newClock()
	cloud, err := simaws.New(sim.Options{Clock: clock, Seed: 7})
	require.NoError(t, err)
	return &world{t: t, cloud: cloud, clock: clock}
}

// made is a resource that was created: what was asked for, and what came back.
type made struct {
	typ, region, id string
	asked, attrs    attrs
}

func (m made) str(name string) string {
	s, _ := m.attrs[name].(string)
	return s
}

func (m made) arn() string { return m.str("arn") }

func (w *world) try(typ, region string, a attrs) simapi.Response {
	return w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: typ, Region: region, Attrs: a})
}

func (w *world) create(typ, region string, a attrs) made {
	w.t.Helper()
	return w.createSecret(typ, region, a, nil)
}

// createSecret creates with write-only arguments.
func (w *world) createSecret(typ, region string, a, writeOnly attrs) made {
	w.t.Helper()
	resp := w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: typ, Region: region, Attrs: a, WriteOnly: writeOnly})
	if resp.Error != nil {
		w.t.Fatalf("create %s: %v", typ, resp.Error)
	}
	require.NotEmpty(w.t, resp.ID, "id of %s", typ)
	return made{typ, region, resp.ID, a, resp.Attrs}
}

// refused creates, expects a refusal with the code, and that nothing changed.
func (w *world) refused(typ, region string, a attrs, code string) simapi.Error {
	w.t.Helper()
	return w.refusedSecret(typ, region, a, nil, code)
}

func (w *world) refusedSecret(typ, region string, a, writeOnly attrs, code string) simapi.Error {
	w.t.Helper()
	before := w.cloud.Resources("")
	resp := w.cloud.Do(context.Background(), simapi.OpCreate, simapi.Request{Type: typ, Region: region, Attrs: a, WriteOnly: writeOnly})
	require.NotNil(w.t, resp.Error, "create %s %v: was accepted", typ, a)
	require.Equal(w.t, code, resp.Error.Code, "%v", resp.Error)
	require.NotEmpty(w.t, resp.Error.Service)
	require.NotEmpty(w.t, resp.Error.Operation)
	require.Empty(w.t, cmp.Diff(before, w.cloud.Resources("")), "a refusal changed the account")
	return *resp.Error
}

// refusal is a fault in one argument or more, and the code that it brings.
type refusal struct {
	name  string
	fault attrs
	code  string
}

// refusesEach tries each fault in attributes that are accepted without it.
func (w *world) refusesEach(typ, region string, good attrs, faults []refusal) {
	w.t.Helper()
	for _, fault := range faults {
		w.t.Run(fault.name, func(t *testing.T) {
			on := *w
			on.t = t
			on.refused(typ, region, made{attrs: good}.with(fault.fault), fault.code)
		})
	}
	w.create(typ, region, good)
}

func (w *world) read(m made) attrs {
	w.t.Helper()
	resp := w.cloud.Do(context.Background(), simapi.OpRead, simapi.Request{Type: m.typ, Region: m.region, ID: m.id, Prior: m.attrs})
	require.Nil(w.t, resp.Error)
	return resp.Attrs
}

// with returns the attributes of a resource with some changed.
func (m made) with(changes attrs) attrs {
	out := attrs{}
	for k, v := range m.attrs {
		out[k] = v
	}
	for k, v := range changes {
		out[k] = v
	}
	return out
}

func (w *world) change(m made, changes attrs) simapi.Response {
	return w.cloud.Do(context.Background(), simapi.OpUpdate, simapi.Request{
		Type: m.typ, Region: m.region, ID: m.id, Prior: m.attrs, Attrs: m.with(changes),
	})
}

func (w *world) update(m made, changes attrs) made {
	w.t.Helper()
	resp := w.change(m, changes)
	if resp.Error != nil {
		w.t.Fatalf("update %s: %v", m.typ, resp.Error)
	}
	return made{m.typ, m.region, resp.ID, m.asked, resp.Attrs}
}

func (w *world) refusedUpdate(m made, changes attrs, code string) simapi.Error {
	w.t.Helper()
	before := w.cloud.Resources("")
	resp := w.change(m, changes)
	require.NotNil(w.t, resp.Error, "update %s with %v: was accepted", m.typ, changes)
	require.Equal(w.t, code, resp.Error.Code, "%v", resp.Error)
	require.Empty(w.t, cmp.Diff(before, w.cloud.Resources("")), "a refusal changed the account")
	return *resp.Error
}

func (w *world) delete(m made) *simapi.Error {
	return w.cloud.Do(context.Background(), simapi.OpDelete, simapi.Request{Type: m.typ, Region: m.region, ID: m.id, Prior: m.attrs}).Error
}

func (w *world) gone(m made) {
	w.t.Helper()
	if err := w.delete(m); err != nil {
		w.t.Fatalf("delete %s %s: %v", m.typ, m.id, err)
	}
}

func (w *world) stays(m made, code string) simapi.Error {
	w.t.Helper()
	err := w.delete(m)
	require.NotNil(w.t, err, "delete %s %s: was accepted", m.typ, m.id)
	require.Equal(w.t, code, err.Code, "%v", err)
	require.NotNil(w.t, w.read(m), "a refused deletion deleted")
	return *err
}

// archive returns the path of a zip file with a bootstrap in it.
func (w *world) archive() string {
	w.t.Helper()
	if w.zip == "" {
		w.zip = writeZip(w.t, map[string]string{"bootstrap": "#!/bin/true"})
	}
	return w.zip
}

func writeZip(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	file, err := os.Create(path) // #nosec G304 -- the test's own directory
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	for name, content := range files {
		entry, err := archive.Create(name)
		require.NoError(t, err)
		_, err = entry.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
	return path
}

// network is a VPC with a subnet in each of three zones and a security group.
type network struct {
	vpc, group made
	subnets    []made
}

func (n network) subnetIDs() list {
	var out list
	for _, s := range n.subnets {
		out = append(out, s.id)
	}
	return out
}

func (w *world) network(region, prefix string) network {
	w.t.Helper()
	vpc := w.create("aws_vpc", region, attrs{"cidr_block": prefix + ".0.0/16", "enable_dns_hostnames": true})
	n := network{vpc: vpc}
	for i, zone := range sim.Zones(region) {
		n.subnets = append(n.subnets, w.create("aws_subnet", region, attrs{
			"vpc_id": vpc.id, "cidr_block": fmt.Sprintf("%s.%d.0/24", prefix, i), "availability_zone": zone,
		}))
	}
	n.group = w.create("aws_security_group", region, attrs{"vpc_id": vpc.id, "name": "db-" + region})
	return n
}

// database is what an instance stands on, in one region.
type database struct {
	network
	subnetGroup, parameterGroup made
}

func (w *world) databaseBase(region, prefix string) database {
	w.t.Helper()
	n := w.network(region, prefix)
	return database{
		network:        n,
		subnetGroup:    w.create("aws_db_subnet_group", region, attrs{"name": "db-dev", "subnet_ids": n.subnetIDs()}),
		parameterGroup: w.create("aws_db_parameter_group", region, attrs{"name": "db-dev", "family": "postgres15"}),
	}
}

// primaryAttrs are those of an encrypted instance that can have replicas.
func (d database) primaryAttrs(key string) attrs {
	return attrs{
		"identifier": "primary-db-dev", "engine": "postgres", "engine_version": "15", "instance_class": "db.r6g.large",
		"allocated_storage": 100, "max_allocated_storage": 500, "storage_type": "gp3", "storage_encrypted": true, "kms_key_id": key,
		"db_name": "app", "username": "dbadmin", "password": "correct-horse-battery", "backup_retention_period": 7, "multi_az": true,
		"db_subnet_group_name": d.subnetGroup.id, "parameter_group_name": d.parameterGroup.id,
		"vpc_security_group_ids": list{d.group.id}, "skip_final_snapshot": true,
	}
}

func (d database) replicaAttrs(source, key string) attrs {
	return attrs{
		"identifier": "replica-db-dev", "replicate_source_db": source, "instance_class": "db.r6g.large", "kms_key_id": key, "storage_encrypted": true,
		"db_subnet_group_name": d.subnetGroup.id, "parameter_group_name": d.parameterGroup.id,
		"vpc_security_group_ids": list{d.group.id}, "skip_final_snapshot": true, "backup_retention_period": 7,
	}
}

// pair is a primary and its replica in the other region.
type pair struct {
	here, there      database
	key, replicaKey  made
	primary, replica made
}

func (w *world) keys() (key, replica made) {
	w.t.Helper()
	key = w.create("aws_kms_key", east, attrs{"multi_region": true, "enable_key_rotation": true, "deletion_window_in_days": 7})
	replica = w.create("aws_kms_replica_key", west, attrs{"primary_key_arn": key.arn(), "deletion_window_in_days": 7})
	return key, replica
}

func (w *world) pair() pair {
	w.t.Helper()
	var p pair
	p.here, p.there = w.databaseBase(east, "10.0"), w.databaseBase(west, "10.1")
	p.key, p.replicaKey = w.keys()
	p.primary = w.create("aws_db_instance", east, p.here.primaryAttrs(p.key.arn()))
	p.replica = w.create("aws_db_instance", west, p.there.replicaAttrs(p.primary.arn(), p.replicaKey.arn()))
	return p
}

// trust is the policy of a role that a service may take.
func trust(service string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`, service)
}

// permit is a policy that allows actions on one resource.
func permit(resource string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":%q}]}`, strings.Join(actions, `","`), resource)
}

// function is a Lambda function with its role.
type function struct {
	role, policy, function made
}

func (w *world) functionAttrs(role string) attrs {
	return attrs{
		"function_name": "guard-dev", "role": role, "runtime": "provided.al2023", "handler": "bootstrap", "architectures": list{"arm64"},
		"filename": w.archive(), "source_code_hash": "as-configured", "memory_size": 256, "timeout": 60,
	}
}

func (w *world) function() function {
	w.t.Helper()
	f := function{role: w.create("aws_iam_role", east, attrs{"name": "guard-dev", "assume_role_policy": trust("lambda.amazonaws.com")})}
	f.policy = w.create("aws_iam_role_policy", east, attrs{
		"name": "guard", "role": f.role.id, "policy": permit("*", "ec2:CreateNetworkInterface", "sns:Publish", "sqs:SendMessage"),
	})
	f.function = w.create("aws_lambda_function", west, w.functionAttrs(f.role.arn()))
	return f
}

func alarmAttrs(name string) attrs {
	return attrs{
		"alarm_name": name, "comparison_operator": "GreaterThanOrEqualToThreshold", "evaluation_periods": 1, "namespace": "PGDR",
		"metric_name": "ActiveWriter", "statistic": "Maximum", "period": 60, "threshold": 1, "treat_missing_data": "ignore",
	}
}
