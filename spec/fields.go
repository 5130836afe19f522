package spec

import (
	"fmt"
	"reflect"
	"strings"
)

// field is one settable value of a Config.
type field struct {
	// path is its place, for example "guard.cooldown_seconds".
	path  string
	value reflect.Value
}

// fields lists every value that can be set in v, a struct whose fields carry
// yaml tags, in the order of its declaration.
func fields(v reflect.Value, prefix string) []field {
	var found []field
	for _, key := range keys(v) {
		path := join(prefix, key.name)
		if key.value.Kind() == reflect.Struct {
			found = append(found, fields(key.value, path)...)
			continue
		}
		found = append(found, field{path: path, value: key.value})
	}
	return found
}

// key is one key of a struct as it is written in a file.
type key struct {
	name  string
	value reflect.Value
}

// keys lists the keys of a struct; fields tagged "-" can't be set in files.
func keys(v reflect.Value) []key {
	var found []key
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		found = append(found, key{name: name, value: v.Field(i)})
	}
	return found
}

// integers are the whole numbers of a configuration by path.
func (c Config) integers() map[string]int {
	found := map[string]int{}
	for _, f := range fields(reflect.ValueOf(c), "") {
		if f.value.Kind() == reflect.Int {
			found[f.path] = int(f.value.Int())
		}
	}
	return found
}

// Number is the whole number at a path, for example "monitoring.cpu_percent"; ok is
// false where there is none.
func (c Config) Number(path string) (n int, ok bool) {
	n, ok = c.integers()[path]
	return n, ok
}

// texts are the text values of a configuration by path.
func (c Config) texts() map[string]string {
	found := map[string]string{}
	for _, f := range fields(reflect.ValueOf(c), "") {
		if f.value.Kind() == reflect.String {
			found[f.path] = f.value.String()
		}
	}
	return found
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func indexed(path string, i int) string {
	return fmt.Sprintf("%s[%d]", path, i)
}
