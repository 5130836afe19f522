package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable_RefusesWhatDynamoDBRefuses(t *testing.T) {
	w := newWorld(t)
	key, _ := w.keys()
	text := func(names ...string) list {
		var out list
		for _, n := range names {
			out = append(out, attrs{"name": n, "type": "S"})
		}
		return out
	}
	good := attrs{"name": "ledger", "billing_mode": "PAY_PER_REQUEST", "hash_key": "pk", "range_key": "sk", "attribute": text("pk", "sk")}
	w.refusesEach("aws_dynamodb_table", west, good, []refusal{
		{"name", attrs{"name": "l"}, "ValidationException"},
		{"no hash key", attrs{"hash_key": nil}, "ValidationException"},
		{"key that is not declared", attrs{"attribute": text("pk")}, "ValidationException"},
		{"attribute that is no key", attrs{"attribute": text("pk", "sk", "value")}, "ValidationException"},
		{"attribute twice", attrs{"attribute": text("pk", "pk", "sk")}, "ValidationException"},
		{"attribute type", attrs{"attribute": list{attrs{"name": "pk", "type": "String"}, attrs{"name": "sk", "type": "S"}}}, "ValidationException"},
		{"index key that is not declared", attrs{"global_secondary_index": list{attrs{"name": "i", "hash_key": "other", "projection_type": "ALL"}}}, "ValidationException"},
		{"billing", attrs{"billing_mode": "FREE"}, "ValidationException"},
		{"provisioned without capacity", attrs{"billing_mode": "PROVISIONED"}, "ValidationException"},
		{"stream without a view", attrs{"stream_enabled": true}, "ValidationException"},
		{"key of another region", attrs{"server_side_encryption": list{attrs{"enabled": true, "kms_key_arn": key.arn()}}}, "ValidationException"},
		{"recovery period", attrs{"point_in_time_recovery": list{attrs{"enabled": true, "recovery_period_in_days": 36}}}, "ValidationException"},
		{"TTL without attribute", attrs{"ttl": list{attrs{"enabled": true}}}, "ValidationException"},
	})
	w.refused("aws_dynamodb_table", west, good, "ResourceInUseException")
	w.create("aws_dynamodb_table", east, good)
}

func TestTable_HasAStreamWhenItIsEnabled(t *testing.T) {
	w := newWorld(t)
	table := w.create("aws_dynamodb_table", west, attrs{
		"name": "ledger", "billing_mode": "PAY_PER_REQUEST", "hash_key": "pk", "attribute": list{attrs{"name": "pk", "type": "S"}},
		"stream_enabled": true, "stream_view_type": "NEW_IMAGE", "deletion_protection_enabled": true,
	})
	require.Equal(t, table.arn()+"/stream/2026-06-01T12:00:00.000", table.str("stream_arn"))
	require.Equal(t, list{attrs{"enabled": false, "recovery_period_in_days": 0.0}}, table.attrs["point_in_time_recovery"])

	w.stays(table, "ValidationException")
	w.refusedUpdate(table, attrs{"hash_key": "other"}, "ValidationException")
	off := w.update(table, attrs{"stream_enabled": false, "deletion_protection_enabled": false})
	require.Empty(t, off.str("stream_arn"))
	w.gone(off)
}
