package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// missing lists every safeguard and how an engine without it is made: those of
// the engine itself, and those of the decision.
func missing() map[string]setup {
	all := map[string]setup{}
	for _, name := range engine.Safeguards() {
		all[name] = func(e *engine.Engine) { e.Without(name) }
	}
	for name, alter := range blinded {
		all[name] = func(e *engine.Engine) { e.SeeThrough(alter) }
	}
	return all
}

// blinded take a safeguard of the decision away by what Decide gets to see.
var blinded = map[string]func(*decide.Policy, *decide.Observation){
	"isolation check": func(_ *decide.Policy, o *decide.Observation) {
		o.Witness = decide.Path{LastSample: o.SQL.LastSample, LastPositive: o.SQL.LastSample, Class: decide.ClassOK}
	},
	"WAL path": func(_ *decide.Policy, o *decide.Observation) { o.WAL = o.SQL },
	"SQL path": func(_ *decide.Policy, o *decide.Observation) { o.SQL = o.WAL },
	"arming": func(_ *decide.Policy, o *decide.Observation) {
		o.Facts.ArmedFor, o.Facts.Held = o.Primary.ResourceID, false
	},
	"cooldown":   func(_ *decide.Policy, o *decide.Observation) { o.Facts.CooldownUntil = time.Time{} },
	"pause":      func(_ *decide.Policy, o *decide.Observation) { o.Facts.Paused = false },
	"loss limit": func(p *decide.Policy, _ *decide.Observation) { p.MaxDataLoss = time.Hour },
	"RDS at work": func(_ *decide.Policy, o *decide.Observation) {
		o.Primary.Status, o.Primary.WorkAt = "available", time.Time{}
	},
	"RDS at work a moment ago": func(_ *decide.Policy, o *decide.Observation) { o.Primary.WorkAt = time.Time{} },
	"RDS recovering":           func(_ *decide.Policy, o *decide.Observation) { o.Primary.RecoveryAt = time.Time{} },
}

// TestSafeguards_CanNotBeTakenAwayByTheProgramItself: only tests may write to
// the fields that hold the safeguards.
func TestSafeguards_CanNotBeTakenAwayByTheProgramItself(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		read++
		ast.Inspect(file, func(n ast.Node) bool {
			for _, target := range written(n) {
				if touchesSafeguards(target) {
					t.Errorf("%s writes to the safeguards", fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if read < 5 {
		t.Fatalf("read %d files of the program, want all", read)
	}
}

// written are the expressions that a node assigns to, takes the address of, or
// sets in a literal.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return n.Lhs
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.KeyValueExpr:
		return []ast.Expr{n.Key}
	case *ast.CompositeLit:
		return []ast.Expr{n.Type}
	}
	return nil
}

func touchesSafeguards(e ast.Expr) bool {
	found := false
	if e == nil {
		return false
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && (id.Name == "without" || id.Name == "safeguards") {
			found = true
		}
		return true
	})
	return found
}
