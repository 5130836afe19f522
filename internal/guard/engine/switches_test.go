package engine

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The shipped engine can't be told to skip a safeguard: it has no switch, under
// whatever name. A switch is a value that the program reads and never sets, so
// that only a test, a build or an environment could turn it.

func TestEngine_HasNoSwitchThatCouldSkipASafeguard(t *testing.T) {
	require.Empty(t, switchesIn(t, sources(t)))
}

// TestSwitches_AreFoundUnderAnyName puts switches back, one of each kind.
func TestSwitches_AreFoundUnderAnyName(t *testing.T) {
	const field, read = "steps  map[Step]stepFunc", "\tdo, known := s.e.steps[f.Step]"
	for name, c := range map[string]struct {
		edits map[string][2]string
		adds  string
		want  string
	}{
		"a field of the engine": {map[string][2]string{
			"engine.go": {field, field + "\n\tlenient bool"},
			"steps.go":  {read, "\tif s.e.lenient {\n\t\treturn true, nil\n\t}\n" + read},
		}, "", "lenient"},
		"a struct of them": {map[string][2]string{
			"engine.go": {field, field + "\n\tkeep keeps"},
			"steps.go":  {read, "\tif s.e.keep.late {\n\t\treturn true, nil\n\t}\n" + read},
		}, "package engine\n\ntype keeps struct{ late bool }\n", "late"},
		"a field of the configuration": {map[string][2]string{
			"engine.go": {"type Config struct {", "type Config struct {\n\tLenient bool"},
			"steps.go":  {read, "\tif s.e.cfg.Lenient {\n\t\treturn true, nil\n\t}\n" + read},
		}, "", "Lenient"},
		"a variable":                      {nil, "package engine\n\nvar lenient bool\n", "lenient"},
		"a variable that the linker sets": {nil, "package engine\n\nvar lenient = \"\"\n", "lenient"},
		"a build tag":                     {nil, "//go:build lenient\n\npackage engine\n", "go:build"},
		"an environment":                  {nil, "package engine\n\nimport \"os\"\n\nfunc lenient() bool { return os.Getenv(\"LENIENT\") != \"\" }\n", "os"},
		"being tested":                    {nil, "package engine\n\nimport \"testing\"\n\nfunc lenient() bool { return testing.Testing() }\n", "testing"},
		"a step that is replaced": {map[string][2]string{
			"engine.go": {"func (s *session) finishReport() Report {", "func (s *session) finishReport() Report {\n\ts.e.steps[StepFence] = nil"},
		}, "", "steps"},
	} {
		t.Run(name, func(t *testing.T) {
			all := sources(t)
			for file, edit := range c.edits {
				require.True(t, strings.Contains(all[file], edit[0]), "%s has no %q", file, edit[0])
				all[file] = strings.Replace(all[file], edit[0], edit[1], 1)
			}
			if c.adds != "" {
				all["added.go"] = c.adds
			}
			found := switchesIn(t, all)
			require.Len(t, found, 1)
			require.Contains(t, found[0], c.want)
		})
	}
}

// sources returns the engine's own files; the key is the file's name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	all := map[string]string{}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".go") && !strings.HasSuffix(f.Name(), "_test.go") {
			text, err := os.ReadFile(f.Name())
			require.NoError(t, err)
			all[f.Name()] = string(text)
		}
	}
	require.Greater(t, len(all), 10)
	return all
}

// switchesIn lists what could be a switch, one line each.
func switchesIn(t *testing.T, sources map[string]string) []string {
	t.Helper()
	p := program{fset: fileSet, info: &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}, set: map[types.Object][]string{}, read: map[types.Object]bool{}}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		f, err := parser.ParseFile(p.fset, name, sources[name], parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		p.files = append(p.files, f)
		if strings.Contains(sources[name], "//go:build") {
			p.fault("%s: has a go:build line", name)
		}
	}
	pkg, err := (&types.Config{Importer: fromSource(t)}).Check("engine", p.fset, p.files, p.info)
	require.NoError(t, err)
	for _, f := range p.files {
		p.imports(f)
		for _, d := range f.Decls {
			p.declaration(d)
		}
	}
	p.judge(pkg)
	return p.faults
}

// What the engine imports is the same each time.
var (
	fileSet      = token.NewFileSet()
	makeImporter sync.Once
	imported     types.Importer
)

// fromSource reads packages from their source. A test that is built with
// -trimpath does not know where Go is, so the Go command is asked.
func fromSource(t *testing.T) types.Importer {
	t.Helper()
	makeImporter.Do(func() {
		root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
		require.NoError(t, err)
		build.Default.GOROOT = strings.TrimSpace(string(root))
		imported = importer.ForCompiler(fileSet, "source", nil)
	})
	return imported
}

// program is the engine as the compiler sees it.
type program struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
	// set are the functions that set a field, read tells which are read.
	set    map[types.Object][]string
	read   map[types.Object]bool
	faults []string
}

func (p *program) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// imports refuses what tells a build, a test or a machine from another.
func (p *program) imports(f *ast.File) {
	for _, i := range f.Imports {
		switch path, _ := strconv.Unquote(i.Path.Value); path {
		case "os", "flag", "testing", "syscall", "runtime", "runtime/debug", "C", "unsafe":
			p.fault("%s: imports %s", p.fset.Position(i.Pos()), path)
		}
	}
}

// declaration notes which fields a function reads and sets.
func (p *program) declaration(d ast.Decl) {
	name := ""
	if f, ok := d.(*ast.FuncDecl); ok {
		name = f.Name.Name
	}
	written := map[*ast.Ident]bool{}
	sets := func(e ast.Expr) {
		for {
			if i, ok := e.(*ast.IndexExpr); ok {
				e = i.X
				continue
			}
			break
		}
		if s, ok := e.(*ast.SelectorExpr); ok {
			written[s.Sel] = true
			p.set[p.info.Uses[s.Sel]] = append(p.set[p.info.Uses[s.Sel]], name)
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				sets(e)
			}
		case *ast.IncDecStmt:
			sets(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				sets(n.X)
			}
		case *ast.CompositeLit:
			p.literal(n, name)
		case *ast.SelectorExpr:
			if !written[n.Sel] {
				p.read[p.info.Uses[n.Sel]] = true
			}
		}
		return true
	})
}

// literal notes which fields a literal sets.
func (p *program) literal(l *ast.CompositeLit, in string) {
	s, ok := p.info.Types[l].Type.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range l.Elts {
		if kv, keyed := e.(*ast.KeyValueExpr); keyed {
			o := p.info.Uses[kv.Key.(*ast.Ident)]
			p.set[o] = append(p.set[o], in)
		} else {
			p.set[s.Field(i)] = append(p.set[s.Field(i)], in)
		}
	}
}

// seams are the fields through which tests put other parts in: nothing but New
// sets them.
var seams = []string{"cfg", "ports", "decide", "steps"}

// judge looks at each variable and each field of the package.
func (p *program) judge(pkg *types.Package) {
	for _, name := range pkg.Scope().Names() {
		switch o := pkg.Scope().Lookup(name).(type) {
		case *types.Var:
			switch o.Type().Underlying().(type) {
			case *types.Interface, *types.Map, *types.Slice:
			default:
				p.fault("%s: variable %s", p.fset.Position(o.Pos()), name)
			}
		case *types.TypeName:
			if s, ok := o.Type().Underlying().(*types.Struct); ok {
				p.fields(name, s)
			}
		}
	}
}

func (p *program) fields(of string, s *types.Struct) {
	for f := range s.Fields() {
		basic, _ := f.Type().Underlying().(*types.Basic)
		switch {
		case of == "Config" && basic != nil && basic.Info()&types.IsBoolean != 0:
			p.fault("%s: %s.%s turns something on or off", p.fset.Position(f.Pos()), of, f.Name())
		case of == "Engine" && slices.Contains(seams, f.Name()):
			if in := slices.Compact(p.set[f]); !slices.Equal(in, []string{"New"}) {
				p.fault("%s: Engine.%s is set in %v", p.fset.Position(f.Pos()), f.Name(), in)
			}
		case !f.Exported() && !f.Embedded() && p.read[f] && len(p.set[f]) == 0 && basic != nil:
			p.fault("%s: %s.%s is read and never set", p.fset.Position(f.Pos()), of, f.Name())
		}
	}
}
