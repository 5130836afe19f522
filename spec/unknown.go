package spec

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/pgdr/pgdr/internal/nearest"
)

// UnknownEnvironmentError says that an environment has no file.
type UnknownEnvironmentError struct {
	// Environment is the suffix that was asked for.
	Environment string
	// File is where its file would be, relative to the project.
	File string
	// Existing are the environments that have files, sorted.
	Existing []string
}

// Error lists the environments there are and how to make one.
func (e *UnknownEnvironmentError) Error() string {
	there := "there are none"
	template := "one"
	if len(e.Existing) > 0 {
		there = "there are: " + strings.Join(e.Existing, ", ")
		template = environmentsDir + "/" + e.Existing[0] + fileExtension
	}
	meant := ""
	if near := nearest.To(e.Environment, e.Existing); near != "" {
		meant = fmt.Sprintf(" Did you mean %s?", near)
	}
	return fmt.Sprintf("environment %q has no file %s; %s.%s To make it, copy %s to %s; to lend it another's, set %s=%s",
		e.Environment, e.File, there, meant, template, e.File, FileVariable, template)
}

// unknownEnvironment is the error for an environment without the file name.
func (l *loader) unknownEnvironment(name string) error {
	var existing []string
	entries, err := fs.ReadDir(l.root.FS(), environmentsDir)
	if err == nil { // without the folder there are none
		for _, entry := range entries {
			if suffix, ok := strings.CutSuffix(entry.Name(), fileExtension); ok && SuffixFault(suffix) == "" {
				existing = append(existing, suffix)
			}
		}
	}
	return &UnknownEnvironmentError{Environment: l.config.Environment, File: name, Existing: existing}
}
