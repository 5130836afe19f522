package pgdr.policies.guard_policy

import data.pgdr.contract
import data.pgdr.facts
import data.pgdr.lib

policy := {
	"id": "guard-policy",
	"severity": "human",
	"title": "A window or a gate of the guard is loosened, or it acts later",
	"reason": "Windows and gates are what keeps a stumble of the network from becoming a failover, and a failover from losing more than was agreed. Longer windows cost recovery time instead.",
	"remedy": "Say in the pull request which incident or drill the new value comes from. docs/guard.md tells why each default is what it is.",
}

judges := {["aws_lambda_function", "environment"]}

# What each variable does when it falls and when it rises: only what is named
# needs a human. The effects are in the words of the review.
windows := {
	contract.variables.instance_failed_seconds: {"lower": hasty, "higher": slow},
	contract.variables.instance_unreachable_seconds: {"lower": hasty, "higher": slow},
	contract.variables.region_silent_seconds: {"lower": hasty, "higher": slow},
	contract.variables.arming_seconds: {"lower": hasty, "higher": {"protection": "longer unprotected after each deployment or rebuild"}},
	contract.variables.cooldown_seconds: {"lower": {"protection": "two failovers in a row become possible sooner"}, "higher": {"rto": "a second disaster waits longer, or for a human"}},
	contract.variables.max_data_loss_seconds: {"lower": {"rto": "the guard refuses more often, and waits for a human"}, "higher": {"rpo": "the guard accepts a larger loss without asking"}},
	contract.variables.abort_after_seconds: {"lower": {"rto": "a promotion that takes long is given up"}, "higher": {"protection": "applications may stay fenced for longer, for nothing"}},
	contract.variables.record_ttl_seconds: {"higher": {"rto": "clients keep the old answer for longer"}},
	contract.variables.db_backup_retention_days: {"lower": {"protection": "after a promotion backups go less far back"}},
}

hasty := {"protection": "a shorter disturbance is enough for a failover"}

slow := {"rto": "the guard waits longer before it acts"}

findings contains lib.found(g, message, {"effect": effect, "attribute": lib.variable(name)}) if {
	some g in facts.guards
	g.before != null
	some name, moves in windows
	before := lib.number(facts.variables(g.before)[name])
	after := lib.number(facts.variables(g.after)[name])
	effect := moves[direction(before, after)]
	message := sprintf("%s: %s goes from %v to %v.", [g.name, name, before, after])
}

direction(before, after) := "lower" if after < before

direction(before, after) := "higher" if after > before

# Words: any change, except to the safer one.
words := {
	contract.variables.mode: {"safe": contract.modes.automatic, "effect": {"rto": "in mode manual nothing fails over by itself: an operator orders each failover"}},
	contract.variables.on_region_silent: {"safe": "", "effect": {"rto": "promote acts by itself when the region is silent, ask waits for a human", "protection": "promote accepts that a silent region may live"}},
	contract.variables.on_fence_error: {"safe": "", "effect": {"rto": "ask waits for a human while EC2 answers with faults, promote waits two minutes", "protection": "promote accepts an unfenced primary where EC2 answers with faults, and it may live"}},
	contract.variables.switch_dns_when: {"safe": "", "effect": {"rto": "proven turns DNS after the promotion is proven, accepted as soon as RDS accepts it", "protection": "accepted leads applications to a server that takes no writes yet"}},
	contract.variables.db_multi_az: {"safe": "true", "effect": {"protection": "after a promotion there is no standby"}},
	contract.variables.db_deletion_protection: {"safe": "true", "effect": {"protection": "after a promotion the writer can be deleted by one command"}},
	contract.variables.db_audit: {"safe": contract.audits.pgaudit, "effect": {"protection": "log_statement_all writes passwords into the log"}},
	contract.variables.witness_regions: {"safe": "", "effect": {"protection": "the witnesses tell whether it is the guard that is cut off"}},
	contract.variables.metric_namespace: {"safe": contract.namespaces.environment, "effect": {"rto": "no alarm sees what the guard publishes, and DNS does not turn"}},
	contract.variables.active_writer_alarm: {"safe": "", "effect": {"rto": "DNS follows another alarm"}},
	contract.variables.guard_cidrs: {"safe": "", "effect": {"protection": "the fence lets other networks through"}},
}

safe(word, environment) := replace(word, "{environment}", environment) if is_string(environment)

safe(word, environment) := word if not is_string(environment)

findings contains lib.found(g, message, {"effect": word.effect, "attribute": lib.variable(name)}) if {
	some g in facts.guards
	g.before != null
	some name, word in words
	before := facts.variables(g.before)[name]
	after := facts.variables(g.after)[name]
	before != after
	after != safe(word.safe, object.get(facts.variables(g.after), contract.variables.environment, ""))
	message := sprintf("%s: %s goes from %s to %s.", [g.name, name, lib.show(before), lib.show(after)])
}

# What it watches and acts on; a rebuilt instance changes these too.
findings contains lib.found(g, message, {"effect": {"protection": "the guard watches, fences or promotes something else"}, "attribute": lib.variable(name)}) if {
	some g in facts.guards
	g.before != null
	some name, before in facts.variables(g.before)
	after := object.get(facts.variables(g.after), name, null)
	before != after
	not windows[name]
	not words[name]
	message := sprintf("%s: %s goes from %s to %s.", [g.name, name, lib.show(before), target(g, name, after)])
}

findings contains lib.found(g, message, {"effect": {"protection": "the guard cannot start without it"}, "severity": "block", "attribute": lib.variable(name)}) if {
	some g in facts.guards
	g.before != null
	g.after != null
	some name, _ in facts.variables(g.before)
	windows_or_words(name)
	not facts.variables(g.after)[name]
	not lib.unknown(g, sprintf("environment.0.variables.%s", [name]))
	message := sprintf("%s: %s is removed.", [g.name, name])
}

windows_or_words(name) if windows[name]

windows_or_words(name) if words[name]

target(g, name, null) := "what is known after the apply only" if lib.unknown(g, sprintf("environment.0.variables.%s", [name]))

target(g, name, null) := "nothing" if not lib.unknown(g, sprintf("environment.0.variables.%s", [name]))

target(_, _, after) := lib.show(after) if after != null

# New variables: the function reads none that it has not had.
findings contains lib.found(g, message, {}) if {
	some g in facts.guards
	g.before != null
	some name, _ in facts.variables(g.after)
	object.get(facts.variables(g.before), name, null) == null
	message := sprintf("%s: %s is new.", [g.name, name])
}

# Changed, and not to be seen in what: then a human has to look.
findings contains lib.found(g, message, {}) if {
	some g in facts.guards
	"environment" in g.changed
	facts.variables(g.before) == facts.variables(g.after)
	message := sprintf("%s: its variables change in a way that the plan does not show.", [g.name])
}
