# Policy documents of IAM, keys, topics and secrets.
package pgdr.iam

import data.pgdr.lib

# Attributes that hold policies, by type.
documents := {
	"aws_iam_role": ["assume_role_policy"],
	"aws_iam_role_policy": ["policy"],
	"aws_iam_policy": ["policy"],
	"aws_kms_key": ["policy"],
	"aws_kms_replica_key": ["policy"],
	"aws_sns_topic": ["policy"],
	"aws_sns_topic_policy": ["policy"],
	"aws_secretsmanager_secret": ["policy"],
	"aws_secretsmanager_secret_policy": ["policy"],
	"aws_dynamodb_resource_policy": ["policy"],
	"aws_sqs_queue": ["policy"],
}

# document of a resource on one side of the change; {} if there is none.
document(side, attribute) := parse(lib.value(side, attribute))

parse(text) := parsed(text)

parse(text) := {} if not parsed(text)

parsed(text) := found if {
	is_string(text)
	json.is_valid(text)
	found := json.unmarshal(text)
	is_object(found)
}

# grants are the Allows of a document, one for each who, action and resource.
grants(document) := {grant |
	some statement in as_set(object.get(document, "Statement", []))
	is_object(statement)
	statement.Effect == "Allow"
	some who in principals(object.get(statement, "Principal", "the role"))
	some action in as_set(object.get(statement, "Action", object.get(statement, "NotAction", "?")))
	some resource in as_set(object.get(statement, "Resource", object.get(statement, "NotResource", "it")))
	grant := {"who": who, "action": spell(statement, action), "resource": sprintf("%v", [resource]), "condition": json.marshal(object.get(statement, "Condition", {}))}
}

spell(statement, action) := sprintf("do everything but %s", [action]) if statement.NotAction

spell(statement, action) := sprintf("%v", [action]) if not statement.NotAction

principals(p) := {p} if is_string(p)

principals(p) := {sprintf("%s %s", [kind, who]) |
	some kind, list in p
	some who in as_set(list)
} if is_object(p)

as_set(x) := {x} if not is_array(x)

as_set(x) := {y | some y in x} if is_array(x)

# denials of a document.
denials(document_) := {[action, resource] |
	some statement in as_set(object.get(document_, "Statement", []))
	is_object(statement)
	statement.Effect == "Deny"
	some action in as_set(object.get(statement, "Action", "everything"))
	some resource in as_set(object.get(statement, "Resource", "it"))
}
