package review

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/pgdr/pgdr/internal/contract"
)

// Judged are the attributes that our policies say they judge, by policy id.
func Judged(ctx context.Context) (map[string][][2]string, error) {
	return ask[map[string][][2]string](ctx, `x := {p.policy.id: p.judges | some p in data.pgdr.policies}`)
}

// Stateful are the types that our policies know to hold state.
func Stateful(ctx context.Context) (map[string]string, error) {
	return ask[map[string]string](ctx, `x := data.pgdr.facts.stateful`)
}

// Covered are the types whose destruction a policy of ours judges, by id.
func Covered(ctx context.Context) (map[string][]string, error) {
	return ask[map[string][]string](ctx, `x := {p.policy.id: p.covers | some p in data.pgdr.policies}`)
}

// ask evaluates one question over our policies.
func ask[T any](ctx context.Context, question string) (T, error) {
	var answer T
	modules, err := embedded()
	if err != nil {
		return answer, err
	}
	compiler := ast.NewCompiler()
	if compiler.Compile(modules); compiler.Failed() {
		return answer, compiler.Errors
	}
	results, err := rego.New(rego.Compiler(compiler), rego.Query(question), rego.Input(emptyDocument())).Eval(ctx)
	if err != nil {
		return answer, err
	}
	raw, err := json.Marshal(results[0].Bindings["x"])
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(raw, &answer)
}

// EncodeDocument is the document as policies see it.
func EncodeDocument(doc *Document) ([]byte, error) { return json.Marshal(doc) }

// Allowed are the attributes that our policies call harmless whatever they
// become, each with its reason: on every type under "", and by type.
func Allowed(ctx context.Context) (map[string]map[string]string, error) {
	return ask[map[string]map[string]string](ctx, `x := object.union({"": data.pgdr.policies.unjudged.everywhere}, data.pgdr.policies.unjudged.harmless)`)
}

// Coverage are the rules of our policies that were true in no evaluation: by
// file and line, each with its name.
type Coverage struct {
	modules  map[string]*ast.Module
	compiler *ast.Compiler
	tracer   *cover.Cover
	queries  map[string]rego.PreparedEvalQuery
}

// NewCoverage compiles our policies to be watched.
func NewCoverage() (*Coverage, error) {
	modules, err := embedded()
	if err != nil {
		return nil, err
	}
	c := &Coverage{modules: modules, compiler: ast.NewCompiler(), tracer: cover.New(), queries: map[string]rego.PreparedEvalQuery{}}
	if c.compiler.Compile(modules); c.compiler.Failed() {
		return nil, c.compiler.Errors
	}
	return c, nil
}

// AllPolicies stands for each of them.
const AllPolicies = "_"

// Evaluate judges a document by one policy.
func (c *Coverage) Evaluate(ctx context.Context, policy string, doc *Document) error {
	query, ready := c.queries[policy]
	if !ready {
		var err error
		name := `"` + strings.ReplaceAll(policy, "-", "_") + `"`
		if policy == AllPolicies {
			name = policy
		}
		if query, err = rego.New(rego.Compiler(c.compiler), rego.Query("x := data.pgdr.policies["+name+"].findings")).PrepareForEval(ctx); err != nil {
			return err
		}
		c.queries[policy] = query
	}
	_, err := query.Eval(ctx, rego.EvalInput(doc), rego.EvalQueryTracer(c.tracer))
	return err
}

// Missed are the rules that were never true.
func (c *Coverage) Missed() []string {
	report := c.tracer.Report(c.modules)
	var missed []string
	for file, module := range c.modules {
		for _, rule := range module.Rules {
			for ; rule != nil; rule = rule.Else {
				constant := len(rule.Body) == 1 && rule.Body[0].Equal(ast.NewExpr(ast.BooleanTerm(true)))
				if !constant && !report.IsCovered(file, rule.Head.Location.Row) {
					missed = append(missed, fmt.Sprintf("%s:%d: %s", file, rule.Head.Location.Row, rule.Head.Name))
				}
			}
		}
	}
	slices.Sort(missed)
	return missed
}

// Harms are our policies by the harm that what they find does.
func Harms() []string { return harms }

// SettingFields are the fields of the configuration that findings may name.
func SettingFields() []string {
	var fields []string
	for _, s := range settings {
		if s.field != "" {
			fields = append(fields, s.field)
		}
	}
	for _, a := range contract.Alarms {
		if a.Setting != "" {
			fields = append(fields, a.Setting)
		}
	}
	return append(fields, "guard.log_retention_days")
}
