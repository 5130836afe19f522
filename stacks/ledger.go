package stacks

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dynamodbtable"

	"github.com/pgdr/pgdr/internal/ptr"
)

// newLedger makes the table in which the guard keeps what must outlive it:
// lease, epoch, intents and outcomes. It is in the replica's region, on
// demand, recoverable to any second of the last 35 days.
func newLedger(at place, keyARN string) dynamodbtable.DynamodbTable {
	p := at.in("ledger")
	return dynamodbtable.NewDynamodbTable(p.scope, ptr.To("table"), &dynamodbtable.DynamodbTableConfig{
		Provider:    p.provider,
		Name:        ptr.To(p.name("failover-ledger")),
		BillingMode: ptr.To("PAY_PER_REQUEST"),
		HashKey:     ptr.To("pk"),
		RangeKey:    ptr.To("sk"),
		Attribute: []*dynamodbtable.DynamodbTableAttribute{
			{Name: ptr.To("pk"), Type: ptr.To("S")},
			{Name: ptr.To("sk"), Type: ptr.To("S")},
		},
		PointInTimeRecovery:       &dynamodbtable.DynamodbTablePointInTimeRecovery{Enabled: true},
		ServerSideEncryption:      &dynamodbtable.DynamodbTableServerSideEncryption{Enabled: true, KmsKeyArn: ptr.To(keyARN)},
		DeletionProtectionEnabled: !p.disposable,
		Tags:                      p.nameTag("ledger"),
	})
}
