package awsapi

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// sortable is a moment that sorts as text. It is in UTC and has a fixed width.
const sortable = "2006-01-02T15:04:05.000000000Z"

// historyLimit bounds one answer.
const historyLimit = 1000

// Append implements engine.Ledger. An entry is kept under the time at which its
// failover was claimed, which does not change, and its id: so a second write of
// it replaces the first.
func (l *Ledger) Append(ctx context.Context, e engine.Entry) error {
	if e.ID == "" {
		return fmt.Errorf("append to journal %q: id: found nothing, want the failover's", l.table)
	}
	entry, err := encodeItem(e)
	if err != nil {
		return fmt.Errorf("append %s to journal %q: %w", e.ID, l.table, err)
	}
	item := itemKey(partitionJournal, e.Failover.ClaimedAt.UTC().Format(sortable)+"#"+e.ID)
	item[attrFormat] = number(ledgerFormat)
	item[attrEntry] = entry
	if _, err := l.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(l.table), Item: item}); err != nil {
		return explain(err, "append %s to journal %q", e.ID, l.table)
	}
	return nil
}

// History implements engine.Ledger.
func (l *Ledger) History(ctx context.Context, limit int) ([]engine.Entry, error) {
	if limit < 1 || limit > historyLimit {
		return nil, fmt.Errorf("read journal %q: limit: found %d, want 1 to %d", l.table, limit, historyLimit)
	}
	var entries []engine.Entry
	in := &dynamodb.QueryInput{
		TableName:                 aws.String(l.table),
		KeyConditionExpression:    aws.String("#k = :journal"),
		ExpressionAttributeNames:  map[string]string{"#k": contract.LedgerPartitionKey},
		ExpressionAttributeValues: map[string]types.AttributeValue{":journal": text(partitionJournal)},
		ScanIndexForward:          aws.Bool(false),
		ConsistentRead:            aws.Bool(true),
	}
	for {
		in.Limit = aws.Int32(int32(limit - len(entries))) //nolint:gosec // historyLimit bounds it.
		out, err := l.db.Query(ctx, in)
		if err != nil {
			return nil, explain(err, "read journal %q", l.table)
		}
		for _, item := range out.Items {
			var e engine.Entry
			if err := decodeItem(item, attrEntry, &e); err != nil {
				return nil, fmt.Errorf("read journal %q: %w", l.table, err)
			}
			entries = append(entries, e)
		}
		if len(entries) >= limit || len(out.LastEvaluatedKey) == 0 {
			return entries, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
