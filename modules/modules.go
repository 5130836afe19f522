// Package modules holds the HCL modules of the stacks, so that an app in
// another Go module needs no checkout of this one.
package modules

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed */*.tf
var files embed.FS

// Write writes the module called name, for example "credentials", into the
// is left alone.
func Write(dir, name string) (string, error) {
	entries, err := fs.ReadDir(files, name)
	if err != nil {
		return "", fmt.Errorf("write HCL module %q: %w", name, err)
	}
	folder := filepath.Join(dir, name)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", fmt.Errorf("write HCL module %q: %w", name, err)
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(files, name+"/"+entry.Name())
		if err != nil {
			return "", fmt.Errorf("write HCL module %q: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), content, 0o600); err != nil {
			return "", fmt.Errorf("write HCL module %q: %w", name, err)
		}
	}
	return folder, nil
}
