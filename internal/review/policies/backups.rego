package pgdr.policies.backups

import data.pgdr.lib

policy := {
	"id": "backups",
	"severity": "human",
	"title": "Fewer backups, or none",
	"reason": "Replication copies a mistake to the other region within a second: only a backup goes back in time. And a source without backups can have no replica.",
	"remedy": "Keep the retention, or say in the pull request why fewer days are enough.",
}

protected := {
	"aws_db_instance": {"backup_retention_period": "not_lower", "delete_automated_backups": "off"},
	"aws_dynamodb_table": {"point_in_time_recovery.0.enabled": "on", "point_in_time_recovery.0.recovery_period_in_days": "not_lower"},
}

judges := lib.judged(protected)

findings contains lib.weakness(w, {"severity": severity(w), "effect": {"protection": "less far back in time after a mistake"}}) if {
	some w in lib.weakenings(protected)
}

severity(w) := "block" if none(w)

severity(w) := "human" if not none(w)

none(w) if {
	w.path == "backup_retention_period"
	lib.empty(w.after)
}

none(w) if w.path == "point_in_time_recovery.0.enabled"
