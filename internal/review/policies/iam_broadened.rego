package pgdr.policies.iam_broadened

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.iam
import data.pgdr.lib

policy := {
	"id": "iam-broadened",
	"severity": "block",
	"title": "A permission is added",
	"reason": "The guard can promote and fence; any other role that can may cause a disaster. Each of its permissions is for one action on one resource, and the policies of keys, topics and roles name who may use them.",
	"remedy": "Name the action and the resource. New permissions of the guard belong to the change of code that needs them.",
}

judges := ({[type, attribute] |
	some type, attributes in iam.documents
	some attribute in attributes
} | {["aws_lambda_permission", attribute] | some attribute in ["principal", "source_arn", "action"]}) | {["aws_iam_role", "managed_policy_arns"], ["aws_iam_role", "inline_policy"]}

effect := {"protection": "more hands can promote, fence, read credentials or silence alarms"}

findings contains lib.found(r, message, {"effect": effect, "severity": severity(r, grant)}) if {
	some r in changing
	some attribute in iam.documents[r.type]
	some grant in iam.grants(iam.document(r.after, attribute))
	not narrower(grant, iam.grants(iam.document(r.before, attribute)))
	message := sprintf("%s: %s may now %s on %s%s.", [r.name, grant.who, grant.action, grant.resource, under(grant)])
}

# In a first deployment everything is new: there only what no role should have
# is found.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in lib.planned
	r.action == "create"
	not input.stacks[r.stack].deployed
	some attribute in iam.documents[r.type]
	some grant in iam.grants(iam.document(r.after, attribute))
	boundless(grant)
	message := sprintf("%s: %s may %s on %s%s.", [r.name, grant.who, grant.action, grant.resource, under(grant)])
}

changing := [r | some r in lib.planned; differs(r)]

differs(r) if r.action in {"update", "replace"}

differs(r) if {
	r.action == "create"
	input.stacks[r.stack].deployed
}

# narrower: within what was granted before, spelled out or by wildcard.
narrower(grant, before) if {
	some b in before
	iam.covers(b, grant)
}

severity(r, grant) := "block" if wide(r, grant)

severity(r, grant) := "human" if not wide(r, grant)

wide(r, grant) if {
	contains(grant.action, "*")
	not for_this_account(r, grant)
}

wide(_, grant) if iam.by_exception(grant)

wide(r, grant) if {
	endswith(grant.resource, "*")
	not harmless(grant)
	not for_this_account(r, grant)
}

wide(r, grant) if {
	grant.who != "the role"
	not for_this_account(r, grant)
}

# The streams of one log group, and the names of all groups.
harmless(grant) if regex.match(`^arn:aws:logs:[^:]+:[0-9]+:log-group:[^:*]+:log-stream:\*$`, grant.resource)

harmless(grant) if grant.action == "logs:DescribeLogGroups"

# To list and describe things of one kind tells what they are, not what is in
# them.
harmless(grant) if {
	grant.who == "the role"
	regex.match(`^[a-z0-9-]+:(Describe|List)[A-Za-z]*$`, grant.action)
	regex.match(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]+:[a-z-]+[:/]`, grant.resource)
}

# The databases of this environment, whatever they are called.
harmless(grant) if {
	grant.who == "the role"
	regex.match(`^arn:[a-z-]+:rds:[a-z0-9-]+:[0-9]+:db:\*$`, grant.resource)
	json.unmarshal(grant.condition).StringEquals["rds:db-tag/Environment"] == input.environment
}

# IAM knows no resource for metrics. To read them tells what monitoring shows. For
# those who write them the namespace is the bound.
harmless(grant) if {
	grant.who == "the role"
	grant.action == contract.actions.read_metrics
}

harmless(grant) if {
	grant.who == "the role"
	grant.action == contract.actions.publish_metrics
	facts.own_namespace(grant.condition)
}

# A service of AWS that uses a key, a topic or a new role on behalf of this account
# alone.
for_this_account(r, grant) if {
	regex.match(`^Service [a-z0-9.-]+\.amazonaws\.com$`, grant.who)
	serves(r, grant.action)
	json.unmarshal(grant.condition).StringEquals["aws:SourceAccount"] in accounts
}

serves(r, action) if {
	r.type in {"aws_kms_key", "aws_kms_replica_key", "aws_sns_topic", "aws_sns_topic_policy"}
	regex.match(`^(sns:Publish|kms:Decrypt|kms:GenerateDataKey\*?)$`, action)
}

serves(r, "sts:AssumeRole") if {
	r.type == "aws_iam_role"
	r.action == "create"
}

# accounts are this one: a database's ARN has it.
accounts contains split(arn, ":")[4] if {
	some i in facts.instances
	arn := lib.value(i.before, "arn")
	is_string(arn)
}

boundless(grant) if {
	contains(grant.who, "*")
	grant.condition == "{}"
}

boundless(grant) if grant.action in {"*", "iam:*", "sts:*"}

boundless(grant) if {
	grant.who == "the role"
	endswith(grant.action, ":*")
}

boundless(grant) if iam.by_exception(grant)

under(grant) := "" if grant.condition == "{}"

under(grant) := sprintf(", under the condition %s", [grant.condition]) if grant.condition != "{}"

# A Deny that goes leaves what it denied.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in changing
	some attribute in iam.documents[r.type]
	not lib.unknown(r, attribute)
	some statement in iam.statements(iam.document(r.before, attribute), "Deny")
	not statement in iam.statements(iam.document(r.after, attribute), "Deny")
	actions := {action.text | some action in iam.parts(statement, "Action", {"all": "everything", "none": "everything"})}
	message := sprintf("%s: it no longer denies %s as it did.", [r.name, concat(", ", sort(actions))])
}

# A document that is not known yet cannot be judged.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in changing
	r.before != null
	some attribute in iam.documents[r.type]
	lib.unknown(r, attribute)
	attribute in r.changed
	message := sprintf("%s: its %s will be known after the apply only.", [r.name, attribute])
}

# Which of two elements of one name AWS reads is not known here.
findings contains lib.found(r, message, {"effect": effect, "severity": "human"}) if {
	some r in lib.planned
	r.action != "keep"
	some attribute in r.ambiguous
	attribute in iam.documents[r.type]
	message := sprintf("%s: its %s has an element twice, or in two cases: AWS may read another one than this review.", [r.name, attribute])
}

# Ways to give permissions that hold no document.
findings contains lib.found(r, message, {"effect": effect}) if {
	some r in changing
	r.type in {"aws_iam_role_policy_attachment", "aws_iam_policy_attachment", "aws_iam_user", "aws_iam_access_key", "aws_iam_user_policy", "aws_iam_group_policy", "aws_kms_grant"}
	message := sprintf("%s gives permissions.", [r.name])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in changing
	r.type == "aws_iam_role"
	some attribute in ["managed_policy_arns", "inline_policy"]
	lib.given(r, attribute)
	message := sprintf("%s is given policies by %s.", [r.name, attribute])
}

findings contains lib.found(r, message, {"effect": effect}) if {
	some r in changing
	r.type == "aws_lambda_permission"
	opens(r)
	message := sprintf("%s lets %s call it, from %s.", [r.name, lib.show(lib.value(r.after, "principal")), lib.show(lib.value(r.after, "source_arn"))])
}

opens(r) if not wakes(lib.value(r.after, "principal"))

wakes(principal) if {
	is_string(principal)
	regex.match(`^(events|sns(\.[a-z]{2}-[a-z]+-[0-9])?)\.amazonaws\.com$`, principal)
}

opens(r) if {
	lib.empty(lib.value(r.after, "source_arn"))
	not lib.unknown(r, "source_arn")
}

opens(r) if not lib.value(r.after, "action") == "lambda:InvokeFunction"
