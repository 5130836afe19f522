package pgdr.policies.guard_permission

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.iam
import data.pgdr.lib
import data.pgdr.policies.iam_broadened

policy := {
	"id": "guard-permission",
	"severity": "block",
	"title": "The guard, or a service that it needs, may do less than before",
	"reason": "A permission that is missing is found out in the middle of a failover. The readiness check would find it too, and the guard would not arm itself.",
	"remedy": "Keep the permission, or take it away together with the code that needs it.",
}

effect := {"rto": "a failover may stop half-way", "protection": "the guard does not arm itself, or fails when it acts"}

changing := [r | some r in lib.planned; r.before != null; r.action != "keep"]

findings contains lib.found(r, message, {"effect": effect, "severity": severity(r, attribute, grant)}) if {
	some r in changing
	some attribute in iam.documents[r.type]
	not lib.unknown(r, attribute)
	some grant in iam.grants(iam.document(r.before, attribute))
	not kept(r, attribute, grant)
	message := sprintf("%s: %s may no longer %s on %s.", [r.name, grant.who, grant.action, grant.resource])
}

# kept: spelled out or by wildcard.
kept(r, attribute, grant) if {
	some still in iam.grants(iam.document(r.after, attribute))
	iam.covers(still, grant)
}

# The guard's role, and the account's hold on a key, without which no one can
# use or repair it.
severity(r, attribute, grant) := "block" if vital(r, attribute, grant)

severity(r, attribute, grant) := "human" if not vital(r, attribute, grant)

vital(r, attribute, grant) if {
	r.type in {"aws_iam_role", "aws_iam_role_policy"}
	not renamed(r, attribute, grant)
}

vital(_, _, grant) if grant.action == "kms:*"

# renamed: the guard publishes in the namespace of its environment from now on.
renamed(r, attribute, grant) if {
	grant.action == contract.actions.publish_metrics
	some still in iam.grants(iam.document(r.after, attribute))
	still.action == grant.action
	facts.own_namespace(still.condition)
}

# A key's policy that is given no more stays until the key is made anew, with
# AWS's own.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.type in {"aws_kms_key", "aws_kms_replica_key"}
	r.before != null
	not lib.empty(lib.value(r.after, "policy"))
	not lib.given(r, "policy")
	message := sprintf("%s: the configuration no longer gives its policy.", [r.name])
}

# A Deny that is added counts wherever it stands: a second policy on the role, or
# the first one on the ledger, denies what the others allow.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in iam_broadened.changing
	some attribute in iam.documents[r.type]
	some denial in iam.denials(iam.document(r.after, attribute))
	not denial in iam.denials(iam.document(r.before, attribute))
	message := sprintf("%s: %s on %s is denied.", [r.name, denial[0], denial[1]])
}

# What another policy of a role will say counts together with the first one's.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in iam_broadened.changing
	r.type == "aws_iam_role_policy"
	r.before == null
	message := sprintf("%s is new: one more policy of the role %s.", [r.name, lib.show(lib.value(r.after, "role"))])
}
