package review

import (
	"fmt"
	"slices"
	"strings"
)

// titles of the findings by severity, and what each asks for.
var titles = []struct {
	severity Severity
	title    string
}{{Block, "Blocked"}, {Human, "For a human to decide"}, {Info, "To know"}}

// grouped are the findings of a severity by policy, whose reason and remedy are
// said once, but for those that follow from others.
func grouped(findings []Finding, severity Severity) (ids []string, byPolicy map[string][]Finding) {
	byPolicy = map[string][]Finding{}
	for _, f := range findings {
		if f.Severity == severity && f.Follows == "" {
			ids = append(ids, f.Policy)
			byPolicy[f.Policy] = append(byPolicy[f.Policy], f)
		}
	}
	return slices.Compact(ids), byPolicy
}

// following is a line for each replacement that other findings only follow
// from.
func following(findings []Finding, severity Severity) []string {
	var causes, lines []string
	addresses, ids := map[string][]string{}, map[string][]string{}
	count := map[string]int{}
	for _, f := range findings {
		if f.Severity != severity || f.Follows == "" {
			continue
		}
		causes = append(causes, f.Follows)
		count[f.Follows]++
		addresses[f.Follows] = append(addresses[f.Follows], "`"+code(f.Address)+"`")
		ids[f.Follows] = append(ids[f.Follows], "`"+f.Policy+"`")
	}
	slices.Sort(causes)
	for _, cause := range slices.Compact(causes) {
		for _, list := range []map[string][]string{addresses, ids} {
			slices.Sort(list[cause])
			list[cause] = slices.Compact(list[cause])
		}
		lines = append(lines, fmt.Sprintf("**Follows from the replacement of %s** (%s): %d findings about %s. Each only says that what it judges is known after the apply: decide about the replacement.",
			safe(cause), strings.Join(ids[cause], ", "), count[cause], strings.Join(addresses[cause], ", ")))
	}
	return lines
}

func (p *page) policy(policy Policy, findings []Finding) {
	p.line("\n**%s** (`%s`)\n", safe(policy.Title), policy.ID)
	for i, f := range findings {
		switch {
		case i < most:
			p.line("- %s %s", safe(capital(f.Message)), placed(f))
		case i == most:
			p.line("- and %d more of this kind, in the JSON", len(findings)-most)
		}
	}
	p.line("\nWhy: %s", safe(policy.Reason))
	for _, remedy := range remediesOf(findings, policy) {
		p.line("\nWhat to do: %s", safe(remedy))
	}
}

// remediesOf are the remedies of a policy's findings, each once.
func remediesOf(findings []Finding, policy Policy) []string {
	var remedies []string
	for _, f := range findings {
		if remedy := remedyOf(f, policy); !slices.Contains(remedies, remedy) {
			remedies = append(remedies, remedy)
		}
	}
	return remedies
}

func remedyOf(f Finding, policy Policy) string {
	if f.Remedy != "" {
		return f.Remedy
	}
	return policy.Remedy
}

func placed(f Finding) string {
	if f.Address == "" {
		return ""
	}
	source := ""
	if f.Source != "" {
		source = "`" + code(f.Source) + "` · "
	}
	return fmt.Sprintf("<sub>%s%s `%s` · `%s`</sub>", source, f.Stack, code(construct(f.Address)), code(f.Address))
}
