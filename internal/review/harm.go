package review

import "slices"

// harms are our policies by the harm that what they find does, the worst first:
// data is lost, strangers get in, nothing fails over or the wrong way, less is
// protected, trouble is known later, the plan does not show everything. Policies
// of users come after ours of the same severity, by their ids.
var harms = []string{
	// Data is lost.
	"stateful-destroyed", "stateful-replaced", "stateful-recreated", "primary-recreated", "encryption", "replica-source",
	"password-after-failover", "backups", "secret-replica",
	// Strangers get in.
	"database-exposed", "secret-in-state", "runs-code", "tls", "iam-broadened", "provider-configuration", "network-opened",
	// Nothing fails over, or the wrong way.
	"guard-lost", "duplicate-identity", "guard-configuration", "guard-region", "guard-doubled", "guard-permission", "fence", "dns-switch", "path-lost", "clients-narrowed",
	"guard-code", "guard-policy", "multi-az",
	// Less is protected.
	"deletion-protection", "destroyed", "parameters", "capacity", "engine-version", "maintenance", "output-removed", "other-region",
	// Trouble is known later.
	"alarm-lost", "alarm-unheard", "alarm-loosened", "logs",
	// It costs.
	"cost-limit",
	// Not all is known.
	"unknown-type", "hidden-change", "drifted", "adopted", "partial-plan", "check-failed", "unjudged",
	"password-changed",
}

// harm is lower the worse what a policy finds is.
func harm(policy string) int {
	if at := slices.Index(harms, policy); at >= 0 {
		return at
	}
	return len(harms)
}
