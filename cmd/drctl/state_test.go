package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/spec"
)

// project is a folder with one environment, dev.
func project(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cdktf.json"), []byte("{}"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "environments"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "environments", "dev.yaml"), []byte(file), 0o600))
	return dir
}

func noVariables(string) string { return "" }

func TestStateFlags_TakeTheBucketFromTheEnvironmentAndTheReplicasRegion(t *testing.T) {
	flags := stateFlags{project: project(t, "backend: {type: s3, bucket: acme-state}\nsites: {replica: {region: eu-central-1}}\nguard: {witness_regions: [us-west-2, eu-west-1]}\n")}
	cfg, err := flags.load(noVariables)
	require.NoError(t, err)
	require.Equal(t, "acme-state", cfg.Backend.Bucket)
	require.Equal(t, "eu-central-1", cfg.Backend.Region)
}

func TestStateFlags_BeatTheEnvironment(t *testing.T) {
	const key = "arn:aws:kms:eu-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
	flags := stateFlags{project: project(t, "backend: {type: s3, bucket: acme-state}\n"), bucket: "other-state", region: "eu-west-2", key: key}
	cfg, err := flags.load(noVariables)
	require.NoError(t, err)
	require.Equal(t, spec.Backend{Type: "s3", Bucket: "other-state", Region: "eu-west-2", KMSKeyID: key, KeyPrefix: "pgdr", Path: "state"}, cfg.Backend)
}

func TestStateFlags_MakeTheBucketBeforeTheEnvironmentUsesIt(t *testing.T) {
	flags := stateFlags{project: project(t, "disposable: true\n"), bucket: "acme-state"}
	cfg, err := flags.load(noVariables)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", cfg.Backend.Region)
}

func TestStateFlags_RefuseWhereNothingNamesABucket(t *testing.T) {
	flags := stateFlags{project: project(t, "disposable: true\n")}
	_, err := flags.load(noVariables)
	require.ErrorIs(t, err, errNoBucket)
}

func TestStateFlags_RefuseWhatTheConfigurationWouldRefuse(t *testing.T) {
	flags := stateFlags{project: project(t, "disposable: true\n"), bucket: "Acme", region: "eu-west-9", key: "mine"}
	_, err := flags.load(noVariables)
	var faults spec.Faults
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, 3)
}

func TestStateFlags_RefuseTheSimulation(t *testing.T) {
	flags := stateFlags{project: project(t, "disposable: true\n"), bucket: "acme-state"}
	_, err := flags.load(func(name string) string {
		if name == spec.TwinDirVariable {
			return ".twin"
		}
		return ""
	})
	require.ErrorContains(t, err, "needs no bucket")
}
