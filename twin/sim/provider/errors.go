package provider

import "fmt"

// schemaError says which type's schema can't be offered.
type schemaError struct {
	typeName string
	err      error
}

func (e *schemaError) Error() string { return fmt.Sprintf("schema of %s: %v", e.typeName, e.err) }
func (e *schemaError) Unwrap() error { return e.err }

// unknownTypeError is given for a type that the stand-in doesn't have.
type unknownTypeError struct{ typeName string }

func (e *unknownTypeError) Error() string {
	return fmt.Sprintf("the stand-in provider has no type %q: it knows the types that the stacks use", e.typeName)
}
