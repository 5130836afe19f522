package spec_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// files are a project's, by path.
type files map[string]string

// dir writes the files into a folder of their own.
func (f files) dir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

// load reads the project with the variables.
func load(t *testing.T, f files, v variables) (spec.Config, error) {
	t.Helper()
	return spec.Load(spec.LoadOptions{Dir: f.dir(t), Env: v.get})
}

func mustLoad(t *testing.T, f files, v variables) spec.Config {
	t.Helper()
	c, err := load(t, f, v)
	require.NoError(t, err)
	return c
}

// devOnly is the smallest project.
func devOnly() files { return files{"environments/dev.yaml": ""} }

func TestLoad_EmptyFileGivesDefaultsOfDev(t *testing.T) {
	want := spec.Default()
	want.Environment = "dev"
	assert.Equal(t, want.Derived(), mustLoad(t, devOnly(), nil))
}

func TestLoad_LaterLayersWin(t *testing.T) {
	project := files{
		"cdktf.json": `{"language": "go", "context": {
			"environmentSuffix": "stage", "excludeStackIdFromLogicalIds": true,
			"pgdr": {"dns": {"ttl_seconds": 11}, "guard": {"memory_mib": 512, "mode": "manual"},
			         "sites": {"primary": {"region": "us-east-2"}}, "tags": {"team": "json"}}}}`,
		"environments/stage.yaml": "guard: {memory_mib: 1024}\nsites: {primary: {region: us-west-2}}\ntags: {team: yaml}\n" +
			"monitoring: {emails: [a@acme.tld]}\n",
		"environments/other.yaml": "disposable: true\n",
	}
	v := variables{"PRIMARY_REGION": "eu-north-1", "TEAM": "variable"}

	c := mustLoad(t, project, v)
	assert.Equal(t, "stage", c.Environment, "from the context")
	assert.Equal(t, 11, c.DNS.TTL, "context over default")
	assert.Equal(t, 1024, c.Guard.Memory, "file over context")
	assert.Equal(t, "manual", c.Guard.Mode, "context where the file says nothing")
	assert.Equal(t, "eu-north-1", c.Sites.Primary.Region, "variable over file")
	assert.Equal(t, []string{"eu-north-1a", "eu-north-1b", "eu-north-1c"}, c.Sites.Primary.Zones, "zones of the region in force")
	assert.Equal(t, "variable", c.Tags.Team)
	assert.Equal(t, []string{"a@acme.tld"}, c.Monitoring.Emails)
	assert.Equal(t, "eu-west-1", c.Sites.Replica.Region, "default where nobody says anything")

	v["CDKTF_CONTEXT_JSON"] = `{"environmentSuffix": "other", "pgdr": {"dns": {"ttl_seconds": 12}}, "cdktfRelativeModules": ["./modules"]}`
	c = mustLoad(t, project, v)
	assert.Equal(t, "other", c.Environment, "the command's context over the file's")
	assert.Equal(t, 12, c.DNS.TTL)
	assert.Equal(t, 512, c.Guard.Memory, "the file's context still counts beneath")
	assert.True(t, c.Disposable)

	v["ENVIRONMENT_SUFFIX"] = "stage"
	assert.Equal(t, "stage", mustLoad(t, project, v).Environment, "the variable over both contexts")
}

func TestLoad_TakesEveryVariable(t *testing.T) {
	c := mustLoad(t, devOnly(), variables{
		"REPOSITORY": "acme/db", "COMMIT_AUTHOR": "Zoë", "PR_NUMBER": "123", "TEAM": "data", "CREATED_AT": "2026-11-23T10:00:00Z",
		"AWS_ACCOUNT_ID": "012345678901", "PRIMARY_REGION": "eu-central-2", "REPLICA_REGION": "eu-west-2",
		"ALARM_EMAILS": "a@acme.tld, b@acme.tld",
	})
	assert.Equal(t, []string{"a@acme.tld", "b@acme.tld"}, c.Monitoring.Emails)
	assert.Equal(t, spec.Tags{Repository: "acme/db", Author: "Zoë", PRNumber: "123", Team: "data", CreatedAt: "2026-11-23T10:00:00Z"}, c.Tags)
	assert.Equal(t, "012345678901", c.Account)
	assert.Equal(t, "eu-central-2", c.Sites.Primary.Region)
	assert.Equal(t, "eu-west-2", c.Sites.Replica.Region)
}

func TestLoad_BlankVariablesCountAsUnset(t *testing.T) {
	v := variables{}
	for _, variable := range spec.Variables {
		v[variable.Name] = " \t"
	}
	for _, name := range []string{"ENVIRONMENT_SUFFIX", "CDKTF_CONTEXT_JSON", "PGDR_ENVIRONMENT_FILE", "PGDR_TWIN_DIR"} {
		v[name] = "  "
	}
	assert.Equal(t, mustLoad(t, devOnly(), nil), mustLoad(t, devOnly(), v))
}

func TestLoad_ShellsRegionAndAccountDoNotMoveTheSites(t *testing.T) {
	v := variables{"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2", "CDK_DEFAULT_REGION": "us-west-2", "CDK_DEFAULT_ACCOUNT": "123456789012"}
	assert.Equal(t, mustLoad(t, devOnly(), nil), mustLoad(t, devOnly(), v))
}

func TestLoad_MakesTagsOfMachineTexts(t *testing.T) {
	c := mustLoad(t, devOnly(), variables{"COMMIT_AUTHOR": "dependabot[bot] <bot@github.tld>"})
	assert.Equal(t, "dependabot_bot_ _bot@github.tld_", c.Tags.Author)
	long := make([]rune, 300)
	for i := range long {
		long[i] = 'ä'
	}
	c = mustLoad(t, devOnly(), variables{"COMMIT_AUTHOR": string(long)})
	assert.Len(t, []rune(c.Tags.Author), 256)
}

func TestLoad_NamesTheEnvironmentsThereAre(t *testing.T) {
	project := files{"environments/dev.yaml": "", "environments/prod.yaml": "", "environments/notes.txt": ""}
	_, err := load(t, project, variables{"ENVIRONMENT_SUFFIX": "prd"})
	var unknown *spec.UnknownEnvironmentError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, spec.UnknownEnvironmentError{Environment: "prd", File: "environments/prd.yaml", Existing: []string{"dev", "prod"}}, *unknown)
	assert.Equal(t, `environment "prd" has no file environments/prd.yaml; there are: dev, prod. Did you mean prod? `+
		`To make it, copy environments/dev.yaml to environments/prd.yaml; to lend it another's, set PGDR_ENVIRONMENT_FILE=environments/dev.yaml`, err.Error())

	_, err = load(t, files{"cdktf.json": "{}"}, nil)
	require.ErrorAs(t, err, &unknown)
	assert.Empty(t, unknown.Existing)
	assert.Contains(t, err.Error(), "there are none")
}

func TestLoad_LendsAFileToShortLivedEnvironments(t *testing.T) {
	project := files{"environments/dev.yaml": "disposable: true\n", "environments/prod.yaml": "guard: {memory_mib: 512}\n"}
	lent := variables{"ENVIRONMENT_SUFFIX": "pr123", "PGDR_ENVIRONMENT_FILE": "environments/dev.yaml"}
	c := mustLoad(t, project, lent)
	assert.Equal(t, "pr123", c.Environment)
	assert.True(t, c.Disposable)

	lent["ENVIRONMENT_SUFFIX"] = "prod"
	c = mustLoad(t, project, lent)
	assert.False(t, c.Disposable, "prod has a file of its own, and keeps its protection")
	assert.Equal(t, 512, c.Guard.Memory)

	for _, outside := range []string{"../dev.yaml", "/etc/passwd", "environments/none.yaml"} {
		_, err := load(t, project, variables{"ENVIRONMENT_SUFFIX": "pr123", "PGDR_ENVIRONMENT_FILE": outside})
		require.Error(t, err, outside)
		assert.Contains(t, err.Error(), "PGDR_ENVIRONMENT_FILE")
	}
}

func TestLoad_WrongSuffixReadsNoFileAndIsReportedWithTheRest(t *testing.T) {
	project := files{"environments/dev.yaml": "", "secret.yaml": "guard: {memory_mib: 1}\n", "cdktf.json": `{"context": {"pgdr": {"dns": {"ttl_seconds": 0}}}}`}
	_, err := load(t, project, variables{"ENVIRONMENT_SUFFIX": "../secret"})
	faults := faultsOf(t, err)
	require.Len(t, faults, 2)
	assert.Equal(t, "dns.ttl_seconds", faults[0].Path)
	assert.Equal(t, "cdktf.json", faults[0].Source)
	assert.Equal(t, "environment", faults[1].Path)
	assert.Equal(t, "ENVIRONMENT_SUFFIX", faults[1].Source)
}

func TestLoad_ReportsFaultsOfAllLayersAtOnceWithTheirPlaces(t *testing.T) {
	project := files{
		"cdktf.json": `{"context": {"pgdr": {"guard": {"memry_mib": 512}, "dns": {"ttl_seconds": "60"}}}}`,
		"environments/dev.yaml": `sites:
  primary:
    nat_gateways: two
    cidr: 10.0.0.0/8
multi_az: false
monitoring:
  emails: [ops@acme.tld, ops@acme.tld]
database:
  name: [app]
  backup_retention_days: 0
`,
	}
	_, err := load(t, project, variables{"REPLICA_REGION": "us-east-1"})
	assert.Equal(t, `the configuration has 9 faults:
  context.pgdr.dns.ttl_seconds: found "60" (cdktf.json): give a whole number in digits, without quotes or unit
  context.pgdr.guard.memry_mib: found an unknown key (cdktf.json): did you mean memory_mib? valid here: mode, on_region_silent, on_fence_error, switch_dns_when, instance_failed_seconds, instance_unreachable_seconds, region_silent_seconds, arming_seconds, cooldown_seconds, max_data_loss_seconds, abort_after_seconds, witness_regions, memory_mib and log_retention_days
  database.backup_retention_days: found 0 (environments/dev.yaml, line 10): give 1 to 35 (a source without backups can have no replica; RDS keeps automated backups for 35 days at most)
  database.name: found a list (environments/dev.yaml, line 9): give a text, in quotes
  monitoring.emails[1]: found "ops@acme.tld" a second time (environments/dev.yaml, line 7): give each address once
  multi_az: found an unknown key (environments/dev.yaml, line 5): did you mean database.multi_az? valid here: account, disposable, sites, network, database, dns, monitoring, guard, review, objectives, backend and tags
  sites.primary.cidr: found "10.0.0.0/8" (environments/dev.yaml, line 4): give a /16 to /20: a VPC is no larger
  sites.primary.nat_gateways: found "two" (environments/dev.yaml, line 3): give a whole number in digits, without quotes or unit
  sites.replica.region: found "us-east-1", the same as sites.primary.region (REPLICA_REGION): give the replica another region`, err.Error())
}

func TestLoad_SpoilsNothingOfTheDefaults(t *testing.T) {
	before := spec.Default()
	c := mustLoad(t, devOnly(), nil)
	c.Guard.WitnessRegions[0] = "xx"
	d := before.Derived()
	d.Guard.WitnessRegions[0] = "yy"
	assert.Equal(t, spec.Default(), before)
}

func TestLoad_ForcesTheTwinsStateWhateverWasConfigured(t *testing.T) {
	project := files{"environments/dev.yaml": "backend: {type: s3, bucket: acme-state, kms_key_id: 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555'}\n"}
	c := mustLoad(t, project, nil)
	assert.False(t, c.UsesTwin())
	assert.Equal(t, "eu-west-1", c.Backend.Region, "the replica's")

	twin := t.TempDir()
	c = mustLoad(t, project, variables{"PGDR_TWIN_DIR": twin})
	assert.True(t, c.UsesTwin())
	assert.Equal(t, spec.Backend{Type: "local", Path: filepath.Join(twin, "dev", "state")}, c.Backend)
	require.NoError(t, c.Validate())

	dir := project.dir(t)
	c, err := spec.Load(spec.LoadOptions{Dir: dir, TwinDir: ".twin", Env: variables{"PGDR_TWIN_DIR": twin}.get})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, ".twin", "dev", "state"), c.Backend.Path, "the option beats the variable")

	c.Backend = spec.Backend{Type: "s3", Bucket: "acme-state"}
	assert.Equal(t, "backend", faultsOf(t, c.Validate())[0].Path, "a twin with real state is a fault")
}

func TestLoad_TwinDoesNotHideFaultsOfTheRealBackend(t *testing.T) {
	_, err := load(t, files{"environments/dev.yaml": "backend: {type: s3}\n"}, variables{"PGDR_TWIN_DIR": ".twin"})
	assert.Equal(t, "backend.bucket", faultsOf(t, err)[0].Path)
}

func TestLoad_SaysWhichFileCannotBeRead(t *testing.T) {
	for name, project := range map[string]files{
		"cdktf.json":            {"cdktf.json": "{", "environments/dev.yaml": ""},
		"environments/dev.yaml": {"environments/dev.yaml": "a: b: c\n"},
	} {
		_, err := load(t, project, nil)
		require.Error(t, err)
		assert.Contains(t, err.Error(), name)
	}
	_, err := load(t, devOnly(), variables{"CDKTF_CONTEXT_JSON": "[]"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "CDKTF_CONTEXT_JSON")
	_, err = spec.Load(spec.LoadOptions{Dir: filepath.Join(t.TempDir(), "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
}
