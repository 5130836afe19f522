package plantest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func decoded(t *testing.T, text string) any {
	t.Helper()
	document, err := Decode([]byte(text))
	require.NoError(t, err)
	return document
}

func TestApply_ChangesWhatItIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		edit Edit
		want string
	}{
		"set":                {Edit{At: []any{"a", "b"}, Set: 2}, `{"a":{"b":2,"list":[1,2]},"text":"x y x"}`},
		"set anew":           {Edit{At: []any{"n", "m"}, Set: "v"}, `{"a":{"b":1,"list":[1,2]},"n":{"m":"v"},"text":"x y x"}`},
		"open key":           {Edit{At: []any{"te*"}, Set: "z"}, `{"a":{"b":1,"list":[1,2]},"text":"z"}`},
		"null":               {Edit{At: []any{"text"}, Null: true}, `{"a":{"b":1,"list":[1,2]},"text":null}`},
		"remove":             {Edit{At: []any{"text"}, Remove: true}, `{"a":{"b":1,"list":[1,2]}}`},
		"remove of an array": {Edit{At: []any{"a", "list", 0}, Remove: true}, `{"a":{"b":1,"list":[2]},"text":"x y x"}`},
		"append":             {Edit{At: []any{"a", "list", json.Number("2")}, Set: 3}, `{"a":{"b":1,"list":[1,2,3]},"text":"x y x"}`},
		"replace":            {Edit{At: []any{"text"}, Replace: "y", With: "w"}, `{"a":{"b":1,"list":[1,2]},"text":"x w x"}`},
		"everywhere":         {Edit{At: []any{}, Everywhere: "x", With: "w"}, `{"a":{"b":1,"list":[1,2]},"text":"w y w"}`},
	} {
		t.Run(name, func(t *testing.T) {
			before := decoded(t, `{"a":{"b":1,"list":[1,2]},"text":"x y x"}`)
			after, err := Apply(before, []Edit{tt.edit})
			require.NoError(t, err)
			require.Equal(t, decoded(t, tt.want), after)
			require.Equal(t, decoded(t, `{"a":{"b":1,"list":[1,2]},"text":"x y x"}`), before, "the document itself is changed")
		})
	}
}

// A case that no longer fits the stacks must fail, and not change nothing.
func TestApply_RefusesWhatIsNotThere(t *testing.T) {
	for name, tt := range map[string]struct {
		edit Edit
		want string
	}{
		"key":           {Edit{At: []any{"b"}, Remove: true}, `"b" is not there`},
		"no such begin": {Edit{At: []any{"z*"}, Set: 1}, `"z*": 0 keys begin so`},
		"two begin so":  {Edit{At: []any{"a*"}, Set: 1}, `"a*": 2 keys begin so`},
		"index":         {Edit{At: []any{"list", 5}, Set: 1}, "5: not an index of an array of 1"},
		"past the end":  {Edit{At: []any{"list", 1}, Remove: true}, "1 is past the end"},
		"text":          {Edit{At: []any{"aa"}, Replace: "q", With: "w"}, `"q" is not in x`},
		"no object":     {Edit{At: []any{"aa", "b"}, Set: 1}, "found string, want an object"},
		"no array":      {Edit{At: []any{"aa", 0}, Set: 1}, "found string, want an array"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Apply(decoded(t, `{"aa":"x","ab":"y","list":[1]}`), []Edit{tt.edit})
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestDiff_MakesTheOneOfTheOther(t *testing.T) {
	for name, tt := range map[string]struct{ a, b string }{
		"nothing": {`{"a":1}`, `{"a":1}`},
		"deep":    {`{"a":{"b":1,"c":[1]},"d":1}`, `{"a":{"b":2,"c":[2,3]},"e":{"f":null}}`},
		"null":    {`{"a":1,"b":null}`, `{"a":null,"b":false}`},
		"kinds":   {`{"a":{"b":1}}`, `{"a":[1]}`},
	} {
		t.Run(name, func(t *testing.T) {
			edits := Diff(decoded(t, tt.a), decoded(t, tt.b))
			raw, err := json.Marshal(edits)
			require.NoError(t, err)
			var again []Edit
			require.NoError(t, json.Unmarshal(raw, &again))
			got, err := Apply(decoded(t, tt.a), again)
			require.NoError(t, err)
			require.Equal(t, decoded(t, tt.b), got)
		})
	}
}

func TestExpand_IsAPlanAgain(t *testing.T) {
	const plan = `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"a.b"},{"address":"a.c"},{"address":"a.c","deposed":"1"}],
		"resource_drift":[{"address":"a.d","change":{"actions":["delete"]}}],
		"prior_state":{"format_version":"1.0","terraform_version":"1","values":{"root_module":{"resources":[{"address":"data.x.y","mode":"data"}]}}},
		"configuration":{"root_module":{"resources":[{"address":"a.b"}],"module_calls":{"m":{"module":{"resources":[{"address":"e.f"}]}}}}}}`
	condensed, err := Condense([]byte(plan))
	require.NoError(t, err)
	require.Contains(t, condensed["resource_changes"], "a.c deposed 1")
	raw, err := Expand(condensed)
	require.NoError(t, err)
	require.JSONEq(t, plan, string(raw))
}
