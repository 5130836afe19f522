package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pgdr/pgdr/internal/bundle"
	"github.com/pgdr/pgdr/twin/bench"
)

// report is everything that was measured.
type report struct {
	Machine bench.Machine `json:"machine"`
	// Archive is the size of what is shipped, in bytes.
	Archive int64 `json:"archive_bytes"`
	// Starts are the cold starts of what is shipped, Peaks the processes that
	// looked at databases.
	Starts []sample `json:"cold_starts"`
	Peaks  []peak   `json:"peaks"`
	// Connections with TLS to AWS, the most that were open at once.
	Connections int `json:"aws_connections"`
}

func (r report) initialized() bench.Spread {
	return bench.SpreadOf(r.Starts, func(s sample) float64 { return s.Init })
}
func (r report) firstCall() bench.Spread {
	return bench.SpreadOf(r.Starts, func(s sample) float64 { return s.FirstCall })
}
func (r report) empty() bench.Spread {
	return bench.SpreadOf(r.Starts, func(s sample) float64 { return s.Empty })
}

// memory is in bytes.
func (r report) memory() bench.Spread {
	return bench.SpreadOf(r.Peaks, func(p peak) float64 { return float64(p.Memory) })
}

const megabyte = 1e6

// verdict says whether a figure keeps its limit.
func verdict(met bool) string {
	if met {
		return "met"
	}
	return "**missed**"
}

// Table is the report as Markdown. The medians are held against the limits.
func (r report) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s.\n%d cold starts, %d processes for memory, at most %d TLS connections to AWS at once.\n\n", r.Machine, len(r.Starts), len(r.Peaks), r.Connections)
	t.WriteString("| What | Median | Lowest to highest | Limit | |\n| --- | ---: | ---: | ---: | --- |\n")
	fmt.Fprintf(&t, "| Archive that is shipped | %.1f MB | | %d MB | %s |\n", float64(r.Archive)/megabyte, bundle.MaxArchive/int(megabyte), verdict(r.Archive <= bundle.MaxArchive))
	e, i, f, m := r.empty(), r.initialized(), r.firstCall(), r.memory()
	fmt.Fprintf(&t, "| An empty Go program, from its start to its end | %.1f ms | %.1f to %.1f ms | | |\n", e.Median, e.Least, e.Most)
	fmt.Fprintf(&t, "| Start of the process to its first request for an event | %.0f ms | %.0f to %.0f ms | | |\n", i.Median, i.Least, i.Most)
	fmt.Fprintf(&t, "| Start of the process to its first call of AWS | %.0f ms | %.0f to %.0f ms | %d ms | %s |\n",
		f.Median, f.Least, f.Most, maxStart.Milliseconds(), verdict(f.Median <= milliseconds(maxStart)))
	fmt.Fprintf(&t, "| Peak memory over a check and a tick | %.1f MB | %.1f to %.1f MB | %d MB | %s |\n",
		m.Median/megabyte, m.Least/megabyte, m.Most/megabyte, maxMemory/int(megabyte), verdict(m.Median <= maxMemory))
	return t.String()
}

// Check returns an error that names each figure that is more than expected.
func (r report) Check() error {
	var faults []error
	if r.Archive > bundle.MaxArchive {
		faults = append(faults, fmt.Errorf("archive: %d bytes: %w", r.Archive, bench.ErrExpectation))
	}
	if got := r.firstCall().Median; got > milliseconds(maxStart) {
		faults = append(faults, fmt.Errorf("first call: %.0f ms: %w", got, bench.ErrExpectation))
	}
	if got := r.memory().Median; got > maxMemory {
		faults = append(faults, fmt.Errorf("memory: %.0f bytes: %w", got, bench.ErrExpectation))
	}
	return errors.Join(faults...)
}

// document is the page that the figures stand on.
func (r report) document() string {
	return "# The function, measured\n\n`make bench-function` wrote this; every sample is in [function-benchmark.json](function-benchmark.json).\n\n" + r.Table() + about
}

const about = `
Medians are held against the limits. They are figures of one machine, so no test
asks for them again; the archive is the same to the byte everywhere, so a test
does (` + "`internal/bundle`" + `).

**Cold start** is that of the shipped source built for this machine, behind a
local Lambda Runtime API: from the start of its process to the first request
that reaches an AWS endpoint, TLS handshake and the reading of the system's
authorities included. Lambda's own time to fetch the archive and to make a
sandbox comes on top and is not ours to measure.
It is time on the clock: at a load average above the number of cores it is
mostly that of waiting for a processor, and to be measured again. Before each
start an empty Go program is run: what it takes is the machine's share, and tells
a slow machine from a slow function.

**Peak memory** is the most that the process ever had resident (` + "`VmHWM`" + `), which
counts its program pages too. Each process runs a readiness check and one whole
tick at the machine's own pace, with TLS sessions to two real PostgreSQL
servers, a primary and its streaming replica, whose heartbeats it must have
written and read back, and to an endpoint of its own for each AWS service. It is
the build for simulation: the shipped source, told whom to trust beside RDS's
authorities, since what is shipped would not speak to these servers. Differences
from AWS: the endpoints of one service share a host whatever their region, and
the program is amd64 where the machine is, not arm64. The function gets 256 MB.
`

// write puts the page into a folder, which is made if need be.
func (r report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "function-benchmark.md"), []byte(r.document()), 0o600); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}
