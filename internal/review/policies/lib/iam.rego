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
# What is granted by exception (NotPrincipal, NotAction, NotResource) is one
# grant of everything but what is named.
grants(document) := {grant |
	some statement in statements(document, "Allow")
	some who in parts(statement, "Principal", {"all": "everybody", "none": "the role"})
	some action in parts(statement, "Action", {"all": "do everything", "none": "?"})
	some resource in parts(statement, "Resource", {"all": "everything", "none": "it"})
	grant := {
		"who": who.text, "action": action.text, "resource": resource.text,
		"except": {"who": who.but, "action": action.but, "resource": resource.but},
		"condition": json.marshal(object.get(statement, "Condition", {})),
	}
}

statements(document, effect) := [statement |
	some statement in as_set(object.get(document, "Statement", []))
	is_object(statement)
	statement.Effect == effect
]

# parts of a statement that an element names: each with its text, and with what
# is left out (nothing, unless it is granted by exception).
parts(statement, element, words) := {{"text": sprintf("%s but %s", [words.all, concat(", ", sort(but))]), "but": but}} if {
	excepting := sprintf("Not%s", [element])
	has(statement, excepting)
	but := named(statement[excepting])
}

parts(statement, element, words) := {{"text": text, "but": set()} | some text in named(object.get(statement, element, words.none))} if {
	not has(statement, sprintf("Not%s", [element]))
}

has(statement, element) if object.get(statement, element, null) != null

# named are the texts of an element: of a list, of one, or of principals by kind.
named(x) := {sprintf("%v", [text]) | some text in as_set(x)} if not is_object(x)

named(x) := {sprintf("%s %v", [kind, text]) |
	some kind, list in x
	some text in as_set(list)
} if is_object(x)

as_set(x) := {x} if not is_array(x)

as_set(x) := {y | some y in x} if is_array(x)

# covers says that b grants all that grant does, spelled out or by wildcard, and by
# what it leaves out.
covers(b, grant) if {
	part_covers(b, grant, "who")
	part_covers(b, grant, "action")
	part_covers(b, grant, "resource")
	b.condition in {"{}", grant.condition}
}

part_covers(b, grant, part) if {
	count(b.except[part]) == 0
	count(grant.except[part]) == 0
	matches(part, b[part], grant[part])
}

part_covers(b, grant, part) if {
	count(b.except[part]) == 0
	count(grant.except[part]) > 0
	b[part] == "*"
}

part_covers(b, grant, part) if {
	count(b.except[part]) > 0
	count(grant.except[part]) > 0
	count(b.except[part] - grant.except[part]) == 0
}

# Everything but what is not this one.
part_covers(b, grant, part) if {
	count(b.except[part]) > 0
	count(grant.except[part]) == 0
	not contains(grant[part], "*")
	every left_out in b.except[part] {
		not matches(part, left_out, grant[part])
	}
}

matches("who", pattern, text) if pattern == text

matches("action", pattern, text) if glob.match(lower(pattern), null, lower(text))

matches("resource", pattern, text) if glob.match(pattern, null, text)

# by_exception tells of a grant that is everything but what is named.
by_exception(grant) if {
	some _, but in grant.except
	count(but) > 0
}

# denials of a document.
denials(document) := {[action.text, resource.text] |
	some statement in statements(document, "Deny")
	some action in parts(statement, "Action", {"all": "everything", "none": "everything"})
	some resource in parts(statement, "Resource", {"all": "everything", "none": "it"})
}
