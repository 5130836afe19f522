package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/pgdr/pgdr/internal/contract"
	"github.com/pgdr/pgdr/internal/guard/decide"
	"github.com/pgdr/pgdr/internal/guard/engine"
)

// table is a DynamoDB table as far as the ledger uses it: it knows the two
// conditions and one query, and answers pages of two items.
type table struct {
	*fake
	items map[[2]string]map[string]types.AttributeValue
}

func newTable(t *testing.T) *table {
	t.Helper()
	d := &table{fake: newFake(t), items: map[[2]string]map[string]types.AttributeValue{}}
	on(d.fake, func(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
		if !aws.ToBool(in.ConsistentRead) || *in.TableName != "failover-ledger-dev" {
			t.Errorf("get %+v, want a consistent read of failover-ledger-dev", in)
		}
		return &dynamodb.GetItemOutput{Item: d.items[keyOf(in.Key)]}, nil
	})
	on(d.fake, d.put)
	on(d.fake, d.query)
	return d
}

func keyOf(item map[string]types.AttributeValue) [2]string {
	return [2]string{item["pk"].(*types.AttributeValueMemberS).Value, item["sk"].(*types.AttributeValueMemberS).Value}
}

func (d *table) put(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	have, exists := d.items[keyOf(in.Item)]
	switch aws.ToString(in.ConditionExpression) {
	case "":
	case "attribute_not_exists(#k)":
		if in.ExpressionAttributeNames["#k"] != "pk" {
			d.t.Errorf("condition on %v, want pk", in.ExpressionAttributeNames)
		}
		if exists {
			return nil, &types.ConditionalCheckFailedException{}
		}
	case "#v = :before":
		attr := in.ExpressionAttributeNames["#v"]
		if !exists || cmp.Diff(number64(have[attr]), number64(in.ExpressionAttributeValues[":before"])) != "" {
			return nil, &types.ConditionalCheckFailedException{}
		}
	default:
		d.t.Errorf("unknown condition %q", *in.ConditionExpression)
	}
	d.items[keyOf(in.Item)] = in.Item
	return &dynamodb.PutItemOutput{}, nil
}

func number64(v types.AttributeValue) string {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return fmt.Sprintf("%T", v)
	}
	return n.Value
}

func (d *table) query(in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	if aws.ToString(in.KeyConditionExpression) != "#k = :journal" || in.ExpressionAttributeNames["#k"] != "pk" || !aws.ToBool(in.ConsistentRead) {
		d.t.Errorf("query %+v, want a consistent one by pk", in)
	}
	partition := in.ExpressionAttributeValues[":journal"].(*types.AttributeValueMemberS).Value
	var keys []string
	for k := range d.items {
		if k[0] == partition {
			keys = append(keys, k[1])
		}
	}
	slices.Sort(keys)
	if !aws.ToBool(in.ScanIndexForward) {
		slices.Reverse(keys)
	}
	if in.ExclusiveStartKey != nil {
		keys = keys[slices.Index(keys, keyOf(in.ExclusiveStartKey)[1])+1:]
	}
	out := &dynamodb.QueryOutput{}
	for _, k := range keys {
		if n := len(out.Items); n == 2 || n == int(*in.Limit) {
			out.LastEvaluatedKey = out.Items[n-1]
			return out, nil
		}
		out.Items = append(out.Items, d.items[[2]string{partition, k}])
	}
	return out, nil
}

func ledgerOn(d *table) *Ledger { return &Ledger{db: d, table: "failover-ledger-dev"} }

func someState() engine.State {
	at := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	return engine.State{
		Epoch: 3, Writer: primary, Replica: replica,
		Lease:  engine.Lease{Owner: "run-1", Token: 7, Until: at},
		Pause:  &engine.Pause{By: "ann", At: at},
		Debts:  map[engine.DebtKind]engine.Debt{engine.DebtFence: {Since: at, Target: primary}},
		Outbox: []engine.Notice{{ID: "n", Subject: "s", Text: "t", At: at}},
		Failover: &engine.Failover{ID: "failover-3", Step: engine.StepFence, From: primary, To: replica, ClaimedAt: at,
			Decision: decide.Decision{Loss: decide.Loss{Known: true, Upper: 5 * time.Second, Bytes: 1 << 40}}},
	}
}

func TestLedger_ReadsBackWhatWasWritten(t *testing.T) {
	l := ledgerOn(newTable(t))
	ctx := context.Background()
	if got, err := l.Read(ctx); err != nil || got.Version != 0 || got.Writer != (engine.Member{}) {
		t.Fatalf("empty ledger: %+v, %v; want the zero state", got, err)
	}
	s := someState()
	if err := l.Write(ctx, s); err != nil {
		t.Fatalf("write: %v", err)
	}
	got, err := l.Read(ctx)
	s.Version = 1
	if diff := cmp.Diff(s, got); err != nil || diff != "" {
		t.Errorf("read: %v (-want +got):\n%s", err, diff)
	}
	if err := l.Write(ctx, got); err != nil {
		t.Fatalf("second write: %v", err)
	}
	if got, err = l.Read(ctx); err != nil || got.Version != 2 {
		t.Errorf("read version %d, %v; want 2", got.Version, err)
	}
}

func TestLedger_RefusesToWriteOverAnotherVersion(t *testing.T) {
	l := ledgerOn(newTable(t))
	ctx := context.Background()
	if err := l.Write(ctx, someState()); err != nil {
		t.Fatal(err)
	}
	first, err := l.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(ctx, first); err != nil {
		t.Fatal(err)
	}
	for version, name := range map[int64]string{0: "as if it were empty", 1: "over the one before", 3: "over one that is not yet there"} {
		s := first
		s.Version = version
		if err := l.Write(ctx, s); !errors.Is(err, engine.ErrConflict) {
			t.Errorf("%s: got %v, want ErrConflict", name, err)
		}
	}
	if got, err := l.Read(ctx); err != nil || got.Version != 2 {
		t.Errorf("version %d, %v; want 2 unchanged", got.Version, err)
	}
}

func TestLedger_LosesAnEmptyTableToOneWriterOnly(t *testing.T) {
	d := newTable(t)
	ctx := context.Background()
	if err := ledgerOn(d).Write(ctx, engine.State{Epoch: 1}); err != nil {
		t.Fatal(err)
	}
	if err := ledgerOn(d).Write(ctx, engine.State{Epoch: 2}); !errors.Is(err, engine.ErrConflict) {
		t.Errorf("got %v, want ErrConflict for the second first writer", err)
	}
}

// What the last release wrote (74133a5, docs/upgrade.md): a guard that is armed
// stays armed when its code is replaced.
func TestLedger_ReadsTheArmedGuardOfTheLastRelease(t *testing.T) {
	const written = `{"version":4711,"stamp":"a","lease":{"token":0},"epoch":1,"writer":{},"replica":{},` +
		`"arming":{"armed_for":"db-PRIMARY","armed_at":"2026-11-29T12:00:00Z","green_for":"db-PRIMARY","green_since":"2026-11-29T12:00:00Z","green_seen":"2026-11-29T12:00:00Z"},` +
		`"readiness":{"green":false},"watch":{"sql":{},"wal":{},"rds_api":{},"other_api":{},"witness":{},"primary":{"resource_id":"","status":""},` +
		`"replica":{"resource_id":"","exists":false,"is_replica":false,"status":""},"positions":{"acked":{"seq":0},"replayed":{"seq":0}}}}`
	d := newTable(t)
	item := itemKey("guard", "state")
	item["format"], item["version"], item["state"] = number(1), number(4711), text(written)
	d.items[keyOf(item)] = item
	got, err := ledgerOn(d).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 4711 || got.Epoch != 1 || got.Arming.ArmedFor != "db-PRIMARY" {
		t.Fatalf("read %+v", got)
	}
	// Its readiness is red until both stacks are applied.
	now := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	o := decide.Observation{Primary: decide.Primary{ResourceID: "db-PRIMARY"}}
	if next := got.Arming.Next(decide.Policy{Arming: 10 * time.Minute}, o, decide.Readiness{Failing: []string{"alarm"}, At: now}, now); next.ArmedFor != "db-PRIMARY" {
		t.Fatalf("disarmed by red readiness: %+v", next)
	}
}

func TestLedger_RefusesWhatItCanNotRead(t *testing.T) {
	state := func(version int64, attrs map[string]types.AttributeValue) map[string]types.AttributeValue {
		item := itemKey(contract.LedgerStatePartition, contract.LedgerStateSort)
		item["format"], item["version"] = number(1), number(version)
		item["state"] = text(fmt.Sprintf(`{"version":%d}`, version))
		for k, v := range attrs {
			if item[k] = v; v == nil {
				delete(item, k)
			}
		}
		return item
	}
	for name, item := range map[string]map[string]types.AttributeValue{
		"of a later format":       state(4, map[string]types.AttributeValue{"format": number(2)}),
		"without a format":        state(4, map[string]types.AttributeValue{"format": nil}),
		"without a version":       state(4, map[string]types.AttributeValue{"version": nil}),
		"of two versions":         state(4, map[string]types.AttributeValue{"version": number(5)}),
		"of version 0":            state(0, nil),
		"of a fractional version": state(4, map[string]types.AttributeValue{"version": &types.AttributeValueMemberN{Value: "4.5"}}),
		"without a state":         state(4, map[string]types.AttributeValue{"state": nil}),
		"that is no JSON":         state(4, map[string]types.AttributeValue{"state": text("{")}),
	} {
		t.Run(name, func(t *testing.T) {
			d := newTable(t)
			d.items[[2]string{"guard", "state"}] = item
			if _, err := ledgerOn(d).Read(context.Background()); !errors.Is(err, ErrLedgerItem) {
				t.Errorf("got %v, want ErrLedgerItem", err)
			}
		})
	}
}

func TestLedger_RefusesAStateThatDynamoDBWouldNotTake(t *testing.T) {
	d := newTable(t)
	s := engine.State{Told: strings.Repeat("x", itemLimit)}
	if err := ledgerOn(d).Write(context.Background(), s); !errors.Is(err, ErrLedgerItem) || len(d.items) != 0 {
		t.Errorf("got %v, want ErrLedgerItem and no call", err)
	}
}

func TestLedger_TellsHowDynamoDBFailed(t *testing.T) {
	for name, c := range map[string]struct{ answer, want error }{
		"silent":    {silence(), engine.ErrSilent},
		"throttled": {&types.ProvisionedThroughputExceededException{}, engine.ErrThrottled},
		"denied":    {apiError("AccessDeniedException"), engine.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTable(t)
			fails[dynamodb.GetItemInput](d.fake, c.answer)
			fails[dynamodb.PutItemInput](d.fake, c.answer)
			fails[dynamodb.QueryInput](d.fake, c.answer)
			l := ledgerOn(d)
			_, read := l.Read(context.Background())
			_, history := l.History(context.Background(), 1)
			for _, err := range []error{read, history, l.Write(context.Background(), engine.State{}), l.Append(context.Background(), engine.Entry{ID: "x"})} {
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			}
		})
	}
}

func TestJournal_TellsTheNewestFirst(t *testing.T) {
	d := newTable(t)
	l := ledgerOn(d)
	ctx := context.Background()
	born := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// Written out of order; some begin with the second, some within it.
	for _, n := range []int{3, 1, 5, 2, 4} {
		e := engine.Entry{ID: fmt.Sprintf("failover-%d", n), Failover: engine.Failover{Epoch: int64(n), ClaimedAt: born.Add(time.Duration(n) * 500 * time.Millisecond)}}
		if err := l.Append(ctx, e); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
	for limit, want := range map[int][]string{1: {"failover-5"}, 3: {"failover-5", "failover-4", "failover-3"},
		10: {"failover-5", "failover-4", "failover-3", "failover-2", "failover-1"}} {
		entries, err := l.History(ctx, limit)
		var got []string
		for _, e := range entries {
			got = append(got, e.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("limit %d: %v, %v; want %v", limit, got, err, want)
		}
	}
}

func TestJournal_ReplacesAnEntryOfTheSameFailover(t *testing.T) {
	l := ledgerOn(newTable(t))
	ctx := context.Background()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("CET", 3600))
	for _, outcome := range []engine.Outcome{"", engine.OutcomeDone} {
		if err := l.Append(ctx, engine.Entry{ID: "failover-1", Failover: engine.Failover{ClaimedAt: at, Outcome: outcome}}); err != nil {
			t.Fatal(err)
		}
		at = at.UTC() // As the ledger gives it back: the same moment.
	}
	got, err := l.History(ctx, 10)
	if err != nil || len(got) != 1 || got[0].Failover.Outcome != engine.OutcomeDone {
		t.Errorf("got %+v, %v; want one entry, done", got, err)
	}
}

func TestJournal_NeverTouchesTheState(t *testing.T) {
	l := ledgerOn(newTable(t))
	ctx := context.Background()
	if err := l.Write(ctx, someState()); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(ctx, engine.Entry{ID: "state"}); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Read(ctx); err != nil || got.Version != 1 {
		t.Errorf("state of version %d, %v; want 1 unchanged", got.Version, err)
	}
}

func TestJournal_RefusesAnEntryWithoutIDAndALimitWithoutSense(t *testing.T) {
	l := ledgerOn(newTable(t))
	if err := l.Append(context.Background(), engine.Entry{}); err == nil {
		t.Error("appended an entry without id, want an error")
	}
	for _, limit := range []int{-1, 0, historyLimit + 1} {
		if _, err := l.History(context.Background(), limit); err == nil {
			t.Errorf("limit %d: got nil, want an error", limit)
		}
	}
}

func TestJournal_RefusesAnEntryThatItCanNotRead(t *testing.T) {
	d := newTable(t)
	item := itemKey(partitionJournal, "2026#x")
	item["format"], item["entry"] = number(2), text("{}")
	d.items[keyOf(item)] = item
	if _, err := ledgerOn(d).History(context.Background(), 1); !errors.Is(err, ErrLedgerItem) {
		t.Errorf("got %v, want ErrLedgerItem", err)
	}
}
