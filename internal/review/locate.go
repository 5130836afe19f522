package review

import (
	"fmt"
	"regexp"
	"strings"
)

// Project is what the project behind the plans says.
type Project struct {
	// Origins are where each field of the configuration was given, by its path:
	// "environments/prod.yaml:14", or a variable's name. A field that has its
	// default has none.
	Origins map[string]string
	// CostLimit in USD a month; 0 sets none.
	CostLimit int
}

// Locate names on each finding the field of the configuration that set what it is
// about, with its file and line where the project is known.
func (r *Review) Locate(doc *Document, p *Project) {
	index := byPlace(doc)
	for i := range r.Findings {
		f := &r.Findings[i]
		resource := index[place(f.Stack, f.Address)]
		if resource == nil || f.Attribute == "" {
			continue
		}
		field := fieldOf(resource, f.Attribute, doc.Environment)
		switch {
		case field == "":
		case p == nil:
			f.Source = field
		case p.Origins[field] == "":
			f.Source = field + " (its default)"
		default:
			f.Source = p.Origins[field] + " " + field
		}
	}
}

func byPlace(doc *Document) map[string]*Resource {
	index := map[string]*Resource{}
	for i := range doc.Resources {
		r := &doc.Resources[i]
		if !r.Deposed {
			index[place(r.Stack, r.Address)] = r
		}
	}
	return index
}

// identify gives each finding an id that people can say: the policy, the stack,
// the construct and the attribute, such as
// "encryption/replica/database/instance#kms_key_id".
func identify(findings []Finding) {
	seen := map[string]int{}
	for i := range findings {
		f := &findings[i]
		id := f.Policy
		for _, part := range []string{f.Stack, construct(f.Address)} {
			if part != "" {
				id += "/" + part
			}
		}
		if f.Attribute != "" {
			id += "#" + strings.TrimPrefix(strings.TrimPrefix(f.Attribute, variables), parameter)
		}
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s~%d", id, seen[id])
		}
		f.ID = id
	}
}

// hashed is how the synthesis ends a resource's name.
var hashed = regexp.MustCompile(`_[0-9A-F]{8}(\[|$)`)

// construct is an address without the type and the hash, as the code calls it:
// "database/instance" of "aws_db_instance.database_instance_D7FC2283".
func construct(address string) string {
	var parts []string
	for rest := address; rest != ""; {
		step, after, _ := strings.Cut(rest, ".")
		if strings.Contains(step, "[") { // a key may have dots in it
			step, after = rest, ""
		}
		rest = after
		if step != "module" && (!strings.HasPrefix(step, "aws_") || after == "") && step != "terraform_data" {
			parts = append(parts, step)
		}
	}
	name := hashed.ReplaceAllString(strings.Join(parts, "/"), "$1")
	base, key, keyed := strings.Cut(name, "[")
	base = strings.ReplaceAll(base, "_", "/")
	if keyed {
		base += "[" + key
	}
	return base
}
