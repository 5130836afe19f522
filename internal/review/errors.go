package review

import (
	"errors"
	"strings"
)

// ErrInput is what every fault of a plan file or of a user's policy wraps: the
// review could not be made, which is not a verdict.
var ErrInput = errors.New("the review cannot be made")

// InputError says what is wrong with one file.
type InputError struct {
	// File as it was given; "-" is standard input.
	File string
	// Found says what is wrong.
	Found string
	// Want says what would be right. It may be empty.
	Want string
	// Err is the cause, if another package found it.
	Err error
}

func (e *InputError) Error() string {
	text := e.File + ": " + e.Found
	if e.Err != nil {
		text += ": " + strings.TrimSpace(e.Err.Error())
	}
	if e.Want != "" {
		text += "; " + e.Want
	}
	return text
}

// Unwrap makes the error an [ErrInput] as well as its cause.
func (e *InputError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrInput}
	}
	return []error{ErrInput, e.Err}
}
