package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// Engine judges documents by policies.
type Engine struct {
	// Policies by id, in the order of their ids.
	Policies []Policy
	query    rego.PreparedEvalQuery
	// ids of the policies by the last part of their package.
	ids map[string]string
	// held is what each type of resource that holds state holds.
	held map[string]string
}

// questions are asked of every package below data.pgdr.policies.
const questions = `findings := {name: p.findings | some name, p in data.pgdr.policies}
metadata := {name: p.policy | some name, p in data.pgdr.policies}
held := data.pgdr.facts.stateful
signs := data.pgdr.facts.failover
answers := object.union({type: aws | some type, list in data.pgdr.policies.unjudged.harmless; aws := [a | some a, why in list; startswith(why, "AWS's answer")]},
	{"": [a | some a, why in data.pgdr.policies.unjudged.everywhere; startswith(why, "AWS's answer")]})`

// NewEngine compiles our policies and those of dirs, which may be none. The
// error is an [InputError] that names the file of a policy that is at fault.
func NewEngine(ctx context.Context, dirs ...string) (*Engine, error) {
	modules, err := embedded()
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		theirs, err := modulesIn(dir, modules)
		if err != nil {
			return nil, err
		}
		maps.Copy(modules, theirs)
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compileFault(compiler.Errors)
	}
	prepared, err := rego.New(rego.Compiler(compiler), rego.Query(questions), rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare the policies: %w", err)
	}
	e := &Engine{query: prepared, ids: map[string]string{}}
	return e, e.readPolicies(ctx, modules)
}

// forbidden are functions of Rego that look outside the document, or give
// another answer each time: a review of the same plan is the same review.
var forbidden = []string{
	"http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "time.now_ns", "uuid.rfc4122", "trace",
	"rego.metadata.chain", "rego.metadata.rule",
}

func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool { return slices.Contains(forbidden, b.Name) })
	return c
}

// compileFault names the file of the first error: the others often follow
// from it.
func compileFault(faults ast.Errors) error {
	if len(faults) == 0 {
		return errors.New("compile the policies: no reason given")
	}
	first := faults[0]
	file := "policies"
	if first.Location != nil {
		file = fmt.Sprintf("%s:%d", first.Location.File, first.Location.Row)
	}
	found := first.Message
	if len(faults) > 1 {
		found += fmt.Sprintf(" (and %d more)", len(faults)-1)
	}
	return &InputError{File: file, Found: found, Want: "see docs/review.md, Policies of your own"}
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// readPolicies evaluates the metadata of all policies, which rests on no
// input, and checks it.
func (e *Engine) readPolicies(ctx context.Context, modules map[string]*ast.Module) error {
	found, err := e.eval(ctx, emptyDocument())
	if err != nil {
		return err
	}
	e.held = found.Held
	files := filesOf(modules)
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		p, ok := found.Metadata[name]
		if fault := checkPolicy(p, ok, seen); fault != "" {
			return &InputError{File: files[name], Found: fault, Want: "see docs/review.md, Policies of your own"}
		}
		seen[p.ID] = files[name]
		e.ids[name] = p.ID
		e.Policies = append(e.Policies, p)
	}
	slices.SortFunc(e.Policies, func(a, b Policy) int { return cmpOr(a.ID, b.ID) })
	return nil
}

// checkPolicy says what is wrong with a policy, or nothing.
func checkPolicy(p Policy, there bool, seen map[string]string) string {
	switch {
	case !there:
		return "has no rule `policy`, or one that rests on the input"
	case !idPattern.MatchString(p.ID):
		return fmt.Sprintf("policy.id is %q; it must be words of small letters and digits joined by hyphens", p.ID)
	case seen[p.ID] != "":
		return fmt.Sprintf("policy.id %q is taken by %s", p.ID, seen[p.ID])
	case p.Severity.rank() == 0:
		return fmt.Sprintf("policy.severity is %q; it must be %q, %q or %q", p.Severity, Block, Human, Info)
	case p.Title == "" || p.Reason == "" || p.Remedy == "":
		return "policy needs title, reason and remedy, each a text"
	}
	return ""
}

// answer of the policies to one document.
type answer struct {
	Metadata map[string]Policy    `json:"metadata"`
	Findings map[string][]Finding `json:"findings"`
	Held     map[string]string    `json:"held"`
	// Signs of a failover in the document.
	Signs []string `json:"signs"`
	// Answers are attributes that AWS alone sets, by type; "" is every type.
	Answers map[string][]string `json:"answers"`
}

func (e *Engine) eval(ctx context.Context, doc *Document) (answer, error) {
	var a answer
	results, err := e.query.Eval(ctx, rego.EvalInput(doc))
	if err != nil {
		return a, evalFault(err)
	}
	if len(results) != 1 {
		return a, fmt.Errorf("judge by the policies: %d answers, want 1", len(results))
	}
	raw, err := json.Marshal(results[0].Bindings)
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		return a, &InputError{File: "policies", Found: "a policy or a finding has another shape than docs/review.md says", Err: err}
	}
	return a, nil
}

// Judge returns what the policies find in a document, the worst first: by
// severity, then by the harm that it does.
func (e *Engine) Judge(ctx context.Context, doc *Document) ([]Finding, error) {
	a, err := e.eval(ctx, doc)
	if err != nil {
		return nil, err
	}
	return e.findings(a)
}

// findings of an answer, the worst first.
func (e *Engine) findings(a answer) ([]Finding, error) {
	severities := map[string]Severity{}
	for _, p := range e.Policies {
		severities[p.ID] = p.Severity
	}
	findings := []Finding{}
	for name, list := range a.Findings {
		for _, f := range list {
			f.Policy = e.ids[name]
			if f.Severity == "" {
				f.Severity = severities[f.Policy]
			}
			if f.Severity.rank() == 0 || f.Message == "" {
				return nil, &InputError{File: "policy " + f.Policy, Found: fmt.Sprintf("has a finding with severity %q and message %q", f.Severity, f.Message), Want: "give a message, and block, human or info"}
			}
			findings = append(findings, f)
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		if a.Severity != b.Severity {
			return b.Severity.rank() - a.Severity.rank()
		}
		if n := harm(a.Policy) - harm(b.Policy); n != 0 {
			return n
		}
		if n := central(kindAt(b.Address)) - central(kindAt(a.Address)); n != 0 && a.Policy == b.Policy {
			return n
		}
		return cmpOr(a.Policy, b.Policy, a.Stack, b.Stack, a.Address, b.Address, a.Message, b.Message)
	})
	return findings, nil
}

func evalFault(err error) error {
	return &InputError{File: "policies", Found: "cannot be evaluated", Err: err, Want: "see docs/review.md, Policies of your own"}
}

func emptyDocument() *Document {
	return &Document{
		Today: "1970-01-01", Stacks: map[string]Stack{}, Missing: map[string]Missing{}, Resources: []Resource{}, Data: []DataSource{}, GuardFaults: []string{},
		Cost: Cost{Unpriced: []string{}},
	}
}
