package sim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/secretsmanager"
	"github.com/pgdr/pgdr/twin/sim/simapi"
	"github.com/pgdr/pgdr/twin/sim/simaws"
)

func TestNew_RefusesAnAccountThatIsNot12Digits(t *testing.T) {
	_, err := simaws.New(sim.Options{Account: "12345"})
	require.ErrorIs(t, err, sim.ErrAccountID)
}

func TestNew_GivesTheSameIDsForTheSameSeed(t *testing.T) {
	id := func(seed uint64) string {
		cloud, err := simaws.New(sim.Options{Seed: seed})
		require.NoError(t, err)
		return (&world{t: t, cloud: cloud}).create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"}).id
	}
	require.Equal(t, id(1), id(1))
	require.NotEqual(t, id(1), id(2))
	require.NotEqual(t, id(0), id(0), "a seed of 0 is random")
}

func open(t *testing.T, dir string) *world {
	t.Helper()
	clock := newClock()
	cloud, err := simaws.Open(dir, sim.Options{Clock: clock, Seed: 7})
	require.NoError(t, err)
	return &world{t: t, cloud: cloud, clock: clock}
}

func TestOpen_FindsTheSameAccountAfterARestart(t *testing.T) {
	dir := t.TempDir()
	before := open(t, dir)
	all := before.full()
	secret, _ := secretsmanager.SecretValue(before.cloud, before.cloud.Resources("aws_secretsmanager_secret")[0].ARN())
	require.NotEmpty(t, secret)
	doomed := before.create("aws_kms_key", east, attrs{})
	before.gone(doomed)

	after := open(t, dir)
	require.Empty(t, cmp.Diff(before.cloud.Resources(""), after.cloud.Resources("")))
	require.Empty(t, cmp.Diff(before.cloud.Retained(), after.cloud.Retained(), cmpopts.EquateEmpty()))
	require.Equal(t, before.cloud.Summary(), after.cloud.Summary())
	for _, m := range all {
		require.Equal(t, before.read(m), after.read(m), "%s", m.typ)
	}
	value, _ := secretsmanager.SecretValue(after.cloud, after.cloud.Resources("aws_secretsmanager_secret")[0].ARN())
	require.Equal(t, secret, value)
	next := after.create("aws_kms_key", east, attrs{})
	for _, m := range append(all, doomed) {
		require.NotEqual(t, m.id, next.id, "the counter of ids went on")
	}
}

func TestOpen_WritesASnapshotThatOnlyTheOwnerReads(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	info, err := os.Stat(filepath.Join(dir, "state.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
}

func TestOpen_RefusesASnapshotThatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	_, err := simaws.Open(dir, sim.Options{Account: "999999999999"})
	require.ErrorIs(t, err, sim.ErrOtherAccount)

	path := filepath.Join(dir, "state.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"version": 99}`), 0o600))
	_, err = simaws.Open(dir, sim.Options{})
	require.ErrorContains(t, err, "version is 99")
	require.NoError(t, os.WriteFile(path, []byte(`{"ver`), 0o600))
	_, err = simaws.Open(dir, sim.Options{})
	require.ErrorContains(t, err, path)
}

func TestOpen_ChangesNothingThatItCannotWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "account")
	w := open(t, dir)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	require.NoError(t, os.RemoveAll(dir))
	resp := w.try("aws_vpc", east, attrs{"cidr_block": "10.1.0.0/16"})
	require.NotNil(t, resp.Error)
	require.Equal(t, "InternalFailure", resp.Error.Code)
	require.Equal(t, 1, w.cloud.Summary().Total)
	require.NotNil(t, w.delete(vpc))
	require.NotNil(t, w.read(vpc))
	require.NoError(t, os.MkdirAll(dir, 0o750))
	w.gone(vpc)
}

func TestUpdate_WritesOnlyWhatChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "account")
	w := open(t, dir)
	w.gone(w.create("aws_kms_key", east, attrs{"deletion_window_in_days": 7}))
	require.NoError(t, os.RemoveAll(dir)) // from here on, writing fails
	nothing := func(*sim.Tx) error { return nil }
	require.NoError(t, w.cloud.Update(nothing))
	require.Error(t, w.cloud.Update(func(tx *sim.Tx) error { tx.NewUUID(); return nil }), "an id that was given out must not come again")
	require.Error(t, w.cloud.Update(func(tx *sim.Tx) error { tx.Retain(&sim.Resource{Type: "aws_kms_key"}, time.Time{}); return nil }))
	w.clock.Advance(8 * 24 * time.Hour)
	require.Error(t, w.cloud.Update(nothing), "a key whose window is over has gone")
}

// Terraform runs ten operations at a time.
func TestDo_IsSafeForConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	var wg sync.WaitGroup
	ids := make(chan string, 100)
	for worker := range 10 {
		wg.Go(func() {
			for i := range 10 {
				resp := w.try("aws_subnet", east, attrs{"vpc_id": vpc.id, "cidr_block": fmt.Sprintf("10.0.%d.0/24", worker*10+i)})
				if resp.Error != nil {
					t.Errorf("subnet %d of worker %d: %v", i, worker, resp.Error)
					return
				}
				ids <- resp.ID
				w.cloud.Do(context.Background(), simapi.OpRead, simapi.Request{Type: "aws_subnet", Region: east, ID: resp.ID})
				w.cloud.Summary()
			}
		})
	}
	wg.Wait()
	close(ids)
	seen := map[string]bool{}
	for id := range ids {
		seen[id] = true
	}
	require.Len(t, seen, 100)
	require.Equal(t, 101, open(t, dir).cloud.Summary().Total)
}

func TestDo_LetsOneOfManyHaveAName(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for range 10 {
		wg.Go(func() {
			code := "accepted"
			if resp := w.try("aws_sns_topic", east, attrs{"name": "alarms"}); resp.Error != nil {
				code = resp.Error.Code
			}
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{"accepted": 1, "InvalidParameter": 9}, codes)
}

func TestDo_RefusesAfterItsCallerHasGone(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	resp := w.cloud.Do(ctx, simapi.OpCreate, simapi.Request{Type: "aws_vpc", Region: east, Attrs: attrs{"cidr_block": "10.0.0.0/16"}})
	require.NotNil(t, resp.Error)
	require.Zero(t, w.cloud.Summary().Total)
}

func TestSetAttribute_ShowsAtTheNextRead(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	require.NoError(t, w.cloud.SetAttribute("aws_vpc", "", vpc.id, "enable_dns_support", false))
	require.Equal(t, false, w.read(vpc)["enable_dns_support"])
	require.NoError(t, w.cloud.SetAttribute("aws_vpc", east, vpc.id, "tags_all", attrs{"Name": "other"}))
	require.Equal(t, attrs{"Name": "other"}, w.read(vpc)["tags_all"])
	repaired := w.update(made{vpc.typ, east, vpc.id, vpc.asked, w.read(vpc)}, attrs{"enable_dns_support": true})
	require.Equal(t, true, repaired.attrs["enable_dns_support"])
}

func TestSetAttribute_RefusesWhatItCannotDo(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	set := w.cloud.SetAttribute
	require.ErrorIs(t, set("aws_vpc", "", "vpc-0", "tags", nil), sim.ErrNoResource)
	require.ErrorIs(t, set("aws_vpc", west, p.here.vpc.id, "tags", nil), sim.ErrNoResource)
	require.ErrorIs(t, set("aws_vpc", "", p.here.vpc.id, "tag", nil), sim.ErrNoAttribute)
	require.ErrorIs(t, set("aws_db_parameter_group", "", "db-dev", "description", "x"), sim.ErrAmbiguous)
	require.NoError(t, set("aws_db_parameter_group", west, "db-dev", "description", "x"))
	before := w.cloud.Resources("")
	require.ErrorIs(t, set("aws_db_instance", "", p.primary.id, "replicas", list{}), sim.ErrDerived)
	require.Empty(t, cmp.Diff(before, w.cloud.Resources("")))
}

func TestUpdate_LeavesAloneWhatTerraformDidNotChange(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	stale := p.replica
	require.NoError(t, w.cloud.SetAttribute("aws_db_instance", "", p.replica.id, "replicate_source_db", ""))
	w.update(stale, attrs{"tags": attrs{"Team": "db"}})
	require.Empty(t, w.read(stale)["replicate_source_db"], "a plan from before the promotion does not undo it")
	require.Equal(t, attrs{"Team": "db"}, w.read(stale)["tags_all"])
}

func TestUpdate_TakesTheCurrentStateForPriorWhereNoneIsGiven(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	resp := w.cloud.Do(context.Background(), simapi.OpUpdate, simapi.Request{
		Type: vpc.typ, Region: east, ID: vpc.id, Attrs: vpc.with(attrs{"enable_dns_hostnames": true}),
	})
	require.Nil(t, resp.Error)
	require.Equal(t, true, resp.Attrs["enable_dns_hostnames"])
}

func TestDo_AnswersForWhatIsGone(t *testing.T) {
	w := newWorld(t)
	vpc := w.create("aws_vpc", east, attrs{"cidr_block": "10.0.0.0/16"})
	w.gone(vpc)
	require.Nil(t, w.read(vpc))
	require.Nil(t, w.delete(vpc), "deleting what is gone is no error")
	require.Equal(t, "InvalidVpcID.NotFound", w.change(vpc, nil).Error.Code)
	imported := w.cloud.Do(context.Background(), simapi.OpImport, simapi.Request{Type: vpc.typ, Region: east, ID: vpc.id})
	require.Equal(t, "InvalidVpcID.NotFound", imported.Error.Code)
}

func TestDelete_TakesTerraformsOwnArgumentsFromThePriorState(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	require.NoError(t, w.cloud.SetAttribute("aws_db_instance", "", p.replica.id, "skip_final_snapshot", nil))
	w.gone(p.replica)
}

func TestImport_TakesTheIDsOfTheRealProvider(t *testing.T) {
	w := newWorld(t)
	byType := map[string]made{}
	for _, m := range w.full() {
		if _, ok := byType[m.typ]; !ok || m.region == west {
			byType[m.typ] = m
		}
	}
	str := func(typ, name string) string { return byType[typ].str(name) }
	for typ, text := range map[string]string{
		"aws_vpc":                        byType["aws_vpc"].id,
		"aws_route":                      str("aws_route", "route_table_id") + "_0.0.0.0/0",
		"aws_route_table_association":    str("aws_route_table_association", "subnet_id") + "/" + str("aws_route_table_association", "route_table_id"),
		"aws_network_acl_rule":           str("aws_network_acl_rule", "network_acl_id") + ":100:-1:false",
		"aws_db_instance":                "replica-db-dev",
		"aws_lambda_permission":          "guard-dev/sns",
		"aws_cloudwatch_event_target":    "tick-dev/" + str("aws_cloudwatch_event_target", "target_id"),
		"aws_iam_role_policy_attachment": "guard-dev/" + str("aws_iam_role_policy_attachment", "policy_arn"),
		"aws_route53_zone_association":   str("aws_route53_zone_association", "zone_id") + ":" + str("aws_route53_zone_association", "vpc_id"),
		"aws_route53_record":             byType["aws_route53_record"].id,
	} {
		m := byType[typ]
		resp := w.cloud.Do(context.Background(), simapi.OpImport, simapi.Request{Type: typ, Region: m.region, ID: text})
		require.Nil(t, resp.Error, "%s %s", typ, text)
		require.Equal(t, m.id, resp.ID, typ)
		require.Equal(t, w.read(m), resp.Attrs, typ)
	}
	for _, typ := range []string{"aws_route", "aws_network_acl_rule", "aws_route_table_association", "aws_lambda_permission", "aws_iam_role_policy_attachment"} {
		resp := w.cloud.Do(context.Background(), simapi.OpImport, simapi.Request{Type: typ, Region: west, ID: "x:y:z:w"})
		require.NotNil(t, resp.Error, typ)
	}
}

func TestResponse_SurvivesJSON(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.full() {
		raw, err := json.Marshal(m.attrs)
		require.NoError(t, err)
		var back attrs
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, m.attrs, back, "%s: a value's type changes on its way to the provider", m.typ)
	}
}

func TestRecall_LeavesTheDirectoryAsItIs(t *testing.T) {
	dir := t.TempDir()
	count := func(c *sim.Cloud) int { return c.Summary().Total }
	kept, err := simaws.New(sim.Options{Seed: 1})
	require.NoError(t, err)
	require.NoError(t, kept.Update(func(tx *sim.Tx) error {
		tx.Put(&sim.Resource{Type: "aws_vpc", Region: "us-east-1", ID: "vpc-1"})
		return nil
	}))
	require.NoError(t, kept.Keep(dir))

	recalled, err := simaws.Recall(dir, sim.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, count(recalled))
	require.NoError(t, recalled.Update(func(tx *sim.Tx) error {
		tx.Put(&sim.Resource{Type: "aws_vpc", Region: "us-east-1", ID: "vpc-2"})
		return nil
	}))
	require.Equal(t, 2, count(recalled))

	again, err := simaws.Recall(dir, sim.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, count(again), "what happened to the recalled one is not in the directory")
}
