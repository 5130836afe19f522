package main

import (
	"fmt"
	"os"
	"strings"
)

// Memory that drills take, in MiB: what one twin does at its peak (its servers,
// the guard, Terraform planning: docs/twin.md has the measurement), what they
// share, and what all of them together may.
const (
	twinMemory   = 300
	sharedMemory = 200
	mostMemory   = 2048
)

// atOnce is how many drills are held at once: one a processor, as long as there
// is memory for them; one in any case. free is in MiB, 0 where it is not known.
func atOnce(processors, free int) int {
	memory := mostMemory
	if free > 0 {
		memory = min(memory, free)
	}
	return max(1, min(processors, (memory-sharedMemory)/twinMemory))
}

// freeMemory is what the system has to give, in MiB; 0 where it does not say.
// https://man7.org/linux/man-pages/man5/proc_meminfo.5.html
func freeMemory() int {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kibibytes int
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kibibytes); n == 1 {
			return kibibytes >> 10
		}
	}
	return 0
}
