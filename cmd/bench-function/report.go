package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pgdr/pgdr/internal/bench"
)

// report is everything that was measured.
type report struct {
	Machine bench.Machine `json:"machine"`
	// Archive is the size of what is shipped, in bytes.
	Archive int64 `json:"archive_bytes"`
	// Starts are the cold starts, Memory the peak of a process that ran a
	// check and a tick, in bytes.
	Starts []sample `json:"cold_starts"`
	Memory int64    `json:"peak_memory_bytes"`
}

func (r report) initialized() bench.Spread {
	return bench.SpreadOf(r.Starts, func(s sample) float64 { return s.Init })
}
func (r report) firstCall() bench.Spread {
	return bench.SpreadOf(r.Starts, func(s sample) float64 { return s.FirstCall })
}

const mebibyte = 1 << 20

// Table is the report as Markdown.
func (r report) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s; medians of %d cold starts.\n\n", r.Machine, len(r.Starts))
	t.WriteString("| What | Median | Lowest to highest | Expected |\n| --- | ---: | ---: | ---: |\n")
	fmt.Fprintf(&t, "| Archive that is shipped | %.2f MiB | | %d MiB |\n", float64(r.Archive)/mebibyte, maxArchive/mebibyte)
	i, f := r.initialized(), r.firstCall()
	fmt.Fprintf(&t, "| Start of the process to its first request for an event | %.0f ms | %.0f to %.0f ms | |\n", i.Median, i.Least, i.Most)
	fmt.Fprintf(&t, "| Start of the process to its first call of AWS | %.0f ms | %.0f to %.0f ms | %d ms |\n", f.Median, f.Least, f.Most, maxStart.Milliseconds())
	fmt.Fprintf(&t, "| Peak memory over a check and a tick | %.1f MiB | | %d MiB |\n", float64(r.Memory)/mebibyte, maxMemory/mebibyte)
	return t.String()
}

// Check returns an error that names each figure that is more than expected.
func (r report) Check() error {
	var faults []error
	if r.Archive > maxArchive {
		faults = append(faults, fmt.Errorf("archive: %d bytes: %w", r.Archive, bench.ErrExpectation))
	}
	if got := r.firstCall().Median; got > milliseconds(maxStart) {
		faults = append(faults, fmt.Errorf("first call: %.0f ms: %w", got, bench.ErrExpectation))
	}
	if r.Memory > maxMemory {
		faults = append(faults, fmt.Errorf("memory: %d bytes: %w", r.Memory, bench.ErrExpectation))
	}
	return errors.Join(faults...)
}
