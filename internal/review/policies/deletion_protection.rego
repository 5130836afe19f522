package pgdr.policies.deletion_protection

import data.pgdr.lib

policy := {
	"id": "deletion-protection",
	"severity": "human",
	"title": "Protection against deletion is lifted",
	"reason": "It is what stands between a slip (a wrong directory, a wrong suffix) and the data. Lifting it is how a planned removal begins, and nothing else should.",
	"remedy": "Leave it, unless this environment is to be removed: then a person must read this plan.",
}

protected := {
	"aws_db_instance": {"deletion_protection": "on", "skip_final_snapshot": "off", "final_snapshot_identifier": "present"},
	"aws_dynamodb_table": {"deletion_protection_enabled": "on"},
	"aws_secretsmanager_secret": {"recovery_window_in_days": "not_lower", "force_overwrite_replica_secret": "off"},
	"aws_kms_key": {"deletion_window_in_days": "not_lower", "bypass_policy_lockout_safety_check": "off"},
	"aws_kms_replica_key": {"deletion_window_in_days": "not_lower", "bypass_policy_lockout_safety_check": "off"},
	"aws_route53_zone": {"force_destroy": "off"},
}

judges := lib.judged(protected)

findings contains lib.weakness(w, {"effect": {"protection": "one wrong command can delete it"}}) if {
	some w in lib.weakenings(protected)
}
