package review

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// builder turns plans into a document.
type builder struct {
	masker
	doc Document
	// clear are the texts that the configurations say as they are.
	clear map[string]bool
}

// NewDocument joins the plans of one environment. today decides which engine
// versions are supported. The error is an [InputError] where the plans do not
// belong together.
func NewDocument(today time.Time, plans ...*Plan) (*Document, error) {
	b := &builder{clear: map[string]bool{}, doc: Document{
		Today: today.UTC().Format(time.DateOnly), Stacks: map[string]Stack{}, Missing: map[string]Missing{},
		Resources: []Resource{}, Data: []DataSource{}, GuardFaults: []string{},
	}}
	if err := together(plans); err != nil {
		return nil, err
	}
	for _, p := range plans {
		found, _ := readConfiguration(p.Config.RootModule)
		for _, c := range found {
			b.noteClear(slices.Collect(maps.Values(c.constants)))
		}
	}
	for _, p := range plans {
		b.doc.Environment = p.Environment
		b.add(p)
	}
	b.sweepAll()
	for i, fault := range b.doc.GuardFaults {
		b.doc.GuardFaults[i] = b.sweepText(fault)
	}
	b.doc.Cost = costOf(&b.doc)
	slices.SortFunc(b.doc.Resources, func(x, y Resource) int {
		return cmpOr(x.Stack, y.Stack, x.Type, y.Type, x.Address, y.Address)
	})
	return &b.doc, nil
}

func (b *builder) noteClear(value any) {
	switch value := value.(type) {
	case string:
		b.clear[value] = true
	case []any:
		for _, v := range value {
			b.noteClear(v)
		}
	case map[string]any:
		for _, v := range value {
			b.noteClear(v)
		}
	}
}

// together checks that there is one plan a stack, all of one environment.
func together(plans []*Plan) error {
	if len(plans) == 0 {
		return &InputError{File: "--plan", Found: "no plan was given", Want: wantPlan}
	}
	seen := map[string]*Plan{}
	for _, p := range plans {
		if other, twice := seen[p.Role]; twice {
			return &InputError{File: p.File, Found: "is a plan of the " + p.Role + " stack, and so is " + other.File, Want: "give one plan a stack"}
		}
		seen[p.Role] = p
		if first := plans[0]; p.Environment != first.Environment {
			return &InputError{File: p.File, Found: "is a plan of the environment " + quote(p.Environment) + ", and " + first.File + " is of " + quote(first.Environment), Want: "give plans of one environment"}
		}
	}
	return nil
}

func (b *builder) add(p *Plan) {
	stack := Stack{
		File: p.File, TerraformVersion: p.TerraformVersion, RefreshOnly: p.refreshOnly(), NoSecrets: p.withoutSecrets(),
		Outputs: map[string]Output{}, Reads: map[string]any{}, Unread: append([]string{}, p.unread...),
	}
	stack.Deferred, stack.Invocations = deferred(p), invocations(p)
	stack.Complete = (p.Complete == nil || *p.Complete) && len(stack.Deferred) == 0
	stack.FailedChecks, stack.Drift = failedChecks(p), driftOf(p)
	config, data := readConfiguration(p.Config.RootModule)
	stack.Ephemeral = ephemeral(p.Config.RootModule)
	regions := b.addProviders(p, &stack, config, data)
	vanished := map[string]bool{}
	for _, r := range p.ResourceDrift {
		if r.Change.Actions.Delete() {
			vanished[r.Address] = true
		}
	}
	for _, r := range p.ResourceDrift {
		if r.Mode == tfjson.ManagedResourceMode {
			one := b.masked(r, configured{})
			one.Stack = p.Role
			b.doc.drifted = append(b.doc.drifted, one)
		}
	}
	stack.Unread, stack.Absent = append(stack.Unread, p.strangeModes()...), p.absent(config)
	for _, r := range p.changesOrState() {
		if r.Mode != tfjson.ManagedResourceMode {
			continue
		}
		c := config[withoutKeys(r.Address)]
		one := b.resource(r, c)
		one.Stack, one.ProviderRegion = p.Role, regions[providerKey(c.provider)]
		one.Region = regionOf(one)
		one.Vanished = vanished[r.Address]
		b.doc.Resources = append(b.doc.Resources, one)
		stack.Deployed = stack.Deployed || one.Before != nil
	}
	for _, d := range data {
		b.doc.Data = append(b.doc.Data, DataSource{Stack: p.Role, Address: d.Address, Type: d.Type, Region: dataRegion(d, regions)})
	}
	b.addOutputs(p, &stack)
	b.doc.Stacks[p.Role] = stack
}

func (b *builder) resource(r *tfjson.ResourceChange, config configured) Resource {
	one := b.masked(r, config)
	marks := []any{r.Change.BeforeSensitive, r.Change.AfterSensitive}
	b.doc.GuardFaults = append(b.doc.GuardFaults, guardFaults(one, object(r.Change.After), marks)...)
	return one
}

// masked is a resource without its secrets.
func (b *builder) masked(r *tfjson.ResourceChange, config configured) Resource {
	before, after := object(r.Change.Before), object(r.Change.After)
	unknown := object(r.Change.AfterUnknown)
	one := Resource{
		Address: r.Address, Type: r.Type, Provider: r.ProviderName, Action: action(r),
		Deposed: r.DeposedKey != "", Imported: r.Change.Importing != nil,
		Ambiguous: ambiguous(after), Concealed: []string{}, Unknown: unknown, Changed: changed(before, after, unknown, config),
		ReplacedBy: topOf(r.Change.ReplacePaths),
		Configured: map[string]any{}, References: map[string][]string{},
		Provisioners: append([]string{}, config.provisioners...),
	}
	if one.Unknown == nil {
		one.Unknown = map[string]any{}
	}
	if i := r.Change.Importing; i != nil {
		one.ImportID = importID(i)
	}
	if r.PreviousAddress != r.Address {
		one.PreviousAddress = r.PreviousAddress
	}
	// A value is as secret before as after: with a mark on one side alone it
	// would seem to change.
	marks := []any{r.Change.BeforeSensitive, r.Change.AfterSensitive}
	one.Before = b.maskBoth(before, marks)
	one.After = b.maskBoth(after, marks)
	one.conceal(before, after)
	for path, value := range config.constants {
		attribute := top(path)
		for _, m := range marks {
			switch all, _ := m.(bool); {
			case all:
				value = b.hideAll(map[string]any{attribute: value})[attribute]
			case marked(object(m)[attribute]):
				value = b.unlike(value, true)
			}
		}
		one.Configured[path] = value
	}
	maps.Copy(one.References, config.references)
	return one
}

// maskBoth masks what either side of a change marks.
func (b *builder) maskBoth(side map[string]any, marks []any) map[string]any {
	if side == nil {
		return nil
	}
	var masked any = side
	for _, m := range marks {
		switch all, _ := m.(bool); {
		case all:
			masked = b.hideAll(object(masked))
		case m != nil:
			masked = b.mask(masked, m)
		}
	}
	return object(masked)
}

// hideAll hides a resource that is marked as a whole. What the configuration
// says in the clear is hidden there and nowhere else: "postgres" is in the name
// of every parameter group.
func (b *builder) hideAll(resource map[string]any) map[string]any {
	known := len(b.secrets)
	hidden := b.hideIn(resource)
	b.secrets = append(b.secrets[:known:known], slices.DeleteFunc(slices.Clone(b.secrets[known:]), func(s string) bool { return b.clear[s] })...)
	return hidden
}

// conceal notes the attributes that change, or are new, where they are masked.
func (r *Resource) conceal(before, after map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		switch {
		case before == nil && hides(r.After[name]):
		case before != nil && slices.Contains(r.Changed, name) && concealed(before[name], after[name], r.Before[name], r.After[name]):
		default:
			continue
		}
		r.Concealed = append(r.Concealed, name)
	}
}

// changed are the attributes that the plan changes: whose value differs, or
// which are not known yet although the configuration gives them. What AWS
// computes anew with every change is not among them.
func changed(before, after, unknown map[string]any, config configured) []string {
	names := []string{}
	if before == nil || after == nil {
		return names
	}
	given := map[string]bool{}
	for path := range config.constants {
		given[top(path)] = true
	}
	for path := range config.references {
		given[top(path)] = true
	}
	for name := range keysOf(before, after, unknown) {
		if marked(unknown[name]) && !given[name] {
			continue
		}
		if marked(unknown[name]) || !equal(before[name], after[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (b *builder) addOutputs(p *Plan, stack *Stack) {
	for name, change := range p.OutputChanges {
		o := Output{
			Action: action(&tfjson.ResourceChange{Change: change}),
			Before: b.mask(change.Before, change.BeforeSensitive),
			After:  b.mask(change.After, change.AfterSensitive),
		}
		if c := p.Config.RootModule.Outputs[name]; c != nil {
			o.Sensitive = c.Sensitive
		}
		o.Sensitive = o.Sensitive || marked(change.AfterSensitive)
		stack.Outputs[name] = o
	}
	if p.PriorState != nil && p.PriorState.Values != nil {
		b.addState(p.PriorState.Values.RootModule, stack)
	}
}

// addState takes from the state before the plan what no change shows: the
// outputs of the other stack, and what is sensitive in a data source, so that
// it is masked wherever else it turns up.
func (b *builder) addState(m *tfjson.StateModule, stack *Stack) {
	if m == nil {
		return
	}
	for _, r := range m.Resources {
		var marks any
		if err := json.Unmarshal(r.SensitiveValues, &marks); err != nil {
			marks = true // not known what is sensitive: all of it
		}
		values := object(b.mask(r.AttributeValues, marks))
		if r.Type == "terraform_remote_state" {
			maps.Copy(stack.Reads, object(values["outputs"]))
		}
	}
	for _, child := range m.ChildModules {
		b.addState(child, stack)
	}
}

// sweepAll masks secrets where they are not marked.
func (b *builder) sweepAll() {
	for i := range b.doc.Resources {
		r := &b.doc.Resources[i]
		r.Before, r.After, r.Configured = b.sweepObject(r.Before), b.sweepObject(r.After), b.sweepObject(r.Configured)
		r.Address = b.sweepText(r.Address) // an instance's key is a value
		r.PreviousAddress, r.ImportID = b.sweepText(r.PreviousAddress), b.sweepText(r.ImportID)
		r.Name = nameOf(*r) // of what is left
	}
	for i := range b.doc.drifted {
		r := &b.doc.drifted[i]
		r.Before, r.After, r.Address = b.sweepObject(r.Before), b.sweepObject(r.After), b.sweepText(r.Address)
		r.Name = nameOf(*r)
	}
	for role, stack := range b.doc.Stacks {
		stack.Reads = b.sweepObject(stack.Reads)
		b.sweepWhole(&stack)
		for name, o := range stack.Outputs {
			o.Before, o.After = b.sweep(o.Before), b.sweep(o.After)
			stack.Outputs[name] = o
		}
		b.doc.Stacks[role] = stack
	}
}
