package dynamodb

import (
	"encoding/json"
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/dynamodb/items"
)

type queryInput struct {
	TableName                 string
	KeyConditionExpression    string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]items.Value
	ScanIndexForward          *bool
	ConsistentRead            bool
	Limit                     *int
	ExclusiveStartKey         items.Item
	ReturnConsumedCapacity    string
}

type queryOutput struct {
	Items            []items.Item
	Count            int
	ScannedCount     int
	LastEvaluatedKey items.Item `json:",omitempty"`
}

// maxPage bounds what one Query answers with, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
const maxPage = 1 << 20

func queryItems(c *api.Call) (any, error) {
	var in queryInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	e := items.NewExpressions(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	condition, err := e.KeyCondition(in.KeyConditionExpression)
	if err == nil {
		err = e.Finish()
	}
	if err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return nil, api.Refuse("ValidationException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *in.Limit)
	}
	var out queryOutput
	err = c.View(func(tx *sim.Tx) error {
		t, err := table(c, tx, "dynamodb:Query", in.TableName)
		if err != nil {
			return err
		}
		found, err := t.Query(condition, in.ScanIndexForward != nil && !*in.ScanIndexForward)
		if err != nil {
			return err
		}
		if !in.ConsistentRead {
			found = staleItems(c, tx, t, found)
		}
		out, err = cut(t, found, in)
		return err
	})
	return out, err
}

// staleItems replaces what has changed too lately to be sure to be seen.
func staleItems(c *api.Call, tx *sim.Tx, t items.Table, found []items.Item) []items.Item {
	out := []items.Item{}
	for _, item := range found {
		key, err := t.Identity(t.KeyOf(item))
		if was, ok := earlier(c).Stale(t.ARN()+key, tx.At); ok && err == nil {
			item = was
		}
		if item != nil {
			out = append(out, item)
		}
	}
	return out
}

// cut makes a page of what was found.
func cut(t items.Table, found []items.Item, in queryInput) (queryOutput, error) {
	if in.ExclusiveStartKey != nil {
		after, err := t.Identity(in.ExclusiveStartKey)
		if err != nil {
			return queryOutput{}, err
		}
		i := slices.IndexFunc(found, func(item items.Item) bool {
			id, err := t.Identity(t.KeyOf(item))
			return err == nil && id == after
		})
		found = found[i+1:]
	}
	n, size := 0, 0
	for n < len(found) && (in.Limit == nil || n < *in.Limit) {
		raw, err := json.Marshal(found[n])
		if err != nil {
			return queryOutput{}, err
		}
		if size += len(raw); n > 0 && size > maxPage {
			break
		}
		n++
	}
	out := queryOutput{Items: found[:n], Count: n, ScannedCount: n}
	// DynamoDB gives a key also where the limit was met exactly.
	if n < len(found) || in.Limit != nil && n == *in.Limit && n > 0 {
		out.LastEvaluatedKey = t.KeyOf(found[n-1])
	}
	if out.Items == nil {
		out.Items = []items.Item{}
	}
	return out, nil
}
