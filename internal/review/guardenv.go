package review

import (
	"errors"

	"github.com/pgdr/pgdr/internal/contract"
)

// guardFaults lets the function's own code read the variables that it will be
// given: what it would refuse, it would refuse in AWS, and nobody would fail
// over. Variables that are not known before the apply are not judged.
func guardFaults(resources []Resource) []string {
	faults := []string{}
	for _, r := range resources {
		if r.Type != "aws_lambda_function" || r.After == nil {
			continue
		}
		blocks, _ := r.After["environment"].([]any)
		if len(blocks) == 0 {
			continue
		}
		variables := object(object(blocks[0])["variables"])
		if _, guard := variables["PGDR_MODE"]; !guard || marked(r.Unknown["environment"]) {
			continue
		}
		_, err := contract.Decode(func(name string) (string, bool) {
			value, ok := variables[name].(string)
			return value, ok
		})
		faults = append(faults, each(err)...)
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
