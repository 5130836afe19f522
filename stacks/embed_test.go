package stacks_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/bundle"
)

// An app of another Go module holds both stacks. It is run as its users run it,
// in a folder of its own: nothing of this checkout is beside it but its source.
func TestEmbed_AForeignAppSynthesizesBothDatabases(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "app")
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", "embed"))))
	runGo(t, dir, "mod", "edit", "-replace=github.com/pgdr/pgdr="+root)
	runGo(t, dir, "build", "-o", "app", ".")
	app := exec.CommandContext(t.Context(), "./app")
	app.Dir = dir
	app.Env = append(os.Environ(), "CDKTF_OUTDIR=cdktf.out", "CDKTF_CONTEXT_JSON=")
	output, err := app.CombinedOutput()
	require.NoError(t, err, string(output))

	for _, role := range roles {
		d := readStack(t, filepath.Join(dir, "cdktf.out"), role)
		db := d.named(t, "aws_db_instance", "database/instance")
		require.Equal(t, role+"-db-shop", db["identifier"])
	}
	module := readStack(t, filepath.Join(dir, "cdktf.out"), "primary").tree["module"].(object)["credentials"].(object)
	source := filepath.Join(dir, "cdktf.out", "stacks", "pgdr-primary-shop", module["source"].(string), "main.tf")
	require.FileExists(t, source, "the HCL module comes with the Go module")

	ours, err := bundle.Build(t.Context(), root, t.TempDir())
	require.NoError(t, err)
	want, err := os.ReadFile(ours)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(dir, "dist", bundle.Archive))
	require.NoError(t, err)
	require.True(t, string(want) == string(got), "the function's archive depends on the module that builds it")
}

func runGo(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}

// A type of an internal package cannot be named by an importer.
func TestExported_SignaturesNameNoInternalType(t *testing.T) {
	paths := []string{"github.com/pgdr/pgdr/spec", "github.com/pgdr/pgdr/stacks"}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", exportData(t, paths...))
	for _, path := range paths {
		pkg, err := imports.Import(path)
		require.NoError(t, err)
		require.NotEmpty(t, pkg.Scope().Names())
		for _, name := range pkg.Scope().Names() {
			object := pkg.Scope().Lookup(name)
			if object.Exported() {
				require.Empty(t, internalIn(object.Type(), map[types.Type]bool{}), "%s.%s", path, name)
			}
		}
	}
}

// exportData finds what the compiler wrote about the packages and what they
// import.
func exportData(t *testing.T, paths ...string) importer.Lookup {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, paths...)...)
	output, err := list.Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}

// internalIn names an internal type that t shows to an importer, or "".
func internalIn(t types.Type, seen map[types.Type]bool) string {
	if seen[t] {
		return ""
	}
	seen[t] = true
	if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil {
		switch path := named.Obj().Pkg().Path(); {
		case !strings.HasPrefix(path, "github.com/pgdr/pgdr/"):
			return "" // of others
		case strings.Contains(path, "/internal/"):
			return t.String()
		}
	}
	for _, part := range shownBy(t) {
		if found := internalIn(part, seen); found != "" {
			return found
		}
	}
	return ""
}

// shownBy returns the types that t is made of as an importer sees it.
func shownBy(t types.Type) []types.Type {
	var parts []types.Type
	switch t := t.(type) {
	case *types.Named:
		parts = append(parts, t.Underlying())
		for method := range t.Methods() {
			if method.Exported() {
				parts = append(parts, method.Type())
			}
		}
	case *types.Alias:
		parts = append(parts, types.Unalias(t))
	case *types.Signature:
		parts = append(parts, t.Params(), t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			parts = append(parts, v.Type())
		}
	case *types.Struct:
		for v := range t.Fields() {
			if v.Exported() {
				parts = append(parts, v.Type())
			}
		}
	case *types.Interface:
		for method := range t.Methods() {
			parts = append(parts, method.Type())
		}
	case *types.Map:
		parts = append(parts, t.Key(), t.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		parts = append(parts, t.Elem())
	}
	return parts
}
