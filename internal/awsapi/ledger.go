package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// The ledger's table has the keys of the contract. The state is one item,
// the journal one item a failover:
//
//	pk       sk                                  attributes
//	guard    state                               format, version, state (JSON)
//	journal  2026-01-02T03:04:05.000000000Z#id   format, entry (JSON)
const (
	partitionJournal = "journal"

	attrFormat  = "format"
	attrVersion = "version"
	attrState   = "state"
	attrEntry   = "entry"

	// ledgerFormat is raised when an older guard could not read what a newer
	// one wrote.
	ledgerFormat = 1
	// itemLimit is a little less than the 400 KB that DynamoDB takes.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
	itemLimit = 390_000
)

// ErrLedgerItem says that an item of the ledger can't be read, or that one is too
// large to be written. Nothing may be done on a guess of what it says.
var ErrLedgerItem = errors.New("ledger item is not readable")

// Ledger is engine.Ledger on a DynamoDB table in the guard's region.
type Ledger struct {
	db    dynamodbAPI
	table string
}

var _ engine.Ledger = (*Ledger)(nil)

// Read implements engine.Ledger.
func (l *Ledger) Read(ctx context.Context) (engine.State, error) {
	out, err := l.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(l.table), Key: itemKey(contract.LedgerStatePartition, contract.LedgerStateSort), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return engine.State{}, explain(err, "read ledger %q", l.table)
	}
	if len(out.Item) == 0 {
		return engine.State{}, nil
	}
	var s engine.State
	if err := decodeItem(out.Item, attrState, &s); err != nil {
		return engine.State{}, fmt.Errorf("read ledger %q: %w", l.table, err)
	}
	version, err := numberOf(out.Item, attrVersion)
	if err != nil {
		return engine.State{}, fmt.Errorf("read ledger %q: %w", l.table, err)
	}
	if version != s.Version || version < 1 {
		return engine.State{}, fmt.Errorf("read ledger %q: %s: found %d beside a state of version %d, want the same, 1 or more: %w",
			l.table, attrVersion, version, s.Version, ErrLedgerItem)
	}
	return s, nil
}

// Write implements engine.Ledger.
func (l *Ledger) Write(ctx context.Context, s engine.State) error {
	before := s.Version
	s.Version++
	text, err := encodeItem(s)
	if err != nil {
		return fmt.Errorf("write ledger %q: %w", l.table, err)
	}
	item := itemKey(contract.LedgerStatePartition, contract.LedgerStateSort)
	item[attrFormat] = number(ledgerFormat)
	item[attrVersion] = number(s.Version)
	item[attrState] = text
	in := &dynamodb.PutItemInput{
		TableName: aws.String(l.table), Item: item,
		ConditionExpression:      aws.String("attribute_not_exists(#k)"),
		ExpressionAttributeNames: map[string]string{"#k": contract.LedgerPartitionKey},
	}
	if before != 0 {
		in.ConditionExpression = aws.String("#v = :before")
		in.ExpressionAttributeNames = map[string]string{"#v": attrVersion}
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":before": number(before)}
	}
	if _, err := l.db.PutItem(ctx, in); err != nil {
		return explain(err, "write ledger %q over version %d", l.table, before)
	}
	return nil
}

func itemKey(partition, sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.LedgerPartitionKey: text(partition), contract.LedgerSortKey: text(sort)}
}

func text(s string) *types.AttributeValueMemberS { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) *types.AttributeValueMemberN {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func encodeItem(v any) (*types.AttributeValueMemberS, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	if len(data) > itemLimit {
		return nil, fmt.Errorf("encode: found %d bytes, want %d at most: %w", len(data), itemLimit, ErrLedgerItem)
	}
	return text(string(data)), nil
}

// decodeItem reads the JSON in one attribute of an item of our format.
func decodeItem(item map[string]types.AttributeValue, attr string, into any) error {
	format, err := numberOf(item, attrFormat)
	if err != nil {
		return err
	}
	if format != ledgerFormat {
		return fmt.Errorf("%s: found %d, want %d, which is what this version of the guard reads: %w", attrFormat, format, ledgerFormat, ErrLedgerItem)
	}
	s, ok := item[attr].(*types.AttributeValueMemberS)
	if !ok {
		return fmt.Errorf("%s: found %T, want text: %w", attr, item[attr], ErrLedgerItem)
	}
	if err := json.Unmarshal([]byte(s.Value), into); err != nil {
		return fmt.Errorf("%s: %w: %w", attr, ErrLedgerItem, err)
	}
	return nil
}

func numberOf(item map[string]types.AttributeValue, attr string) (int64, error) {
	n, ok := item[attr].(*types.AttributeValueMemberN)
	if !ok {
		return 0, fmt.Errorf("%s: found %T, want a number: %w", attr, item[attr], ErrLedgerItem)
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: found %q, want a whole number: %w", attr, n.Value, ErrLedgerItem)
	}
	return v, nil
}
