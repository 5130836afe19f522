package tests

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/review/plantest"
)

// namesOfBase are what AWS made up in this account, each with what it made up in
// the account of the recorded plans of the unchanged stacks. With these names a
// recording differs only in what the plans differ in, and the recordings that are
// not made anew still fit.
func namesOfBase(t *testing.T, plans map[string][]byte) *strings.Replacer {
	t.Helper()
	names := map[string]string{}
	for role, raw := range plans {
		base, err := recordings.Base(role)
		require.NoError(t, err)
		condensed, err := plantest.Condense(raw)
		require.NoError(t, err)
		recorded := base["resource_changes"].(map[string]any)
		for address, entry := range condensed["resource_changes"].(map[string]any) {
			if known, both := recorded[address]; both {
				pairNames(stateOf(entry), stateOf(known), names)
			}
		}
	}
	var pairs []string
	for _, name := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) }) {
		pairs = append(pairs, name, names[name])
	}
	return strings.NewReplacer(pairs...)
}

// stateOf is what a plan's entry says of the state.
func stateOf(entry any) map[string]any {
	change, _ := entry.(map[string]any)["change"].(map[string]any)
	values, _ := change["before"].(map[string]any)
	return values
}

// random matches what AWS makes up, alone or in an ARN, a host or a path.
var random = regexp.MustCompile(`[0-9a-f]{8,}|[0-9A-Z]{12,}|[0-9a-z]{12}\.|-[0-9A-Za-z]{6}(:|$)|terraform-[0-9]{18}`)

func pairNames(ours, recorded map[string]any, names map[string]string) {
	for name, value := range ours {
		mine, ok := value.(string)
		other, also := recorded[name].(string)
		if ok && also && mine != other && random.FindString(mine) != "" && random.FindString(other) != "" && strings.HasPrefix(mine, "terraform-") == strings.HasPrefix(other, "terraform-") && !strings.HasPrefix(mine, "{") {
			names[mine] = other
			if i, j := strings.LastIndex(mine, "-"), strings.LastIndex(other, "-"); strings.Contains(mine, ":secret:") && i > 0 && j > 0 {
				names[mine[i:]] = other[j:] // the copy in the other region has it too
			}
		}
	}
}
