package dynamodb

import (
	"net/http"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
	"github.com/pgdr/pgdr/twin/sim/dynamodb/items"
	"github.com/pgdr/pgdr/twin/sim/kms"
)

// API is the face of the service for SDKs.
func API(o api.Options) *api.Service {
	return &api.Service{
		Name: api.DynamoDB, Prefix: "dynamodb", Signing: "dynamodb", Denied: "AccessDeniedException",
		ErrorPrefix: "com.amazonaws.dynamodb.v20120810#", State: api.NewHistory[itemView](o.Staleness.DynamoDB),
		Protocol: api.JSONProtocol{Version: "1.0", Target: "DynamoDB_20120810"},
		// What an on-demand table answers.
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
		Throttled: api.Error{Code: "ThrottlingException", Message: "Throughput exceeds the current capacity of your table or index."},
		Broken:    api.Error{Code: "InternalServerError", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError},
		Operations: map[string]func(*api.Call) (any, error){
			"GetItem": getItem, "PutItem": putItem, "Query": queryItems,
		},
	}
}

// itemView is an item of an earlier time; nil if it was not there.
type itemView = items.Item

// earlier are the items as they were before they changed.
func earlier(c *api.Call) *api.History[itemView] { return c.Service.State.(*api.History[itemView]) }

// table finds a table, and checks that the caller may use it and its key.
//
// DynamoDB decrypts the table's key in the name of who asks.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
func table(c *api.Call, tx *sim.Tx, action, ref string) (items.Table, error) {
	arn := c.ARN("dynamodb", "table/"+ref)
	if _, ok := sim.ParseARN(ref); ok {
		arn = ref
	}
	if err := c.Authorize(tx, action, arn, nil); err != nil {
		return items.Table{}, err
	}
	t, err := items.Find(tx, c.Region, ref)
	if err != nil {
		return t, err
	}
	refusal, err := kms.UseKey(c, tx, kms.KeyUse{Ref: t.KeyARN(), Via: "dynamodb", Actions: []string{"kms:Decrypt"}})
	if err == nil && refusal != nil {
		err = api.Refuse("AccessDeniedException", "KMS key access denied error: %s", refusal.Text)
		if refusal.State != kms.KeyUsable {
			err = api.Refuse("ResourceNotFoundException", "Requested resource not found: the table's %s", refusal.Text)
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

func getItem(c *api.Call) (any, error) {
	var in getItemInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.ProjectionExpression != "" {
		return nil, api.Refuse(api.CodeUnsupported, "the simulator does not know ProjectionExpression")
	}
	var item items.Item
	err := c.View(func(tx *sim.Tx) error {
		t, err := table(c, tx, "dynamodb:GetItem", in.TableName)
		if err != nil {
			return err
		}
		if item, err = t.Get(in.Key); err != nil || in.ConsistentRead {
			return err
		}
		key, err := t.Identity(in.Key)
		if was, ok := earlier(c).Stale(t.ARN()+key, tx.At); ok {
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
	if e := api.ErrorOf(err); e.Code == items.CodeCondition && in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && old != nil {
		return &api.Error{Code: e.Code, Message: e.Message, Item: old}
	}
	return err
}

func putItem(c *api.Call) (any, error) {
	var in putItemInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if v := in.ReturnValues; v != "" && v != "NONE" && v != "ALL_OLD" {
		return nil, api.Refuse("ValidationException", "ReturnValues can only be ALL_OLD or NONE")
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
	err = c.Update(func(tx *sim.Tx) error {
		t, err := table(c, tx, "dynamodb:PutItem", in.TableName)
		if err != nil {
			return err
		}
		if old, err = t.Put(in.Item, condition); err != nil {
			return in.conflict(err, old)
		}
		key, err := t.Identity(t.KeyOf(in.Item))
		earlier(c).Changed(t.ARN()+key, tx.At, old)
		return err
	})
	if in.ReturnValues != "ALL_OLD" || old == nil {
		return struct{}{}, err
	}
	return map[string]any{"Attributes": old}, err
}
