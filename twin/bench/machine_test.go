package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMachine_SaysWhatAReaderNeedsToCompare(t *testing.T) {
	m := Machine{Date: "2026-11-23", Processor: "AMD EPYC", Cores: 2, Memory: "23 GiB", Load: "2.65", System: "linux/amd64", Go: "1.26.8", Node: "20.20.2", Terraform: "1.11.4"}
	require.Equal(t, "2026-11-23: AMD EPYC, 2 cores, 23 GiB, linux/amd64; Go 1.26.8, Node 20.20.2, Terraform 1.11.4; load average 2.65 at the start", m.String())
}

func TestDescribe_LeavesNothingBlank(t *testing.T) {
	t.Setenv("PATH", "")
	m := Describe(t.Context())
	require.Equal(t, unknown, m.Node, "a program that is not there")
	require.Equal(t, runtime.NumCPU(), m.Cores)
	require.Equal(t, time.Now().UTC().Format(time.DateOnly), m.Date)
	for _, said := range []string{m.Processor, m.Memory, m.Load, m.System, m.Go, m.Terraform} {
		require.NotEmpty(t, said)
	}
}

func TestField_ReadsTheKernelsFilesAndSaysUnknownOtherwise(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	require.NoError(t, os.WriteFile(path, []byte("MemFree:  1 kB\nMemTotal:       24603364 kB\n"), 0o600))
	require.Equal(t, "23 GiB", gibibytes(field(path, "MemTotal")))
	require.Equal(t, unknown, gibibytes(field(path, "Nothing")))
	require.Equal(t, unknown, field(path+"-missing", "MemTotal"))
}
