package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine says on what figures were taken, and when.
type Machine struct {
	// Date in UTC, as 2006-01-02.
	Date      string `json:"date"`
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	// Memory with its unit, as "23 GiB".
	Memory string `json:"memory"`
	// Load is the load average of the minute before.
	Load      string `json:"load"`
	System    string `json:"system"`
	Go        string `json:"go"`
	Node      string `json:"node"`
	Terraform string `json:"terraform"`
}

// Describe tells what it can of this machine; what a system does not tell is
// "unknown".
func Describe(ctx context.Context) Machine {
	return Machine{
		Date:      time.Now().UTC().Format(time.DateOnly),
		Processor: field("/proc/cpuinfo", "model name"),
		Cores:     runtime.NumCPU(),
		Memory:    gibibytes(field("/proc/meminfo", "MemTotal")),
		Load:      load(),
		System:    runtime.GOOS + "/" + runtime.GOARCH,
		Go:        strings.TrimPrefix(runtime.Version(), "go"),
		Node:      version(ctx, "node", "--version"),
		Terraform: version(ctx, "terraform", "version"),
	}
}

// String is one line, without the end of a sentence.
func (m Machine) String() string {
	return fmt.Sprintf("%s: %s, %d cores, %s, %s; Go %s, Node %s, Terraform %s; load average %s at the start",
		m.Date, m.Processor, m.Cores, m.Memory, m.System, m.Go, m.Node, m.Terraform, m.Load)
}

const unknown = "unknown"

// field reads "name : value" out of a file of the kernel's.
func field(path, name string) string {
	text, err := os.ReadFile(path) //nolint:gosec // a file of the kernel's
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// gibibytes turns the kernel's "24603364 kB" into "23 GiB".
func gibibytes(kernel string) string {
	var kibibytes int
	if _, err := fmt.Sscanf(kernel, "%d kB", &kibibytes); err != nil {
		return unknown
	}
	return fmt.Sprintf("%d GiB", kibibytes>>20)
}

// load is the average number of processes that ran in the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return unknown
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

// version is the last word of the first line that a program says, without the v.
func version(ctx context.Context, name string, args ...string) string {
	output, err := exec.CommandContext(ctx, name, args...).Output() //nolint:gosec // fixed programs
	if err != nil {
		return unknown
	}
	first, _, _ := bytes.Cut(output, []byte("\n"))
	words := strings.Fields(string(first))
	if len(words) == 0 {
		return unknown
	}
	return strings.TrimPrefix(words[len(words)-1], "v")
}
