// Package items holds the items of DynamoDB tables and evaluates DynamoDB's
// expressions: key conditions and conditions, as far as a ledger needs them.
// It refuses what it does not know, with an error that names it.
//
// A table's items are kept with the table, so that they go with it, and are
// there again when the account is opened from disk.
package items

// Value is an attribute value in DynamoDB's JSON: one member, named for the
// type: {"S": "text"}, {"N": "1"}, {"BOOL": true}.
type Value = map[string]any

// Item is an item by attribute name.
type Item = map[string]any
