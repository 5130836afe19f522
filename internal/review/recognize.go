package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// wantPlan tells how a file that can be reviewed is made.
const wantPlan = "give what `terraform show -json SAVED_PLAN` prints"

// kinds of JSON that are easily given for a plan: each is recognised by
// fields that all of that kind have, and a plan has not.
var kinds = []struct {
	fields []string
	what   string
}{
	{[]string{"lineage", "serial"}, "is a Terraform state file, not a plan"},
	{[]string{"format_version", "values"}, "is a state as `terraform show -json` prints it, not a plan"},
	{[]string{"@level", "@message"}, "is the log of a command with -json, not a plan"},
	{[]string{"format_version", "valid", "diagnostics"}, "is the answer of `terraform validate -json`, not a plan"},
	{[]string{"provider_schemas"}, "holds the schemas of providers, not a plan"},
	{[]string{"provider", "terraform"}, "is configuration, not a plan"},
	{[]string{"environment", "stacks"}, "lists the plans that `drctl plan` made, and is none itself: give its folder"},
	{[]string{"verdict", "findings"}, "is a review, not a plan"},
	{[]string{"Resources"}, "is a CloudFormation template, not a Terraform plan"},
}

// recognize checks that raw is one whole JSON object with the fields of a
// plan, and says of everything else what it is.
func recognize(file string, raw []byte) error {
	fault := func(found string) error { return &InputError{File: file, Found: found, Want: wantPlan} }
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		return fault("is empty")
	case bytes.HasPrefix(raw, []byte("PK")):
		return fault("is a saved plan as `terraform plan -out` writes it, not its JSON")
	}
	fields := map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&fields); err != nil {
		return fault(notJSON(raw, err))
	}
	for _, k := range kinds {
		if hasAll(fields, k.fields) && !hasAll(fields, []string{"resource_changes"}) && !hasAll(fields, []string{"planned_values"}) {
			return fault(k.what)
		}
	}
	if dec.More() {
		return fault(fmt.Sprintf("goes on after the plan's end, at byte %d", dec.InputOffset()))
	}
	for _, needed := range []string{"format_version", "planned_values", "configuration"} {
		if !hasAll(fields, []string{needed}) {
			return fault(fmt.Sprintf("has no %q, which every plan has", needed))
		}
	}
	var errored bool
	if text, ok := fields["errored"]; ok && json.Unmarshal(text, &errored) == nil && errored {
		return &InputError{File: file, Found: "is the plan of a run that failed: it does not show all that would change", Want: "mend the error that `terraform plan` printed and plan again"}
	}
	return nil
}

func hasAll(fields map[string]json.RawMessage, names []string) bool {
	for _, name := range names {
		if _, ok := fields[name]; !ok {
			return false
		}
	}
	return true
}

// forPeople matches how the output of `terraform plan` and `show` begins.
var forPeople = regexp.MustCompile(`^\s*(\x1b\[[0-9;]*m)*(Plan: |No changes\.|Terraform (used|will)|# |\S+: (Refreshing state|Reading)\.\.\.)`)

// notJSON says where and how a text fails to be a JSON object.
func notJSON(raw []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("ends in the middle of the JSON, at byte %d: it is truncated", len(raw))
	case errors.As(err, &kind):
		return fmt.Sprintf("is a JSON %s, not an object", kind.Value)
	case errors.As(err, &syntax):
		// Of the text itself nothing is shown: it may be a secret.
		if forPeople.Match(raw) {
			return "is what Terraform prints for people, not JSON"
		}
		return fmt.Sprintf("is not JSON (what is at byte %d cannot stand there)", syntax.Offset)
	default:
		return "is not JSON"
	}
}
