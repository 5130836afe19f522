package review

import (
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
)

// nullIn is the place of the first null where a plan has an object, "" if
// there is none. Terraform writes no such null, so that code that reads a
// plan after this may follow every pointer that is named here.
func nullIn(p *tfjson.Plan) string {
	for name, change := range p.OutputChanges {
		if change == nil {
			return "output_changes." + name
		}
	}
	for name, provider := range p.Config.ProviderConfigs {
		if provider == nil {
			return "configuration.provider_config." + name
		}
	}
	if where := nullInConfig("configuration.root_module", p.Config.RootModule); where != "" {
		return where
	}
	if p.PriorState == nil || p.PriorState.Values == nil {
		return ""
	}
	return nullInState("prior_state.values.root_module", p.PriorState.Values.RootModule)
}

// nullInConfig looks through a module of the configuration. A call without a
// module is one of which Terraform says nothing.
func nullInConfig(at string, m *tfjson.ConfigModule) string {
	if m == nil {
		return ""
	}
	for i, r := range m.Resources {
		if r == nil {
			return fmt.Sprintf("%s.resources[%d]", at, i)
		}
	}
	for name, call := range m.ModuleCalls {
		where := at + ".module_calls." + name
		if call == nil {
			return where
		}
		if inner := nullInConfig(where+".module", call.Module); inner != "" {
			return inner
		}
	}
	return ""
}

func nullInState(at string, m *tfjson.StateModule) string {
	if m == nil {
		return ""
	}
	for i, r := range m.Resources {
		if r == nil {
			return fmt.Sprintf("%s.resources[%d]", at, i)
		}
	}
	for i, child := range m.ChildModules {
		if inner := nullInState(fmt.Sprintf("%s.child_modules[%d]", at, i), child); inner != "" {
			return inner
		}
	}
	return ""
}
