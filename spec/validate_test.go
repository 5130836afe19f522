package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// valid is a configuration without faults, for tests to spoil.
func valid() spec.Config {
	c := spec.Default()
	c.Environment = "dev"
	return c
}

// s3 is valid with its state in a bucket.
func s3() spec.Config {
	c := valid()
	c.Backend = spec.Backend{Type: "s3", Bucket: "acme-terraform-state", KeyPrefix: "pgdr"}
	return c
}

// faultCase is one mistake: what it changes, and the message that it must get.
type faultCase struct {
	spoil func(*spec.Config)
	// path, found and want are the fault's; found and want may be a part.
	path, found, want string
}

// check spoils a copy of base and expects that fault and no other.
func (f faultCase) check(t *testing.T, base spec.Config) {
	t.Helper()
	f.spoil(&base)
	faults := faultsOf(t, base.Validate())
	require.Len(t, faults, 1, "faults:\n%s", faults)
	assert.Equal(t, f.path, faults[0].Path)
	assert.Contains(t, faults[0].Found, f.found)
	assert.Contains(t, faults[0].Want, f.want)
}

func faultsOf(t *testing.T, err error) spec.Faults {
	t.Helper()
	var faults spec.Faults
	require.ErrorAs(t, err, &faults)
	return faults
}

func TestValidate_AcceptsTheConfigurationsThatTheCasesSpoil(t *testing.T) {
	for name, c := range map[string]spec.Config{"valid": valid(), "s3": s3()} {
		assert.NoError(t, c.Validate(), name)
	}
}

func TestValidate_FindsFaultOfSites(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"same region twice":     {func(c *c) { c.Sites.Replica.Region = "us-east-1" }, "sites.replica.region", `"us-east-1", the same as sites.primary.region`, "give the replica another region"},
		"misspelled region":     {func(c *c) { c.Sites.Primary.Region = "us-esat-1" }, "sites.primary.region", `"us-esat-1"`, `did you mean "us-east-1"?`},
		"no region at all":      {func(c *c) { c.Sites.Replica.Region = "" }, "sites.replica.region", "nothing", "region code"},
		"region in words":       {func(c *c) { c.Sites.Replica.Region = "Republic of Ireland" }, "sites.replica.region", "Ireland", "region code"},
		"another partition":     {func(c *c) { c.Sites.Replica.Region = "us-gov-west-1" }, "sites.replica.region", "us-gov-west-1", "GovCloud is a partition of its own"},
		"region without roots":  {func(c *c) { c.Sites.Replica.Region = "il-central-1" }, "sites.replica.region", `"il-central-1"`, "RDS certificates this version holds, or the guard could not verify the database: af-south-1, "},
		"region with two zones": {func(c *c) { c.Sites.Replica.Region = "us-west-1" }, "sites.replica.region", "us-west-1", "3 zones"},
		"overlapping ranges":    {func(c *c) { c.Sites.Replica.CIDR = "10.0.128.0/20" }, "sites.replica.cidr", "overlaps 10.0.0.0/16 of sites.primary.cidr", "a range of its own"},
		"same range":            {func(c *c) { c.Sites.Replica.CIDR = "10.0.0.0/16" }, "sites.replica.cidr", "overlaps", "a range of its own"},
		"not a range":           {func(c *c) { c.Sites.Primary.CIDR = "10.0.0.0" }, "sites.primary.cidr", `"10.0.0.0"`, `"10.0.0.0/16"`},
		"IPv6":                  {func(c *c) { c.Sites.Primary.CIDR = "fd00::/16" }, "sites.primary.cidr", "fd00::/16", "IPv4"},
		"not its first address": {func(c *c) { c.Sites.Primary.CIDR = "10.0.7.0/16" }, "sites.primary.cidr", `"10.0.7.0/16"`, `give the first address of the range: "10.0.0.0/16"`},
		"too small":             {func(c *c) { c.Sites.Primary.CIDR = "10.0.0.0/21" }, "sites.primary.cidr", `"10.0.0.0/21"`, "/16 to /20"},
		"too large":             {func(c *c) { c.Sites.Primary.CIDR = "10.64.0.0/15" }, "sites.primary.cidr", `"10.64.0.0/15"`, "/16 to /20"},
		"public addresses":      {func(c *c) { c.Sites.Primary.CIDR = "8.8.0.0/16" }, "sites.primary.cidr", `"8.8.0.0/16"`, "private range"},
		"beyond 172.16/12":      {func(c *c) { c.Sites.Primary.CIDR = "172.32.0.0/16" }, "sites.primary.cidr", `"172.32.0.0/16"`, "private range"},
		"two zones":             {func(c *c) { c.Sites.Primary.Zones = []string{"us-east-1a", "us-east-1b"} }, "sites.primary.zones", "2 zones", "give 3"},
		"zone of another site":  {func(c *c) { c.Sites.Primary.Zones = []string{"us-east-1a", "us-east-1b", "eu-west-1c"} }, "sites.primary.zones[2]", `"eu-west-1c"`, "a zone of us-east-1"},
		"local zone":            {func(c *c) { c.Sites.Primary.Zones = []string{"us-east-1a", "us-east-1b", "us-east-1-bos-1a"} }, "sites.primary.zones[2]", "bos", "a zone of us-east-1"},
		"zone of two letters":   {func(c *c) { c.Sites.Primary.Zones = []string{"us-east-1a", "us-east-1b", "us-east-1cd"} }, "sites.primary.zones[2]", "us-east-1cd", "a zone of us-east-1"},
		"zone named twice":      {func(c *c) { c.Sites.Primary.Zones = []string{"us-east-1a", "us-east-1b", "us-east-1a"} }, "sites.primary.zones[2]", `"us-east-1a" a second time`, "once"},
		"minus one NAT gateway": {func(c *c) { c.Sites.Primary.NATGateways = -1 }, "sites.primary.nat_gateways", "-1", "1 or 3"},
		"two NAT gateways":      {func(c *c) { c.Sites.Replica.NATGateways = 2 }, "sites.replica.nat_gateways", "2", "1 or 3"},
		"short account":         {func(c *c) { c.Account = "12345678901" }, "account", `"12345678901"`, "12 digits"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestValidate_FindsFaultOfDatabase(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"major too old":           {func(c *c) { c.Database.EngineVersion = "14" }, "database.engine_version", `"14"`, "15, 16, 17 or 18"},
		"major of the future":     {func(c *c) { c.Database.EngineVersion = "19" }, "database.engine_version", `"19"`, "15, 16, 17 or 18"},
		"15.9":                    {func(c *c) { c.Database.EngineVersion = "15.9" }, "database.engine_version", `"15.9", which RDS no longer creates`, `give "15", for which RDS chooses the minor, or 15.13 or later except 15.16`},
		"15.12":                   {func(c *c) { c.Database.EngineVersion = "15.12" }, "database.engine_version", `"15.12", which RDS no longer creates`, "15.13 or later"},
		"15.2":                    {func(c *c) { c.Database.EngineVersion = "15.2" }, "database.engine_version", `"15.2", which RDS no longer creates`, "15.13 or later"},
		"15.16 was withdrawn":     {func(c *c) { c.Database.EngineVersion = "15.16" }, "database.engine_version", "which RDS no longer creates", "except 15.16"},
		"16.5":                    {func(c *c) { c.Database.EngineVersion = "16.5" }, "database.engine_version", `"16.5"`, "16.9 or later"},
		"16.8":                    {func(c *c) { c.Database.EngineVersion = "16.8" }, "database.engine_version", `"16.8"`, "16.9 or later"},
		"17.4":                    {func(c *c) { c.Database.EngineVersion = "17.4" }, "database.engine_version", `"17.4"`, "17.5 or later"},
		"18.0 was a preview":      {func(c *c) { c.Database.EngineVersion = "18.0" }, "database.engine_version", `"18.0"`, "18.1 or later"},
		"release of RDS":          {func(c *c) { c.Database.EngineVersion = "15.15-R2" }, "database.engine_version", `"15.15-R2"`, `a major such as "15"`},
		"latest":                  {func(c *c) { c.Database.EngineVersion = "latest" }, "database.engine_version", `"latest"`, `a major such as "15"`},
		"class without db":        {func(c *c) { c.Database.InstanceClass = "r6g.large" }, "database.instance_class", `"r6g.large"`, `"db.r6g.large"`},
		"retired family":          {func(c *c) { c.Database.InstanceClass = "db.t2.micro" }, "database.instance_class", `"db.t2.micro"`, "r6g, "},
		"family of Oracle":        {func(c *c) { c.Database.InstanceClass = "db.z1d.large" }, "database.instance_class", `"db.z1d.large"`, "family"},
		"size that isn't there":   {func(c *c) { c.Database.InstanceClass = "db.r6g.medium" }, "database.instance_class", `"db.r6g.medium"`, "large, xlarge"},
		"family of one major":     {func(c *c) { c.Database.InstanceClass = "db.x2idn.16xlarge"; c.Database.EngineVersion = "17" }, "database.instance_class", "with PostgreSQL 17", "runs 15 only"},
		"serverless":              {func(c *c) { c.Database.InstanceClass = "db.serverless" }, "database.instance_class", `"db.serverless"`, "db, family and size"},
		"no room to grow":         {func(c *c) { c.Database.MaxAllocatedStorage = 109 }, "database.max_allocated_storage_gib", "109", "at least 110"},
		"room rounded up":         {func(c *c) { c.Database.AllocatedStorage, c.Database.MaxAllocatedStorage = 101, 111 }, "database.max_allocated_storage_gib", "111", "at least 112"},
		"slot fills the disk":     {func(c *c) { c.Database.MaxSlotWALKeep = 51201 }, "database.max_slot_wal_keep_mib", "51201", "at most 51200"},
		"retention 0":             {func(c *c) { c.Database.BackupRetention = 0 }, "database.backup_retention_days", "0", "1 to 35 (a source without backups can have no replica"},
		"upper-case database":     {func(c *c) { c.Database.Name = "App" }, "database.name", `"App"`, "lower-case"},
		"database with a hyphen":  {func(c *c) { c.Database.Name = "my-app" }, "database.name", `"my-app"`, "underscores"},
		"database without a name": {func(c *c) { c.Database.Name = "" }, "database.name", "nothing", "lower-case"},
		"long database name":      {func(c *c) { c.Database.Name = strings.Repeat("a", 64) }, "database.name", "aaa", "at most 63 characters, not 64"},
		"database of RDS":         {func(c *c) { c.Database.Name = "rdsadmin" }, "database.name", `"rdsadmin", a reserved word`, `"rdsadmin_1"`},
		"database key word":       {func(c *c) { c.Database.Name = "order" }, "database.name", `"order", a reserved word`, `"order_1"`},
		"user admin":              {func(c *c) { c.Database.Username = "admin" }, "database.username", `"admin", a reserved word`, "another name"},
		"user of PostgreSQL":      {func(c *c) { c.Database.Username = "pg_monitor" }, "database.username", "a reserved word", "another name"},
		"user of the guard":       {func(c *c) { c.Database.Username = "pgdr_guard" }, "database.username", "a reserved word", "another name"},
		"long user name":          {func(c *c) { c.Database.Username = "administrator_one" }, "database.username", "administrator_one", "at most 16 characters, not 17"},
		"audit of another kind":   {func(c *c) { c.Database.Audit = "log_statement" }, "database.audit", `"log_statement"`, "pgaudit or log_statement_all"},
		"log retention":           {func(c *c) { c.Database.LogRetention = 8 }, "database.log_retention_days", "8", "7, 14,"},
		"password version":        {func(c *c) { c.Database.PasswordVersion = 0 }, "database.password_version", "0", "1 to"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestValidate_FindsFaultOfMonitoring(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"alarm on a healthy disk":   {func(c *c) { c.Monitoring.FreeStorage = 51 }, "monitoring.free_storage_gib", "51", "at most 50"},
		"alarm after the slot":      {func(c *c) { c.Monitoring.SlotLag = 20480 }, "monitoring.slot_lag_mib", "20480", "less than the 20480"},
		"CPU of 100":                {func(c *c) { c.Monitoring.CPU = 100 }, "monitoring.cpu_percent", "100", "1 to 99"},
		"no connections":            {func(c *c) { c.Monitoring.Connections = 0 }, "monitoring.connections", "0", "1 to"},
		"negative lag":              {func(c *c) { c.Monitoring.ReplicaLag = -1 }, "monitoring.replica_lag_seconds", "-1", "10 to 3600"},
		"not an address":            {func(c *c) { c.Monitoring.Emails = []string{"ops"} }, "monitoring.emails[0]", `"ops"`, "bare address"},
		"address with a name":       {func(c *c) { c.Monitoring.Emails = []string{"Ops <ops@acme.tld>"} }, "monitoring.emails[0]", "Ops <", "bare address"},
		"address of a bare host":    {func(c *c) { c.Monitoring.Emails = []string{"root@localhost"} }, "monitoring.emails[0]", "root@localhost", "full domain"},
		"address twice in any case": {func(c *c) { c.Monitoring.Emails = []string{"a@acme.tld", "b@acme.tld", "A@ACME.tld"} }, "monitoring.emails[2]", `"A@ACME.tld" a second time`, "once"},
		"TTL 0":                     {func(c *c) { c.DNS.TTL = 0 }, "dns.ttl_seconds", "0", "1 to 300"},
		"tag that RDS refuses":      {func(c *c) { c.Tags.Team = "dev&ops" }, "tags.team", "dev&ops", "RDS takes no other"},
		"tag that is too long":      {func(c *c) { c.Tags.Team = strings.Repeat("ä", 257) }, "tags.team", "ä", "at most 256"},
		"tag that AWS keeps":        {func(c *c) { c.Tags.Team = "AWS:team" }, "tags.team", "AWS:team", "begin with aws:"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestValidate_FindsFaultOfGuard(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"mode":                        {func(c *c) { c.Guard.Mode = "auto" }, "guard.mode", `"auto"`, "automatic or manual"},
		"DNS policy":                  {func(c *c) { c.Guard.SwitchDNSWhen = "sent" }, "guard.switch_dns_when", `"sent"`, "proven or accepted"},
		"fence policy":                {func(c *c) { c.Guard.OnFenceError = "force" }, "guard.on_fence_error", `"force"`, "ask or promote"},
		"region policy":               {func(c *c) { c.Guard.OnRegionSilent = "" }, "guard.on_region_silent", "nothing", "promote or ask"},
		"failed before Multi-AZ":      {func(c *c) { c.Guard.InstanceFailed = 179 }, "guard.instance_failed_seconds", "179", "at least 180 with database.multi_az"},
		"unreachable before Multi-AZ": {func(c *c) { c.Guard.InstanceFailed, c.Guard.InstanceUnreachable = 180, 179 }, "guard.instance_unreachable_seconds", "179", "at least 180 with database.multi_az"},
		"failed in one run":           {func(c *c) { c.Database.MultiAZ = false; c.Guard.InstanceFailed = 59 }, "guard.instance_failed_seconds", "59", "60 to 3600"},
		"unreachable before failed":   {func(c *c) { c.Guard.InstanceFailed, c.Guard.InstanceUnreachable = 301, 300 }, "guard.instance_unreachable_seconds", "300", "at least the 301 of guard.instance_failed_seconds"},
		"window of hours":             {func(c *c) { c.Guard.InstanceUnreachable = 3601 }, "guard.instance_unreachable_seconds", "3601", "60 to 3600"},
		"region silent in one run":    {func(c *c) { c.Guard.RegionSilent = 59 }, "guard.region_silent_seconds", "59", "60 to 3600"},
		"arming in one run":           {func(c *c) { c.Guard.Arming = 119 }, "guard.arming_seconds", "119", "120 to 86400"},
		"cooldown before abort":       {func(c *c) { c.Guard.Cooldown = 899 }, "guard.cooldown_seconds", "899", "at least the 900 of guard.abort_after_seconds"},
		"no data loss at all":         {func(c *c) { c.Guard.MaxDataLoss = 0 }, "guard.max_data_loss_seconds", "0", "15 to 3600"},
		"abort before promotion":      {func(c *c) { c.Guard.AbortAfter = 299 }, "guard.abort_after_seconds", "299", "300 to 3600"},
		"one witness":                 {func(c *c) { c.Guard.WitnessRegions = []string{"us-west-2"} }, "guard.witness_regions", "1 region", "give 2"},
		"three witnesses":             {func(c *c) { c.Guard.WitnessRegions = []string{"us-west-2", "us-west-1", "eu-central-1"} }, "guard.witness_regions", "3 regions", "give 2"},
		"witness in the primary":      {func(c *c) { c.Guard.WitnessRegions = []string{"us-east-1", "eu-central-1"} }, "guard.witness_regions[0]", "the same as sites.primary.region", "third region"},
		"witness in the replica":      {func(c *c) { c.Guard.WitnessRegions = []string{"us-west-2", "eu-west-1"} }, "guard.witness_regions[1]", "the same as sites.replica.region", "third region"},
		"same witness twice":          {func(c *c) { c.Guard.WitnessRegions = []string{"us-west-2", "us-west-2"} }, "guard.witness_regions[1]", `"us-west-2" a second time`, "different"},
		"witness misspelled":          {func(c *c) { c.Guard.WitnessRegions = []string{"us-west-2", "eu-centrl-1"} }, "guard.witness_regions[1]", "eu-centrl-1", `"eu-central-1"`},
		"memory":                      {func(c *c) { c.Guard.Memory = 127 }, "guard.memory_mib", "127", "128 to 3008"},
		"log retention":               {func(c *c) { c.Guard.LogRetention = 0 }, "guard.log_retention_days", "0", "1, 3, 5"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestValidate_FindsFaultOfObjectives(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"a number":               {func(c *c) { c.Objectives.RTO = "900" }, "objectives.rto", `"900"`, "15m or 90s"},
		"none at all":            {func(c *c) { c.Objectives.RPO = "0s" }, "objectives.rpo", `"0s"`, "15m or 90s"},
		"parts of a second":      {func(c *c) { c.Objectives.RPO = "90.5s" }, "objectives.rpo", `"90.5s"`, "whole seconds"},
		"days":                   {func(c *c) { c.Objectives.RTO = "25h" }, "objectives.rto", `"25h"`, "24h at most"},
		"RTO within the window":  {func(c *c) { c.Objectives.RTO = "299s" }, "objectives.rto", `"299s"`, "at least 5m0s"},
		"RTO before the silence": {func(c *c) { c.Objectives.RTO, c.Guard.RegionSilent = "9m", 600 }, "objectives.rto", `"9m"`, "at least 10m0s"},
		"RPO below the limit":    {func(c *c) { c.Objectives.RPO = "59s" }, "objectives.rpo", `"59s"`, "at least 1m0s"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestDerived_ObjectivesFollowTheGuardsPolicy(t *testing.T) {
	c := valid()
	rto, rpo := c.Derived().Objectives.Durations()
	require.Equal(t, []time.Duration{15 * time.Minute, time.Minute}, []time.Duration{rto, rpo})
	c.Guard.InstanceUnreachable, c.Guard.MaxDataLoss = 3600, 600
	require.NoError(t, c.Validate(), "what was not given is no fault")
	rto, rpo = c.Derived().Objectives.Durations()
	require.Equal(t, []time.Duration{70 * time.Minute, 10 * time.Minute}, []time.Duration{rto, rpo})
	c.Objectives.RTO = "2h"
	rto, _ = c.Derived().Objectives.Durations()
	require.Equal(t, 2*time.Hour, rto, "one that was given stays")
}

func TestValidate_FindsFaultOfLocalBackend(t *testing.T) {
	type c = spec.Config
	for name, f := range map[string]faultCase{
		"unknown type":       {func(c *c) { c.Backend.Type = "gcs" }, "backend.type", `"gcs"`, "local or s3"},
		"bucket":             {func(c *c) { c.Backend.Bucket = "acme" }, "backend.bucket", `"acme" with backend.type local`, "set backend.type to s3"},
		"key":                {func(c *c) { c.Backend.KMSKeyID = "arn:x" }, "backend.kms_key_id", "with backend.type local", "set backend.type to s3"},
		"region":             {func(c *c) { c.Backend.Region = "eu-west-1" }, "backend.region", "with backend.type local", "set backend.type to s3"},
		"absolute path":      {func(c *c) { c.Backend.Path = "/var/state" }, "backend.path", `"/var/state"`, "inside the project"},
		"path out":           {func(c *c) { c.Backend.Path = "a/../../state" }, "backend.path", "state", "inside the project"},
		"project itself":     {func(c *c) { c.Backend.Path = "./" }, "backend.path", `"./"`, "inside the project"},
		"no path":            {func(c *c) { c.Backend.Path = "" }, "backend.path", "nothing", "inside the project"},
		"output folder":      {func(c *c) { c.Backend.Path = "./cdktf.out/state" }, "backend.path", "cdktf.out", "would be lost"},
		"simulation's place": {func(c *c) { c.Backend.Path = ".twin/dev/state" }, "backend.path", ".twin", "real state never meets it"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

func TestValidate_FindsFaultOfS3Backend(t *testing.T) {
	type c = spec.Config
	const key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for name, f := range map[string]faultCase{
		"no bucket":         {func(c *c) { c.Backend.Bucket = "" }, "backend.bucket", "nothing", "backend.type is s3"},
		"upper-case bucket": {func(c *c) { c.Backend.Bucket = "Acme-State" }, "backend.bucket", "Acme", "lower-case"},
		"short bucket":      {func(c *c) { c.Backend.Bucket = "ab" }, "backend.bucket", `"ab"`, "3 to 63"},
		"bucket's two dots": {func(c *c) { c.Backend.Bucket = "acme..state" }, "backend.bucket", "acme..state", "S3 takes"},
		"bucket an address": {func(c *c) { c.Backend.Bucket = "192.168.5.4" }, "backend.bucket", "192.168.5.4", "no address"},
		"bucket of S3":      {func(c *c) { c.Backend.Bucket = "acme-s3alias" }, "backend.bucket", "acme-s3alias", "S3 keeps"},
		"region":            {func(c *c) { c.Backend.Region = "eu-west" }, "backend.region", `"eu-west"`, "eu-west-1"},
		"leading slash":     {func(c *c) { c.Backend.KeyPrefix = "/pgdr" }, "backend.key_prefix", `"/pgdr"`, "single slashes"},
		"double slash":      {func(c *c) { c.Backend.KeyPrefix = "a//b" }, "backend.key_prefix", `"a//b"`, "single slashes"},
		"alias of a key":    {func(c *c) { c.Backend.KMSKeyID = "alias/state" }, "backend.kms_key_id", "alias/state", "the ARN of a key"},
		"key elsewhere":     {func(c *c) { c.Backend.KMSKeyID = key }, "backend.kms_key_id", "us-east-1", "a key in eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, s3()) })
	}
}

func TestValidate_AcceptsWhatRDSHas(t *testing.T) {
	for _, version := range []string{"15", "15.13", "15.15", "15.19", "16", "16.9", "17.5", "18", "18.1", "18.6"} {
		c := valid()
		c.Database.EngineVersion = version
		assert.NoError(t, c.Validate(), version)
	}
	for _, class := range []string{"db.t4g.micro", "db.t3.medium", "db.m5.large", "db.m6in.32xlarge", "db.r8g.48xlarge", "db.x2idn.16xlarge", "db.x2iedn.xlarge"} {
		c := valid()
		c.Database.InstanceClass = class
		assert.NoError(t, c.Validate(), class)
	}
}

func TestValidate_ReportsEveryFaultAtOnceSortedByPath(t *testing.T) {
	c := valid()
	c.Environment = "Dev"
	c.Sites.Replica.Region = c.Sites.Primary.Region
	c.Database.BackupRetention = 0
	c.Guard.Mode = "off"
	c.Backend.Type = "s3"
	faults := faultsOf(t, c.Validate())
	assert.Equal(t, `the configuration has 5 faults:
  backend.bucket: found nothing: name an existing bucket: backend.type is s3
  database.backup_retention_days: found 0: give 1 to 35 (a source without backups can have no replica; RDS keeps automated backups for 35 days at most)
  environment: found "Dev": give lower-case letters, such as "dev" (it becomes part of an RDS instance identifier)
  guard.mode: found "off": give automatic or manual
  sites.replica.region: found "us-east-1", the same as sites.primary.region: give the replica another region`, faults.Error())
}

func TestValidate_ChecksBothEndsOfEveryBound(t *testing.T) {
	for _, b := range spec.Bounds {
		for n, ok := range map[int]bool{b.Min - 1: false, b.Max + 1: false, b.Min: true, b.Max: true} {
			c := valid()
			set(t, &c, b.Path, n)
			var faults spec.Faults
			if err := c.Validate(); err != nil {
				faults = faultsOf(t, err)
			}
			assert.Equal(t, ok, !outOfBounds(faults, b), "%s = %d: %v", b.Path, n, faults)
		}
	}
}

// outOfBounds tells whether the bound itself was found to be broken; relations
// to other fields may be, at its ends.
func outOfBounds(faults spec.Faults, b spec.Bound) bool {
	for _, f := range faults {
		if f.Path == b.Path && strings.HasPrefix(f.Want, "give "+b.String()+" (") {
			return true
		}
	}
	return false
}

func TestValidate_FindsFaultOfClients(t *testing.T) {
	type c = spec.Config
	clients := func(cidrs ...string) func(*c) { return func(c *c) { c.Network.Clients.CIDRs = cidrs } }
	groups := func(ids ...string) func(*c) { return func(c *c) { c.Network.Clients.ReplicaSecurityGroups = ids } }
	for name, f := range map[string]faultCase{
		"an address":            {clients("10.20.0.1"), "network.clients.cidrs[0]", `"10.20.0.1"`, `"10.20.0.0/16"`},
		"not the first address": {clients("10.20.1.0/16"), "network.clients.cidrs[0]", `"10.20.1.0/16"`, `"10.20.0.0/16"`},
		"IPv6":                  {clients("fd00::/64"), "network.clients.cidrs[0]", `"fd00::/64"`, "IPv4"},
		"the Internet":          {clients("10.20.0.0/16", "0.0.0.0/0"), "network.clients.cidrs[1]", `"0.0.0.0/0"`, "not the Internet"},
		"a range twice":         {clients("10.20.0.0/16", "10.20.0.0/16"), "network.clients.cidrs[1]", "a second time", "once"},
		"a name for a group":    {groups("web"), "network.clients.replica_security_groups[0]", `"web"`, "sg-0123456789abcdef0"},
		"a group twice":         {groups("sg-12345678", "sg-12345678"), "network.clients.replica_security_groups[1]", "a second time", "once"},
	} {
		t.Run(name, func(t *testing.T) { f.check(t, valid()) })
	}
}

// A pair of sites must not be refused for witnesses that nobody wrote.
func TestDerived_WitnessesAreNoSites(t *testing.T) {
	c := valid()
	c.Guard.WitnessRegions = nil
	require.Equal(t, []string{"us-west-2", "eu-central-1"}, c.Derived().Guard.WitnessRegions, "those of the default sites")
	c.Sites.Primary.Region = "eu-central-1"
	require.Equal(t, []string{"eu-west-3", "us-west-2"}, c.Derived().Guard.WitnessRegions)
	require.NoError(t, c.Validate())
	sites := []string{
		"af-south-1", "ap-east-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ca-central-1", "eu-central-1",
		"eu-west-1", "eu-west-3", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-2",
	}
	for _, primary := range sites {
		for _, replica := range sites {
			if primary == replica {
				continue
			}
			c.Sites.Primary.Region, c.Sites.Replica.Region = primary, replica
			require.NoError(t, c.Validate(), "%s and %s", primary, replica)
		}
	}
}

func TestDerived_GivesTheGuardsSiteANATGatewayAZoneUnlessDisposable(t *testing.T) {
	c := valid()
	c.Sites.Primary.NATGateways, c.Sites.Replica.NATGateways = 0, 0
	c.Disposable = false
	require.Equal(t, 1, c.Derived().Sites.Primary.NATGateways)
	require.Equal(t, 3, c.Derived().Sites.Replica.NATGateways)
	c.Disposable = true
	require.Equal(t, 1, c.Derived().Sites.Replica.NATGateways)
}

func TestDerived_KeepsLogsAYearUnlessDisposable(t *testing.T) {
	c := valid()
	c.Database.LogRetention = 0
	c.Disposable = false
	require.Equal(t, 365, c.Derived().Database.LogRetention)
	c.Disposable = true
	require.Equal(t, 7, c.Derived().Database.LogRetention)
	c.Database.LogRetention = 14
	require.Equal(t, 14, c.Derived().Database.LogRetention)
}

// CI systems hand out clone URLs with a token in them; a tag is in the state, in
// each plan and on each resource.
func TestTags_CarryNoCredentialsOfAURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://gitlab-ci-token:a-token@gitlab.example.com/db/pgdr.git": "https://gitlab.example.com/db/pgdr.git",
		"https://a-token@host/x":                 "https://host/x",
		"https://user:p@ss@host/x":               "https://host/x",
		"https://host/x?private_token=a-token":   "https://host/x",
		"https://host/x#a-token":                 "https://host/x",
		"clone https://t@host/x or ssh://t@host": "clone https://host/x or ssh://host",
		"git@github.com:acme/db.git":             "git@github.com:acme/db.git",
		"https://host/x@v1":                      "https://host/x@v1",
		"Jane <jane@example.com>":                "Jane _jane@example.com_",
	} {
		for _, variable := range []string{"REPOSITORY", "COMMIT_AUTHOR"} {
			c, err := spec.Load(spec.LoadOptions{Dir: project, Env: variables{variable: given}.get})
			require.NoError(t, err)
			got := c.Tags.Repository
			if variable == "COMMIT_AUTHOR" {
				got = c.Tags.Author
			}
			require.Equal(t, want, got, variable)
		}
		c := valid()
		c.Tags.Team = given
		if err := c.Validate(); want != given {
			require.ErrorContains(t, err, "tags.team")
			require.NotContains(t, err.Error(), "a-token", "an error is in a log")
		}
	}
}
