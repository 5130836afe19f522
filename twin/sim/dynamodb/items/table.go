package items

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/simapi"
)

// typeTable is the Terraform type of tables.
const typeTable = "aws_dynamodb_table"

const hiddenItems = "items"

// Code and text of DynamoDB's refusals.
const (
	codeValidation = "ValidationException"
	// CodeCondition is the refusal of a write whose condition did not hold.
	CodeCondition = "ConditionalCheckFailedException"
	codeUnknown   = "Unsupported"
)

// maxItem is the largest item in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxItem = 400 * 1024

func refuse(code, format string, args ...any) error {
	return &simapi.Error{Service: "DynamoDB", Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return refuse(codeValidation, format, args...) }

// Table is a table within a transaction.
type Table struct {
	tx *sim.Tx
	r  *sim.Resource
}

// Find returns a table by its name or ARN; the error is DynamoDB's.
func Find(tx *sim.Tx, region, ref string) (Table, error) {
	name := ref
	if arn, ok := sim.ParseARN(ref); ok {
		name = strings.TrimPrefix(arn.Resource, "table/")
	}
	r := tx.Get(typeTable, region, name)
	if r == nil {
		return Table{}, refuse("ResourceNotFoundException", "Requested resource not found")
	}
	return Table{tx, r}, nil
}

// ARN of the table.
func (t Table) ARN() string { return t.r.ARN() }

// KeyARN is the customer's key that encrypts the table, "" for one of AWS's.
func (t Table) KeyARN() string {
	if sse := t.r.Attrs.Block("server_side_encryption"); sse.Bool("enabled") {
		return sse.Str("kms_key_arn")
	}
	return ""
}

// Keys are the names of the attributes that identify an item: the partition
// key, and the sort key if the table has one.
func (t Table) Keys() []string {
	keys := []string{t.r.Attrs.Str("hash_key")}
	if sort := t.r.Attrs.Str("range_key"); sort != "" {
		keys = append(keys, sort)
	}
	return keys
}

// typeOf is the declared type of a key attribute: S, N or B.
func (t Table) typeOf(key string) string {
	for _, a := range t.r.Attrs.Blocks("attribute") {
		if a.Str("name") == key {
			return a.Str("type")
		}
	}
	return ""
}

// identity turns a key into the name under which the item is stored.
func (t Table) identity(item Item) (string, error) {
	parts := make([]string, 0, 2)
	for _, key := range t.Keys() {
		value, ok := item[key].(Value)
		want := t.typeOf(key)
		if !ok {
			return "", invalid("One or more parameter values were invalid: Missing the key %s in the item", key)
		}
		text, ok := value[want].(string)
		if !ok {
			return "", invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", key, want, strings.Join(slices.Sorted(maps.Keys(value)), ","))
		}
		if text == "" {
			return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", key)
		}
		parts = append(parts, text)
	}
	raw, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("encode key: %w", err)
	}
	return string(raw), nil
}

// checkKey refuses a key with more or fewer attributes than the table's key.
func (t Table) checkKey(key Item) error {
	if len(key) != len(t.Keys()) {
		return invalid("The provided key element does not match the schema")
	}
	return nil
}

// all returns the items as they are in the transaction now.
func (t Table) all() map[string]any {
	m, _ := t.current().Hidden[hiddenItems].(map[string]any)
	return m
}

func (t Table) current() *sim.Resource { return t.tx.Get(t.r.Type, t.r.Region, t.r.Key) }

// Identity of the item that a key names.
func (t Table) Identity(key Item) (string, error) {
	if err := t.checkKey(key); err != nil {
		return "", err
	}
	return t.identity(key)
}

// Get returns an item by its key, nil if there is none.
func (t Table) Get(key Item) (Item, error) {
	id, err := t.Identity(key)
	if err != nil {
		return nil, err
	}
	item, _ := t.all()[id].(map[string]any)
	return item, nil
}

// Put stores an item if the condition holds, and returns the one that it
// replaced.
func (t Table) Put(item Item, condition *Condition) (old Item, err error) {
	id, err := t.identity(item)
	if err != nil {
		return nil, err
	}
	if err := checkNumbers(item); err != nil {
		return nil, err
	}
	if size := sizeOf(item); size > maxItem {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	old, _ = t.all()[id].(map[string]any)
	if err := condition.Check(old); err != nil {
		return old, err
	}
	t.store(id, item)
	return old, nil
}

func (t Table) store(id string, item Item) {
	r := t.tx.Edit(t.current())
	all, _ := r.Hidden[hiddenItems].(map[string]any)
	if all == nil {
		all = map[string]any{}
	}
	all[id] = item
	r.Hidden.Set(sim.Attrs{hiddenItems: all})
}

// Query returns the items that a key condition holds for, by sort key.
func (t Table) Query(c *KeyCondition, backwards bool) ([]Item, error) {
	if err := c.fits(t.Keys()); err != nil {
		return nil, err
	}
	var out []Item
	for _, v := range t.all() {
		item, _ := v.(map[string]any)
		ok, err := c.holds(item)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, item)
		}
	}
	keys := t.Keys()
	slices.SortFunc(out, func(a, b Item) int {
		for _, k := range keys {
			if n := compareSame(a[k], b[k]); n != 0 {
				return n
			}
		}
		return 0
	})
	if backwards {
		slices.Reverse(out)
	}
	return out, nil
}

// KeyOf returns the key of an item.
func (t Table) KeyOf(item Item) Item {
	key := Item{}
	for _, name := range t.Keys() {
		key[name] = item[name]
	}
	return key
}

// compareSame compares two values of one type: numbers by value, all else by
// bytes.
func compareSame(a, b any) int {
	n, _ := compareValues(a, b)
	return n
}

// compareValues compares two values; ok is false if they are of different
// types or of one that has no order.
func compareValues(a, b any) (order int, ok bool) {
	x, _ := a.(Value)
	y, _ := b.(Value)
	for _, typ := range []string{"S", "B", "N"} {
		s, isA := x[typ].(string)
		u, isB := y[typ].(string)
		if !isA || !isB {
			continue
		}
		if typ != "N" {
			return cmp.Compare(s, u), true
		}
		m, okM := parseNumber(s)
		n, okN := parseNumber(u)
		if okM && okN {
			return m.Cmp(n), true
		}
	}
	return 0, false
}

// sizeOf is about what DynamoDB counts: names and values, without the names of
// types.
func sizeOf(v any) int {
	switch x := v.(type) {
	case map[string]any:
		n := 0
		for k, e := range x {
			n += len(k) + sizeOf(e)
		}
		return n
	case []any:
		n := 0
		for _, e := range x {
			n += sizeOf(e)
		}
		return n
	case string:
		return len(x)
	}
	return 1
}
