package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Remains lists what is left of something that ran: processes whose command,
// environment or working directory names one of the marks, and the files that
// the patterns match. PostgreSQL's servers have an environment of their own,
// and their backends a command line of their own: their working directory is
// the data directory. The process that asks is none of them.
func Remains(marks, patterns []string) ([]string, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var found []string
	for _, folder := range folders {
		if filepath.Base(folder) == fmt.Sprint(os.Getpid()) {
			continue
		}
		text := aboutProcess(folder)
		for _, mark := range marks {
			if strings.Contains(text, mark) {
				found = append(found, "process "+filepath.Base(folder)+": "+text)
				break
			}
		}
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", pattern, err)
		}
		for _, file := range files {
			found = append(found, "file "+file)
		}
	}
	return found, nil
}

// aboutProcess is by what a process can be recognized: nothing of one that has
// ended meanwhile or is another user's.
func aboutProcess(folder string) string {
	var parts []string
	for _, name := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(filepath.Join(folder, name)) //nolint:gosec // the kernel's own
		if err == nil {
			parts = append(parts, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	if dir, err := os.Readlink(filepath.Join(folder, "cwd")); err == nil {
		parts = append(parts, dir)
	}
	return strings.Join(parts, " ")
}

// ServersOf are the marks and the files of PostgreSQL's servers that a process
// started with pgtest, in its temporary directory.
func ServersOf(pid int) (mark, pattern string) {
	name := fmt.Sprintf("pgdr-pg-%d-", pid)
	return name, filepath.Join(os.TempDir(), name+"*")
}
