package sim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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
	set, source := token.NewFileSet(), source{packages: map[string][]*ast.File{}, constants: map[string]string{}, refusers: map[string]int{}}
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		source.add(filepath.Dir(path), file)
		return err
	}))
	codes := map[string]string{}
	for dir, files := range source.packages {
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				for _, e := range source.codesAt(dir, n) {
					if code, known := source.text(e); known {
						codes[code] = set.Position(e.Pos()).String()
					}
				}
				return true
			})
		}
	}
	require.Greater(t, len(codes), 120, "the search for codes finds none any more")
	return codes
}

// source is the simulator's own, by directory.
type source struct {
	packages map[string][]*ast.File
	// constants by their names: texts that are declared once.
	constants map[string]string
	// refusers are the directories that have a function refuse or Refuse of their
	// own, each with the place of the code among its arguments.
	refusers map[string]int
}

func (s source) add(dir string, file *ast.File) {
	s.packages[dir] = append(s.packages[dir], file)
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, is := spec.(*ast.ValueSpec); is && d.Tok == token.CONST {
					for i, value := range v.Values {
						if text, known := s.text(value); known {
							s.constants[v.Names[i].Name] = text
						}
					}
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil && strings.EqualFold(d.Name.Name, "refuse") {
				s.refusers[dir] = place(d.Type.Params, "code")
			}
		}
	}
}

// place of a parameter among all; -1 for none.
func place(params *ast.FieldList, name string) int {
	at := 0
	for _, field := range params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}

// text that an expression stands for: a literal, or a constant.
func (s source) text(e ast.Expr) (text string, known bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		text, known = s.constants[e.Name]
	case *ast.SelectorExpr:
		text, known = s.constants[e.Sel.Name]
	}
	return text, known
}

// codesAt returns what stands for a code in this node, its children left out.
func (s source) codesAt(dir string, n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if at := s.codeOf(dir, n.Fun); at >= 0 && at < len(n.Args) {
			return []ast.Expr{n.Args[at]}
		}
	case *ast.CompositeLit:
		kind, _ := n.Type.(*ast.SelectorExpr)
		if named(n.Type, "Error") || kind != nil && kind.Sel.Name == "Error" {
			return values(n, "Code")
		}
	case *ast.KeyValueExpr:
		if named(n.Key, "MissingCode") || named(n.Key, "Denied") {
			return []ast.Expr{n.Value}
		}
	}
	return nil
}

// codeOf is the place of the code among the arguments of a function that
// refuses; -1 for another function. [sim.Call.Refuse] has the argument first
// that is at fault.
func (s source) codeOf(dir string, function ast.Expr) int {
	switch f := function.(type) {
	case *ast.Ident:
		if own, refuses := s.refusers[dir]; refuses && strings.EqualFold(f.Name, "refuse") {
			return own
		}
	case *ast.SelectorExpr:
		switch {
		case f.Sel.Name != "Refuse":
		case named(f.X, "api"):
			return s.refusers["api"]
		default:
			return 1
		}
	}
	return -1
}

// values of a field in a composite literal.
func values(n *ast.CompositeLit, field string) []ast.Expr {
	var all []ast.Expr
	for _, e := range n.Elts {
		if pair, is := e.(*ast.KeyValueExpr); is && named(pair.Key, field) {
			all = append(all, pair.Value)
		}
	}
	return all
}

// named tells whether an expression is this name alone.
func named(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func TestDocumentation_NamesEveryCodeAndType(t *testing.T) {
	raw, err := os.ReadFile(documentation)
	require.NoError(t, err)
	text, missing := string(raw), []string(nil)
	for code, place := range codesInSource(t) {
		if code == "InternalFailure" { // the simulator's own trouble, not a refusal
			continue
		}
		if !strings.Contains(text, "`"+code+"`") {
			missing = append(missing, code+" ("+place+")")
		}
	}
	require.Empty(t, missing, "codes that are not in %s", documentation)
	for _, typ := range knownTypes() {
		require.Contains(t, text, "`"+typ+"`")
	}
}
