package refusal_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pgdr/pgdr/internal/docpage"
	"github.com/pgdr/pgdr/internal/guard/refusal"
)

// TestDocumentation_HasEachRefusalWithItsNextStep: docs/guard.md has a section
// for each name, and no other; make golden writes the next steps.
func TestDocumentation_HasEachRefusalWithItsNextStep(t *testing.T) {
	steps := map[string]string{}
	for _, name := range refusal.All() {
		steps[string(name)] = refusal.Next(name)
	}
	docpage.Under(t, "../../../docs/guard.md", "**Next:** ", steps)
}

// constants reads the names that refusal.go declares.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "refusal.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				t.Fatalf("a constant of an unexpected shape: %v", s)
			}
			found[v.Names[0].Name] = strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)
		}
	}
	return found
}

func TestCatalogue_HasANextStepForEveryNameThatIsDeclared(t *testing.T) {
	declared := constants(t)
	if len(declared) != len(refusal.All()) {
		t.Errorf("%d names are declared, %d have a next step", len(declared), len(refusal.All()))
	}
	for constant, name := range declared {
		next := refusal.Next(refusal.Name(name))
		if len(next) < 20 || !strings.HasSuffix(next, ".") {
			t.Errorf("%s: the next step is %q, want a sentence", constant, next)
		}
	}
}

// TestCatalogue_HoldsNoNameThatNobodyRefusesWith keeps the documentation from
// explaining what can't happen.
func TestCatalogue_HoldsNoNameThatNobodyRefusesWith(t *testing.T) {
	used := map[string]bool{}
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "refusal.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "refusal" {
					used[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	for constant := range constants(t) {
		if !used[constant] {
			t.Errorf("nothing refuses with %s", constant)
		}
	}
}

func TestRefusal_IsMatchedByItsName(t *testing.T) {
	err := fmt.Errorf("claim: %w", refusal.New(refusal.Paused, "since %d", 1))
	if !errors.Is(err, refusal.Refusal{Name: refusal.Paused}) || errors.Is(err, refusal.Refusal{Name: refusal.Cooldown}) {
		t.Fatalf("%v is not matched by its name alone", err)
	}
	if errors.Is(err, os.ErrNotExist) {
		t.Fatal("matches an error of another kind")
	}
	var r refusal.Refusal
	if !errors.As(err, &r) || r.Reason != "since 1" || r.Next == "" {
		t.Fatalf("found %+v", r)
	}
}
