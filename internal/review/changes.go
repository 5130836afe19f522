package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Change is what happens to one resource.
type Change struct {
	Stack   string `json:"stack"`
	Address string `json:"address"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Action  string `json:"action"`
	// Sentence says it in the domain's words.
	Sentence string `json:"sentence"`
	// Reversal says whether a later plan can undo it, and Why where it cannot, or
	// where that is not known.
	Reversal Reversal `json:"reversal"`
	Why      string   `json:"why,omitempty"`
	// Attributes that change, where it is changed or replaced.
	Attributes []AttributeChange `json:"attributes"`
}

// AttributeChange shows both values, shortened.
type AttributeChange struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// gravity orders changes: what is lost comes first.
var gravity = map[string]int{ActionDelete: 0, ActionReplace: 1, ActionForget: 2, ActionUpdate: 3, ActionCreate: 4}

// verbs say what happens; what cannot be undone is in capitals.
var verbs = map[string]string{
	ActionDelete: "will be DESTROYED", ActionReplace: "will be REPLACED", ActionForget: "leaves the state and stays in AWS",
	ActionUpdate: "is changed", ActionCreate: "is created",
}

// changes lists what is not kept, the gravest first. held is what each stateful
// type holds.
func changes(doc *Document, held map[string]string) []Change {
	list := []Change{}
	for i := range doc.Resources {
		r := doc.Resources[i]
		if _, happens := gravity[r.Action]; !happens {
			continue
		}
		c := Change{Stack: r.Stack, Address: r.Address, Type: r.Type, Name: r.Name, Action: r.Action, Attributes: attributesOf(r)}
		c.Sentence = sentence(r, c.Attributes)
		c.Reversal, c.Why = reversal(&r, c.Attributes, held)
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Change) int {
		if a.Action != b.Action {
			return gravity[a.Action] - gravity[b.Action]
		}
		return central(b.Type) - central(a.Type)
	})
	return list
}

// undo says in brackets whether the change can be undone.
func (c Change) undo() string {
	switch {
	case c.Reversal == ReversalUnknown && c.Why == "":
		return "(unknown whether reversible)"
	case c.Reversal == ReversalUnknown:
		return "(unknown whether reversible: " + c.Why + ")"
	case c.Why == "":
		return "(" + string(c.Reversal) + ")"
	default:
		return "(" + string(c.Reversal) + ": " + c.Why + ")"
	}
}

// tagsOnly says that nothing but tags changes.
func (c Change) tagsOnly() bool {
	if c.Action != ActionUpdate || len(c.Attributes) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Attributes, func(a AttributeChange) bool {
		return top(a.Name) != "tags" && top(a.Name) != "tags_all"
	})
}

// central is higher for what people ask about first.
func central(kind string) int {
	order := []string{"aws_route53_health_check", "aws_network_acl", "aws_dynamodb_table", "aws_lambda_function", "aws_db_instance"}
	return slices.Index(order, kind)
}

var kindPattern = regexp.MustCompile(`(?:^|\.)([a-z0-9]+_[a-z0-9_]+)\.`)

// kindAt is the type of the resource at an address, "" if it has none.
func kindAt(address string) string {
	if found := kindPattern.FindStringSubmatch(address); found != nil {
		return found[1]
	}
	return ""
}

func sentence(r Resource, attributes []AttributeChange) string {
	if r.Type == "aws_secretsmanager_secret_version" && r.Action == ActionReplace {
		return r.Name + " gets a new version beside the old one"
	}
	text := r.Name + " " + verbs[r.Action]
	switch {
	case consequence(r) != "":
		text += ": " + consequence(r)
	case r.Action == ActionUpdate && len(attributes) > 0:
		var moves []string
		for _, a := range attributes {
			moves = append(moves, fmt.Sprintf("%s %s → %s", a.Name, a.Before, a.After))
		}
		text += ": " + strings.Join(moves, ", ")
	}
	return text
}

// consequence of what cannot be undone, in the words of who runs it.
func consequence(r Resource) string {
	gone := r.Action == ActionDelete || r.Action == ActionReplace
	switch {
	case !gone:
		return ""
	case r.Type == "aws_db_instance" && r.Stack == Replica && r.Action == ActionReplace:
		return fmt.Sprintf("%s GB re-seeded across regions, no DR until done", textAt(r, "allocated_storage"))
	case r.Type == "aws_db_instance" && r.Stack == Replica:
		return "no DR"
	case r.Type == "aws_db_instance":
		return "its data goes with it" + finalSnapshot(r)
	case r.Type == "aws_lambda_function":
		return "nothing fails over until it is there again"
	case r.Type == "aws_dynamodb_table":
		return "the guard forgets the writer, fences and arming"
	case r.Type == "aws_kms_key" || r.Type == "aws_kms_replica_key":
		return "what it encrypts cannot be read once its deletion window is over"
	default:
		return ""
	}
}

func finalSnapshot(r Resource) string {
	if skip, _ := r.Before["skip_final_snapshot"].(bool); skip {
		return ", and no final snapshot is taken"
	}
	return ", but for a final snapshot"
}

// attributesOf shows the attributes that the plan changes. Nested ones are
// shown down to where they differ.
func attributesOf(r Resource) []AttributeChange {
	list := []AttributeChange{}
	if r.Action != ActionUpdate && r.Action != ActionReplace {
		return list
	}
	for _, name := range r.Changed {
		if name == "tags_all" && len(r.Changed) > 1 {
			continue // the same as tags, and the provider's
		}
		if marked(r.Unknown[name]) {
			list = append(list, AttributeChange{name, scalar(r.Before[name]), knownLater})
			continue
		}
		list = append(list, differences(name, r.Before[name], r.After[name])...)
	}
	return list
}

// knownLater stands for a value that Terraform learns while it applies.
const knownLater = "(known after apply)"

// differences descends into objects, into lists of one object, which is how
// Terraform shows a block, and into lists of things that have names, such as the
// parameters of a database.
func differences(path string, before, after any) []AttributeChange {
	if b, a := byName(before), byName(after); b != nil && a != nil {
		return namedDifferences(path, b, a)
	}
	if b, a := onlyBlock(before), onlyBlock(after); b != nil && a != nil {
		return differences(path, b, a)
	}
	b, a := object(before), object(after)
	if b == nil || a == nil {
		return []AttributeChange{{path, brief(before), brief(after)}}
	}
	var names []string
	for name := range keysOf(b, a) {
		if !equal(b[name], a[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var list []AttributeChange
	for _, name := range names {
		list = append(list, differences(path+"."+name, b[name], a[name])...)
	}
	return list
}

// byName are the objects of a list by their names; nil where one has none, or
// has it twice.
func byName(value any) map[string]any {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return nil
	}
	named := map[string]any{}
	for _, item := range list {
		name, _ := object(item)["name"].(string)
		if _, twice := named[name]; name == "" || twice {
			return nil
		}
		named[name] = item
	}
	return named
}

// namedDifferences shows of a thing with a name its value, if that is all that
// differs.
func namedDifferences(path string, before, after map[string]any) []AttributeChange {
	names := slices.Collect(maps.Keys(keysOf(before, after)))
	slices.Sort(names)
	var list []AttributeChange
	for _, name := range names {
		if b, a := before[name], after[name]; !equal(b, a) {
			list = append(list, AttributeChange{path + " " + name, brief(valueOf(b, a)), brief(valueOf(a, b))})
		}
	}
	return list
}

// valueOf is the value of a thing with a name; all of it where the other one
// differs in more.
func valueOf(thing, other any) any {
	one := object(thing)
	if one == nil {
		return nil
	}
	for key, value := range object(other) {
		if key != "value" && !equal(value, one[key]) {
			return thing
		}
	}
	if value, has := one["value"]; has {
		return value
	}
	return thing
}

func onlyBlock(value any) map[string]any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		return object(list[0])
	}
	return nil
}

// longest is how much of a value is shown, in characters: a policy document
// has thousands, and the findings say what differs in it.
const longest = 60

// scalar shows a value that is one, and of another only that it was there.
func scalar(value any) string {
	switch value := value.(type) {
	case map[string]any, []any:
		return "…"
	case string:
		if strings.HasPrefix(value, "{") {
			return "…" // a document
		}
	}
	return brief(value)
}

func brief(value any) string {
	if value == nil {
		return "(none)"
	}
	text, ok := value.(string)
	if !ok {
		raw, err := json.Marshal(value)
		if err != nil {
			return "(not shown)"
		}
		text = string(raw)
	}
	if text == "" {
		return `""`
	}
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
