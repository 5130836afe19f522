package review

import (
	"errors"
	"strings"

	"github.com/pgdr/pgdr/internal/contract"
)

// guardFaults lets the function's own code read the variables that it will be
// given: what it refuses here it would refuse in AWS, and there would be no
// failover. Variables that are not known before the apply are not judged. after are
// the attributes as they are, of which no sensitive one may be shown.
func guardFaults(r Resource, after map[string]any, marks []any) []string {
	if r.Type != "aws_lambda_function" || after == nil {
		return nil
	}
	blocks, _ := after["environment"].([]any)
	if len(blocks) == 0 {
		return nil
	}
	variables := object(object(blocks[0])["variables"])
	if _, guard := variables[contract.VarMode]; !guard || marked(r.Unknown["environment"]) {
		return nil
	}
	_, err := contract.Decode(func(name string) (string, bool) {
		value, ok := variables[name].(string)
		return value, ok
	})
	faults := each(err)
	for _, m := range marks {
		if all, _ := m.(bool); !all && !marked(object(m)["environment"]) {
			continue
		}
		for i, fault := range faults {
			name, _, _ := strings.Cut(fault, ":")
			faults[i] = name + ": is refused; its value is sensitive and not shown"
		}
	}
	return faults
}

// each is one line for each of the faults in an error.
func each(err error) []string {
	if err == nil {
		return nil
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	many, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // The joined error itself is meant.
	if !ok {
		return []string{err.Error()}
	}
	var lines []string
	for _, one := range many.Unwrap() {
		lines = append(lines, one.Error())
	}
	return lines
}
