package api

import (
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/dynamodb/items"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

func dynamodbService() *service {
	return &service{
		name: DynamoDB, prefix: "dynamodb", signing: "dynamodb", denied: "AccessDeniedException",
		protocol: jsonProtocol{version: "1.0", target: "DynamoDB_20120810"},
		// What an on-demand table answers.
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
		throttled: Error{Code: "ThrottlingException", Message: "Throughput exceeds the current capacity of your table or index."},
		broken:    Error{Code: "InternalServerError", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		operations: map[string]func(*call) (any, error){
			"GetItem": getItem, "PutItem": putItem, "Query": queryItems,
		},
	}
}

// itemView is an item of an earlier time; nil if it was not there.
type itemView = items.Item

// table finds a table, and checks that the caller may use it and its key.
//
// DynamoDB decrypts the table's key in the name of who asks.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
func (c *call) table(tx *sim.Tx, action, ref string) (items.Table, error) {
	arn := c.arn("dynamodb", "table/"+ref)
	if _, ok := sim.ParseARN(ref); ok {
		arn = ref
	}
	if err := c.authorize(tx, action, arn, nil); err != nil {
		return items.Table{}, err
	}
	t, err := items.Find(tx, c.region, ref)
	if err != nil {
		return t, err
	}
	refusal, err := c.useKey(tx, keyUse{ref: t.KeyARN(), via: "dynamodb", actions: []string{"kms:Decrypt"}})
	if err == nil && refusal != nil {
		err = refuse("AccessDeniedException", "KMS key access denied error: %s", refusal.text)
		if refusal.state != kms.KeyUsable {
			err = refuse("ResourceNotFoundException", "Requested resource not found: the table's %s", refusal.text)
		}
	}
	return t, err
}

type getItemInput struct {
	TableName                string
	Key                      items.Item
	ConsistentRead           bool
	ProjectionExpression     string
	ExpressionAttributeNames map[string]string
	ReturnConsumedCapacity   string
}

func getItem(c *call) (any, error) {
	var in getItemInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.ProjectionExpression != "" {
		return nil, refuse(codeUnsupported, "the simulator does not know ProjectionExpression")
	}
	var item items.Item
	err := c.view(func(tx *sim.Tx) error {
		t, err := c.table(tx, "dynamodb:GetItem", in.TableName)
		if err != nil {
			return err
		}
		if item, err = t.Get(in.Key); err != nil || in.ConsistentRead {
			return err
		}
		key, err := t.Identity(in.Key)
		if was, ok := c.items.stale(t.ARN()+key, tx.At); ok {
			item = was
		}
		return err
	})
	if item == nil {
		return struct{}{}, err
	}
	return map[string]any{"Item": item}, err
}

type putItemInput struct {
	TableName                           string
	Item                                items.Item
	ConditionExpression                 string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]items.Value
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	ReturnConsumedCapacity              string
	ReturnItemCollectionMetrics         string
}

// conflict adds the item to the refusal of a condition, if that was asked for.
func (in putItemInput) conflict(err error, old items.Item) error {
	if e := errorOf(err); e.Code == items.CodeCondition && in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && old != nil {
		return &Error{Code: e.Code, Message: e.Message, Item: old}
	}
	return err
}

func putItem(c *call) (any, error) {
	var in putItemInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if v := in.ReturnValues; v != "" && v != "NONE" && v != "ALL_OLD" {
		return nil, refuse("ValidationException", "ReturnValues can only be ALL_OLD or NONE")
	}
	e := items.NewExpressions(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	condition, err := e.Condition(in.ConditionExpression)
	if err == nil {
		err = e.Finish()
	}
	if err != nil {
		return nil, err
	}
	var old items.Item
	err = c.update(func(tx *sim.Tx) error {
		t, err := c.table(tx, "dynamodb:PutItem", in.TableName)
		if err != nil {
			return err
		}
		if old, err = t.Put(in.Item, condition); err != nil {
			return in.conflict(err, old)
		}
		key, err := t.Identity(t.KeyOf(in.Item))
		c.items.changed(t.ARN()+key, tx.At, old)
		return err
	})
	if in.ReturnValues != "ALL_OLD" || old == nil {
		return struct{}{}, err
	}
	return map[string]any{"Attributes": old}, err
}
