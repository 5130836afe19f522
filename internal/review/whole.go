package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/pgdr/pgdr/internal/contract"
)

// refreshOnly tells of a plan that `terraform plan -refresh-only` made: it has
// no change of any resource, not even those that stay as they are.
func (p *Plan) refreshOnly() bool {
	return len(p.ResourceChanges) == 0 && hasManaged(p.Config.RootModule)
}

// withoutSecrets tells of a plan in which a placeholder stands for the password.
// Terraform keeps a value of the command line as the text that was given.
func (p *Plan) withoutSecrets() bool {
	v := p.Variables[contract.OpenSecrets]
	return v != nil && fmt.Sprint(v.Value) == "false"
}

func hasManaged(m *tfjson.ConfigModule) bool {
	if m == nil {
		return false
	}
	for _, r := range m.Resources {
		if r.Mode == tfjson.ManagedResourceMode {
			return true
		}
	}
	for _, call := range m.ModuleCalls {
		if hasManaged(call.Module) {
			return true
		}
	}
	return false
}

// changesOrState are the plan's changes. A refresh-only plan has none: there it
// is what the state will hold, which is what AWS has, and what leaves it.
func (p *Plan) changesOrState() []*tfjson.ResourceChange {
	if !p.refreshOnly() {
		return p.ResourceChanges
	}
	kept := map[string]*tfjson.ResourceChange{}
	if p.PriorState != nil && p.PriorState.Values != nil {
		stateAsChanges(p.PriorState.Values.RootModule, kept)
	}
	for _, drift := range p.ResourceDrift {
		r, change := *drift, *drift.Change
		r.Change = &change
		change.Before, change.BeforeSensitive = change.After, change.AfterSensitive
		change.Actions = tfjson.Actions{tfjson.ActionNoop}
		if drift.Change.Actions.Delete() {
			change.Before, change.BeforeSensitive = drift.Change.Before, drift.Change.BeforeSensitive
			change.Actions = tfjson.Actions{tfjson.ActionForget}
		}
		kept[r.Address] = &r
	}
	return slices.Collect(maps.Values(kept))
}

func stateAsChanges(m *tfjson.StateModule, kept map[string]*tfjson.ResourceChange) {
	if m == nil {
		return
	}
	for _, r := range m.Resources {
		var marks any
		if err := json.Unmarshal(r.SensitiveValues, &marks); err != nil {
			marks = true // not known what is sensitive: all of it
		}
		values := r.AttributeValues
		kept[r.Address] = &tfjson.ResourceChange{
			Address: r.Address, Mode: r.Mode, Type: r.Type, Name: r.Name, ProviderName: r.ProviderName,
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}, Before: values, After: values, BeforeSensitive: marks, AfterSensitive: marks},
		}
	}
	for _, child := range m.ChildModules {
		stateAsChanges(child, kept)
	}
}

func deferred(p *Plan) []Deferred {
	list := []Deferred{}
	for _, d := range p.DeferredChanges {
		one := Deferred{Address: "a resource without an address"}
		if d != nil {
			one.Reason = d.Reason
		}
		if d != nil && d.ResourceChange != nil && d.ResourceChange.Address != "" {
			one.Address = d.ResourceChange.Address
		}
		list = append(list, one)
	}
	return list
}

func invocations(p *Plan) []Invocation {
	list := []Invocation{}
	add := func(a *tfjson.ActionInvocation, later bool) {
		one := Invocation{Address: "an action without an address", Deferred: later}
		if a != nil && a.Address != "" {
			one.Address, one.Type = a.Address, a.Type
		}
		if a != nil && a.LifecycleActionTrigger != nil {
			one.Trigger = a.LifecycleActionTrigger.TriggeringResourceAddress
		}
		list = append(list, one)
	}
	for _, a := range p.ActionInvocations {
		add(a, false)
	}
	for _, a := range p.deferredActions {
		add(a.Invocation, true)
	}
	return list
}

// deferredAction is what terraform-json does not read: an action that a later
// plan runs.
type deferredAction struct {
	Reason     string                   `json:"reason"`
	Invocation *tfjson.ActionInvocation `json:"action_invocation"`
}

func failedChecks(p *Plan) []string {
	list := []string{}
	for _, c := range p.Checks {
		if c.Status == tfjson.CheckStatusFail || c.Status == tfjson.CheckStatusError {
			list = append(list, c.Address.ToDisplay)
		}
	}
	return list
}

// driftOf is the drift that Terraform says this plan rests on
// (relevant_attributes). The rest is what AWS computes anew, or what the changes
// show as it is now. A refresh-only apply writes all of it into the state.
func driftOf(p *Plan) []Drift {
	list := []Drift{}
	for _, r := range p.ResourceDrift {
		if r.Mode == tfjson.DataResourceMode {
			continue
		}
		one := Drift{Address: r.Address, Type: r.Type, Action: action(r), Attributes: []string{}}
		before, after := object(r.Change.Before), object(r.Change.After)
		for _, name := range slices.Sorted(maps.Keys(keysOf(before, after))) {
			if before != nil && after != nil && !equal(before[name], after[name]) {
				one.Attributes = append(one.Attributes, name)
			}
		}
		moved := r.PreviousAddress != "" && r.PreviousAddress != r.Address
		if (p.refreshOnly() && (one.Action != ActionKeep || moved)) || p.restsOn(one) {
			list = append(list, one)
		}
	}
	return list
}

// strangeModes are changes that are neither of a resource nor of a data source
// that is read, and so are judged by no policy.
func (p *Plan) strangeModes() []string {
	list := []string{}
	for _, r := range p.ResourceChanges {
		happens := action(r)
		switch r.Mode {
		case tfjson.ManagedResourceMode:
			continue
		case tfjson.DataResourceMode:
			if happens == ActionRead || happens == ActionKeep || happens == ActionDelete {
				continue
			}
		case "ephemeral":
			if happens == ActionKeep {
				continue
			}
		}
		list = append(list, fmt.Sprintf("%s of the mode %q, which the apply is to %s", r.Address, r.Mode, happens))
	}
	return list
}

// absent are the resources of the configuration, by address without keys, that
// the plan does not tell of. Terraform lists each, also what stays as it is; a
// count or for_each may make none.
func (p *Plan) absent(config map[string]configured) []string {
	list := []string{}
	if p.refreshOnly() {
		return list
	}
	told := map[string]bool{}
	for _, r := range p.ResourceChanges {
		told[withoutKeys(r.Address)] = true
	}
	for address, c := range config {
		if c.always && !told[address] {
			list = append(list, address)
		}
	}
	slices.Sort(list)
	return list
}

// restsOn says that the plan's changes depend on what drifted.
func (p *Plan) restsOn(d Drift) bool {
	for _, relevant := range p.RelevantAttributes {
		if withoutKeys(relevant.Resource) != withoutKeys(d.Address) {
			continue
		}
		var name string
		if len(relevant.Attribute) == 0 || json.Unmarshal(relevant.Attribute[0], &name) != nil {
			return true // all of the resource
		}
		if d.Action == ActionDelete || slices.Contains(d.Attributes, name) {
			return true
		}
	}
	return false
}

// ephemeral are the ephemeral resources that a configuration refers to. A plan
// does not list them; what nothing refers to does not show at all.
func ephemeral(root *tfjson.ConfigModule) []string {
	found := map[string]bool{}
	note := func(prefix string, references []string) {
		for _, reference := range references {
			if steps := strings.SplitN(withoutKeys(reference), ".", 4); steps[0] == "ephemeral" && len(steps) > 2 {
				found[prefix+strings.Join(steps[:3], ".")] = true
			}
		}
	}
	var walk func(prefix string, m *tfjson.ConfigModule)
	walk = func(prefix string, m *tfjson.ConfigModule) {
		if m == nil {
			return
		}
		for _, r := range m.Resources {
			if r.Mode != tfjson.ManagedResourceMode && r.Mode != tfjson.DataResourceMode {
				found[prefix+r.Address] = true
			}
			note(prefix, referencesIn(r.Expressions))
			note(prefix, r.DependsOn)
		}
		for _, o := range m.Outputs {
			if o != nil {
				note(prefix, referencesIn(map[string]*tfjson.Expression{"": o.Expression}))
			}
		}
		for name, call := range m.ModuleCalls {
			note(prefix, referencesIn(call.Expressions))
			walk(prefix+"module."+name+".", call.Module)
		}
	}
	walk("", root)
	return slices.Sorted(maps.Keys(found))
}

func referencesIn(expressions map[string]*tfjson.Expression) []string {
	c := configured{constants: map[string]any{}, references: map[string][]string{}}
	c.flatten("", expressions)
	return slices.Concat(slices.Collect(maps.Values(c.references))...)
}

func importID(i *tfjson.Importing) string {
	switch {
	case i.ID != "":
		return i.ID
	case i.Identity != nil:
		raw, err := json.Marshal(i.Identity)
		if err != nil {
			return fmt.Sprint(i.Identity)
		}
		return string(raw)
	default:
		return "(known after apply)"
	}
}

// sweepWhole masks secrets in what is said of the stack as a whole: an
// instance's key is a value.
func (b *builder) sweepWhole(s *Stack) {
	for i := range s.Deferred {
		s.Deferred[i].Address = b.sweepText(s.Deferred[i].Address)
	}
	for i := range s.Invocations {
		s.Invocations[i].Address, s.Invocations[i].Trigger = b.sweepText(s.Invocations[i].Address), b.sweepText(s.Invocations[i].Trigger)
	}
	for i := range s.Drift {
		s.Drift[i].Address = b.sweepText(s.Drift[i].Address)
	}
	for _, list := range [][]string{s.FailedChecks, s.Ephemeral, s.Unread, s.Absent} {
		for i := range list {
			list[i] = b.sweepText(list[i])
		}
	}
}
