package sim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const documentation = "../../docs/simulator.md"

// codesInSource returns the codes of all refusals, with a place for each.
func codesInSource(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	rooms, err := filepath.Glob("*/*.go")
	require.NoError(t, err)
	files = append(files, rooms...)
	set := token.NewFileSet()
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			codes[code] = set.Position(e.Pos()).String()
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			for _, e := range codesAt(n) {
				note(e)
			}
			return true
		})
	}
	require.Greater(t, len(codes), 80, "the search for codes finds none any more")
	return codes
}

// codesAt returns what stands for a code in this node, its children left out.
func codesAt(n ast.Node) []ast.Expr {
	var codes []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Refuse" && !named(sel.X, "api") {
			codes = append(codes, n.Args[1])
		}
	case *ast.CompositeLit:
		kind, ok := n.Type.(*ast.SelectorExpr)
		for _, e := range n.Elts {
			if pair, is := e.(*ast.KeyValueExpr); is && ok && named(kind.X, "simapi") && named(pair.Key, "Code") {
				codes = append(codes, pair.Value)
			}
		}
	case *ast.KeyValueExpr:
		if named(n.Key, "MissingCode") {
			codes = append(codes, n.Value)
		}
	}
	return codes
}

// named tells whether an expression is this name alone.
func named(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func TestDocumentation_NamesEveryCodeAndType(t *testing.T) {
	raw, err := os.ReadFile(documentation)
	require.NoError(t, err)
	text := string(raw)
	for code, place := range codesInSource(t) {
		if code == "InternalFailure" { // the simulator's own trouble, not a refusal
			continue
		}
		require.Contains(t, text, "`"+code+"`", "%s is not in %s", place, documentation)
	}
	for _, typ := range knownTypes() {
		require.Contains(t, text, "`"+typ+"`")
	}
}
