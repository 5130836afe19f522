package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme_RoomsAreThoseOfTheTree: each room that the README names is there,
// and each folder at the top is named.
func TestReadme_RoomsAreThoseOfTheTree(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(raw), "## The repository")
	require.True(t, found)
	table, _, _ := strings.Cut(section, "[CONTRIBUTING.md]")
	named := map[string]bool{}
	for _, row := range strings.Split(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			_, err := os.Stat(filepath.Join("..", m[1]))
			require.NoError(t, err, "README's table of rooms names %s", m[1])
			top, _, _ := strings.Cut(strings.Trim(m[1], "/"), "/")
			named[top] = true
		}
	}
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	ignored := []string{".git", ".twin", "bin", "dist", "node_modules", "cdktf.out", "plans", "state", "docs"}
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(ignored, e.Name()) {
			require.True(t, named[e.Name()], "README's table of rooms lacks %s", e.Name())
		}
	}
}

// TestContributing_RecipesNameWhatIsThere: a file that a recipe lists exists.
func TestContributing_RecipesNameWhatIsThere(t *testing.T) {
	raw, err := os.ReadFile("../CONTRIBUTING.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(raw), "## Recipes")
	require.True(t, found)
	recipes, _, _ := strings.Cut(section, "## Words")
	names := regexp.MustCompile("`([A-Za-z./_*-]+/[A-Za-z./_*-]+)`").FindAllStringSubmatch(recipes, -1)
	require.Greater(t, len(names), 20)
	for _, m := range names {
		files, err := filepath.Glob(filepath.Join("..", m[1]))
		require.NoError(t, err)
		require.NotEmpty(t, files, "CONTRIBUTING.md names %s", m[1])
	}
}

// TestMake_HelpHasEveryTarget: a target that a person may type has a line.
func TestMake_HelpHasEveryTarget(t *testing.T) {
	raw, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^\.PHONY: (.+)$`).FindAllStringSubmatch(string(raw), -1) {
		for _, target := range strings.Fields(m[1]) {
			if strings.HasPrefix(target, "$") || target == "setup-drill" {
				continue // a program's file, and a part of another
			}
			require.Regexp(t, `(?m)^`+target+`:.*## `, string(raw), target)
		}
	}
}
