package dynamodb

import (
	"regexp"

	"github.com/zclconf/go-cty/cty"

	"github.com/pgdr/pgdr/twin/sim/tf"
)

// The traits below are of internal/service/dynamodb: table.go.

func dynamodbTableTraits() *tf.Traits {
	return &tf.Traits{
		Replace: tf.Words("hash_key import_table local_secondary_index name range_key restore_date_time restore_source_name restore_source_table_arn restore_to_latest_time"),
		Defaults: map[string]any{
			"billing_mode": "PROVISIONED", "table_class": "STANDARD", "deletion_protection_enabled": false, "ttl.enabled": false,
			"replica.point_in_time_recovery": false, "replica.propagate_tags": false,
		},
		Local:          tf.Words("restore_date_time restore_source_name restore_source_table_arn restore_to_latest_time import_table"),
		ComputedBlocks: tf.Words("on_demand_throughput point_in_time_recovery server_side_encryption"),
		Recompute:      []tf.Recompute{{Attributes: tf.Words("stream_arn stream_label"), When: tf.Words("stream_enabled stream_view_type")}},
		Checks: []tf.Check{
			tf.Length("name", 3, 255), tf.Matches("name", regexp.MustCompile(`^[0-9A-Za-z_.-]+$`), "only letters, digits, underscores, hyphens and periods"),
			tf.OneOf("billing_mode", "PROVISIONED", "PAY_PER_REQUEST"), tf.OneOf("attribute.type", "S", "N", "B"), tf.OneOf("table_class", "STANDARD", "STANDARD_INFREQUENT_ACCESS"),
			tf.OneOf("stream_view_type", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"),
			tf.OneOf("global_secondary_index.projection_type", "ALL", "INCLUDE", "KEYS_ONLY"), tf.OneOf("local_secondary_index.projection_type", "ALL", "INCLUDE", "KEYS_ONLY"),
			tf.Between("point_in_time_recovery.recovery_period_in_days", 1, 35), tf.IsARN("server_side_encryption.kms_key_arn"), keysAreAttributes,
		},
	}
}

// keysAreAttributes: every key is declared and every declared attribute is a
// key (validateTableAttributes).
func keysAreAttributes(config cty.Value, f *tf.Faults) {
	declared, complete := namesAt(config, "attribute", "name")
	used := map[string]bool{}
	for _, at := range [][]string{{"", "hash_key"}, {"", "range_key"}, {"global_secondary_index", "hash_key"}, {"global_secondary_index", "range_key"}, {"local_secondary_index", "range_key"}} {
		names, known := namesAt(config, at[0], at[1])
		complete = complete && known
		for name := range names {
			used[name] = true
			if !declared[name] && complete {
				f.Addf(cty.GetAttrPath("attribute"), "all indexes must match a defined attribute. Unmatched indexes: [%s]", name)
			}
		}
	}
	for name := range declared {
		if !used[name] && complete {
			f.Addf(cty.GetAttrPath("attribute"), "all attributes must be indexed. Unused attributes: [%s]", name)
		}
	}
}

// namesAt gathers names, and tells whether all of them are known.
func namesAt(config cty.Value, block, name string) (map[string]bool, bool) {
	container := config
	if block != "" {
		container = config.GetAttr(block)
	}
	if !container.IsKnown() {
		return nil, false
	}
	objects := []cty.Value{container}
	if block != "" {
		objects = container.AsValueSlice()
	}
	out, complete := map[string]bool{}, true
	for _, object := range objects {
		switch {
		case !object.IsKnown() || !object.GetAttr(name).IsKnown():
			complete = false
		case !object.GetAttr(name).IsNull():
			out[object.GetAttr(name).AsString()] = true
		}
	}
	return out, complete
}
