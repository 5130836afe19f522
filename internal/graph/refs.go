package graph

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// estate is all stacks together: it follows references from one to another.
type estate struct {
	stacks []*stack
}

// ref is what an expression refers to, in whatever stack that is.
type ref struct {
	resource *resource
	attr     string
	// region is set where the expression puts another region's name into an
	// ARN, as for the copy of a secret.
	region string
}

// reference finds what Terraform's expressions name: an output of another
// stack's state, a data source (skipped), a module's output, a local value, a
// resource's attribute.
var reference = regexp.MustCompile(
	`data\.terraform_remote_state\.([\w-]+)\.outputs\.([\w-]+)(?:\[(\d+)\])?` +
		`|data\.[\w.-]+` +
		`|module\.([\w-]+)\.([\w-]+)` +
		`|local\.([\w-]+)` +
		`|\b([a-z]+_[a-z0-9_]+)\.([\w-]+)\.(\w+)`)

// moved finds an expression that replaces a region in an ARN.
var moved = regexp.MustCompile(`replace\(.*, *":[a-z0-9-]+:", *":([a-z0-9-]+):"\)`)

// maxDepth of references that lead to references: Terraform allows no cycle,
// foreign JSON may have one.
const maxDepth = 16

// refs are all references in a value, resolved, in the order of the text.
func (e *estate) refs(s *stack, value any) []ref { return e.follow(s, value, maxDepth) }

func (e *estate) follow(s *stack, value any, depth int) []ref {
	if depth == 0 {
		return nil
	}
	var found []ref
	switch v := value.(type) {
	case string:
		for _, m := range reference.FindAllStringSubmatch(v, -1) {
			found = append(found, e.resolve(s, m, depth)...)
		}
		if m := moved.FindStringSubmatch(v); m != nil {
			for i := range found {
				found[i].region = m[1]
			}
		}
	case []any:
		for _, item := range v {
			found = append(found, e.follow(s, item, depth)...)
		}
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, e.follow(s, v[key], depth)...)
		}
	}
	return found
}

// resolve follows one match of reference.
func (e *estate) resolve(s *stack, m []string, depth int) []ref {
	switch {
	case m[1] != "":
		source := e.source(s, m[1])
		if source == nil {
			return nil
		}
		return e.follow(source, element(source.outputs[m[2]], m[3]), depth-1)
	case m[4] != "":
		return find(s.modules, "module", m[4], m[5])
	case m[6] != "":
		return e.follow(s, s.locals[m[6]], depth-1)
	case m[7] != "":
		return find(s.resources, m[7], m[8], m[9])
	}
	return nil
}

func find(list []*resource, kind, name, attr string) []ref {
	for _, r := range list {
		if r.kind == kind && r.name == name {
			return []ref{{resource: r, attr: attr, region: r.region()}}
		}
	}
	return nil
}

// element is an output's item where the reference has an index.
func element(value any, index string) any {
	list, ok := value.([]any)
	i, err := strconv.Atoi(index)
	if !ok || err != nil || i >= len(list) {
		return value
	}
	return list[i]
}

// source is the stack whose state a data source of s reads: the one that
// writes where the data source reads.
func (e *estate) source(s *stack, name string) *stack {
	config := s.remote[name]
	for _, other := range e.stacks {
		if other != s && sameState(config, other.backend) {
			return other
		}
	}
	return nil
}

// sameState compares what places a state: a file's path, or bucket and key.
func sameState(a, b object) bool {
	placed := false
	for _, key := range []string{"path", "bucket", "key"} {
		if text(a[key]) != text(b[key]) {
			return false
		}
		placed = placed || text(a[key]) != ""
	}
	return placed
}

// checkStates refuses stacks that read a state which none of them writes:
// half of the picture would be missing.
func (e *estate) checkStates() error {
	for _, s := range e.stacks {
		for _, name := range slices.Sorted(maps.Keys(s.remote)) {
			if e.source(s, name) == nil {
				return fmt.Errorf("%w: stack %s reads the state %q, which no other stack in the folder writes: synthesize all stacks of one environment together with `make synth`", ErrForeign, s.name, name)
			}
		}
	}
	return nil
}

// each calls do for all resources of a kind, in the order of their IDs.
func (e *estate) each(kind string, do func(*resource)) {
	for _, s := range e.stacks {
		for _, r := range s.resources {
			if r.kind == kind {
				do(r)
			}
		}
	}
}

// targets are the distinct resources that an argument refers to.
func (e *estate) targets(r *resource, argument string) []*resource {
	var found []*resource
	for _, ref := range e.refs(r.stack, r.body[argument]) {
		if !slices.Contains(found, ref.resource) {
			found = append(found, ref.resource)
		}
	}
	return found
}

// refersTo says whether an argument of r refers to the resource.
func (e *estate) refersTo(r *resource, argument string, to *resource) bool {
	return slices.Contains(e.targets(r, argument), to)
}
