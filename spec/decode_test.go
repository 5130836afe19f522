package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// dev is a project whose dev environment is text.
func dev(text string) files { return files{"environments/dev.yaml": text} }

func TestLoad_TakesNumbersForTextsAsTheyAreWritten(t *testing.T) {
	c := mustLoad(t, dev("account: 012345678901\ntags: {pr_number: 7, created_at: 2026-11-23}\ndatabase: {engine_version: 17.10}\n"), nil)
	assert.Equal(t, "012345678901", c.Account)
	assert.Equal(t, "17.10", c.Database.EngineVersion)
	assert.Equal(t, "7", c.Tags.PRNumber)
	assert.Equal(t, "2026-11-23", c.Tags.CreatedAt)
	c = mustLoad(t, files{"environments/dev.yaml": "", "cdktf.json": `{"context":{"pgdr":{"database":{"engine_version":17.10}}}}`}, nil)
	assert.Equal(t, "17.10", c.Database.EngineVersion)
}

func TestLoad_KeyWithoutValueKeepsTheLayerBefore(t *testing.T) {
	c := mustLoad(t, dev("monitoring:\n  emails:\n  connections:\nguard: ~\n"), nil)
	want := spec.Default()
	want.Environment = "dev"
	assert.Equal(t, want.Derived(), c)
	c = mustLoad(t, files{"environments/dev.yaml": "", "cdktf.json": `{"context":{"environmentSuffix":null,"pgdr":null}}`}, nil)
	assert.Equal(t, want.Derived(), c)
}

func TestLoad_FollowsAnchors(t *testing.T) {
	c := mustLoad(t, dev("database: {log_retention_days: &days 14}\nguard: {log_retention_days: *days}\n"), nil)
	assert.Equal(t, 14, c.Guard.LogRetention)
}

func TestLoad_RefusesWrongTypesAndKeys(t *testing.T) {
	for text, want := range map[string]spec.Fault{
		"- a":                      {Path: "(top level)", Found: "a list", Source: "environments/dev.yaml, line 1"},
		"guard: fast":              {Path: "guard", Found: `"fast"`, Source: "environments/dev.yaml, line 1"},
		"dns:\n  ttl_seconds: 1.5": {Path: "dns.ttl_seconds", Found: "1.5", Source: "environments/dev.yaml, line 2"},
		"dns: {ttl_seconds: '5'}":  {Path: "dns.ttl_seconds", Found: `"5"`, Source: "environments/dev.yaml, line 1"},
		"dns: {ttl_seconds: 0x10}": {Path: "dns.ttl_seconds", Found: "0x10", Source: "environments/dev.yaml, line 1"},
		"dns: {ttl_seconds: 99999999999999999999}": {Path: "dns.ttl_seconds", Found: "99999999999999999999", Source: "environments/dev.yaml, line 1"},
		"disposable: yes":                          {Path: "disposable", Found: `"yes"`, Source: "environments/dev.yaml, line 1"},
		"account: true":                            {Path: "account", Found: "true", Source: "environments/dev.yaml, line 1"},
		"monitoring: {emails: a@acme.tld}":         {Path: "monitoring.emails", Found: `"a@acme.tld"`, Source: "environments/dev.yaml, line 1"},
		"monitoring: {emails: [[a]]}":              {Path: "monitoring.emails[0]", Found: "a list", Source: "environments/dev.yaml, line 1"},
		"dns: {ttl_seconds: 5, ttl_seconds: 6}":    {Path: "dns.ttl_seconds", Found: "the key a second time", Source: "environments/dev.yaml, line 1"},
		"environment: prod":                        {Path: "environment", Found: "an unknown key", Source: "environments/dev.yaml, line 1"},
		"guard: &g {guard: *g}":                    {Path: "guard.guard", Found: "an unknown key", Source: "environments/dev.yaml, line 1"},
	} {
		t.Run(text, func(t *testing.T) {
			_, err := load(t, dev(text), nil)
			faults := faultsOf(t, err)
			require.Len(t, faults, 1, "%v", faults)
			assert.NotEmpty(t, faults[0].Want)
			faults[0].Want = ""
			assert.Equal(t, want, faults[0])
		})
	}
}

func TestLoad_RefusesASecondDocument(t *testing.T) {
	_, err := load(t, dev("disposable: true\n---\ndisposable: false\n"), nil)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "a second document")
}

func TestLoad_SuggestsTheKeyThatWasMeant(t *testing.T) {
	for text, want := range map[string]string{
		"databse: {}":                               "did you mean database?",
		"database: {multiAZ: true}":                 "did you mean multi_az?",
		"database: {allocated_storage: 100}":        "did you mean allocated_storage_gib?",
		"guard: {cooldown_secnods: 1}":              "did you mean cooldown_seconds?",
		"database: {memory_mib: 1}":                 "did you mean guard.memory_mib?",
		"nat_gateways: 3":                           "did you mean sites.primary.nat_gateways or sites.replica.nat_gateways?",
		"log_retention_days: 7":                     "did you mean database.log_retention_days or guard.log_retention_days?",
		"something_else_entirely: 1":                "valid here: account,",
		"backend: {dynamodb_table: terraform-lock}": "valid here: type, path, bucket, region, key_prefix and kms_key_id",
	} {
		_, err := load(t, dev(text), nil)
		faults := faultsOf(t, err)
		require.Len(t, faults, 1, text)
		assert.Equal(t, "an unknown key", faults[0].Found, text)
		assert.Contains(t, faults[0].Want, want, text)
	}
}

func TestLoad_ReportsMisspelledContextKeysAndLeavesOthersAlone(t *testing.T) {
	for context, want := range map[string]spec.Fault{
		`{"enviromentSuffix": "prod"}`:     {Path: "context.enviromentSuffix", Found: "an unknown key", Want: "did you mean environmentSuffix?", Source: "CDKTF_CONTEXT_JSON"},
		`{"environment_suffix": "prod"}`:   {Path: "context.environment_suffix", Found: "an unknown key", Want: "did you mean environmentSuffix?", Source: "CDKTF_CONTEXT_JSON"},
		`{"PGDR": {}}`:                     {Path: "context.PGDR", Found: "an unknown key", Want: "did you mean pgdr?", Source: "CDKTF_CONTEXT_JSON"},
		`{"environmentSuffix": 7}`:         {Path: "context.environmentSuffix", Found: "7", Want: "give a text, in quotes", Source: "CDKTF_CONTEXT_JSON"},
		`{"pgdr": {"dns": [], "x": null}}`: {Path: "context.pgdr.dns", Found: "a list", Want: "give keys and values, indented beneath it", Source: "CDKTF_CONTEXT_JSON"},
	} {
		_, err := load(t, devOnly(), variables{"CDKTF_CONTEXT_JSON": context})
		assert.Equal(t, want, faultsOf(t, err)[0], context)
	}
	mustLoad(t, devOnly(), variables{"CDKTF_CONTEXT_JSON": `{"allowSepCharsInLogicalIds": "1", "project": {"a": [true, null]}}`})
}
