package spec

import (
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/internal/guard/probe/rdsca"
)

// documentation is docs/configuration.md by fields: the cells of each row.
func documentation(t *testing.T) (text string, rows map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("../docs/configuration.md")
	require.NoError(t, err)
	rows = map[string][]string{}
	for _, line := range strings.Split(string(raw), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if name, ok := strings.CutPrefix(cells[0], "`"); ok && len(cells) == 4 {
			rows[strings.TrimSuffix(name, "`")] = cells[1:]
		}
	}
	return string(raw), rows
}

// shownDefault is how the documentation writes a default.
func shownDefault(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice && v.Len() > 0:
		return "`" + strings.Join(v.Interface().([]string), "`, `") + "`"
	case v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Int:
		return "empty"
	case v.Kind() == reflect.Int:
		return "`" + strconv.FormatInt(v.Int(), 10) + "`"
	case v.Kind() == reflect.Bool:
		return "`" + strconv.FormatBool(v.Bool()) + "`"
	}
	return "`" + v.String() + "`"
}

func TestDocumentation_HasEveryFieldWithItsDefault(t *testing.T) {
	_, rows := documentation(t)
	known := map[string]bool{}
	for _, f := range fields(reflect.ValueOf(Default()), "") {
		known[f.path] = true
		cells, ok := rows[f.path]
		if !assert.True(t, ok, "no row of four cells for %s", f.path) {
			continue
		}
		assert.Equal(t, shownDefault(f.value), cells[0], "default of %s", f.path)
		for _, cell := range cells {
			assert.NotEmpty(t, strings.TrimSpace(cell), f.path)
		}
	}
	for path := range rows {
		assert.True(t, known[path], "%s is documented, and there is no such field", path)
	}
}

func TestDocumentation_HasEveryBoundWithItsReason(t *testing.T) {
	_, rows := documentation(t)
	for _, b := range Bounds {
		require.Contains(t, rows, b.Path)
		assert.True(t, strings.HasPrefix(rows[b.Path][1], b.String()+": "+b.Why),
			"%s: the third cell must begin with %q, not %q", b.Path, b.String()+": "+b.Why, rows[b.Path][1])
	}
	for path, allowed := range NumberChoices {
		require.Contains(t, rows, path)
		assert.True(t, strings.HasPrefix(rows[path][1], list(numerals(allowed), "or")), path)
	}
	for path, allowed := range Choices {
		require.Contains(t, rows, path)
		assert.Equal(t, "`"+strings.Join(allowed, "` or `")+"`", rows[path][1], path)
	}
}

func TestBounds_CoverEveryNumberOnce(t *testing.T) {
	limits := map[string]int{}
	for _, b := range Bounds {
		limits[b.Path]++
		assert.LessOrEqual(t, b.Min, b.Max, b.Path)
		assert.NotEmpty(t, b.Why, b.Path)
	}
	for path := range NumberChoices {
		limits[path]++
	}
	for path := range Default().integers() {
		assert.Equal(t, 1, limits[path], "limits of %s", path)
		delete(limits, path)
	}
	assert.Empty(t, limits, "limits of fields that aren't there")
}

func TestDocumentation_HasEveryVariable(t *testing.T) {
	text, _ := documentation(t)
	for _, v := range Variables {
		assert.Contains(t, text, "\n| `"+v.Name+"` | `"+v.Path+"` |")
	}
	for _, name := range []string{SuffixVariable, ContextVariable, FileVariable, TwinDirVariable} {
		assert.Contains(t, text, "\n| `"+name+"` |")
	}
}

func TestDocumentation_HasEveryVersionAndFamily(t *testing.T) {
	text, _ := documentation(t)
	for major, known := range majors {
		_, accepted, found := strings.Cut(known.advice(major), " minor, or ")
		require.True(t, found)
		assert.Contains(t, text, "\n| "+strconv.Itoa(major)+" | "+accepted+" |")
	}
	assert.Contains(t, text, "of the families "+list(sortedKeys(families), "and")+",")
	assert.Contains(t, text, "1 to "+strconv.Itoa(MaxSuffix)+" lower-case letters")
	for region, letters := range regions {
		if letters != usualZones && letters != "" {
			assert.Contains(t, text, "`"+region+"`: "+list(strings.Split(letters, ""), "and"))
		}
	}
}

func TestDocumentation_NamesTheRegionsThatAreNoSites(t *testing.T) {
	_, rows := documentation(t)
	var without []string
	for _, region := range sortedKeys(regions) {
		if !slices.Contains(rdsca.Regions(), region) {
			without = append(without, "`"+region+"`")
		}
	}
	require.NotEmpty(t, without)
	assert.Contains(t, rows["sites.primary.region"][1], "(not "+list(without, "and")+")")
	for _, region := range rdsca.Regions() {
		assert.Contains(t, regions, region, "there are certificates, and no such region is known")
	}
}

func TestVariables_SetTheFieldTheyName(t *testing.T) {
	for _, v := range Variables {
		before, after := Default(), Default()
		v.set(&after, "x")
		changed := []string{}
		old := before.texts()
		for path, value := range after.texts() {
			if value != old[path] {
				changed = append(changed, path)
			}
		}
		if !slices.Equal(before.Monitoring.Emails, after.Monitoring.Emails) { // lists are not among the texts
			changed = append(changed, "monitoring.emails")
		}
		assert.Equal(t, []string{v.Path}, changed, v.Name)
	}
}
