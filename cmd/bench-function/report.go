package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is everything that was measured.
type report struct {
	Machine string `json:"machine"`
	// Archive is the size of what is shipped, in bytes.
	Archive int64 `json:"archive_bytes"`
	// Starts are the cold starts, Memory the peak of a process that ran a
	// check and a tick, in bytes.
	Starts []sample `json:"cold_starts"`
	Memory int64    `json:"peak_memory_bytes"`
}

// describeMachine says on what the figures were taken.
func describeMachine() string {
	load := "unknown"
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load, _, _ = strings.Cut(string(text), " ")
	}
	return fmt.Sprintf("%s, %s/%s, %d cores, %s, load average %s at the start",
		time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), load)
}

// spread is a series' lowest, middle and highest value.
type spread struct{ low, median, high float64 }

func spreadOf(of []sample, value func(sample) float64) spread {
	values := make([]float64, 0, len(of))
	for _, s := range of {
		values = append(values, value(s))
	}
	slices.Sort(values)
	middle := len(values) / 2
	m := values[middle]
	if len(values)%2 == 0 {
		m = (values[middle-1] + m) / 2
	}
	return spread{values[0], m, values[len(values)-1]}
}

func (r report) initialized() spread {
	return spreadOf(r.Starts, func(s sample) float64 { return s.Init })
}
func (r report) firstCall() spread {
	return spreadOf(r.Starts, func(s sample) float64 { return s.FirstCall })
}

const mebibyte = 1 << 20

// table is the report as Markdown.
func (r report) table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s; medians of %d cold starts.\n\n", r.Machine, len(r.Starts))
	t.WriteString("| What | Median | Lowest to highest | Expected |\n| --- | ---: | ---: | ---: |\n")
	fmt.Fprintf(&t, "| Archive that is shipped | %.2f MiB | | %d MiB |\n", float64(r.Archive)/mebibyte, maxArchive/mebibyte)
	i, f := r.initialized(), r.firstCall()
	fmt.Fprintf(&t, "| Start of the process to its first request for an event | %.0f ms | %.0f to %.0f ms | |\n", i.median, i.low, i.high)
	fmt.Fprintf(&t, "| Start of the process to its first call of AWS | %.0f ms | %.0f to %.0f ms | %d ms |\n", f.median, f.low, f.high, maxStart.Milliseconds())
	fmt.Fprintf(&t, "| Peak memory over a check and a tick | %.1f MiB | | %d MiB |\n", float64(r.Memory)/mebibyte, maxMemory/mebibyte)
	return t.String()
}

// check returns an error that names each figure that is more than expected.
func (r report) check() error {
	var faults []error
	if r.Archive > maxArchive {
		faults = append(faults, fmt.Errorf("archive: %d bytes: %w", r.Archive, errExpectation))
	}
	if got := r.firstCall().median; got > milliseconds(maxStart) {
		faults = append(faults, fmt.Errorf("first call: %.0f ms: %w", got, errExpectation))
	}
	if r.Memory > maxMemory {
		faults = append(faults, fmt.Errorf("memory: %d bytes: %w", r.Memory, errExpectation))
	}
	return errors.Join(faults...)
}
