package review

import (
	"encoding/json"
	"fmt"
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

// changes lists what is not kept, the gravest first.
func changes(doc *Document) []Change {
	list := []Change{}
	for _, r := range doc.Resources {
		if _, happens := gravity[r.Action]; !happens {
			continue
		}
		c := Change{Stack: r.Stack, Address: r.Address, Type: r.Type, Name: r.Name, Action: r.Action, Attributes: attributesOf(r)}
		c.Sentence = sentence(r, c.Attributes)
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
		return "nobody fails over until it is there again"
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
			list = append(list, AttributeChange{name, scalar(r.Before[name]), "(known after apply)"})
			continue
		}
		list = append(list, differences(name, r.Before[name], r.After[name])...)
	}
	return list
}

// differences descends into objects and into lists of one object, which is how
// Terraform shows a block.
func differences(path string, before, after any) []AttributeChange {
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
