package spec_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// names are what a suffix is put behind, with AWS's limit in characters. The
// longest of each service is here.
var names = map[string]int{
	"failover-function-":      64, // Lambda function
	"failover-function-role-": 64, // IAM role
	"failover-schedule-":      64, // EventBridge rule
	"primary-db-":             63, // DB instance
	"replica-db-":             63,
	"db-":                     63, // DNS label of the zone
	"primary-subnet-group-":   255,
	"replica-params-":         255,
	"failover-ledger-":        255, // DynamoDB table
	"db-credentials-":         512, // secret
	"primary-alarms-":         256, // SNS topic
}

func TestValidate_SuffixOfFullLengthFitsEveryName(t *testing.T) {
	longest := "a" + strings.Repeat("b", spec.MaxSuffix-1)
	c := valid()
	c.Environment = longest
	require.NoError(t, c.Validate())
	for stem, limit := range names {
		assert.LessOrEqual(t, len(stem+longest), limit, stem)
	}
	assert.LessOrEqual(t, len("primary-db-"+longest+"-final-0123456789abcdef"), 255, "final snapshot")
}

func TestValidate_RefusesSuffixThatBreaksAName(t *testing.T) {
	for suffix, want := range map[string]string{
		"":                      "set ENVIRONMENT_SUFFIX",
		strings.Repeat("a", 33): "at most 32 characters, not 33",
		"Prod":                  `lower-case letters, such as "prod"`,
		"Bad_Name":              "lower-case letters, digits and hyphens only",
		"cloud":                 "another name",
		"drills":                "another name",
		"drill-7":               "another name",
		"mirror":                "another name",
		"build":                 "another name",
		"1dev":                  "start with a letter",
		"-dev":                  "start with a letter",
		"dev_1":                 "digits and hyphens only",
		"dev.1":                 "digits and hyphens only",
		"dév":                   "digits and hyphens only",
		"../dev":                "start with a letter",
		"dev-":                  "end with a letter or digit",
		"dev--1":                "no two hyphens in a row",
	} {
		t.Run(suffix, func(t *testing.T) {
			faultCase{
				spoil: func(c *spec.Config) { c.Environment = suffix },
				path:  "environment", want: want,
			}.check(t, valid())
		})
	}
}

// FuzzSuffix holds the rules that AWS states for an RDS instance identifier
// and a DNS label against what is accepted.
func FuzzSuffix(f *testing.F) {
	for _, seed := range []string{"dev", "prod", "pr123", "a", "a-b", "a--b", "a-", "-a", "A", "a_b", "", "é", strings.Repeat("x", 40)} {
		f.Add(seed)
	}
	identifier := regexp.MustCompile(`^[a-z](?:-?[a-z0-9])*$`)
	f.Fuzz(func(t *testing.T, suffix string) {
		c := valid()
		c.Environment = suffix
		accepted := c.Validate() == nil
		right := !slices.Contains([]string{"build", "cloud", "drills", "mirror"}, suffix) && !strings.HasPrefix(suffix, "drill-") && // ours
			identifier.MatchString(suffix) && len(suffix) <= 63-len("primary-db-") && len(suffix) <= spec.MaxSuffix
		if accepted != right {
			t.Errorf("suffix %q: accepted %v, but an RDS identifier may hold it: %v", suffix, accepted, right)
		}
	})
}
