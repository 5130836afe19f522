package pgdr.policies.encryption

import data.pgdr.lib

policy := {
	"id": "encryption",
	"severity": "block",
	"title": "Encryption is taken away, or its key changed",
	"reason": "What was written under one key cannot be read under another; a topic without a customer's key gets no alarm from CloudWatch; and data at rest must not be in the clear.",
	"remedy": "Keep the key and leave it enabled. A new key needs a migration of its own: new instance from an encrypted copy, then the switch.",
}

protected := {
	"aws_db_instance": {"storage_encrypted": "on", "kms_key_id": "same"},
	"aws_kms_key": {"enable_key_rotation": "on", "is_enabled": "on", "multi_region": "on"},
	"aws_kms_replica_key": {"enabled": "on", "primary_key_arn": "same"},
	"aws_kms_alias": {"target_key_id": "same"},
	"aws_secretsmanager_secret": {"kms_key_id": "same"},
	"aws_sns_topic": {"kms_master_key_id": "same"},
	"aws_cloudwatch_log_group": {"kms_key_id": "same"},
	"aws_dynamodb_table": {"server_side_encryption.0.enabled": "on", "server_side_encryption.0.kms_key_arn": "same"},
}

judges := lib.judged(protected)

findings contains lib.weakness(w, {"effect": {"protection": "data, credentials or alarms lose their key"}}) if {
	some w in lib.weakenings(protected)
	not moved(w)
}

# A resource in the place of one of another key (as in another region) is
# judged as a replacement.
moved(w) if {
	w.resource.action == "replace"
	w.path == "target_key_id"
}

# Never in the clear, whatever was there before.
findings contains lib.found(r, message, {"effect": {"protection": "data at rest is in the clear"}}) if {
	some r in lib.planned
	r.type == "aws_db_instance"
	r.before == null
	not lib.truth(lib.value(r.after, "storage_encrypted"))
	not lib.unknown(r, "storage_encrypted")
	message := sprintf("%s will be made without encryption.", [r.name])
}
