package diagnose_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pgdr/pgdr/twin/sim/simstacks"
)

// edge is one place of the stacks that refers to something: an expression in an
// argument, or the name of something written out.
type edge struct {
	stack string // "primary" or "replica"
	// section is "resource", "module", "output" or "local".
	section, typ, name string
	// path leads from the block to the text: keys and indices. What follows
	// after inside is within a JSON document in that text.
	path   []any
	inside []any
	// ref is the expression without ${}, or the text itself; text is all of it.
	ref, text string
}

func (e edge) String() string {
	where := e.typ + "." + e.name
	if e.section != "resource" {
		where = e.section + "." + e.name
	}
	for _, p := range slices.Concat(e.path, e.inside) {
		where += "." + toText(p)
	}
	return e.stack + " " + where + " = " + e.ref
}

func toText(key any) string { return fmt.Sprint(key) }

var expression = regexp.MustCompile(`\$\{([^{}]*)\}`)

// order is what only orders, describes or names for people.
var order = []string{"//", "depends_on", "lifecycle", "provider", "tags"}

// references lists every expression of both stacks.
func references(d simstacks.Documents) []edge {
	var out []edge
	each(d, func(e edge, text string) {
		for _, m := range expression.FindAllStringSubmatch(text, -1) {
			e.ref, e.text = m[1], text
			out = append(out, e)
		}
	})
	return out
}

// each calls fn with every text of the arguments of both stacks.
func each(d simstacks.Documents, fn func(e edge, text string)) {
	leaves(d, func(e edge, leaf any) {
		if text, ok := leaf.(string); ok {
			fn(e, text)
		}
	})
}

// leaves calls fn with every text, number and boolean of the arguments of both
// stacks.
func leaves(d simstacks.Documents, fn func(e edge, leaf any)) {
	for _, st := range []struct {
		name string
		simstacks.Document
	}{{"primary", d.Primary}, {"replica", d.Replica}} {
		for _, typ := range slices.Sorted(maps.Keys(st.Resource)) {
			for _, name := range slices.Sorted(maps.Keys(st.Resource[typ])) {
				walk(edge{stack: st.name, section: "resource", typ: typ, name: name}, st.Resource[typ][name], fn)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(st.Module)) {
			walk(edge{stack: st.name, section: "module", name: name}, st.Module[name], fn)
		}
		for _, name := range slices.Sorted(maps.Keys(st.Output)) {
			walk(edge{stack: st.name, section: "output", name: name}, st.Output[name].Value, fn)
		}
		for _, name := range slices.Sorted(maps.Keys(st.Locals)) {
			walk(edge{stack: st.name, section: "local", name: name}, st.Locals[name], fn)
		}
	}
}

func walk(e edge, v any, fn func(edge, any)) {
	step := func(key any) edge {
		next := e
		if e.inside != nil {
			next.inside = append(slices.Clone(e.inside), key)
		} else {
			next.path = append(slices.Clone(e.path), key)
		}
		return next
	}
	switch x := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			if !slices.Contains(order, key) {
				walk(step(key), x[key], fn)
			}
		}
	case []any:
		for i, element := range x {
			walk(step(i), element, fn)
		}
	case string:
		var document map[string]any
		if e.inside == nil && strings.HasPrefix(x, "{") && json.Unmarshal([]byte(x), &document) == nil {
			e.inside = []any{}
			walk(e, document, fn)
			return
		}
		fn(e, x)
	case float64, bool:
		fn(e, x)
	}
}

// change returns the stacks with the text at an edge replaced, or taken out
// where the new text is nil: an element out of its list, an argument out of its
// block.
func (e edge) change(d simstacks.Documents, text any) simstacks.Documents {
	edit := func(v any) any { return edit(v, e.path, func(old any) any { return e.within(old, text) }) }
	doc := &d.Primary
	if e.stack == "replica" {
		doc = &d.Replica
	}
	switch e.section {
	case "resource":
		doc.Resource = maps.Clone(doc.Resource)
		doc.Resource[e.typ] = maps.Clone(doc.Resource[e.typ])
		doc.Resource[e.typ][e.name] = edit(doc.Resource[e.typ][e.name]).(map[string]any)
	case "module":
		doc.Module = maps.Clone(doc.Module)
		doc.Module[e.name] = edit(doc.Module[e.name]).(map[string]any)
	case "output":
		doc.Output = maps.Clone(doc.Output)
		o := doc.Output[e.name]
		if o.Value = edit(o.Value); o.Value == nil {
			delete(doc.Output, e.name)
			break
		}
		doc.Output[e.name] = o
	case "local":
		doc.Locals = maps.Clone(doc.Locals)
		doc.Locals[e.name] = edit(doc.Locals[e.name])
	}
	return d
}

// within changes a text, or the JSON document in it.
func (e edge) within(old, text any) any {
	if e.inside == nil {
		return text
	}
	var document any
	if err := json.Unmarshal([]byte(old.(string)), &document); err != nil {
		panic(err)
	}
	raw, err := json.Marshal(edit(document, e.inside, func(any) any { return text }))
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// edit returns a copy of a value with what is at a path changed; nil takes it
// out. A list that becomes empty stays, as an empty list.
func edit(v any, path []any, fn func(old any) any) any {
	if len(path) == 0 {
		return fn(v)
	}
	switch key := path[0].(type) {
	case string:
		m := maps.Clone(v.(map[string]any))
		if m[key] = edit(m[key], path[1:], fn); m[key] == nil {
			delete(m, key)
		}
		return m
	case int:
		list := slices.Clone(v.([]any))
		if list[key] = edit(list[key], path[1:], fn); list[key] == nil {
			list = slices.Delete(list, key, key+1)
		}
		return list
	}
	panic("a path of keys and indices")
}

// remove takes the text out.
func (e edge) remove(d simstacks.Documents) simstacks.Documents { return e.change(d, nil) }

// drop takes the whole resource out.
func (e edge) drop(d simstacks.Documents) simstacks.Documents {
	doc := &d.Primary
	if e.stack == "replica" {
		doc = &d.Replica
	}
	doc.Resource = maps.Clone(doc.Resource)
	doc.Resource[e.typ] = maps.Clone(doc.Resource[e.typ])
	delete(doc.Resource[e.typ], e.name)
	return d
}

// repoint puts another expression in the place of the edge's.
func (e edge) repoint(d simstacks.Documents, to string) simstacks.Documents {
	return e.change(d, strings.ReplaceAll(e.text, "${"+e.ref+"}", "${"+to+"}"))
}

var (
	resourceRef = regexp.MustCompile(`^(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)\.([a-z0-9_]+)$`)
	outputRef   = regexp.MustCompile(`^data\.terraform_remote_state\.primary\.outputs\.([a-z0-9_]+)(?:\[(\d+)\])?$`)
)

// kindOf is what an expression stands for, the same for all that could stand in
// its place: "aws_subnet id". "" for one that has no others.
func kindOf(d simstacks.Documents, ref string) string {
	if m := outputRef.FindStringSubmatch(ref); m != nil {
		value := d.Primary.Output[m[1]].Value
		if m[2] != "" {
			i, err := strconv.Atoi(m[2])
			if err != nil {
				panic(err)
			}
			value = value.([]any)[i]
		}
		text, _ := value.(string)
		if v := expression.FindStringSubmatch(text); v != nil {
			return kindOf(d, v[1])
		}
		return ""
	}
	if m := resourceRef.FindStringSubmatch(ref); m != nil {
		return strings.Replace(m[1], "aws_kms_replica_key", "aws_kms_key", 1) + " " + m[3]
	}
	if ref == "module.credentials.secret_arn" || ref == "local.regional_secret_arn" {
		return "aws_secretsmanager_secret arn"
	}
	return ""
}

// alternatives are the expressions of an edge's stack that could stand in its
// place.
func (e edge) alternatives(d simstacks.Documents) []string {
	kind := kindOf(d, e.ref)
	if kind == "" {
		return nil
	}
	_, attribute, _ := strings.Cut(kind, " ")
	doc := d.Primary
	var all []string
	if e.stack == "replica" {
		doc = d.Replica
		for _, name := range slices.Sorted(maps.Keys(d.Primary.Output)) {
			ref := "data.terraform_remote_state.primary.outputs." + name
			if list, ok := d.Primary.Output[name].Value.([]any); ok {
				for i := range list {
					all = append(all, fmt.Sprintf("%s[%d]", ref, i))
				}
				continue
			}
			all = append(all, ref)
		}
		all = append(all, "local.regional_secret_arn")
	}
	for _, typ := range slices.Sorted(maps.Keys(doc.Resource)) {
		for _, name := range slices.Sorted(maps.Keys(doc.Resource[typ])) {
			all = append(all, typ+"."+name+"."+attribute)
		}
	}
	return slices.DeleteFunc(all, func(ref string) bool { return ref == e.ref || kindOf(d, ref) != kind })
}
