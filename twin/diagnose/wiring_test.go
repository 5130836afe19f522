package diagnose_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/diagnose"
	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simaws"
	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

const (
	golden      = "../../stacks/testdata/golden"
	environment = "dev"
)

// archive is a program that is never run.
func archive(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	file, err := os.Create(path)
	require.NoError(t, err)
	z := zip.NewWriter(file)
	_, err = z.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, file.Close())
	return path
}

func examine(t *testing.T, cloud *sim.Cloud) (report diagnose.Report) {
	t.Helper()
	require.NoError(t, cloud.View(func(tx *sim.Tx) error {
		report = diagnose.Diagnose(tx, environment)
		return nil
	}))
	return report
}

// Without a person to notify, that is the only thing to say.
func TestDiagnose_TheStacksAsTheyAreLackAReader(t *testing.T) {
	documents, err := simstacks.Load(golden)
	require.NoError(t, err)
	cloud, err := applied(t, documents, archive(t))
	require.NoError(t, err)
	report := examine(t, cloud)
	require.Len(t, report.Findings, 1)
	require.Equal(t, "warning notices-unread: topic replica-db-notice-topic-dev: nobody is subscribed to it", report.Findings[0].String())
	require.Empty(t, report.Faults())
	for _, want := range []diagnose.Fact{
		{Subject: "rule failover-schedule-dev", What: "starts function failover-function-dev: rate(1 minute)"},
		{Subject: "name db.db-dev.internal in the replica's VPC", What: "while the health check is unhealthy it leads to the replica"},
		{Subject: "topic primary-db-alarm-topic-dev", What: "wakes the guard"},
	} {
		require.Contains(t, report.Facts, want)
	}
}

func TestDiagnose_LeavesTheAccountAsItWas(t *testing.T) {
	cloud, err := applied(t, withPerson(t), archive(t))
	require.NoError(t, err)
	before := cloud.Resources("")
	require.NoError(t, cloud.Update(func(tx *sim.Tx) error {
		diagnose.Diagnose(tx, environment)
		return nil
	}))
	require.Equal(t, before, cloud.Resources(""))
}

func TestDiagnose_AnEnvironmentWithoutGuardHasNone(t *testing.T) {
	cloud, err := simaws.New(sim.Options{Seed: 3})
	require.NoError(t, err)
	report := examine(t, cloud)
	require.Equal(t, environment, report.Environment)
	require.Len(t, report.Faults(), 1)
	require.Equal(t, "guard-missing", report.Faults()[0].ID)
}
