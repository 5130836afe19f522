package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pgdr/pgdr/internal/nearest"
)

// layer is one source of values, decoded onto a Config.
type layer struct {
	// source is how messages call it: a file's path or a variable's name.
	source string
	// origins notes, by path, where each value was given.
	origins map[string]string
	faults  *Faults
}

// decode sets in target what node gives. Unknown keys and wrong types are
// faults, and the field keeps its value of the layer before. prefix is what
// messages have in front of the fields' paths.
func (l *layer) decode(node *yaml.Node, target *Config, prefix string) {
	if node = resolve(node); node != nil {
		l.mapping(node, reflect.ValueOf(target).Elem(), "", prefix)
	}
}

// mapping decodes a struct. path is the field's, shown the one of messages.
func (l *layer) mapping(node *yaml.Node, target reflect.Value, path, shown string) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		l.fault(shownOr(shown, "(top level)"), node, "give keys and values, indented beneath it")
		return
	}
	known := map[string]reflect.Value{}
	for _, k := range keys(target) {
		known[k.name] = k.value
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], resolve(node.Content[i+1])
		at := join(shown, name.Value)
		field, ok := known[name.Value]
		switch {
		case !ok:
			l.unknown(at, name, target)
		case seen[name.Value]:
			l.add(at, "the key a second time", "give it once", name)
		default:
			l.value(value, field, join(path, name.Value), at)
		}
		seen[name.Value] = true
	}
}

// value decodes one field.
func (l *layer) value(node *yaml.Node, target reflect.Value, path, shown string) {
	if isNull(node) {
		return
	}
	ok := true
	switch target.Kind() {
	case reflect.Struct:
		l.mapping(node, target, path, shown)
		return
	case reflect.String:
		ok = l.text(node, target, shown)
	case reflect.Int:
		ok = l.integer(node, target, shown)
	case reflect.Bool:
		ok = l.boolean(node, target, shown)
	case reflect.Slice:
		ok = l.texts(node, target, path, shown)
	default:
		panic(fmt.Sprintf("config: no decoding of %s for %s", target.Kind(), path))
	}
	if ok {
		l.origins[path] = l.at(node)
	}
}

// text takes numbers as they are written, so that engine_version: 15.10 and
// account: 012345678901 need no quotes.
func (l *layer) text(node *yaml.Node, target reflect.Value, shown string) bool {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!bool" {
		l.fault(shown, node, "give a text, in quotes")
		return false
	}
	target.SetString(node.Value)
	return true
}

func (l *layer) integer(node *yaml.Node, target reflect.Value, shown string) bool {
	n, err := strconv.Atoi(node.Value)
	if node.Kind != yaml.ScalarNode || node.Tag != "!!int" || err != nil {
		l.fault(shown, node, "give a whole number in digits, without quotes or unit")
		return false
	}
	target.SetInt(int64(n))
	return true
}

func (l *layer) boolean(node *yaml.Node, target reflect.Value, shown string) bool {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!bool" {
		l.fault(shown, node, "give true or false, without quotes")
		return false
	}
	target.SetBool(strings.EqualFold(node.Value, "true"))
	return true
}

// texts replaces a list as a whole.
func (l *layer) texts(node *yaml.Node, target reflect.Value, path, shown string) bool {
	if node.Kind != yaml.SequenceNode {
		l.fault(shown, node, "give a list, such as [a, b]")
		return false
	}
	items := make([]string, len(node.Content))
	ok := true
	for i, item := range node.Content {
		item = resolve(item)
		ok = l.text(item, reflect.ValueOf(&items[i]).Elem(), indexed(shown, i)) && ok
		l.origins[indexed(path, i)] = l.at(item)
	}
	if ok {
		target.Set(reflect.ValueOf(items))
	}
	return ok
}

// unknown reports a key that isn't there, with the one that was meant: the
// same word elsewhere, or the nearest one here.
func (l *layer) unknown(shown string, name *yaml.Node, target reflect.Value) {
	var here []string
	for _, k := range keys(target) {
		here = append(here, k.name)
	}
	want := "valid here: " + list(here, "and")
	if near := nearest.To(name.Value, here); near != "" {
		want = "did you mean " + near + "? " + want
	} else if elsewhere := placesOf(name.Value); len(elsewhere) > 0 {
		want = "did you mean " + list(elsewhere, "or") + "? " + want
	}
	l.add(shown, "an unknown key", want, name)
}

// placesOf lists the fields whose own name is word, wherever they are.
func placesOf(word string) []string {
	var places []string
	for _, f := range fields(reflect.ValueOf(Config{}), "") {
		if f.path[strings.LastIndex(f.path, ".")+1:] == word {
			places = append(places, f.path)
		}
	}
	return places
}

func (l *layer) fault(shown string, node *yaml.Node, want string) {
	l.add(shown, describe(node), want, node)
}

func (l *layer) add(shown, found, want string, node *yaml.Node) {
	*l.faults = append(*l.faults, Fault{Path: shown, Found: found, Want: want, Source: l.at(node)})
}

// at says where node was given.
func (l *layer) at(node *yaml.Node) string {
	if node.Line == 0 {
		return l.source
	}
	return fmt.Sprintf("%s, line %d", l.source, node.Line)
}

// describe shows a value of the wrong type.
func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	if node.Tag == "!!str" {
		return quoted(node.Value)
	}
	return node.Value
}

// isNull is a key without a value: the layer before counts.
func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

// resolve follows an alias to what it stands for, and a document to its
// content; nil for an empty document.
func resolve(node *yaml.Node) *yaml.Node {
	switch {
	case node == nil:
		return nil
	case node.Kind == yaml.AliasNode:
		return node.Alias
	case node.Kind == yaml.DocumentNode && len(node.Content) > 0:
		return resolve(node.Content[0])
	case node.Kind == 0 || node.Kind == yaml.DocumentNode:
		return nil
	}
	return node
}

func shownOr(shown, otherwise string) string {
	if shown == "" {
		return otherwise
	}
	return shown
}

// parseYAML reads one YAML document; an empty one is nil.
func parseYAML(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse YAML: %w", err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("parse YAML: a second document begins at line %d; give one", second.Line)
	}
	return resolve(&document), nil
}

// jsonNode turns JSON into the nodes that YAML files give, so that one decoder
// serves both. (YAML's own parser reads most JSON, but neither tabs nor
// surrogate pairs.) Lines are lost.
func jsonNode(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range sortedKeys(v) {
			node.Content = append(node.Content, scalar("!!str", name), jsonNode(v[name]))
		}
		return node
	case []any:
		node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			node.Content = append(node.Content, jsonNode(item))
		}
		return node
	case json.Number:
		if _, err := strconv.Atoi(v.String()); err == nil {
			return scalar("!!int", v.String())
		}
		return scalar("!!float", v.String())
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case string:
		return scalar("!!str", v)
	}
	return scalar("!!null", "")
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}
