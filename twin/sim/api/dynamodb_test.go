package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/pgdr/pgdr/twin/sim"
	"github.com/pgdr/pgdr/twin/sim/api"
)

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

func (w *world) put(i item, change ...func(*dynamodb.PutItemInput)) error {
	in := &dynamodb.PutItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Item: i}
	for _, fn := range change {
		fn(in)
	}
	return second(w.dynamodb().PutItem(w.ctx, in))
}

func (w *world) get(key item, consistent bool) item {
	w.t.Helper()
	out, err := w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Key: key, ConsistentRead: aws.Bool(consistent)})
	require.NoError(w.t, err)
	return out.Item
}

// state is the ledger's item in a version.
func (w *world) state(version int) item {
	i := w.ledgerKey()
	i["version"] = num(version)
	return i
}

func over(version int) func(*dynamodb.PutItemInput) {
	return func(in *dynamodb.PutItemInput) {
		in.ConditionExpression = aws.String("#v = :before")
		in.ExpressionAttributeNames = map[string]string{"#v": "version"}
		in.ExpressionAttributeValues = item{":before": num(version)}
	}
}

func TestDynamoDB_WritesOnlyOverTheVersionThatWasRead(t *testing.T) {
	w := newWorld(t)
	first := func(in *dynamodb.PutItemInput) {
		in.ConditionExpression = aws.String("attribute_not_exists(#k)")
		in.ExpressionAttributeNames = map[string]string{"#k": "pk"}
	}
	require.Nil(t, w.get(w.ledgerKey(), true))
	require.NoError(t, w.put(w.state(1), first))
	refused(t, w.put(w.state(1), first), "ConditionalCheckFailedException")
	require.NoError(t, w.put(w.state(2), over(1)))
	refused(t, w.put(w.state(2), over(1)), "ConditionalCheckFailedException")
	require.NoError(t, w.put(w.state(3), over(2)))
	require.NoError(t, w.put(w.state(2), over(3)))
	require.Equal(t, w.state(2), w.get(w.ledgerKey(), true))

	err := w.put(w.state(3), over(1), func(in *dynamodb.PutItemInput) {
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	})
	var failed *types.ConditionalCheckFailedException
	require.ErrorAs(t, err, &failed)
	require.Equal(t, w.state(2), failed.Item)
}

func TestDynamoDB_ReadsMayBeStaleUnlessAskedForConsistency(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.Staleness.DynamoDB = time.Second })
	late := func() int32 {
		out, err := w.query(func(in *dynamodb.QueryInput) {
			in.ConsistentRead, in.ExpressionAttributeValues = nil, item{":journal": str("guard")}
		})
		require.NoError(t, err)
		return out.Count
	}
	require.NoError(t, w.put(w.state(1)))
	require.Nil(t, w.get(w.ledgerKey(), false))
	require.Zero(t, late())
	require.Equal(t, w.state(1), w.get(w.ledgerKey(), true))
	w.clock.Advance(500 * time.Millisecond)
	require.NoError(t, w.put(w.state(2)))
	require.Nil(t, w.get(w.ledgerKey(), false), "as old as it may be")
	w.clock.Advance(500 * time.Millisecond)
	require.Equal(t, w.state(1), w.get(w.ledgerKey(), false))
	require.Equal(t, int32(1), late())
	require.Equal(t, w.state(2), w.get(w.ledgerKey(), true))
	w.clock.Advance(500 * time.Millisecond)
	require.Equal(t, w.state(2), w.get(w.ledgerKey(), false))
}

func (w *world) query(change func(*dynamodb.QueryInput)) (*dynamodb.QueryOutput, error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), KeyConditionExpression: aws.String("#k = :journal"),
		ExpressionAttributeNames: map[string]string{"#k": "pk"}, ExpressionAttributeValues: item{":journal": str("journal")},
		ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true),
	}
	if change != nil {
		change(in)
	}
	return w.dynamodb().Query(w.ctx, in)
}

func TestDynamoDB_QueriesByPageNewestFirst(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.put(w.state(1)))
	for i := range 5 {
		require.NoError(t, w.put(item{"pk": str("journal"), "sk": str(fmt.Sprintf("2026-01-0%d", i+1)), "n": num(i)}))
	}
	var seen []string
	in := func(start item) func(*dynamodb.QueryInput) {
		return func(in *dynamodb.QueryInput) { in.Limit, in.ExclusiveStartKey = aws.Int32(2), start }
	}
	var start item
	for pages := 1; ; pages++ {
		out, err := w.query(in(start))
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.Items), 2)
		for _, i := range out.Items {
			seen = append(seen, i["sk"].(*types.AttributeValueMemberS).Value)
		}
		if start = out.LastEvaluatedKey; start == nil {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, []string{"2026-01-05", "2026-01-04", "2026-01-03", "2026-01-02", "2026-01-01"}, seen)

	exact, err := w.query(func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(5) })
	require.NoError(t, err)
	require.NotNil(t, exact.LastEvaluatedKey, "a limit that was met may leave more")
	out, err := w.query(func(in *dynamodb.QueryInput) {
		in.KeyConditionExpression = aws.String("#k = :journal AND sk BETWEEN :a AND :b")
		in.ExpressionAttributeValues[":a"], in.ExpressionAttributeValues[":b"] = str("2026-01-02"), str("2026-01-03")
		in.ScanIndexForward = nil
	})
	require.NoError(t, err)
	require.Equal(t, int32(2), out.Count)
	require.Equal(t, str("2026-01-02"), out.Items[0]["sk"])
}

func TestDynamoDB_CutsPagesAtAMegabyte(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		require.NoError(t, w.put(item{"pk": str("journal"), "sk": str(fmt.Sprint(i)), "text": str(strings.Repeat("x", 390_000))}))
	}
	out, err := w.query(nil)
	require.NoError(t, err)
	require.Len(t, out.Items, 2)
	require.NotNil(t, out.LastEvaluatedKey)
}

func TestDynamoDB_RefusesWhatDynamoDBRefuses(t *testing.T) {
	w := newWorld(t)
	for name, i := range map[string]item{
		"no sort key": {"pk": str("x")}, "key of another type": {"pk": str("x"), "sk": num(1)}, "empty key": {"pk": str("x"), "sk": str("")},
		"too large": {"pk": str("x"), "sk": str("y"), "z": str(strings.Repeat("x", 410_000))},
	} {
		require.Equal(t, "ValidationException", code(t, w.put(i)), name)
	}
	refused(t, w.put(w.state(1), func(in *dynamodb.PutItemInput) {
		in.ExpressionAttributeNames = map[string]string{"#x": "unused"}
	}), "ValidationException")
	refused(t, w.put(w.state(1), func(in *dynamodb.PutItemInput) { in.ReturnValues = types.ReturnValueAllNew }), "ValidationException")
	_, err := w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String(w.env["PGDR_LEDGER_TABLE"]), Key: w.state(1)})
	refused(t, err, "ValidationException")
	_, err = w.query(func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("#k > :journal") })
	refused(t, err, "ValidationException")
	require.Contains(t, refused(t, second(w.query(func(in *dynamodb.QueryInput) { in.FilterExpression = aws.String("n = n") })), "SimulatorUnsupported"), "FilterExpression")
	w.allowAll()
	_, err = w.dynamodb().GetItem(w.ctx, &dynamodb.GetItemInput{TableName: aws.String("none"), Key: w.ledgerKey()})
	refused(t, err, "ResourceNotFoundException")
}

func TestDynamoDB_NeedsTheTablesKey(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.put(w.state(1)))
	w.edit("aws_kms_replica_key", func(sim.Attrs) bool { return true }, func(a, _ sim.Attrs) { a["enabled"] = false })
	require.Error(t, w.put(w.state(2)))
}

func TestDynamoDB_ItemsGoWithTheirTable(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.put(w.state(1)))
	require.NoError(t, w.cloud.SetAttribute("aws_dynamodb_table", west, w.env["PGDR_LEDGER_TABLE"], "deletion_protection_enabled", true))
	require.Equal(t, w.state(1), w.get(w.ledgerKey(), true), "the other face changes the table, and leaves its items")
	require.NoError(t, w.cloud.Update(func(tx *sim.Tx) error {
		tx.Remove(tx.Get("aws_dynamodb_table", west, w.env["PGDR_LEDGER_TABLE"]))
		return nil
	}))
	refused(t, w.put(w.state(2)), "ResourceNotFoundException")
}
