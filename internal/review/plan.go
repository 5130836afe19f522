package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/spec"
)

// Roles of the two stacks.
const (
	Primary = contract.RolePrimary
	Replica = contract.RoleReplica
)

// marks are outputs that only the stack of that role has. They are how a plan
// is recognised: a plan does not name its stack.
var marks = map[string][]string{
	Primary: {contract.OutputPrimaryDatabase, contract.OutputPrimaryACL},
	Replica: {contract.OutputReplicaDatabase, contract.OutputFunction},
}

// Plan is one stack's plan.
type Plan struct {
	// File that it was read from, as given.
	File string
	// Role of the stack, [Primary] or [Replica].
	Role string
	// Environment suffix, for example "dev".
	Environment string

	*tfjson.Plan
	// unread are the parts of the plan that this version does not know and that
	// are not empty, each with its way there.
	unread []string
	// deferredActions are those that a later plan runs.
	deferredActions []deferredAction
}

// ReadPlan reads the JSON of one plan. The error is an [InputError] that names
// the file and says what it is instead.
func ReadPlan(file string, raw []byte) (*Plan, error) {
	raw, fault := inUTF8(raw)
	if fault != "" {
		return nil, &InputError{File: file, Found: fault, Want: wantPlan}
	}
	if err := recognize(file, raw); err != nil {
		return nil, err
	}
	p := &Plan{File: file, Plan: &tfjson.Plan{}}
	if err := p.decode(raw); err != nil {
		return nil, &InputError{File: file, Found: "cannot be read as a plan", Err: err, Want: "make it with Terraform 1.11"}
	}
	if err := p.checkChanges(); err != nil {
		return nil, err
	}
	var err error
	if p.Role, err = p.recognizeRole(); err != nil {
		return nil, err
	}
	if p.Environment = p.environment(); p.Environment == "" {
		return nil, &InputError{File: file, Found: "does not say its environment: neither a provider nor a resource has the tag Environment", Want: "give the plan of a stack that this project synthesized"}
	}
	// It becomes a mark and a heading of the page, and the author of the plan
	// chooses it.
	if want := spec.SuffixFault(p.Environment); want != "" {
		return nil, &InputError{File: file, Found: fmt.Sprintf("has the tag Environment %q, which is no environment's name", p.Environment), Want: want}
	}
	return p, nil
}

// decode reads a plan's JSON, and notes what terraform-json does not read.
func (p *Plan) decode(raw []byte) error {
	document := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&document); err != nil {
		return fmt.Errorf("decode JSON: %w", err)
	}
	p.unread = unreadIn(document)
	withoutNulls(document["configuration"])
	raw, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	p.UseJSONNumber(true)
	if err := json.Unmarshal(raw, p.Plan); err != nil {
		return err //nolint:wrapcheck // terraform-json says what it is about
	}
	later := struct {
		Actions *[]deferredAction `json:"deferred_action_invocations"`
	}{&p.deferredActions}
	if err := json.Unmarshal(raw, &later); err != nil {
		return fmt.Errorf("deferred_action_invocations: %w", err)
	}
	return nil
}

// withoutNulls takes out of the configuration what is given as null, or as no
// block at all, which is as if it were not given. terraform-json makes the same
// of it as of an expression that has neither a constant nor a reference.
func withoutNulls(node any) {
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			switch {
			case name == "constant_value":
			case givesNothing(child):
				delete(node, name)
			default:
				withoutNulls(child)
			}
		}
	case []any:
		for _, child := range node {
			withoutNulls(child)
		}
	}
}

func givesNothing(expression any) bool {
	switch expression := expression.(type) {
	case map[string]any:
		constant, given := expression["constant_value"]
		return len(expression) == 1 && given && constant == nil
	case []any:
		return len(expression) == 0
	default:
		return false
	}
}

// checkChanges makes sure that what is read later is there.
func (p *Plan) checkChanges() error {
	fault := func(found string, args ...any) error {
		return &InputError{File: p.File, Found: fmt.Sprintf(found, args...), Want: wantPlan}
	}
	if p.Config == nil || p.Config.RootModule == nil {
		return fault("has an empty configuration")
	}
	if where := nullIn(p.Plan); where != "" {
		return fault("%s is null", where)
	}
	for i, r := range p.ResourceChanges {
		switch {
		case !complete(r):
			return fault("resource_changes[%d] lacks an address, a type or a change", i)
		case action(r) == "":
			return fault("%s has the actions %v, which this version does not know", r.Address, r.Change.Actions)
		}
		if err := p.checkSides(r); err != nil {
			return err
		}
	}
	for i, r := range p.ResourceDrift {
		if !complete(r) {
			return fault("resource_drift[%d] lacks an address, a type or a change", i)
		}
		if err := p.checkSides(r); err != nil {
			return err
		}
	}
	return nil
}

// complete tells whether a change has what every change needs to be judged.
func complete(r *tfjson.ResourceChange) bool {
	return r != nil && r.Change != nil && r.Address != "" && r.Type != ""
}

func (p *Plan) checkSides(r *tfjson.ResourceChange) error {
	for _, side := range []any{r.Change.Before, r.Change.After} {
		if _, ok := side.(map[string]any); !ok && side != nil {
			return &InputError{File: p.File, Found: fmt.Sprintf("%s: before and after must be objects, found %T", r.Address, side), Want: wantPlan}
		}
	}
	return nil
}

func (p *Plan) recognizeRole() (string, error) {
	var roles []string
	for _, role := range []string{Primary, Replica} {
		if slices.ContainsFunc(marks[role], p.hasOutput) {
			roles = append(roles, role)
		}
	}
	switch len(roles) {
	case 1:
		return roles[0], nil
	case 0:
		return "", &InputError{
			File:  p.File,
			Found: fmt.Sprintf("is a plan of something else: it has the outputs %v, and neither %q nor %q", p.outputs(), marks[Primary][0], marks[Replica][0]),
			Want:  "give a plan of pgdr-primary-<env> or pgdr-replica-<env>",
		}
	default:
		return "", &InputError{File: p.File, Found: "has the outputs of both stacks", Want: "give one plan a stack"}
	}
}

// hasOutput also knows outputs that the plan removes: a plan that destroys is
// a plan of its stack.
func (p *Plan) hasOutput(name string) bool {
	_, configured := p.Config.RootModule.Outputs[name]
	_, changed := p.OutputChanges[name]
	return configured || changed
}

func (p *Plan) outputs() []string {
	names := slices.Collect(maps.Keys(p.Config.RootModule.Outputs))
	names = slices.AppendSeq(names, maps.Keys(p.OutputChanges))
	slices.Sort(names)
	return slices.Compact(names)
}

// environment is the tag that the providers put on everything, or what the
// resources have where the configuration is gone.
func (p *Plan) environment() string {
	for _, key := range slices.Sorted(maps.Keys(p.Config.ProviderConfigs)) {
		tags, _ := constantAt(p.Config.ProviderConfigs[key].Expressions, "default_tags.0.tags").(map[string]any)
		if env, ok := tags[contract.EnvironmentTag].(string); ok {
			return env
		}
	}
	for _, r := range p.ResourceChanges {
		for _, side := range []any{r.Change.After, r.Change.Before} {
			attributes, _ := side.(map[string]any)
			tags, _ := attributes["tags_all"].(map[string]any)
			if env, ok := tags[contract.EnvironmentTag].(string); ok {
				return env
			}
		}
	}
	return ""
}

// action is one word for what happens to a resource, "" if it is unknown.
func action(r *tfjson.ResourceChange) string {
	a := r.Change.Actions
	switch {
	case a.Replace():
		return ActionReplace
	case a.NoOp():
		return ActionKeep
	case a.Create():
		return ActionCreate
	case a.Update():
		return ActionUpdate
	case a.Delete():
		return ActionDelete
	case a.Forget():
		return ActionForget
	case a.Read():
		return ActionRead
	default:
		return ""
	}
}
