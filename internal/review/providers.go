package review

import (
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// addProviders notes how the providers are configured. It returns the regions by
// the providers' keys, of those whose region is a constant.
func (b *builder) addProviders(p *Plan, stack *Stack, config map[string]configured, data []*tfjson.ConfigResource) map[string]string {
	stack.Providers, stack.Regions, stack.ProviderBlocks = []string{}, map[string]string{}, map[string]ProviderBlock{}
	used := map[string]bool{}
	for _, c := range config {
		used[providerKey(c.provider)] = true
	}
	for _, d := range data {
		used[providerKey(d.ProviderConfigKey)] = true
	}
	regions := map[string]string{}
	for key, provider := range p.Config.ProviderConfigs {
		if !slices.Contains(stack.Providers, provider.FullName) {
			stack.Providers = append(stack.Providers, provider.FullName)
		}
		region, _ := constantAt(provider.Expressions, "region").(string)
		if region != "" {
			regions[providerKey(key)] = region
			stack.Regions[provider.Alias] = region
		}
		stack.ProviderBlocks[key] = ProviderBlock{
			Name: provider.FullName, Version: provider.VersionConstraint, Region: region,
			Arguments: argumentsOf(provider.Expressions), Used: used[providerKey(key)],
		}
	}
	slices.Sort(stack.Providers)
	return regions
}

// providerKey is a key of a provider without the module that a resource is in:
// a module that is handed a provider has it under its own path.
func providerKey(key string) string { return key[strings.LastIndex(key, ":")+1:] }

// argumentsOf are the arguments that say something: all but constants and blocks
// that are empty. What is neither a constant nor a reference is a function's
// answer, such as the content of a file.
func argumentsOf(expressions map[string]*tfjson.Expression) []string {
	given := []string{}
	for name, e := range expressions {
		if says(e) {
			given = append(given, name)
		}
	}
	slices.Sort(given)
	return given
}

func says(e *tfjson.Expression) bool {
	switch {
	case e == nil || e.ExpressionData == nil:
		return false
	case e.NestedBlocks != nil:
		return slices.ContainsFunc(e.NestedBlocks, func(block map[string]*tfjson.Expression) bool { return len(argumentsOf(block)) > 0 })
	case e.ConstantValue == nil || len(e.References) > 0:
		return true
	default:
		return !empty(e.ConstantValue)
	}
}

// regionOf is where a resource is or will be. Since version 6 of the AWS
// provider each has an argument for it.
func regionOf(r Resource) string {
	if !strings.HasPrefix(r.Type, "aws_") {
		return r.ProviderRegion
	}
	for _, side := range []map[string]any{r.After, r.Before} {
		if own, ok := side["region"].(string); ok && own != "" {
			return own
		}
	}
	return r.ProviderRegion
}

// dataRegion is where a data source reads.
func dataRegion(d *tfjson.ConfigResource, regions map[string]string) string {
	if own, ok := constantAt(d.Expressions, "region").(string); ok && own != "" {
		return own
	}
	return regions[providerKey(d.ProviderConfigKey)]
}
