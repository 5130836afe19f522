package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dynamodbtable"

	"github.com/pgdr/pgdr/internal/contract"
)

// newLedger makes the table in which the guard keeps what must outlive it:
// lease, epoch, intents and outcomes. It is in the replica's region, on
// demand, recoverable to any second of the last 35 days.
func newLedger(at place, keyARN string) dynamodbtable.DynamodbTable {
	p := at.in("ledger")
	return dynamodbtable.NewDynamodbTable(p.scope, new("table"), &dynamodbtable.DynamodbTableConfig{
		Provider:    p.provider,
		Name:        new(p.name(contract.LedgerTable)),
		BillingMode: new("PAY_PER_REQUEST"),
		HashKey:     new(contract.LedgerPartitionKey),
		RangeKey:    new(contract.LedgerSortKey),
		Attribute: []*dynamodbtable.DynamodbTableAttribute{
			{Name: new(contract.LedgerPartitionKey), Type: new("S")},
			{Name: new(contract.LedgerSortKey), Type: new("S")},
		},
		PointInTimeRecovery:       &dynamodbtable.DynamodbTablePointInTimeRecovery{Enabled: true},
		ServerSideEncryption:      &dynamodbtable.DynamodbTableServerSideEncryption{Enabled: true, KmsKeyArn: new(keyARN)},
		DeletionProtectionEnabled: !p.disposable,
		Tags:                      p.nameTag("ledger"),
	})
}
