package spec_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pgdr/pgdr/spec"
)

// leaf is one settable field, found by its yaml tags.
type leaf struct {
	path  string
	value reflect.Value
}

// leaves walks a Config by itself, so that a mistake of the package's own walk
// doesn't hide a field from the tests.
func leaves(v reflect.Value, prefix string) []leaf {
	var found []leaf
	for i := range v.NumField() {
		tag := strings.Split(v.Type().Field(i).Tag.Get("yaml"), ",")[0]
		if tag == "-" {
			continue
		}
		if v.Field(i).Kind() == reflect.Struct {
			found = append(found, leaves(v.Field(i), prefix+tag+".")...)
			continue
		}
		found = append(found, leaf{prefix + tag, v.Field(i)})
	}
	return found
}

// set writes a whole number into the field at path.
func set(t *testing.T, c *spec.Config, path string, n int) {
	t.Helper()
	for _, l := range leaves(reflect.ValueOf(c).Elem(), "") {
		if l.path == path {
			l.value.SetInt(int64(n))
			return
		}
	}
	t.Fatalf("no field %s", path)
}
