package review

import (
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// configured is what the configuration says of one resource.
type configured struct {
	// provider key, for example "aws.replica".
	provider   string
	constants  map[string]any
	references map[string][]string
	// provisioners by their kinds, in order.
	provisioners []string
	// always: a managed resource that no count or for_each may leave out.
	always bool
}

// readConfiguration finds every resource of the configuration by its address
// without instance keys, and lists the data sources. A module's own constants
// are taken; its variables stay references.
func readConfiguration(root *tfjson.ConfigModule) (map[string]configured, []*tfjson.ConfigResource) {
	found := map[string]configured{}
	var data []*tfjson.ConfigResource
	var walk func(prefix string, m *tfjson.ConfigModule, always bool)
	walk = func(prefix string, m *tfjson.ConfigModule, always bool) {
		if m == nil {
			return
		}
		for _, r := range m.Resources {
			if r.Mode == tfjson.DataResourceMode {
				inModule := *r
				inModule.Address = prefix + r.Address
				data = append(data, &inModule)
				continue
			}
			c := configured{provider: r.ProviderConfigKey, constants: map[string]any{}, references: map[string][]string{}}
			c.always = always && r.Mode == tfjson.ManagedResourceMode && r.CountExpression == nil && r.ForEachExpression == nil
			c.flatten("", r.Expressions)
			for _, p := range r.Provisioners {
				if p != nil {
					c.provisioners = append(c.provisioners, p.Type)
				}
			}
			found[prefix+r.Address] = c
		}
		for name, call := range m.ModuleCalls {
			walk(prefix+"module."+name+".", call.Module, always && call.CountExpression == nil && call.ForEachExpression == nil)
		}
	}
	walk("", root, true)
	return found, data
}

// flatten notes each constant and each reference under its path.
func (c configured) flatten(prefix string, expressions map[string]*tfjson.Expression) {
	for name, e := range expressions {
		if e == nil || e.ExpressionData == nil {
			continue
		}
		path := prefix + name
		switch {
		case len(e.NestedBlocks) > 0:
			for i, block := range e.NestedBlocks {
				c.flatten(path+"."+strconv.Itoa(i)+".", block)
			}
		case len(e.References) > 0:
			c.references[path] = e.References
		case e.ConstantValue != nil:
			if text, ok := e.ConstantValue.(string); ok && strings.Contains(text, "${") {
				// A function of constants, as JSON configuration has it.
				c.references[path] = []string{}
				continue
			}
			c.constants[path] = e.ConstantValue
		default:
			c.references[path] = []string{} // given, by what has no name
		}
	}
}

// constantAt is the constant at a path, or nil.
func constantAt(expressions map[string]*tfjson.Expression, path string) any {
	c := configured{constants: map[string]any{}, references: map[string][]string{}}
	c.flatten("", expressions)
	return c.constants[path]
}
