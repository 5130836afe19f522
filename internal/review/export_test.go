package review

import (
	"context"
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
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
