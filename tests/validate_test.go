package tests

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/tier"
)

// metaArguments are Terraform's own and not the provider's.
var metaArguments = []string{"//", "provider", "lifecycle", "depends_on", "provisioner", "connection", "count", "for_each"}

func TestValidate_PassesForTheShippedEnvironments(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, suffix := range []string{"dev", "prod"} {
		e := a.environment(suffix)
		out := e.run(t, e.runner.Validate)
		require.Equal(t, 2, lines(out, "Success! The configuration is valid."), out)
	}
	e := a.environment("dev")
	for _, role := range []string{"primary", "replica"} {
		t.Run("every misspelt argument of the "+role+" stack fails", func(t *testing.T) {
			tier.Deep(t, "of the stand-in's schema, which comes from a module")
			requireTyposFound(t, e, role)
		})
		t.Run("no argument newer than the provider in the "+role+" stack", func(t *testing.T) { requireNewerRefused(t, e, role) })
	}
}

// requireTyposFound misspells every argument of every resource at once, and
// wants Terraform to name each of them.
func requireTyposFound(t *testing.T, e *environment, role string) {
	t.Helper()
	var misspelt []string
	edited := edit(t, e.stackDir(role), func(kind string, body map[string]any) {
		delete(body, "depends_on") // Terraform skips what depends on a faulty resource
		for _, argument := range slices.Sorted(maps.Keys(body)) {
			if !slices.Contains(metaArguments, argument) {
				body[argument+"x"] = body[argument]
				delete(body, argument)
				misspelt = append(misspelt, kind+" "+argument+"x")
			}
		}
	})
	require.Greater(t, len(misspelt), 200)
	named := map[string]int{}
	for _, d := range validate(t, e, edited) {
		for _, m := range misspelt {
			_, argument, _ := strings.Cut(m, " ")
			if strings.Contains(d, `"`+argument+`"`) {
				named[argument]++
				break
			}
		}
	}
	for _, m := range misspelt {
		_, argument, _ := strings.Cut(m, " ")
		require.Positive(t, named[argument], "%s passes", m)
	}
}

// requireNewerRefused uses an argument that the schema's own version has and
// the provider's, which the stacks are made for, has not.
func requireNewerRefused(t *testing.T, e *environment, role string) {
	t.Helper()
	edited := edit(t, e.stackDir(role), func(kind string, body map[string]any) {
		if kind == "aws_vpc" {
			body["region"] = "eu-west-1" // since provider 6
		}
	})
	require.Contains(t, strings.Join(validate(t, e, edited), "\n"), `"region"`)
}

// edit copies a stack's folder, which init has prepared, with each resource
// changed.
func edit(t *testing.T, dir string, change func(kind string, body map[string]any)) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "cdk.tf.json"))
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(raw, &tree))
	resources := tree["resource"].(map[string]any)
	for _, kind := range slices.Sorted(maps.Keys(resources)) {
		if !strings.HasPrefix(kind, "aws_") {
			continue
		}
		for _, body := range resources[kind].(map[string]any) {
			change(kind, body.(map[string]any))
		}
	}
	raw, err = json.Marshal(tree)
	require.NoError(t, err)
	edited := filepath.Join(t.TempDir(), "stack")
	require.NoError(t, os.CopyFS(edited, os.DirFS(dir)))
	require.NoError(t, os.WriteFile(filepath.Join(edited, "cdk.tf.json"), raw, 0o600))
	return edited
}

// validate returns what terraform validate found, a text a diagnostic.
func validate(t *testing.T, e *environment, dir string) []string {
	t.Helper()
	stdout, all, code := e.terraformIn(t, dir, "validate", "-json")
	require.NotZero(t, code, all)
	var result struct {
		Diagnostics []struct{ Summary, Detail string }
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &result), all)
	var found []string
	for _, d := range result.Diagnostics {
		found = append(found, d.Summary+": "+d.Detail)
	}
	return found
}
