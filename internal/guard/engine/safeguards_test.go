package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pgdr/pgdr/internal/guard/decide"
)

// seeThrough lets a test alter what Decide gets to see.
func seeThrough(alter func(*decide.Policy, *decide.Observation)) setup {
	return func(e *Engine) {
		e.decide = func(p decide.Policy, o decide.Observation, now time.Time) decide.Decision {
			alter(&p, &o)
			return decide.Decide(p, o, now)
		}
	}
}

// missing lists every safeguard and how an engine without it is made.
var missing = map[string]setup{
	"lease":             func(e *Engine) { e.without.lease = true },
	"epoch check":       func(e *Engine) { e.without.epoch = true },
	"intent":            func(e *Engine) { e.without.intent = true },
	"pre-flight":        func(e *Engine) { e.without.preflight = true },
	"fence":             func(e *Engine) { e.without.fence = true },
	"fence confirmed":   func(e *Engine) { e.without.confirm = true },
	"sent means sent":   func(e *Engine) { e.without.sentCheck = true },
	"deadline":          func(e *Engine) { e.without.deadline = true },
	"writer verified":   func(e *Engine) { e.without.verify = true },
	"decision at claim": func(e *Engine) { e.without.recheck = true },
	"isolation check": seeThrough(func(_ *decide.Policy, o *decide.Observation) {
		o.Witness = decide.Path{LastSample: o.SQL.LastSample, LastPositive: o.SQL.LastSample, Class: decide.ClassOK}
	}),
	"WAL path": seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.WAL = o.SQL }),
	"SQL path": seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.SQL = o.WAL }),
	"arming": seeThrough(func(_ *decide.Policy, o *decide.Observation) {
		o.Facts.ArmedFor, o.Facts.Held = o.Primary.ResourceID, false
	}),
	"cooldown":       seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.Facts.CooldownUntil = time.Time{} }),
	"pause":          seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.Facts.Paused = false }),
	"loss limit":     seeThrough(func(p *decide.Policy, _ *decide.Observation) { p.MaxDataLoss = time.Hour }),
	"RDS at work":    seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.Primary.Status = "available" }),
	"RDS recovering": seeThrough(func(_ *decide.Policy, o *decide.Observation) { o.Primary.RecoveryAt = time.Time{} }),
}

// safeguardBudget is how many worlds may pass before a missing safeguard must
// have been missed.
const safeguardBudget = 500

func TestModel_MissesEverySafeguardThatIsTakenAway(t *testing.T) {
	for name, alter := range missing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= safeguardBudget; seed++ {
				if w := runWorld(seed, alter); w.violation != "" {
					t.Logf("found by world %d: %s", seed, w.violation)
					return
				}
			}
			t.Errorf("%d worlds passed without it: the model would not notice its loss", safeguardBudget)
		})
	}
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
