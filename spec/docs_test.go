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

	"github.com/pgdr/pgdr/internal/docpage"
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

// accepts is what the tables of the code say that a field takes, to which the page
// may add; "" where the page says all of it.
func accepts() map[string]string {
	texts := map[string]string{}
	for _, b := range Bounds {
		texts[b.Path] = b.String() + ": " + b.Why + "…"
	}
	for path, allowed := range NumberChoices {
		texts[path] = list(numerals(allowed), "or")
	}
	for path, allowed := range Choices {
		texts[path] = "`" + strings.Join(allowed, "` or `") + "`"
	}
	return texts
}

// TestDocumentation_HasEveryField holds the tables of docs/configuration.md to the
// code. Its prose, such as why a default is what it is, is the page's own.
func TestDocumentation_HasEveryField(t *testing.T) {
	known, tables := accepts(), map[string][][]string{}
	for _, f := range fields(reflect.ValueOf(Default()), "") {
		section, _, nested := strings.Cut(f.path, ".")
		if !nested {
			section = "environment"
		}
		text := known[f.path]
		if f.value.Kind() == reflect.Bool {
			text = "`true` or `false`"
		}
		tables[section] = append(tables[section], []string{"`" + f.path + "`", shownDefault(f.value), text, ""})
	}
	for section, rows := range tables {
		docpage.Rows(t, "../docs/configuration.md", "fields-"+section, []string{"Field", "Default", "Accepts", "Why this default"}, rows)
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
	rows := [][]string{{"`" + SuffixVariable + "`", "", ""}, {"`" + FileVariable + "`", "", ""}, {"`" + TwinDirVariable + "`", "", ""}}
	for _, v := range Variables {
		rows = append(rows, []string{"`" + v.Name + "`", "`" + v.Path + "`", ""})
	}
	rows = append(rows, []string{"`" + ContextVariable + "`", "", ""})
	docpage.Rows(t, "../docs/configuration.md", "variables", []string{"Variable", "Sets", "Remarks"}, rows)
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
