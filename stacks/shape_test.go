package stacks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/stacks"
)

var roles = []string{"primary", "replica"}

func TestSynth_EveryResourceSaysItsRegion(t *testing.T) {
	for _, role := range roles {
		d := stack(t, "dev", role)
		d.each(func(address, kind string, body object) {
			if kind == "terraform_data" || kind == "terraform_remote_state" {
				return // no provider of AWS
			}
			require.Contains(t, []string{"aws.primary", "aws.replica"}, body["provider"], address)
		})
		providers := d.tree["provider"].(object)["aws"].([]any)
		require.Len(t, providers, 2)
		regions := map[string]any{}
		for _, p := range providers {
			regions[p.(object)["alias"].(string)] = p.(object)["region"]
		}
		require.Equal(t, map[string]any{"primary": "us-east-1", "replica": "eu-west-1"}, regions)
	}
}

func TestSynth_EnvironmentsDifferInValuesOnly(t *testing.T) {
	for _, role := range roles {
		dev, other := stack(t, "dev", role), stack(t, "other", role)
		require.Equal(t, dev.addresses(), other.addresses())
		require.Equal(t, keys(dev.tree), keys(other.tree))
		for _, address := range dev.addresses() {
			require.NotContains(t, address, "dev", "an environment's name in an address")
		}
	}
}

// A NAT gateway a zone is the one choice that adds resources.
func TestSynth_ProdDiffersFromDevInValuesAndNATGatewaysOnly(t *testing.T) {
	for _, role := range roles {
		dev, prod := stack(t, "dev", role), stack(t, "prod", role)
		var added []string
		for _, address := range prod.addresses() {
			if !slices.Contains(dev.addresses(), address) {
				added = append(added, address[:strings.LastIndex(address, "_")])
			}
		}
		require.Equal(t, []string{
			"aws_eip.network_nat-address-2", "aws_eip.network_nat-address-3",
			"aws_nat_gateway.network_nat-gateway-2", "aws_nat_gateway.network_nat-gateway-3",
		}, added)
		for _, address := range dev.addresses() {
			require.Contains(t, prod.addresses(), address)
		}
	}
}

// keys is the tree without its leaves: every path of object keys. Values of
// configuration maps and the construct paths are leaves.
func keys(tree any) any {
	switch v := tree.(type) {
	case object:
		out := object{}
		for k, inner := range v {
			if k != "//" && k != "stacks" {
				out[k] = keys(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = keys(v[i])
		}
		return out
	default:
		return nil
	}
}

// Names are where environments would collide; nothing of one environment may
// be named as in another.
func TestSynth_EveryNameCarriesTheEnvironment(t *testing.T) {
	names := []string{"name", "identifier", "function_name", "alarm_name", "set_identifier"}
	for _, role := range roles {
		d := stack(t, "other", role)
		count := 0
		d.each(func(address, kind string, body object) {
			for _, key := range names {
				value, ok := body[key].(string)
				if !ok || strings.HasPrefix(value, "${") || kind == "aws_iam_role_policy" {
					continue // a reference, or a name inside a role that carries it
				}
				count++
				require.Contains(t, value, "other", "%s.%s", address, key)
			}
		})
		require.Greater(t, count, 10)
		require.NotContains(t, string(d.raw), `-dev"`, "a name of the file's environment in another")
	}
}

func TestSynth_TagsEverythingAndLeavesCreatedAtToTheCaller(t *testing.T) {
	tags := func(variant string) object {
		p := stack(t, variant, "replica").tree["provider"].(object)["aws"].([]any)[1].(object)
		return p["default_tags"].([]any)[0].(object)["tags"].(object)
	}
	require.Equal(t, object{
		"Environment": "dev", "Repository": "unknown", "Author": "unknown", "PRNumber": "unknown", "Team": "unknown",
	}, tags("dev"))
	require.Equal(t, "2026-11-23T00:00:00Z", tags("humans")["CreatedAt"])
}

func TestSynth_KeepsLocalStateOfEachEnvironmentApart(t *testing.T) {
	for variant, want := range map[string]string{
		"dev":   "state/dev/pgdr-primary-dev.tfstate",
		"other": "state/other/pgdr-primary-other.tfstate",
	} {
		backend := stack(t, variant, "primary").tree["terraform"].(object)["backend"].(object)["local"].(object)
		dir := filepath.Join(outputs[variant], "stacks", "any")
		absolute := filepath.Join(dir, backend["path"].(string))
		require.Equal(t, filepath.Join(filepath.Dir(outputs[variant]), want), absolute)
		remote := stack(t, variant, "replica").tree["data"].(object)["terraform_remote_state"].(object)["primary"].(object)
		require.Equal(t, "local", remote["backend"])
		require.Equal(t, backend["path"], remote["config"].(object)["path"], "the replica must read the state that the primary writes")
	}
}

func TestSynth_KeepsRemoteStateEncryptedAndLocked(t *testing.T) {
	terraform := stack(t, "s3", "primary").tree["terraform"].(object)
	require.Equal(t, ">= 1.11.1", terraform["required_version"])
	require.Equal(t, object{
		"bucket": "state-bucket", "key": "pgdr/dev/pgdr-primary-dev.tfstate", "region": "eu-west-1",
		"encrypt": true, "use_lockfile": true, "kms_key_id": s3Backend.KMSKeyID,
	}, terraform["backend"].(object)["s3"])
	remote := stack(t, "s3", "replica").tree["data"].(object)["terraform_remote_state"].(object)["primary"].(object)
	require.Equal(t, "s3", remote["backend"])
	require.Equal(t, "pgdr/dev/pgdr-primary-dev.tfstate", remote["config"].(object)["key"])
	require.Equal(t, "state-bucket", remote["config"].(object)["bucket"])
}

func TestSynth_DeploysTheReplicaAfterThePrimary(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(outputs["dev"], "manifest.json"))
	require.NoError(t, err)
	var manifest struct {
		Stacks map[string]struct{ Dependencies []string }
	}
	require.NoError(t, json.Unmarshal(raw, &manifest))
	require.Equal(t, []string{"pgdr-primary-dev"}, manifest.Stacks["pgdr-replica-dev"].Dependencies)
	require.Empty(t, manifest.Stacks["pgdr-primary-dev"].Dependencies)
}

func TestSynth_FindsItselfInTheConfiguredAccountOnly(t *testing.T) {
	for _, p := range stack(t, "humans", "primary").tree["provider"].(object)["aws"].([]any) {
		require.Equal(t, []any{"123456789012"}, p.(object)["allowed_account_ids"])
	}
}

func TestSynth_TurnsAPanicOfTheBindingsIntoAnError(t *testing.T) {
	cfg, err := loaded("dev")
	require.NoError(t, err)
	outdir := t.TempDir()
	kept := filepath.Join(outdir, "manifest.json")
	require.NoError(t, os.WriteFile(kept, []byte("last good"), 0o600))

	err = stacks.Synth(cfg, stacks.Options{ProjectDir: root, Outdir: outdir, FunctionArchive: filepath.Join(outdir, "missing.zip")})

	require.ErrorContains(t, err, `make the replica stack of "dev"`)
	require.ErrorContains(t, err, "missing.zip")
	left, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Equal(t, "last good", string(left), "a failed synthesis must leave the last good output alone")
}

// A field that no row of the contract names would be exported by no stack.
func TestOutputs_EachFieldHasItsRow(t *testing.T) {
	for role, outputs := range map[string]any{contract.RolePrimary: stacks.PrimaryOutputs{}, contract.RoleReplica: stacks.ReplicaOutputs{}} {
		var fields, rows []string
		for field := range reflect.TypeOf(outputs).Fields() {
			if field.Name != "Stack" {
				fields = append(fields, field.Name)
			}
		}
		for _, row := range contract.Outputs[role] {
			rows = append(rows, row.Field)
			require.NotEmpty(t, row.Description, row.Name)
		}
		require.ElementsMatch(t, fields, rows, role)
	}
}
