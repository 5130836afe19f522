# What the policies share. Users' policies may import it: data.pgdr.lib.
package pgdr.lib

import data.pgdr.contract

# found is one finding about a resource. A policy may add "severity",
# "remedy", and "effect" with "rpo", "rto" or "protection".
found(r, message, extra) := object.union({"stack": r.stack, "address": r.address, "message": message}, extra)

# value at a path such as "environment.0.variables.PGDR_MODE"; null if it is
# not there.
value(object_, path) := object.get(object_, steps(path), null) if object_ != null

value(null, _) := null

steps(path) := [step(part) | some part in split(path, ".")]

step(part) := to_number(part) if regex.match(`^[0-9]+$`, part)

step(part) := part if not regex.match(`^[0-9]+$`, part)

top(path) := split(path, ".")[0]

# masked: a value that Terraform marks as sensitive. What changes there is found
# by unjudged.
masked := "(sensitive)"

empty(x) if x in {null, "", [], {}, 0, false}

# unknown until the apply, itself or what it is part of.
unknown(r, path) if {
	r.unknown[top(path)]
	all_steps := steps(path)
	some n in numbers.range(1, count(all_steps))
	object.get(r.unknown, array.slice(all_steps, 0, n), false) == true
}

# Resources that will exist after the apply. An array, as all lists of whole
# resources here: a set would compare each with each.
planned := [r |
	some r in input.resources
	r.after != null
	not r.deposed
]

# given says that the configuration has the attribute, in any way.
given(r, attribute) if {
	some path, _ in r.configured
	top(path) == attribute
}

given(r, attribute) if {
	some path, _ in r.references
	top(path) == attribute
}

# given_at says that the configuration has what is at a path: there, as part of
# what is given as a whole, or in parts.
given_at(r, path) if {
	some place, _ in r.configured
	within(place, path)
}

given_at(r, path) if {
	some place, _ in r.references
	within(place, path)
}

within(place, path) if place == path

within(place, path) if startswith(place, sprintf("%s.", [path]))

within(place, path) if startswith(path, sprintf("%s.", [place]))

refers(r, path, text) if {
	some reference in r.references[path]
	contains(reference, text)
}

# weaker(rule, a, b): b protects less than a.
weaker("on", a, b) if {
	truth(a)
	not truth(b)
}

weaker("off", a, b) if {
	not truth(a)
	truth(b)
}

weaker("not_lower", a, b) if number(b) < number(a)

weaker("same", a, b) if {
	not empty(a)
	sprintf("%v", [a]) != sprintf("%v", [b])
}

weaker("fixed", a, b) if sprintf("%v", [plain(a)]) != sprintf("%v", [plain(b)])

weaker("present", a, b) if {
	not empty(a)
	empty(b)
}

truth(x) if x in {true, "true"}

# number of a text too. What is not one is nothing, which is less than what was
# there.
number(x) := x if is_number(x)

number(x) := to_number(x) if numeral(x)

number(x) := 0 if {
	not is_number(x)
	not numeral(x)
}

numeral(x) if {
	is_string(x)
	regex.match(`^-?[0-9]+([.][0-9]+)?$`, x)
}

# cidr is x, if it is one.
cidr(x) := x if {
	is_string(x)
	net.cidr_is_valid(x)
}

# encloses: every address of inner is in outer. False where either is no range.
encloses(outer, inner) if net.cidr_contains(cidr(outer), cidr(inner))

# plain makes the many ways of saying "nothing" one.
plain(x) := "" if empty(x)

plain(x) := x if not empty(x)

# weakenings of a table {type: {path: rule}}: by the plan itself, hidden in
# the configuration behind ignore_changes, kept by ignore_changes although the
# configuration asks for more, no longer in the configuration, or not known
# before the apply.
weakenings(table) := [w |
	some r in planned
	some path, rule in table[r.type]
	some w in weakened(r, path, rule)
]

weakened(r, path, rule) := array.concat(
	array.concat(by_plan(r, path, rule), by_removal(r, path, rule)),
	array.concat(by_configuration(r, path, rule), by_unknown(r, path)),
)

by_plan(r, path, rule) := [change(r, path, before, after, sprintf("%s goes from %s to %s", [path, show(before), show(after)])) |
	r.action != "keep"
	r.before != null
	not unknown(r, path)
	before := value(r.before, path)
	after := value(r.after, path)
	weaker(rule, before, after)
]

# What protects and is in the configuration no more. The plan is silent where
# ignore_changes hides it, or where AWS's answer stands in for what is not given:
# it is there until the resource is made anew.
by_removal(r, path, rule) := [change(r, path, after, null, sprintf("the configuration no longer gives %s; the plan keeps %s, and whoever makes it anew goes without", [path, show(after)])) |
	r.before != null
	not unknown(r, path)
	after := value(r.after, path)
	protects(rule, after)
	plain(value(r.before, path)) == plain(after)
	not given_at(r, path)
	not by_birth(r, path)
]

# protects tells of a value that its absence would be weaker.
protects("on", v) if truth(v)

protects("not_lower", v) if number(v) > 0

protects(rule, v) if {
	rule in {"same", "present"}
	not empty(v)
}

# What a resource has that the stacks never gave it: from what it was made of,
# or by a default of AWS that protects as well.
by_birth(r, path) if [r.type, path] in defaults

by_birth(r, path) if [r.type, path, r.stack] in inherited

defaults := {
	["aws_cloudwatch_metric_alarm", "actions_enabled"],
	["aws_kms_key", "is_enabled"], ["aws_kms_replica_key", "enabled"],
	["aws_lambda_function", "package_type"], ["aws_cloudwatch_event_rule", "is_enabled"], ["aws_cloudwatch_event_rule", "state"],
	["aws_dynamodb_table", "point_in_time_recovery.0.recovery_period_in_days"],
	["aws_db_instance", "iops"], ["aws_db_instance", "storage_throughput"],
}

inherited := {["aws_db_instance", "allocated_storage", contract.roles.replica]}

by_configuration(r, path, rule) := [change(r, path, c.after, c.configured, c.how) | some c in concealed(r, path, rule)]

concealed(r, path, rule) := hidden_loss(r, path, rule) | hidden_drift(r, path, rule)

hidden_loss(r, path, rule) := {{"after": after, "configured": configured, "how": how} |
	not unknown(r, path)
	configured := r.configured[path]
	after := value(r.after, path)
	after != null
	weaker(rule, after, configured)
	how := sprintf("the configuration asks for %s = %s; the plan keeps %s and is silent, because ignore_changes hides it", [path, show(configured), show(after)])
}

hidden_drift(r, path, rule) := {{"after": after, "configured": configured, "how": how} |
	not unknown(r, path)
	r.before != null
	configured := r.configured[path]
	after := value(r.after, path)
	after != null
	weaker(rule, configured, after)
	not weaker(rule, value(r.before, path), after)
	how := sprintf("the configuration asks for %s = %s, and it is %s; ignore_changes keeps it so", [path, show(configured), show(after)])
}

by_unknown(r, path) := [change(r, path, before, null, sprintf("%s is %s and will be known after the apply only", [path, show(before)])) |
	r.action != "keep"
	r.before != null
	unknown(r, path)
	top(path) in r.changed
	before := value(r.before, path)
	not empty(before)
]

change(r, path, before, after, how) := {"resource": r, "path": path, "before": before, "after": after, "how": how}

show(x) := "nothing" if x == null

show(x) := sprintf("%q", [short(x)]) if is_string(x)

show(x) := short(sprintf("%v", [x])) if {
	x != null
	not is_string(x)
}

# short: a policy document has thousands of characters, and a finding is a
# sentence. The plan has the rest.
short(text) := text if count(text) <= longest

short(text) := sprintf("%s…", [substring(text, 0, longest)]) if count(text) > longest

longest := 200

# weakness is a finding about a weakening.
weakness(w, extra) := found(w.resource, sprintf("%s: %s.", [w.resource.name, w.how]), object.union({"attribute": w.path}, extra))

# variable is the path of a variable of the guard.
variable(name) := sprintf("environment.0.variables.%s", [name])

# judged are the attributes of a table, as policies list them in `judges`.
judged(table) := {[type, top(path)] | some type, paths in table; some path, _ in paths}
